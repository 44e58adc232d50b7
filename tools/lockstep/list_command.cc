// lockstep list WHAT [NAME], lockstep explain WORD

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "protocols/parameters/parameters.h"
#include "tools/lockstep/commands.h"
#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/glossary.h"
#include "tools/lockstep/listing.h"

namespace lockstep::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kListTeaching =
    "Says what there is, and of each what it means; of protocols and faults also their keys, with\n"
    "type, unit, range and default.\n"
    "\n"
    "Examples:\n"
    "  $0 list protocols\n"
    "  $0 list protocols picsou\n"
    "  $0 list metrics --json | jq -r '.[].name'\n"
    "\n";
constexpr const char* kExplainTeaching =
    "Explains a word of lockstep's reports, files and errors, from its glossary, and whatever is\n"
    "called so: a key, a metric, a note, a fault, a protocol.\n"
    "\n"
    "Examples:\n"
    "  $0 explain QUACK\n"
    "  $0 explain as published\n"
    "  $0 explain R1\n"
    "\n";

struct ListFlags {
  std::string what;
  std::string name;
  bool as_json = false;
};

absl::Status Unknown(const std::string& what, const std::string& name,
                     const std::vector<std::string>& names) {
  const std::optional<std::string> nearest = Nearest(name, names);
  return absl::InvalidArgumentError(
      absl::StrCat(what, " \"", name, "\"; ",
                   nearest ? absl::StrCat("did you mean \"", *nearest, "\"?")
                           : absl::StrCat("there are: ", absl::StrJoin(names, ", "))));
}

int List(const ListFlags& flags, const Additions& own) {
  absl::StatusOr<Json> listing = ListingOf(flags.what, own);
  if (!listing.ok()) return ReportError(listing.status());
  Json shown = Json::array();
  std::vector<std::string> names;
  for (const Json& entry : *listing) {
    names.push_back(entry["name"].get<std::string>());
    if (flags.name.empty() || flags.name == names.back()) shown.push_back(entry);
  }
  if (shown.empty() && !flags.name.empty())
    return ReportError(
        Unknown(absl::StrCat("among ", flags.what, " there is no"), flags.name, names));
  if (flags.as_json) {
    std::fputs((shown.dump(2) + "\n").c_str(), stdout);
    return kAsExpected;
  }
  const bool is_spaced =
      flags.what == "protocols" || flags.what == "faults" || flags.what == "scenario";
  for (std::size_t i = 0; i < shown.size(); ++i)
    std::fputs(absl::StrCat(is_spaced && i > 0 ? "\n" : "", TextOf(shown[i])).c_str(), stdout);
  return kAsExpected;
}

// What is called so among the keys of an entry, at any depth.
void AddKeys(const Json& keys, const std::string& word, const std::string& of, Json& found) {
  for (const Json& key : keys) {
    const auto name = key["name"].get<std::string>();
    if (name == word) {
      Json entry = {{"name", name},
                    {"meaning", absl::StrCat("A key of ", of, ".")},
                    {"keys", Json::array({key})}};
      found.push_back(std::move(entry));
    }
    if (key.contains("keys")) AddKeys(key["keys"], word, absl::StrCat(of, ", ", name), found);
  }
}

// All that is called so in the listings; `names` are the names that there are.
Json FindListed(const std::string& word, const Additions& own, std::vector<std::string>& names) {
  Json found = Json::array();
  for (const std::string& what : Listings()) {
    const absl::StatusOr<Json> listing = ListingOf(what, own);
    if (!listing.ok() || what == "oracles") continue;  // Those are in the glossary.
    for (const Json& entry : *listing) {
      const auto name = entry["name"].get<std::string>();
      names.push_back(name);
      if (name == word) found.push_back(entry);
      if (entry.contains("keys"))
        AddKeys(entry["keys"], word, absl::StrCat("\"", name, "\""), found);
    }
  }
  return found;
}

// The name nearest to a word, in whatever case it is written.
std::optional<std::string> NearestName(const std::string& word,
                                       const std::vector<std::string>& names) {
  std::map<std::string, std::string> as_written;
  std::vector<std::string> lower;
  for (const std::string& name : names) {
    lower.push_back(absl::AsciiStrToLower(name));
    as_written.emplace(lower.back(), name);
  }
  const std::optional<std::string> nearest = Nearest(absl::AsciiStrToLower(word), lower);
  if (!nearest) return std::nullopt;
  return as_written.at(*nearest);
}

int Explain(const std::vector<std::string>& words, const Additions& own) {
  const std::string word = absl::StrJoin(words, " ");
  const std::vector<const GlossaryEntry*> entries = FindAllInGlossary(word);
  std::vector<std::string> names;
  for (const GlossaryEntry& each : Glossary())
    names.insert(names.end(), each.names.begin(), each.names.end());
  const std::vector<std::string> terms = names;
  const Json found = FindListed(word, own, names);
  if (entries.empty() && found.empty()) {
    const std::optional<std::string> nearest = NearestName(word, names);
    return ReportError(absl::InvalidArgumentError(
        absl::StrCat("there is no entry for \"", word, "\"; ",
                     nearest ? absl::StrCat("did you mean \"", *nearest, "\"?")
                             : absl::StrCat("the glossary has: ", absl::StrJoin(terms, ", ")))));
  }
  std::string text;
  for (const GlossaryEntry* entry : entries)
    absl::StrAppend(&text, text.empty() ? "" : "\n", absl::StrJoin(entry->names, ", "), "\n",
                    Wrapped(entry->text, 4));
  for (const Json& each : found) absl::StrAppend(&text, text.empty() ? "" : "\n", TextOf(each));
  std::fputs(text.c_str(), stdout);
  return kAsExpected;
}

}  // namespace

void AddList(CLI::App& app, Call& call) {
  CLI::App* const command =
      app.add_subcommand("list", "Says what there is: protocols, profiles, metrics, ...");
  const auto flags = std::make_shared<ListFlags>();
  command->add_option("what", flags->what, "What to list")
      ->required()
      ->check(CLI::IsMember(Listings()))
      ->type_name("WHAT");
  command->add_option("name", flags->name, "Only the entry of this name")->type_name("NAME");
  command->add_flag("--json", flags->as_json, "Prints an array of objects");
  call.offers["list name"] = [&call](const std::vector<std::string>& given) {
    return given.empty() ? std::vector<std::pair<std::string, std::string>>()
                         : NamesListed(given.back(), call.own);
  };
  call.Teach(*command, kListTeaching, kReaderCodes);
  command->callback([flags, &call] { call.exit_code = List(*flags, call.own); });
}

void AddExplain(CLI::App& app, Call& call) {
  CLI::App* const command = app.add_subcommand("explain", "Explains a word");
  const auto words = std::make_shared<std::vector<std::string>>();
  command->add_option("word", *words, "The word, or words")->required()->type_name("WORD");
  call.offers["explain word"] = [](const std::vector<std::string>&) {
    std::vector<std::pair<std::string, std::string>> terms;
    for (const GlossaryEntry& entry : Glossary())
      for (const std::string& name : entry.names) terms.emplace_back(name, "");
    return terms;
  };
  call.Teach(*command, kExplainTeaching, kReaderCodes);
  command->callback([words, &call] { call.exit_code = Explain(*words, call.own); });
}

}  // namespace lockstep::cli
