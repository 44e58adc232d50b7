// Fewer clusters and fewer hosts: see candidates.h.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "protocols/core/program.h"
#include "tools/shrink/candidates.h"

namespace lockstep::shrink {
namespace {

using nlohmann::json;

std::optional<std::uint64_t> NumberAt(const json& object, const char* key) {
  if (!object.is_object() || !object.contains(key) || !object[key].is_number_unsigned())
    return std::nullopt;
  return object[key].get<std::uint64_t>();
}

// Calls `visit` for every text in it.
void ForEachText(json& value, const std::function<void(json&)>& visit) {
  if (value.is_string()) visit(value);
  if (!value.is_structured()) return;
  for (json& child : value) ForEachText(child, visit);
}

// The index of a host of this cluster, by its name.
std::optional<std::uint64_t> HostOf(const std::string& cluster, const json& text) {
  std::string_view name = text.get_ref<const std::string&>();
  std::uint64_t index = 0;
  if (name.substr(0, cluster.size()) != cluster) return std::nullopt;
  name.remove_prefix(cluster.size());
  const bool is_number = !name.empty() && name.find_first_not_of("0123456789") == name.npos;
  if (!is_number || !absl::SimpleAtoi(std::string(name), &index)) return std::nullopt;
  return index;
}

// Moves faults at hosts from `size` on to the last ones below it that no fault names. False where
// there are too few.
bool MoveFaults(const std::string& cluster, std::uint64_t size, json& faults) {
  std::set<std::uint64_t> used;
  ForEachText(faults, [&](json& text) {
    if (const auto host = HostOf(cluster, text)) used.insert(*host);
  });
  std::map<std::uint64_t, std::uint64_t> moved;
  std::uint64_t next = size;
  for (auto host = used.lower_bound(size); host != used.end(); ++host) {
    while (next > 0 && used.contains(next - 1)) --next;
    if (next == 0) return false;
    moved[*host] = --next;
  }
  ForEachText(faults, [&](json& text) {
    const auto host = HostOf(cluster, text);
    if (host && moved.contains(*host)) text = absl::StrCat(cluster, moved[*host]);
  });
  return true;
}

// All stake of a cluster: its size where it has none, or none that can be read.
std::uint64_t TotalStake(const json& cluster) {
  const std::uint64_t size = NumberAt(cluster, "size").value_or(0);
  if (!cluster.contains("stake") || !cluster["stake"].is_array()) return size;
  std::uint64_t sum = 0;
  for (const json& each : cluster["stake"]) {
    if (!each.is_number_unsigned()) return size;
    sum += std::min(each.get<std::uint64_t>(), std::uint64_t{core::kStakeMost});
  }
  return sum;
}

// The largest budget, no larger than it is, that a cluster of its size, or stake, may have.
void FitBudget(json& cluster) {
  if (!cluster.contains("budget")) return;
  const std::uint64_t total = TotalStake(cluster);
  json& budget = cluster["budget"];
  std::uint64_t u = NumberAt(budget, "u").value_or(0);
  std::uint64_t r = NumberAt(budget, "r").value_or(0);
  // Far more than that at once: amounts of stake may be large.
  u = std::min(u, total);
  r = std::min(r, u);
  while (2 * u + r + 1 > total && u + r > 0) {
    if (u > r) {
      --u;
    } else {
      --r;
    }
  }
  budget["u"] = u;
  budget["r"] = r;
}

bool Resize(std::size_t index, std::uint64_t size, json& scenario) {
  json& cluster = scenario["clusters"][index];
  if (!cluster.is_object() || !cluster.contains("name") || !cluster["name"].is_string())
    return false;
  cluster["size"] = size;
  if (cluster.contains("stake") && cluster["stake"].is_array() && cluster["stake"].size() > size)
    cluster["stake"].erase(cluster["stake"].begin() + static_cast<std::ptrdiff_t>(size),
                           cluster["stake"].end());
  if (cluster.contains("positions") && cluster["positions"].is_array()) {
    json left = json::array();
    for (const json& each : cluster["positions"])
      if (each < size) left.push_back(each);
    cluster["positions"] = std::move(left);
  }
  FitBudget(cluster);
  return !scenario.contains("faults") ||
         MoveFaults(cluster["name"].get<std::string>(), size, scenario["faults"]);
}

// From the smallest on.
std::vector<std::uint64_t> SizesBelow(std::uint64_t size) {
  std::vector<std::uint64_t> sizes;
  for (const std::uint64_t less : {size / 2, (size + 1) / 2, size - 2, size - 1})
    if (less > 0 && less < size) sizes.push_back(less);
  std::ranges::sort(sizes);
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  return sizes;
}

void AddAllAtOnce(const json& scenario, std::vector<Candidate>& candidates) {
  std::uint64_t most = 0;
  for (const json& cluster : scenario["clusters"])
    if (cluster.is_object() && cluster.contains("budget"))
      most = std::max(most, NumberAt(cluster, "size").value_or(0));
  if (most < 2) return;
  for (const std::uint64_t size : SizesBelow(most)) {
    json document = scenario;
    bool is_possible = true;
    for (std::size_t i = 0; i < document["clusters"].size(); ++i) {
      const json& cluster = document["clusters"][i];
      const bool is_larger = cluster.is_object() && cluster.contains("budget") &&
                             NumberAt(cluster, "size").value_or(0) > size;
      if (is_larger) is_possible &= Resize(i, size, document);
    }
    if (is_possible)
      candidates.push_back({absl::StrCat("clusters of at most ", size, " hosts"), document});
  }
}

std::string NameOfCluster(const json& scenario, std::size_t index) {
  const json& cluster = scenario["clusters"][index];
  const bool is_named =
      cluster.is_object() && cluster.contains("name") && cluster["name"].is_string();
  return is_named ? cluster["name"].get<std::string>() : absl::StrCat("number ", index);
}

// No stake, or one replica's of one.
void AddLessStake(std::size_t index, const json& scenario, std::vector<Candidate>& candidates) {
  const json& cluster = scenario["clusters"][index];
  if (!cluster.is_object() || !cluster.contains("stake") || !cluster["stake"].is_array()) return;
  const std::string name = NameOfCluster(scenario, index);
  const auto add = [&](const std::string& what, const std::function<void(json&)>& change) {
    json document = scenario;
    change(document["clusters"][index]);
    FitBudget(document["clusters"][index]);
    candidates.push_back({what, std::move(document)});
  };
  add(absl::StrCat("cluster ", name, ": no stake"), [](json& of) { of.erase("stake"); });
  for (std::size_t i = 0; i < cluster["stake"].size(); ++i) {
    if (cluster["stake"][i] == 1) continue;
    add(absl::StrCat("cluster ", name, ": stake of replica ", i, " -> 1"),
        [i](json& of) { of["stake"][i] = 1U; });
  }
}

// Turns by index.
void AddPlainPositions(std::size_t index, const json& scenario,
                       std::vector<Candidate>& candidates) {
  const json& cluster = scenario["clusters"][index];
  if (!cluster.is_object() || !cluster.contains("positions")) return;
  json document = scenario;
  document["clusters"][index].erase("positions");
  candidates.push_back(
      {absl::StrCat("cluster ", NameOfCluster(scenario, index), ": turns by index"),
       std::move(document)});
}

}  // namespace

std::vector<Candidate> SmallerClusters(const json& scenario) {
  std::vector<Candidate> candidates;
  if (!scenario.contains("clusters") || !scenario["clusters"].is_array()) return candidates;
  const std::size_t count = scenario["clusters"].size();
  for (std::size_t i = count; count > 1 && i-- > 0;) {
    json document = scenario;
    document["clusters"].erase(i);
    candidates.push_back(
        {absl::StrCat("no cluster ", NameOfCluster(scenario, i)), std::move(document)});
  }
  if (count > 1) AddAllAtOnce(scenario, candidates);
  for (std::size_t i = 0; i < count; ++i) {
    AddLessStake(i, scenario, candidates);
    AddPlainPositions(i, scenario, candidates);
    const std::uint64_t size = NumberAt(scenario["clusters"][i], "size").value_or(0);
    for (const std::uint64_t less : SizesBelow(std::max<std::uint64_t>(size, 1))) {
      json document = scenario;
      if (Resize(i, less, document))
        candidates.push_back({absl::StrCat("cluster ", NameOfCluster(scenario, i), ": ", size,
                                           " -> ", less, " hosts"),
                              std::move(document)});
    }
  }
  return candidates;
}

}  // namespace lockstep::shrink
