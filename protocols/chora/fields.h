// The messages of Chora-R as fields: what they propose, vote, promise, accept and decide.
//
// A value is told by the role of a vote: 1 is the batch, 0 is nothing. In a round's message the
// votes of a round are one mask over all lanes; in repair messages slots of one lane are told by
// runs of rounds.

#pragma once

#include <span>

#include "protocols/chora/messages.h"
#include "protocols/core/fields.h"

namespace lockstep::chora {

class Fields : public core::MessageFields {
 public:
  explicit Fields(const Config& config) : codec_(config) {}
  std::span<const core::TypeSpec> types() const override;
  bool Read(const core::Bytes& payload, core::FieldedMessage& out) const override;
  core::Bytes Build(const core::FieldedMessage& message, const core::Signer& signer,
                    core::Identity receiver) const override;

 private:
  Codec codec_;
};

}  // namespace lockstep::chora
