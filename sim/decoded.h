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

// A core::Field whose content is known by its digest.
struct DecodedField {
  std::uint32_t spec = 0;
  std::uint32_t index = 0;
  core::Run values;
  core::Mask mask;
  std::uint64_t digest = 0;  // of the content; 0 where there is none
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

 private:
  const core::MessageFields* by_;
  const core::TypeSpec* type_ = nullptr;
  std::vector<DecodedField> fields_;
};

}  // namespace lockstep::sim
