// The table of faults, by places in a scenario: see fault_table.h.

#include "tools/shrink/fault_table.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "protocols/parameters/parameters.h"

namespace lockstep::shrink {
namespace {

const KeyInfo* KeyNamed(const std::vector<KeyInfo>& keys, const std::string& name) {
  const auto found = std::ranges::find(keys, name, &KeyInfo::name);
  return found == keys.end() ? nullptr : &*found;
}

}  // namespace

const KeyInfo* FaultTable::Find(const std::string& pointer) const {
  const std::optional<std::vector<std::string>> tokens = PointerTokens(pointer);
  if (!tokens || tokens->size() < 3 || tokens->front() != "faults") return nullptr;
  const auto fault = std::ranges::find_if(
      faults_, [&](const sim::FaultInfo& each) { return each.kind->name == (*tokens)[2]; });
  const bool is_inside = fault != faults_.end();
  const std::vector<KeyInfo>* keys = is_inside ? &fault->keys : &envelope_;
  const KeyInfo* key = nullptr;
  for (std::size_t i = is_inside ? 3 : 2; i < tokens->size(); ++i) {
    key = keys == nullptr ? nullptr : KeyNamed(*keys, (*tokens)[i]);
    if (key == nullptr) return nullptr;
    keys = key->kind == KeyInfo::Kind::kObject ? &key->keys : nullptr;
  }
  return key;
}

}  // namespace lockstep::shrink
