// Names of fields: see fields.h.

#include "protocols/core/fields.h"

namespace lockstep::core {

std::string Path(const TypeSpec& type, std::uint32_t spec) {
  const FieldSpec& field = type.fields[spec];
  std::string path(field.name);
  return field.group == FieldSpec::kMessage ? path : Path(type, field.group) + "." + path;
}

}  // namespace lockstep::core
