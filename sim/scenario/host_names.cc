// Names of hosts: see host_names.h.

#include "sim/scenario/host_names.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "sim/scenario/scenario_keys.h"

namespace lockstep::sim {
namespace {

using core::Cluster;
using core::NodeId;

constexpr std::uint64_t kNoIndex = std::numeric_limits<std::uint64_t>::max();
constexpr std::string_view kWanted =
    "a host such as \"a0\", a list of hosts, {\"cluster\": \"a\"} or "
    "{\"cluster\": \"a\", \"mod\": 3, \"is\": 2}";

std::string Span(const Cluster& cluster) {
  const std::string first = absl::StrCat("\"", cluster.name, "0\"");
  if (cluster.size == 1) return absl::StrCat("one host, ", first);
  return absl::StrCat("the hosts ", first, " to \"", cluster.name, cluster.size - 1, "\"");
}

std::vector<std::string> NamesOf(const std::vector<Cluster>& clusters) {
  std::vector<std::string> names;
  for (const Cluster& cluster : clusters) names.push_back(cluster.name);
  return names;
}

const Cluster* ClusterCalled(const std::vector<Cluster>& clusters, std::string_view name) {
  for (const Cluster& cluster : clusters)
    if (cluster.name == name) return &cluster;
  return nullptr;
}

// Why there is no cluster of that name.
std::string NoCluster(const std::vector<Cluster>& clusters, const std::string& name) {
  const std::vector<std::string> names = NamesOf(clusters);
  const std::optional<std::string> nearest = Nearest(name, names);
  return absl::StrCat("there is no cluster \"", name, "\"",
                      nearest ? absl::StrCat("; did you mean \"", *nearest, "\"?")
                              : absl::StrCat("; there are: ", absl::StrJoin(names, ", ")));
}

// A host's name taken apart: names of clusters never end in a digit.
struct NameParts {
  std::string cluster;
  std::string digits;
};
NameParts PartsOf(const std::string& name) {
  const auto last = name.find_last_not_of("0123456789");
  const std::size_t length = last == std::string::npos ? 0 : last + 1;
  return {name.substr(0, length), name.substr(length)};
}

// One host, or why there is none of that name.
struct HostOrWhy {
  std::optional<NodeId> host;
  std::string why;
};
HostOrWhy FindHost(const std::vector<Cluster>& clusters, const std::string& name) {
  const auto [prefix, digits] = PartsOf(name);
  const bool is_index =
      !digits.empty() && digits.size() <= 9 && (digits == "0" || digits[0] != '0');
  const std::uint64_t index = is_index ? std::stoull(digits) : kNoIndex;
  const Cluster* cluster = ClusterCalled(clusters, prefix);
  if (cluster != nullptr && index < cluster->size) return {cluster->Replica(index), ""};
  if (cluster != nullptr && digits.empty())
    return {{},
            absl::StrCat("\"", name, "\" is a cluster; want a host such as \"", name,
                         "0\", or {\"cluster\": \"", name, "\"}")};
  const std::string missing = absl::StrCat("there is no host \"", name, "\"; ");
  if (cluster != nullptr)
    return {{},
            absl::StrCat(missing, "the nearest is \"", prefix, is_index ? cluster->size - 1 : 0,
                         "\": cluster ", prefix, " has ", Span(*cluster))};
  const std::vector<std::string> names = NamesOf(clusters);
  const std::optional<std::string> nearest = Nearest(prefix, names);
  if (nearest && index < ClusterCalled(clusters, *nearest)->size)
    return {{}, absl::StrCat(missing, "did you mean \"", *nearest, digits, "\"?")};
  return {{}, absl::StrCat(missing, "clusters: ", absl::StrJoin(names, ", "))};
}

// How many of a cluster a share is.
std::uint32_t CountOf(std::string_view share, std::uint32_t size) {
  if (share == "minority") return (size - 1) / 2;
  if (share == "majority") return size / 2 + 1;
  if (share == "minority_third") return (size - 1) / 3;
  return share == "one" ? 1 : size;
}

}  // namespace

// {"cluster": "a"}: all of it; with "mod" and "is": the replicas whose index leaves that rest; with
// "spec": a share of it that is drawn.
std::vector<NodeId> ScenarioHosts::ReadPattern(Parameters pattern) const {
  const std::string name = pattern.String("cluster");
  std::uint64_t mod = 1;
  std::uint64_t is = 0;
  if (pattern.Has("mod") || pattern.Has("is")) {
    mod = pattern.Integer("mod", 1, std::numeric_limits<std::uint32_t>::max());
    is = pattern.Integer("is", 0, mod == 0 ? 0 : mod - 1);
  }
  const bool is_share = pattern.Has("spec");
  if (!pattern.ok()) return {};
  const Cluster* cluster = ClusterCalled(clusters_, name);
  if (cluster == nullptr) {
    pattern.Fail("cluster", NoCluster(clusters_, name));
    return {};
  }
  if (is_share && pattern.Has("mod")) pattern.Fail("spec", "is given beside \"mod\"; want one");
  if (is_share) return DrawShare(pattern, *cluster);
  std::vector<NodeId> hosts;
  for (std::uint64_t index = is; index < cluster->size; index += mod)
    hosts.push_back(cluster->Replica(index));
  if (hosts.empty())
    pattern.Fail("", absl::StrCat("matches no host: cluster ", name, " has ", Span(*cluster)));
  return hosts;
}

std::vector<NodeId> ScenarioHosts::DrawShare(Parameters& pattern, const Cluster& cluster) const {
  std::vector<std::string_view> names;
  for (const core::Option& share : kHostShares) names.push_back(share.name);
  const std::size_t share = pattern.Choice("spec", names);
  std::vector<NodeId> hosts;
  if (!pattern.ok()) return hosts;
  for (std::uint32_t i = 0; i < cluster.size; ++i) hosts.push_back(cluster.Replica(i));
  const std::uint32_t count = CountOf(names[share], cluster.size);
  if (count == 0)
    pattern.Fail("spec", absl::StrCat("is no host of cluster ", cluster.name, ", which has ",
                                      Span(cluster)));
  core::Random random = random_;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint64_t other = i + random.Below(cluster.size - i);
    std::swap(hosts[i], hosts[other]);
  }
  hosts.resize(count);
  std::sort(hosts.begin(), hosts.end());
  return hosts;
}

std::vector<NodeId> ScenarioHosts::ReadList(Parameters& reader, std::string_view key,
                                            const nlohmann::json& value) const {
  std::vector<nlohmann::json> names;
  if (value.is_string()) names = {value};
  if (value.is_array()) names = value.get<std::vector<nlohmann::json>>();
  std::set<NodeId> hosts;
  for (const nlohmann::json& name : names) {
    if (!name.is_string()) {
      reader.Fail(key, absl::StrCat("want names of hosts, not ", Shown(name)));
      return {};
    }
    const HostOrWhy found = FindHost(clusters_, name.get<std::string>());
    if (!found.host.has_value()) {
      reader.Fail(key, found.why);
    } else if (!hosts.insert(*found.host).second) {
      reader.Fail(key, absl::StrCat("names ", Shown(name), " twice"));
    }
  }
  if (names.empty()) reader.FailWanted(key, kWanted);
  return {hosts.begin(), hosts.end()};
}

std::vector<NodeId> ScenarioHosts::Read(Parameters& reader, std::string_view key) const {
  const nlohmann::json* value = reader.Raw(key);
  if (value != nullptr && value->is_object()) return ReadPattern(reader.Object(key));
  return ReadList(reader, key, value == nullptr ? nlohmann::json() : *value);
}

std::vector<NodeId> ScenarioHosts::Hosts(core::Keys& keys, std::string_view key) const {
  return Read(ParametersOf(keys), key);
}

std::vector<std::vector<NodeId>> ScenarioHosts::Groups(core::Keys& keys,
                                                       std::string_view key) const {
  Parameters& reader = ParametersOf(keys);
  const nlohmann::json* value = reader.Raw(key);
  std::vector<std::vector<NodeId>> groups;
  std::set<NodeId> all;
  if (value != nullptr && value->is_array())
    for (const nlohmann::json& group : *value) groups.push_back(ReadList(reader, key, group));
  if (groups.size() < 2)
    reader.FailWanted(key, "two lists of hosts or more, such as [[\"a0\"], [\"a1\", \"a2\"]]");
  for (const std::vector<NodeId>& group : groups)
    for (const NodeId host : group)
      if (!all.insert(host).second)
        reader.Fail(key, absl::StrCat("names a host in two groups: number ", host.value(),
                                      " of all hosts"));
  return groups;
}

std::vector<NodeId> ScenarioHosts::Replicas() const {
  std::vector<NodeId> replicas;
  for (const core::Cluster& cluster : clusters_) {
    if (cluster.is_client) continue;
    for (std::uint32_t i = 0; i < cluster.size; ++i) replicas.push_back(cluster.Replica(i));
  }
  return replicas;
}

const core::Cluster* ScenarioHosts::ClusterNamed(std::string_view name) const {
  const auto found = std::ranges::find_if(clusters_, [&](const core::Cluster& cluster) {
    return cluster.name == name && !cluster.is_client;
  });
  return found == clusters_.end() ? nullptr : &*found;
}

std::vector<std::uint32_t> ScenarioHosts::Numbers(core::Keys& keys, std::string_view key,
                                                  std::size_t wanted, core::Numbers range) const {
  Parameters& reader = ParametersOf(keys);
  const nlohmann::json* value = reader.Raw(key);
  if (value == nullptr || !value->is_array() || value->size() != wanted) {
    reader.FailWanted(key, absl::StrCat("a list of ", wanted, " whole numbers"));
    return {};
  }
  std::vector<std::uint32_t> numbers;
  for (std::size_t i = 0; i < value->size(); ++i) {
    const nlohmann::json& each = (*value)[i];
    if (each.is_number_unsigned() && each >= range.min && each <= range.max) {
      numbers.push_back(each.get<std::uint32_t>());
      continue;
    }
    reader.FailInside(key, absl::StrCat(i),
                      absl::StrCat("want a whole number from ", range.min, " to ", range.max,
                                   ", not ", Shown(each)));
    return {};
  }
  return numbers;
}

}  // namespace lockstep::sim
