// An experiment as data: reading and validating it.
//
// Values are read first, all of them, and what they mean together is checked where they were read
// without an error: the first error sticks, and nothing is concluded from zeros.

#include "sim/scenario/scenario.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <set>
#include <string>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "protocols/core/check.h"
#include "protocols/core/stack.h"
#include "protocols/parameters/key_reader.h"
#include "protocols/parameters/parameters.h"
#include "sim/chance/ratio.h"
#include "sim/scenario/name_search.h"
#include "sim/scenario/network_origin.h"
#include "sim/scenario/profile_json.h"
#include "sim/scenario/scenario_faults.h"
#include "sim/scenario/scenario_keys.h"
#include "sim/scenario/scenario_network.h"
#include "sim/scenario/scenario_times.h"
#include "sim/scenario/scenario_topology.h"

namespace lockstep::sim {
namespace {

using core::Duration;
using core::Instant;
using nlohmann::json;

constexpr std::uint64_t kHostsMax = 10'000;
constexpr std::int64_t kPeriodsMax = 1'000'000;
constexpr std::size_t kNameMax = 32;

// What a scenario takes from other files.
struct Imported {
  std::vector<std::string> files;    // that were read
  std::string profile_file;          // where the profile comes from; empty: the scenario itself
  std::set<std::string> of_profile;  // keys of the network that only the profile sets
  NetworkOrigin origin;              // who says what of it
  std::vector<std::string> remarks;
};

std::string SoughtIfMissing(const std::string& found, const std::string& path,
                            const std::string& name) {
  std::error_code error;
  return std::filesystem::exists(found, error) ? "" : WhereSought(path, name);
}

// Puts the profile itself where its file's name stands. One that is like a file's stays the
// scenario's own: what it says is merged over the file.
absl::Status InlineProfile(json& document, const std::string& path, Imported& imported) {
  if (!document.is_object()) return absl::OkStatus();
  const auto profile = document.find("profile");
  if (profile == document.end()) return absl::OkStatus();
  const bool is_like = profile->is_object() && profile->contains("like");
  if (!is_like && !profile->is_string()) return absl::OkStatus();
  const std::string place = is_like ? "/profile/like" : "/profile";
  const json& name = is_like ? profile->at("like") : *profile;
  if (!name.is_string())
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": ", place, ": want the file of a profile, not ", Shown(name)));
  const std::string found = ResolveName(path, name.get<std::string>());
  // What can be read but once (a pipe) would be gone for whoever asks again.
  if (std::error_code error; std::filesystem::is_fifo(found, error))
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": ", place, ": want a regular file, and ", found, " is a pipe"));
  absl::StatusOr<json> read = ReadJsonFile(found);
  if (!read.ok())
    return absl::Status(read.status().code(),
                        absl::StrCat(path, ": ", place, ": ", read.status().message(),
                                     SoughtIfMissing(found, path, name.get<std::string>())));
  if (is_like) {
    json changes = std::move(*profile);
    changes.erase("like");
    read->merge_patch(changes);
  } else {
    imported.profile_file = found;
  }
  imported.files.push_back(found);
  *profile = *std::move(read);
  return absl::OkStatus();
}

// Puts what the profile says of the network under what the scenario says of it. The profile then
// says it no more: a value that the scenario takes away would come back when it is read again.
// Returns the keys that the scenario says nothing of; `origin` is who says what.
std::set<std::string> InlineNetwork(json& document, NetworkOrigin& origin) {
  std::set<std::string> of_profile;
  if (!document.is_object() || !document.contains("profile")) return of_profile;
  json& profile = document["profile"];
  if (!profile.is_object() || !profile.contains("network")) return of_profile;
  if (!profile["network"].is_object()) return of_profile;  // The profile's reader refuses it.
  json network = std::move(profile["network"]);
  profile.erase("network");
  origin.of_profile = network;
  for (const auto& [key, value] : network.items()) of_profile.insert(key);
  if (document.contains("network")) {
    const json& own = document["network"];
    origin.own = own;
    if (own.is_object())
      for (const auto& [key, value] : own.items()) of_profile.erase(key);
    network.merge_patch(own);
  }
  document["network"] = std::move(network);
  return of_profile;
}

// Puts the graph itself where the name of a map stands.
absl::Status InlineTopology(json& document, const std::string& path, Imported& imported) {
  if (!document.is_object() || !document.contains("network")) return absl::OkStatus();
  json& network = document["network"];
  if (!network.is_object() || !network.contains("topology")) return absl::OkStatus();
  std::string sought;
  const auto resolve = [&](const std::string& name) {
    std::string found = ResolveName(path, name);
    sought = SoughtIfMissing(found, path, name);
    imported.files.push_back(found);
    return found;
  };
  const absl::Status read = ImportTopology(network["topology"], path, resolve, imported.remarks);
  if (read.ok() || sought.empty()) return read;
  return absl::Status(read.code(), absl::StrCat(read.message(), sought));
}

// Before the profile's network is put under the scenario's: changes of the profile, and of the
// scenario's network as a whole. All others come after it, and may change what it has put there.
bool ComesFirst(const Override& change) {
  return change.first == "/profile" || change.first == "/network" ||
         change.first.rfind("/profile/", 0) == 0;
}

absl::Status ApplyAll(const std::vector<Override>& overrides, const std::string& path,
                      json& document, Imported& imported) {
  for (const Override& change : overrides) {
    if (!ComesFirst(change)) continue;
    // A number of the profile can be set although the scenario only names its file.
    absl::Status status;
    if (change.first.rfind("/profile/", 0) == 0) status = InlineProfile(document, path, imported);
    if (status.ok()) status = Apply(change, document);
    if (!status.ok()) return status;
    if (change.first == "/profile") imported.profile_file.clear();
  }
  if (absl::Status status = InlineProfile(document, path, imported); !status.ok()) return status;
  imported.of_profile = InlineNetwork(document, imported.origin);
  for (const Override& change : overrides) {
    if (ComesFirst(change)) continue;
    imported.origin.set_at.push_back(change.first);
    std::erase_if(imported.of_profile, [&](const std::string& key) {
      return absl::StartsWith(change.first, absl::StrCat("/network/", key));
    });
    // The same for a link of a map.
    absl::Status status;
    if (change.first.rfind("/network/topology/graph/", 0) == 0)
      status = InlineTopology(document, path, imported);
    if (status.ok()) status = Apply(change, document);
    if (!status.ok()) return status;
  }
  return InlineTopology(document, path, imported);
}

// --- Run and phases ---

Instant At(Duration since_start) { return Instant() + since_start; }

void ReadRun(Parameters run, Scenario& scenario) {
  KeyReader keys(run);
  RunKeys read;
  Describe(keys, read);
  scenario.seed = read.seed;
  scenario.ties = read.ties.value_or(0);
  scenario.period = read.period;
  scenario.end = At(read.lasts);
  scenario.warmup = At(read.warmup);
  if (!run.ok()) return;
  if (read.warmup >= read.lasts)
    run.FailWanted("warmup",
                   absl::StrCat("less than the run, which is ", FormatDuration(read.lasts)));
  if (read.lasts.ps() / scenario.period.ps() > kPeriodsMax)
    run.FailWanted("period", absl::StrCat("at most ", kPeriodsMax, " periods in a run"));
}

void ReadPhases(Parameters& reader, Scenario& scenario) {
  scenario.heal = Instant::FromPicoseconds(scenario.end.ps() / 2);
  scenario.settle = scenario.end - scenario.heal;
  std::optional<Parameters> phases = reader.ObjectOr("phases");
  if (!phases.has_value()) return;
  KeyReader keys(*phases);
  PhaseKeys read;
  Describe(keys, read);
  if (read.heal >= Duration()) scenario.heal = At(read.heal);
  if (phases->ok() && scenario.heal > scenario.end)
    phases->FailWanted("heal", absl::StrCat("a time within the run, which is ",
                                            FormatDuration(scenario.end - Instant())));
  scenario.settle = read.settle >= Duration() ? read.settle : scenario.end - scenario.heal;
  if (phases->ok() && scenario.settle > scenario.end - scenario.heal)
    phases->FailWanted("settle", absl::StrCat("at most what the run leaves after heal, which is ",
                                              FormatDuration(scenario.end - scenario.heal)));
}

void ReadExpectation(Parameters& reader, Expectation& expect) {
  std::optional<Parameters> entry = reader.ObjectOr("expect");
  if (!entry.has_value()) return;
  KeyReader keys(*entry);
  Describe(keys, expect);
}

// --- Clusters and stacks ---

bool IsLetter(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Hosts are called by cluster and index, so the name of a cluster may not end in a digit.
bool IsClusterName(std::string_view name) {
  return !name.empty() && name.size() <= kNameMax && IsLetter(name.front()) &&
         !IsDigit(name.back()) && std::all_of(name.begin(), name.end(), [](char c) {
           return IsLetter(c) || IsDigit(c) || c == '_' || c == '-';
         });
}

// Whether a stack is one of clients. One that is like another's is what that is.
bool IsClientStack(const json* stack, const Scenario& scenario) {
  if (stack != nullptr && stack->is_string()) {
    for (const core::Cluster& other : scenario.clusters)
      if (*stack == "like " + other.name) return other.is_client;
  }
  return stack != nullptr && stack->is_array() && stack->size() == 1 &&
         stack->front().is_object() && stack->front().contains("client");
}

core::Cluster ReadCluster(Parameters& entry, const Scenario& scenario, bool& is_concurrent) {
  core::Cluster cluster;
  cluster.name = entry.String("name");
  if (entry.ok() && !IsClusterName(cluster.name))
    entry.FailWanted("name",
                     "at most 32 of a-z, 0-9, _ and -, from a letter on, and no digit last "
                     "(hosts append their index)");
  cluster.size = static_cast<std::uint32_t>(entry.Integer("size", 1, kHostsMax));
  cluster.is_client = IsClientStack(entry.Raw("stack"), scenario);
  if (cluster.is_client) return cluster;  // Without a budget: nothing is promised of them.
  Parameters budget = entry.Object("budget");
  KeyReader keys(budget);
  DescribeBudget(keys, cluster, is_concurrent);
  ReadStake(entry, cluster);
  ReadPositions(entry, scenario.seed, cluster);
  if (!entry.ok()) return cluster;
  if (cluster.r > cluster.u)
    budget.FailWanted("r", absl::StrCat("at most u = ", cluster.u, ": who lies has failed"));
  const std::uint64_t least = 2 * std::uint64_t{cluster.u} + cluster.r + 1;
  const bool is_enough = cluster.total_stake() >= least;
  if (!is_enough && cluster.has_stake())
    entry.Fail("stake", absl::StrCat("want at least 2u + r + 1 = ", least, " in all, not ",
                                     cluster.total_stake()));
  if (!is_enough) entry.FailWanted("size", absl::StrCat("at least 2u + r + 1 = ", least));
  return cluster;
}

void ReadClusters(std::vector<Parameters>& entries, Scenario& scenario) {
  std::uint64_t hosts = 0;
  for (Parameters& entry : entries) {
    bool is_concurrent = false;
    core::Cluster cluster = ReadCluster(entry, scenario, is_concurrent);
    scenario.is_concurrent.push_back(is_concurrent);
    cluster.first = core::NodeId(static_cast<std::uint32_t>(hosts));
    for (const core::Cluster& other : scenario.clusters)
      if (other.name == cluster.name) entry.Fail("name", "another cluster has this name");
    hosts += cluster.size;
    if (hosts > kHostsMax)
      entry.FailWanted("size", absl::StrCat("at most ", kHostsMax, " hosts in all"));
    scenario.clusters.push_back(std::move(cluster));
  }
}

// The cluster that "like NAME" refers to; its own stack must be written out.
const json* StackLike(Parameters& entry, const std::string& text, const Scenario& scenario,
                      const std::vector<const json*>& written, std::size_t& like) {
  std::vector<std::string> names;
  for (const core::Cluster& cluster : scenario.clusters) names.push_back(cluster.name);
  const std::string name = text.rfind("like ", 0) == 0 ? text.substr(5) : "";
  const auto found = std::find(names.begin(), names.end(), name);
  if (name.empty()) {
    entry.FailWanted("stack", "an array of layers, from below, or \"like\" and a cluster");
    return nullptr;
  }
  if (found == names.end()) {
    const std::optional<std::string> nearest = Nearest(name, names);
    entry.Fail("stack", absl::StrCat("there is no cluster \"", name, "\"; ",
                                     nearest ? absl::StrCat("did you mean \"", *nearest, "\"?")
                                             : "there are: " + absl::StrJoin(names, ", ")));
    return nullptr;
  }
  like = static_cast<std::size_t>(found - names.begin());
  if (written[like] == nullptr)
    entry.Fail("stack", absl::StrCat("want a cluster whose stack is written out; that of ", name,
                                     " is not"));
  return written[like];
}

void ReadStacks(std::vector<Parameters>& entries, Scenario& scenario) {
  std::vector<const json*> written;  // by cluster; nullptr where it is like another's
  for (Parameters& entry : entries) {
    const json* stack = entry.Raw("stack");
    written.push_back(stack != nullptr && stack->is_array() ? stack : nullptr);
    const bool is_text = stack != nullptr && stack->is_string();
    if (written.back() == nullptr && !is_text)
      entry.FailWanted("stack", "an array of layers, from below, or \"like\" and a cluster");
    if (written.back() != nullptr && (stack->empty() || stack->size() > core::Stack::kLayersMax))
      entry.Fail("stack", absl::StrCat("want 1 to ", int{core::Stack::kLayersMax}, " layers, not ",
                                       stack->size()));
    if (written.back() != nullptr)
      for (const json& layer : *stack)
        if (!layer.is_object())
          entry.Fail("stack",
                     "want layers that are objects, such as "
                     "{\"rsm\": \"file\", \"message_bytes\": 100}");
  }
  for (std::size_t i = 0; i < entries.size() && entries[i].ok(); ++i) {
    std::size_t like = i;
    const json* stack = written[i];
    if (stack == nullptr)
      stack = StackLike(entries[i], entries[i].Raw("stack")->get<std::string>(), scenario, written,
                        like);
    scenario.stacks.push_back(stack == nullptr ? json::array() : *stack);
    // Whom a C3B layer speaks to is its own.
    if (like != i)
      for (json& layer : scenario.stacks.back())
        if (layer.contains("c3b")) layer.erase("to");
    scenario.stack_pointers.push_back(entries[like].pointer() + "/stack");
  }
}

// --- All of it ---

// `profile_file` is where the profile comes from, if it is not part of the scenario's own file.
absl::StatusOr<Profile> ReadProfileOf(Parameters& reader, const json& document,
                                      const std::string& profile_file) {
  const json* profile = reader.Raw("profile");
  if (profile != nullptr && !profile_file.empty())
    return ReadProfile(Parameters(document.at("profile"), profile_file, ""));
  if (profile != nullptr && profile->is_object()) return ReadProfile(reader.Object("profile"));
  reader.FailWanted("profile",
                    "a file such as \"profiles/gcp-c2-standard-8.json\", or an object, such as "
                    "{\"like\": FILE} with what is different");
  return reader.Done();
}

void NameWhatIsNotBuilt(Parameters& reader) {
  for (const std::string& key : reader.keys())
    if (key == "swarm" || key == "explore" || key == "buggify")
      reader.Fail(key, "is not built yet");
}

// `of_profile`: what of the network only the profile speaks of.
absl::StatusOr<Scenario> Read(json document, const std::string& path,
                              const std::string& profile_file,
                              const std::set<std::string>& of_profile) {
  Scenario scenario;
  Parameters reader(document, path, "");
  reader.StringOr("$schema", "");
  reader.Integer("lockstep", 1, 1);
  NameWhatIsNotBuilt(reader);
  scenario.path = path;
  scenario.name = reader.String("name");
  scenario.why = reader.String("why");
  scenario.contents =
      static_cast<core::ContentKind>(reader.ChoiceOr("contents", 0, {"filler", "real"}));
  ReadRun(reader.Object("run"), scenario);
  absl::StatusOr<Profile> profile = ReadProfileOf(reader, document, profile_file);

  std::vector<Parameters> clusters = reader.ObjectsOr("clusters");
  if (clusters.empty()) reader.FailWanted("clusters", "an array of at least one cluster");
  ReadClusters(clusters, scenario);
  ReadStacks(clusters, scenario);
  Parameters network = reader.Object("network");
  const std::vector<std::string> unused =
      ReadNetwork(network, scenario.clusters, of_profile, scenario.network);
  ReadPhases(reader, scenario);
  scenario.is_negative_control = reader.BoolOr("negative_control", false);
  ReadFaults(reader, scenario);
  ReadExpectation(reader, scenario.expect);
  if (reader.ok() && profile.ok()) {
    scenario.profile = *std::move(profile);
    ReadTopology(network, scenario);
    if (reader.ok()) CheckNetwork(network, scenario);
    if (reader.ok()) CheckFaults(reader, scenario);
    if (reader.ok()) CheckTimes(reader, scenario);
  }
  if (absl::Status status = reader.Done(); !status.ok()) return status;
  if (!profile.ok()) return profile.status();
  // Whoever reads the document again does not know whose they were.
  for (const std::string& name : unused) document["network"].erase(name);
  scenario.document = std::move(document);
  return scenario;
}

}  // namespace

absl::StatusOr<Scenario> ReadScenario(const std::string& path,
                                      const std::vector<Override>& overrides) {
  absl::StatusOr<json> document = ReadJsonFile(path);
  if (!document.ok()) return document.status();
  return ReadScenarioDocument(*std::move(document), path, overrides);
}

absl::StatusOr<Scenario> ReadScenarioDocument(json document, const std::string& path,
                                              const std::vector<Override>& overrides) {
  Imported imported;
  absl::Status status = ApplyAll(overrides, path, document, imported);
  if (!status.ok()) return status;
  absl::StatusOr<Scenario> scenario =
      Read(std::move(document), path, imported.profile_file, imported.of_profile);
  if (!scenario.ok()) return imported.origin.Blame(scenario.status(), path, imported.profile_file);
  scenario->remarks.insert(scenario->remarks.begin(), imported.remarks.begin(),
                           imported.remarks.end());
  scenario->files = std::move(imported.files);
  scenario->files.push_back(path);
  return scenario;
}

std::string HostName(const std::vector<core::Cluster>& clusters, core::NodeId node) {
  for (const core::Cluster& cluster : clusters)
    if (cluster.Has(node)) return absl::StrCat(cluster.name, node.value() - cluster.first.value());
  return absl::StrCat("host", node.value());
}

}  // namespace lockstep::sim
