// What a payload says: see decoded.h.

#include "sim/decoded.h"

namespace lockstep::sim {

Decoded::Decoded(const core::MessageFields& fields, const core::FieldedMessage* message)
    : by_(&fields) {
  if (message == nullptr) return;
  type_ = &fields.types()[message->type];
  fields_.reserve(message->fields.size());
  for (const core::Field& field : message->fields) {
    const bool is_content = type_->fields[field.spec].role == core::Role::kContent;
    fields_.push_back({field.spec, field.index, field.values, field.mask,
                       is_content ? field.content.Digest() : 0});
  }
}

}  // namespace lockstep::sim
