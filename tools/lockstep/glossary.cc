// The glossary of the tree: see glossary.h.
//
// "### NAME, NAME" begins an entry; a name in parentheses tells one of two of the same name apart.

#include "tools/lockstep/glossary.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "tools/lockstep/glossary_text.h"

namespace lockstep::cli {
namespace {

std::vector<GlossaryEntry> Parse(const std::string& text) {
  std::vector<GlossaryEntry> entries;
  bool is_inside = false;
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(text, '\n'))) {
    if (absl::StartsWith(line, "### ")) {
      is_inside = true;
      entries.emplace_back();
      entries.back().names = absl::StrSplit(line.substr(4), ", ");
    } else if (absl::StartsWith(line, "#")) {
      is_inside = false;
    } else if (is_inside && !line.empty()) {
      std::string& entry = entries.back().text;
      absl::StrAppend(&entry, entry.empty() ? "" : "\n", line);
    }
  }
  return entries;
}

}  // namespace

const std::vector<GlossaryEntry>& Glossary() {
  static const auto* const entries = new std::vector<GlossaryEntry>(Parse(kGlossary));
  return *entries;
}

const GlossaryEntry* FindInGlossary(std::string_view word) {
  for (const GlossaryEntry& entry : Glossary())
    if (std::find(entry.names.begin(), entry.names.end(), word) != entry.names.end()) return &entry;
  return nullptr;
}

std::vector<const GlossaryEntry*> FindAllInGlossary(std::string_view word) {
  std::vector<const GlossaryEntry*> found;
  for (const std::string& name : {std::string(word), absl::StrCat(std::string(word), " (oracle)")})
    if (const GlossaryEntry* entry = FindInGlossary(name)) found.push_back(entry);
  if (!found.empty()) return found;
  for (const GlossaryEntry& entry : Glossary())
    if (std::any_of(entry.names.begin(), entry.names.end(), [&](const std::string& name) {
          return absl::EqualsIgnoreCase(name, std::string(word));
        }))
      found.push_back(&entry);
  return found;
}

}  // namespace lockstep::cli
