// Places in a scenario that a sweep changes: see pointers.h.

#include "tools/sweep/pointers.h"

#include "absl/strings/str_cat.h"

namespace lockstep::sweep {

using nlohmann::json;

bool IsPointer(std::string_view text) { return PointerTokens(text).has_value(); }

std::vector<std::string> ReadPointers(Parameters& reader, std::string_view key) {
  std::vector<std::string> pointers;
  const json* value = reader.Raw(key);
  if (value == nullptr) return pointers;
  const auto is_pointer = [](const json& text) {
    return text.is_string() && IsPointer(text.get_ref<const std::string&>());
  };
  if (is_pointer(*value)) return {value->get<std::string>()};
  if (!value->is_array() || value->empty()) {
    reader.FailWanted(key, absl::StrCat(std::string(kWantedPointer), ", or an array of them"));
    return pointers;
  }
  for (const json& element : *value) {
    if (is_pointer(element)) {
      pointers.push_back(element.get<std::string>());
    } else {
      reader.FailInside(
          key, absl::StrCat(pointers.size()),
          absl::StrCat("want ", std::string(kWantedPointer), ", not ", Shown(element)));
      return {};
    }
  }
  return pointers;
}

std::vector<sim::Override> ReadChanges(Parameters& reader, std::string_view key) {
  std::vector<sim::Override> changes;
  const json* value = reader.Raw(key);
  if (value == nullptr) return changes;
  if (!value->is_object()) {
    reader.FailWanted(key, "an object of JSON pointers and values, such as {\"/run/for\": \"1s\"}");
    return changes;
  }
  for (const auto& [pointer, put] : value->items()) {
    if (!IsPointer(pointer))
      reader.FailInside(key, EscapeForPointer(pointer),
                        absl::StrCat("want ", std::string(kWantedPointer), " as the key"));
    changes.emplace_back(pointer, put.dump());
  }
  return changes;
}

bool IsSeed(std::string_view pointer) { return pointer == "/run/seed"; }

}  // namespace lockstep::sweep
