// The glossary of the tree, analysis/GLOSSARY.md, as data.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lockstep::cli {

struct GlossaryEntry {
  std::vector<std::string> names;  // the first stands for it
  std::string text;                // one paragraph
};

// In the order of the file.
const std::vector<GlossaryEntry>& Glossary();

// The entry of that name, as it is written.
const GlossaryEntry* FindInGlossary(std::string_view word);
// All that a word may mean, as it is written or else in any case: an oracle's letter may be a word
// as well, and is then called "L (oracle)".
std::vector<const GlossaryEntry*> FindAllInGlossary(std::string_view word);

}  // namespace lockstep::cli
