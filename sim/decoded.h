// What a payload says, as far as the world has to know it: read once through its sender's
// MessageFields, and kept with the payload, so that all who carry a copy share it.
//
// The contents themselves are left out: they are parts of the payload, which would keep itself
// alive.

#pragma once

#include <cstdint>
#include <vector>

#include "protocols/core/bytes.h"
#include "protocols/core/fields.h"
#include "protocols/core/run.h"

namespace lockstep::sim {

// A core::Field; there may be hundreds to a message, most of them a run of a φ-list.
struct DecodedField {
  std::uint32_t spec = 0;
  std::uint32_t more = 0;  // where the rest of it stands in Decoded::more
  core::Run values;
};
// What few fields have. A content is known by its digest; 0 where there is none.
struct MoreOfField {
  core::Mask mask;
  std::uint64_t digest = 0;
};

class Decoded : public core::Attachment {
 public:
  // `message`: none where the payload is no message of these fields.
  Decoded(const core::MessageFields& fields, const core::FieldedMessage* message);

  // By whose codec it was read.
  bool IsBy(const core::MessageFields& fields) const { return &fields == by_; }
  // Null where the payload is no message; the rest then means nothing.
  const core::TypeSpec* type() const { return type_; }
  const std::vector<DecodedField>& fields() const { return fields_; }
  const MoreOfField& MoreOf(const DecodedField& field) const { return more_[field.more]; }

 private:
  const core::MessageFields* by_;
  const core::TypeSpec* type_ = nullptr;
  std::vector<DecodedField> fields_;
  std::vector<MoreOfField> more_;  // the first is that of all fields that have none
};

}  // namespace lockstep::sim
