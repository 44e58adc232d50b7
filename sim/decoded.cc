// What a payload says: see decoded.h.

#include "sim/decoded.h"

namespace lockstep::sim {

Decoded::Decoded(const core::MessageFields& fields, const core::FieldedMessage* message)
    : by_(&fields) {
  if (message == nullptr) return;
  type_ = &fields.types()[message->type];
  fields_.reserve(message->fields.size());
  more_.emplace_back();
  for (const core::Field& field : message->fields) {
    const bool is_content = type_->fields[field.spec].role == core::Role::kContent;
    std::uint32_t more = 0;
    if (is_content || field.mask != core::Mask()) {
      more = static_cast<std::uint32_t>(more_.size());
      more_.push_back({field.mask, is_content ? field.content.Digest() : 0});
    }
    fields_.push_back({field.spec, more, field.values});
  }
}

}  // namespace lockstep::sim
