// The scenario that a sweep varies: see base_scenario.h.
//
// It looks at a document that nobody has validated yet, so it takes what has the right shape and
// leaves all complaints to the reader.

#include "tools/sweep/base_scenario.h"

#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "protocols/core/hash.h"
#include "protocols/parameters/parameters.h"
#include "sim/scenario/name_search.h"
#include "sim/scenario/scenario.h"

namespace lockstep::sweep {
namespace {

using nlohmann::json;

const json* Find(const json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

// The files that scenarios of a sweep name, with what is in them.
class Files {
 public:
  explicit Files(std::string base_path) : base_path_(std::move(base_path)) {}

  // What a scenario names, or as much of one as there is.
  void AddOf(const json& scenario) {
    if (const json* profile = Find(scenario, "profile")) {
      AddProfile(*profile);
      if (const json* like = Find(*profile, "like")) AddProfile(*like);
      AddOfNetwork(*profile);
    }
    AddOfNetwork(scenario);
  }
  // What a value names that is put at a place in a scenario.
  void AddOfChange(const std::string& pointer, const json& value) {
    json scenario = value;
    std::string_view rest = pointer;
    while (!rest.empty()) {
      const std::size_t slash = rest.rfind('/');
      if (slash == std::string_view::npos) return;
      json outer = json::object();
      outer[std::string(rest.substr(slash + 1))] = std::move(scenario);
      scenario = std::move(outer);
      rest = rest.substr(0, slash);
    }
    AddOf(scenario);
  }
  json Take() { return std::move(files_); }

 private:
  void AddProfile(const json& name) {
    if (!name.is_string() || files_.contains(name.get<std::string>())) return;
    const auto text = name.get<std::string>();
    absl::StatusOr<json> read = ReadJsonFile(sim::ResolveName(base_path_, text));
    files_[text] = read.ok() ? *std::move(read) : json();
    AddOfNetwork(json(files_[text]));
  }
  void AddOfNetwork(const json& holder) {
    const json* network = Find(holder, "network");
    const json* topology = network == nullptr ? nullptr : Find(*network, "topology");
    if (topology == nullptr) return;
    AddMap(*topology);
    if (const json* file = Find(*topology, "file")) AddMap(*file);
  }
  void AddMap(const json& name) {
    if (!name.is_string() || files_.contains(name.get<std::string>())) return;
    const auto text = name.get<std::string>();
    const absl::StatusOr<std::string> read = ReadTextFile(sim::ResolveName(base_path_, text));
    json& file = files_[text];
    if (!read.ok()) return;
    const std::uint64_t hash = core::HashBytes(read->data(), read->size());
    file = {{"bytes", read->size()}, {"hash", absl::StrFormat("%016x", hash)}};
  }

  std::string base_path_;
  json files_ = json::object();
};

void AddOfSet(const json& holder, Files& files) {
  const json* set = Find(holder, "set");
  if (set == nullptr || !set->is_object()) return;
  for (const auto& [pointer, value] : set->items()) files.AddOfChange(pointer, value);
}

void AddOfAxis(const json& axis, Files& files) {
  const json* values = Find(axis, "values");
  if (values == nullptr || !values->is_array()) return;
  const json* at = Find(axis, "at");
  const json places = at == nullptr ? json::array() : at->is_array() ? *at : json::array({*at});
  for (const json& value : *values) {
    AddOfSet(value, files);
    // Numbers name no file, and there may be many.
    if (!value.is_string()) continue;
    for (const json& pointer : places)
      if (pointer.is_string()) files.AddOfChange(pointer.get<std::string>(), value);
  }
}

json FilesOf(const json& sweep, const json& base, const std::string& base_path) {
  Files files(base_path);
  files.AddOf(base);
  AddOfSet(sweep, files);
  if (const json* axes = Find(sweep, "axes"); axes != nullptr && axes->is_array())
    for (const json& axis : *axes) AddOfAxis(axis, files);
  return files.Take();
}

}  // namespace

absl::Status PutBaseScenario(const std::string& path, json& document) {
  const json* scenario = Find(document, "scenario");
  if (scenario == nullptr) return absl::OkStatus();
  json put = json::object();
  std::string base_path = path;
  if (scenario->is_string()) {
    put["path"] = *scenario;
    base_path = sim::ResolveName(path, scenario->get<std::string>());
    absl::StatusOr<json> read = ReadJsonFile(base_path);
    if (!read.ok())
      return absl::Status(read.status().code(),
                          absl::StrCat(path, ": /scenario: ", read.status().message(),
                                       absl::IsNotFound(read.status())
                                           ? sim::WhereSought(path, scenario->get<std::string>())
                                           : ""));
    put["document"] = *std::move(read);
  } else if (Find(*scenario, "lockstep") != nullptr) {
    put["document"] = *scenario;
  } else {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": /scenario: want the file of a scenario, or a scenario, which says ",
                     "\"lockstep\": 1, not ", Shown(*scenario)));
  }
  put["files"] = FilesOf(document, put["document"], base_path);
  document["scenario"] = std::move(put);
  return absl::OkStatus();
}

}  // namespace lockstep::sweep
