// What there is: see listing.h.

#include "tools/lockstep/listing.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

#include "analysis/metrics.h"
#include "analysis/oracles.h"
#include "protocols/catalog_list.h"
#include "protocols/core/decision_notes.h"
#include "protocols/core/note.h"
#include "protocols/parameters/parameters.h"
#include "sim/scenario/fault_list.h"
#include "sim/scenario/name_search.h"
#include "sim/scenario/profile_keys.h"
#include "sim/scenario/scenario_keys.h"
#include "sim/scenario/topology_keys.h"
#include "tools/lockstep/glossary.h"
#include "tools/sweep/sweep_keys.h"

namespace lockstep::cli {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr std::size_t kColumns = 80;

Json Protocols(const Additions& own) {
  Json list = Json::array();
  for (const LayerInfo& layer : ListLayers(own.protocols)) {
    Json notes = Json::array();
    for (const core::NoteSpec& note : layer.notes) notes.push_back(std::string(note.name));
    list.push_back({{"name", layer.name},
                    {"layer", layer.kind},
                    {"meaning", layer.meaning},
                    {"promises", layer.oracles},
                    {"notes", notes},
                    {"keys", ListOf(layer.keys)}});
  }
  return list;
}

Json GroupEntry(const sim::KeyGroup& group) {
  return {{"name", group.name},
          {"place", group.pointer},
          {"meaning", group.meaning},
          {"keys", ListOf(group.keys)}};
}

Json ScenarioKeys() {
  Json list = Json::array();
  for (const sim::KeyGroup& group : sim::ListScenarioKeys()) list.push_back(GroupEntry(group));
  for (const sim::KeyGroup& group : sim::ListTopologyKeys()) list.push_back(GroupEntry(group));
  for (sim::KeyGroup group : sweep::ListSweepKeys()) {
    group.name = "sweep " + group.name;
    list.push_back(GroupEntry(group));
  }
  return list;
}

Json Metrics(const Additions& own) {
  Json list = Json::array();
  for (const analysis::MetricInfo& metric : analysis::KnownMetrics(own.oracles))
    list.push_back({{"name", std::string(metric.name)},
                    {"unit", std::string(metric.unit)},
                    {"meaning", std::string(metric.meaning)}});
  return list;
}

Json OracleEntries(const Additions& own) {
  Json list = Json::array();
  std::vector<const analysis::Oracle*> oracles(analysis::Oracles().begin(),
                                               analysis::Oracles().end());
  oracles.insert(oracles.end(), own.oracles.begin(), own.oracles.end());
  for (const analysis::Oracle* oracle : oracles) {
    const std::string letter(oracle->letter);
    const GlossaryEntry* entry = FindInGlossary(letter + " (oracle)");
    if (entry == nullptr) entry = FindInGlossary(letter);
    Json counts = Json::array();
    for (const analysis::CountInfo& count : oracle->counts)
      counts.push_back({{"name", std::string(count.name)},
                        {"unit", std::string(count.unit)},
                        {"meaning", std::string(count.meaning)}});
    list.push_back({{"name", letter},
                    {"meaning", entry == nullptr ? std::string(oracle->meaning) : entry->text},
                    {"counts", counts}});
  }
  return list;
}

Json Notes(const Additions& own) {
  Json list = Json::array();
  const auto add = [&](const core::NoteSpec& note, const std::string& by) {
    for (const Json& known : list)
      if (known["name"] == std::string(note.name)) return;
    list.push_back(
        {{"name", std::string(note.name)}, {"by", by}, {"meaning", std::string(note.meaning)}});
  };
  for (const core::NoteSpec& note : core::kSharedNotes) add(note, "several protocols");
  for (const core::NoteSpec& note : core::kDecisionNotes) add(note, "protocols that decide");
  for (const LayerInfo& layer : ListLayers(own.protocols))
    for (const core::NoteSpec& note : layer.notes) add(note, layer.name);
  return list;
}

// --- Faults ---

Json Faults() {
  Json list = Json::array();
  for (const sim::FaultInfo& info : sim::ListFaults())
    list.push_back({{"name", std::string(info.kind->name)},
                    {"family", std::string(info.kind->family)},
                    {"meaning", sim::MeaningOf(*info.kind)},
                    {"keys", ListOf(info.keys)}});
  list.push_back({{"name", "beside each fault"},
                  {"meaning", "Keys of the entry that holds the fault."},
                  {"keys", ListOf(sim::ListFaultEnvelope())}});
  return list;
}

// --- Profiles ---

// The folder scenarios/profiles of this folder, or of the nearest above it, or the program's own.
std::optional<fs::path> ProfilesFolder() {
  std::error_code error;
  for (fs::path at = fs::current_path(error); !error && !at.empty(); at = at.parent_path()) {
    for (const char* below : {"scenarios/profiles", "profiles"})
      if (fs::is_directory(at / below, error)) return at / below;
    if (at == at.parent_path()) break;
  }
  const fs::path own = sim::ResolveName("", "profiles");
  return fs::is_directory(own, error) ? std::optional(own) : std::nullopt;
}

absl::StatusOr<Json> Profiles() {
  const std::optional<fs::path> folder = ProfilesFolder();
  if (!folder)
    return absl::NotFoundError(
        "there is no folder scenarios/profiles here or above; profiles are its files");
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(*folder, error))
    if (entry.path().extension() == ".json") files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  Json list = Json::array();
  for (const std::string& file : files) {
    const absl::StatusOr<nlohmann::json> profile = ReadJsonFile(file);
    if (!profile.ok()) return profile.status();
    const auto text = [&](const char* key) {
      const nlohmann::json* value = FindAt(*profile, absl::StrCat("/", key));
      return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
    };
    list.push_back({{"name", text("name")},
                    {"file", "profiles/" + fs::path(file).filename().string()},
                    {"meaning", text("about")}});
  }
  for (const sim::KeyGroup& group : sim::ListProfileKeys()) list.push_back(GroupEntry(group));
  return list;
}

// --- Text ---

// "whole number, 1 to 9; default 3".
std::string RuleOf(const Json& key) {
  std::string text = key.value("type", "");
  if (key.contains("min") && key.contains("max"))
    absl::StrAppend(&text, ", ", key["min"].dump(), " to ", key["max"].dump());
  else if (key.contains("min") && key["min"] != 0)
    absl::StrAppend(&text, ", at least ", key["min"].dump());
  if (key.contains("range")) absl::StrAppend(&text, ", ", key["range"].get<std::string>());
  if (key.contains("unit")) absl::StrAppend(&text, " (", key["unit"].get<std::string>(), ")");
  if (key.value("required", false)) text += "; required";
  if (key.contains("default"))
    absl::StrAppend(&text, "; default: ", key["default"].get<std::string>());
  if (key.contains("only")) absl::StrAppend(&text, "; only ", key["only"].get<std::string>());
  return text;
}

std::string KeysText(const Json& keys, std::size_t indent) {
  std::string text;
  for (const Json& key : keys) {
    absl::StrAppend(
        &text, Wrapped(absl::StrCat(key["name"].get<std::string>(), ": ", RuleOf(key)), indent));
    absl::StrAppend(&text, Wrapped(key.value("meaning", ""), indent + 4));
    if (key.contains("options"))
      for (const Json& option : key["options"]) {
        const std::string meaning = option.value("meaning", "");
        absl::StrAppend(&text, Wrapped(absl::StrCat(option["name"].get<std::string>(),
                                                    meaning.empty() ? "" : ": ", meaning),
                                       indent + 6));
      }
    if (key.contains("keys")) absl::StrAppend(&text, KeysText(key["keys"], indent + 4));
  }
  return text;
}

std::string Joined(const Json& names) {
  std::vector<std::string> each;
  for (const Json& name : names) each.push_back(name.get<std::string>());
  return absl::StrJoin(each, ", ");
}

}  // namespace

const std::vector<std::string>& Listings() {
  static const auto* const names = new std::vector<std::string>{
      "protocols", "profiles", "scenario", "metrics", "oracles", "notes", "faults"};
  return *names;
}

absl::StatusOr<Json> ListingOf(std::string_view what, const Additions& own) {
  if (what == "protocols") return Protocols(own);
  if (what == "profiles") return Profiles();
  if (what == "scenario") return ScenarioKeys();
  if (what == "metrics") return Metrics(own);
  if (what == "oracles") return OracleEntries(own);
  if (what == "notes") return Notes(own);
  return Faults();
}

std::vector<std::pair<std::string, std::string>> NamesListed(const std::string& what,
                                                             const Additions& own) {
  std::vector<std::pair<std::string, std::string>> names;
  const std::vector<std::string>& known = Listings();
  if (std::find(known.begin(), known.end(), what) == known.end()) return names;
  const absl::StatusOr<Json> listing = ListingOf(what, own);
  if (!listing.ok()) return names;
  for (const Json& entry : *listing)
    names.emplace_back(entry["name"].get<std::string>(), entry.value("meaning", ""));
  return names;
}

std::string Wrapped(std::string_view text, std::size_t indent) {
  const std::string margin(indent, ' ');
  std::string lines;
  std::string line;
  for (const std::string& word : std::vector<std::string>(
           absl::StrSplit(std::string(text), absl::ByAnyChar(" \n"), absl::SkipEmpty()))) {
    if (!line.empty() && indent + line.size() + 1 + word.size() > kColumns) {
      absl::StrAppend(&lines, margin, line, "\n");
      line.clear();
    }
    absl::StrAppend(&line, line.empty() ? "" : " ", word);
  }
  if (!line.empty()) absl::StrAppend(&lines, margin, line, "\n");
  return lines;
}

std::string TextOf(const Json& entry) {
  const auto name = entry["name"].get<std::string>();
  std::string head = name;
  if (entry.contains("layer"))
    absl::StrAppend(&head, "  {\"", entry["layer"].get<std::string>(), "\": \"", name, "\", ...}");
  if (entry.contains("unit")) absl::StrAppend(&head, "  (", entry["unit"].get<std::string>(), ")");
  if (entry.contains("place")) absl::StrAppend(&head, "  ", entry["place"].get<std::string>());
  if (entry.contains("file")) absl::StrAppend(&head, "  ", entry["file"].get<std::string>());
  if (entry.contains("by")) absl::StrAppend(&head, "  by ", entry["by"].get<std::string>());
  std::string text = head + "\n";
  absl::StrAppend(&text, Wrapped(entry.value("meaning", ""), 4));
  for (const char* list : {"promises", "notes"})
    if (entry.contains(list) && !entry[list].empty())
      absl::StrAppend(&text, Wrapped(absl::StrCat(list, ": ", Joined(entry[list])), 4));
  if (entry.contains("counts"))
    for (const Json& count : entry["counts"])
      absl::StrAppend(&text, Wrapped(absl::StrCat("counts ", count["name"].get<std::string>(), " (",
                                                  count["unit"].get<std::string>(),
                                                  "): ", count["meaning"].get<std::string>()),
                                     4));
  if (entry.contains("keys")) absl::StrAppend(&text, KeysText(entry["keys"], 2));
  return text;
}

}  // namespace lockstep::cli
