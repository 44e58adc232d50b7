// The names of the kinds of notes that a trace may hold: the shared ones, and those that its recipe
// lists, which the protocols of the run have declared.

#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/core/note.h"

namespace lockstep::trace {

class NoteNames {
 public:
  static constexpr std::size_t kLongest = 64;

  NoteNames() {
    for (const core::NoteSpec& spec : core::kSharedNotes) Add(spec.name);
  }

  // False where the name is too long, is not made of small letters, digits and underscores, or
  // stands for the same number as another one.
  bool Add(std::string_view name) {
    const auto is_fit = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    };
    if (name.empty() || name.size() > kLongest || !std::ranges::all_of(name, is_fit)) return false;
    const auto at = Find(core::NoteKind(name));
    if (at != names_.end() && at->first == core::NoteKind(name)) return at->second == name;
    names_.emplace(at, core::NoteKind(name), name);
    return true;
  }

  // None where it was not added; valid as long as this is.
  std::optional<std::string_view> NameOf(core::NoteKind kind) const {
    const auto at = Find(kind);
    if (at == names_.end() || at->first != kind) return std::nullopt;
    return at->second;
  }
  std::optional<core::NoteKind> Named(std::string_view name) const {
    if (NameOf(core::NoteKind(name)) != name) return std::nullopt;
    return core::NoteKind(name);
  }

 private:
  using Names = std::vector<std::pair<core::NoteKind, std::string>>;
  Names::const_iterator Find(core::NoteKind kind) const {
    return std::ranges::lower_bound(names_, kind, {}, &Names::value_type::first);
  }

  Names names_;  // sorted by kind
};

}  // namespace lockstep::trace
