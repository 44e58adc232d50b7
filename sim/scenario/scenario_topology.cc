// Reading topologies: see scenario_topology.h.
//
// Each form (star, clusters, leaf_spine, sites, graph) becomes a SwitchGraph and says where hosts
// go that "attach" does not name; the rest is the same for all.

#include "sim/scenario/scenario_topology.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "protocols/parameters/key_reader.h"
#include "sim/net/routes.h"
#include "sim/scenario/scenario_faults.h"
#include "sim/scenario/topology_keys.h"

namespace lockstep::sim {
namespace {

using core::Duration;
using nlohmann::json;

constexpr std::uint64_t kSwitchesMax = 20'000;
constexpr std::size_t kRoutesMax = 20'000'000;    // switches, times switches with hosts
constexpr std::uint64_t kLeafSpineMax = 200'000;  // wires
constexpr std::size_t kNamed = 12;                // in lists of names
constexpr std::uint32_t kNowhere = ~std::uint32_t{0};
constexpr std::array<const char*, 5> kForms = {"star", "clusters", "leaf_spine", "sites", "graph"};

// A topology that is being read.
struct Draft {
  SwitchGraph graph;
  std::map<std::string, std::uint32_t> index_of;  // by the switch's name
  // Where hosts go that "attach" does not name; kNowhere: it must.
  std::vector<std::uint32_t> attached;
  std::vector<std::string> hosts;
};

std::string Listed(const std::vector<std::string>& names) {
  const std::size_t shown = std::min(names.size(), kNamed);
  const std::string list =
      absl::StrJoin(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", ");
  return shown == names.size() ? list : absl::StrCat(list, " and ", names.size() - shown, " more");
}

// ": did you mean "x"?", else what there is.
std::string Instead(const std::string& name, const std::vector<std::string>& names) {
  const std::optional<std::string> nearest = Nearest(name, names);
  return nearest ? absl::StrCat("did you mean \"", *nearest, "\"?")
                 : absl::StrCat("there are: ", Listed(names));
}

std::vector<std::string> SwitchNames(const Draft& draft) {
  std::vector<std::string> names;
  for (const Vertex& vertex : draft.graph.switches) names.push_back(vertex.name);
  return names;
}

bool AddSwitch(Draft& draft, std::string name, const SwitchSpec& spec) {
  const auto index = static_cast<std::uint32_t>(draft.graph.switches.size());
  if (!draft.index_of.emplace(name, index).second) return false;
  draft.graph.switches.push_back({std::move(name), spec});
  return true;
}

// --- Wires ---

// What a wire is where it says nothing.
Edge EdgeOf(const Profile& profile) {
  Edge edge;
  edge.wire = profile.wire;
  edge.rate_bps = profile.nic.rate_bps;
  edge.queue = core::ByteCount(-1);  // What its switch says.
  return edge;
}

void AddWire(Draft& draft, Edge edge, bool is_one_way) {
  const core::ByteCount queue = edge.queue;
  draft.graph.AddWire(edge, is_one_way);
  for (std::size_t i = is_one_way ? 1 : 2; i > 0; --i) {
    Edge& added = draft.graph.edges[draft.graph.edges.size() - i];
    added.queue =
        queue.value() >= 0 ? queue : draft.graph.switches[added.from].forwarding.port_queue;
  }
}

std::uint32_t ReadEnd(Parameters& link, std::string_view key, const Draft& draft) {
  const std::string name = link.String(key);
  if (!link.ok()) return 0;
  const auto found = draft.index_of.find(name);
  if (found != draft.index_of.end()) return found->second;
  link.Fail(key,
            absl::StrCat("there is no switch \"", name, "\"; ", Instead(name, SwitchNames(draft))));
  return 0;
}

void ReadLinks(std::vector<Parameters> links, const Profile& profile, Draft& draft) {
  for (Parameters& link : links) {
    KeyReader keys(link);
    WireKeys wire;
    wire.edge = EdgeOf(profile);
    Describe(keys, wire);
    Edge edge = wire.edge;
    edge.from = ReadEnd(link, "from", draft);
    edge.to = ReadEnd(link, "to", draft);
    if (!link.ok()) return;
    if (edge.from == edge.to) {
      link.Fail("to", absl::StrCat("want another switch than \"", wire.from, "\""));
      return;
    }
    AddWire(draft, std::move(edge), wire.is_one_way);
  }
}

// --- Forms ---

void ReadStar(const Profile& profile, Draft& draft) {
  AddSwitch(draft, "switch", profile.fabric);
  draft.attached.assign(draft.hosts.size(), 0);
}

void ReadClusters(Parameters form, const Scenario& scenario, Draft& draft) {
  const Profile& profile = scenario.profile;
  for (std::uint32_t c = 0; c < scenario.clusters.size(); ++c) {
    const core::Cluster& cluster = scenario.clusters[c];
    AddSwitch(draft, cluster.name, profile.fabric);
    std::fill_n(draft.attached.begin() + cluster.first.value(), cluster.size, c);
  }
  form.Has("trunk");
  if (scenario.clusters.size() < 2) return;
  Parameters trunk = form.Object("trunk");
  Edge edge = EdgeOf(profile);
  KeyReader keys(trunk);
  DescribeWire(keys, /*has_defaults=*/false, edge);
  for (edge.from = 0; edge.from < scenario.clusters.size(); ++edge.from)
    for (edge.to = edge.from + 1; edge.to < scenario.clusters.size(); ++edge.to)
      AddWire(draft, edge, /*is_one_way=*/false);
}

// Hosts are spread over the leaves in turn.
void ReadLeafSpine(Parameters form, const Profile& profile, Draft& draft) {
  KeyReader keys(form);
  LeafSpineKeys read{0, 0, EdgeOf(profile)};
  Describe(keys, read);
  const std::uint32_t leaves = read.leaves;
  const std::uint32_t spines = read.spines;
  if (const std::uint64_t wires = std::uint64_t{leaves} * spines; wires > kLeafSpineMax)
    form.Fail("spines", absl::StrCat("want at most ", kLeafSpineMax,
                                     " wires, which are leaves times spines, not ", wires));
  Edge edge = read.uplink;
  if (!form.ok()) return;
  for (std::uint32_t i = 0; i < leaves; ++i)
    AddSwitch(draft, absl::StrCat("leaf", i), profile.fabric);
  for (std::uint32_t i = 0; i < spines; ++i)
    AddSwitch(draft, absl::StrCat("spine", i), profile.fabric);
  for (std::uint32_t leaf = 0; leaf < leaves; ++leaf) {
    for (std::uint32_t spine = 0; spine < spines; ++spine) {
      edge.from = leaf;
      edge.to = leaves + spine;
      AddWire(draft, edge, /*is_one_way=*/false);
    }
  }
  for (std::uint32_t host = 0; host < draft.hosts.size(); ++host)
    draft.attached[host] = host % leaves;
}

void ReadAttach(Parameters attach, const Scenario& scenario, Draft& draft);

// The sites are those that hosts are in, and those that are only passed.
void ReadSites(Parameters form, const Scenario& scenario, Draft& draft) {
  const json* of = form.Raw("of");
  const json* transit = form.Raw("transit");
  std::set<std::string> names;
  if (of != nullptr && of->is_object())
    for (const auto& [key, site] : of->items())
      if (site.is_string() && site != "") names.insert(site.get<std::string>());
  if (transit != nullptr && !transit->is_array()) form.FailWanted("transit", "an array of sites");
  if (transit != nullptr && transit->is_array()) {
    for (const json& site : *transit) {
      if (!site.is_string() || site == "")
        form.FailWanted("transit", "an array of sites, which are strings");
      else if (!names.insert(site.get<std::string>()).second)
        form.Fail("transit", absl::StrCat("want each site once, in \"of\" or here, not twice: \"",
                                          site.get<std::string>(), "\""));
    }
  }
  for (const std::string& name : names) AddSwitch(draft, name, scenario.profile.fabric);
  ReadAttach(form.Object("of"), scenario, draft);
  if (form.ok()) ReadLinks(form.ObjectsOr("links"), scenario.profile, draft);
}

void ReadGraph(Parameters form, const Profile& profile, Draft& draft) {
  form.StringOr("file", "");  // From which it was imported.
  std::vector<Parameters> switches = form.ObjectsOr("switches");
  if (switches.empty()) form.FailWanted("switches", "an array of at least one switch");
  for (Parameters& entry : switches) {
    KeyReader keys(entry);
    std::string id;
    SwitchSpec spec = profile.fabric;
    DescribeSwitch(keys, id, spec);
    if (!entry.ok()) return;
    if (!AddSwitch(draft, id, spec))
      entry.Fail("id", absl::StrCat("another switch is called \"", id, "\""));
  }
  if (form.ok()) ReadLinks(form.ObjectsOr("links"), profile, draft);
}

// --- Hosts ---

// Cluster or host -> switch; a host wins over its cluster.
void ReadAttach(Parameters attach, const Scenario& scenario, Draft& draft) {
  std::vector<std::string> known = draft.hosts;
  for (const core::Cluster& cluster : scenario.clusters) known.push_back(cluster.name);
  const std::set<std::string> is_known(known.begin(), known.end());
  std::map<std::string, std::uint32_t> places;
  for (const std::string& key : attach.keys()) {
    if (is_known.count(key) == 0) {
      attach.Fail(key,
                  absl::StrCat("there is no cluster or host of this name; ", Instead(key, known)));
      return;
    }
    places[key] = ReadEnd(attach, key, draft);
  }
  if (!attach.ok()) return;
  for (const core::Cluster& cluster : scenario.clusters) {
    for (std::uint32_t host = cluster.first.value(); cluster.Has(core::NodeId(host)); ++host) {
      const auto own = places.find(draft.hosts[host]);
      const auto all = places.find(cluster.name);
      if (own != places.end())
        draft.attached[host] = own->second;
      else if (all != places.end())
        draft.attached[host] = all->second;
    }
  }
}

HostLink ReadHostLink(Parameters& network, const Profile& profile) {
  HostLink link;
  link.rate_bps = profile.nic.rate_bps;
  link.card_queue = profile.nic.tx.bytes;
  link.wire = profile.wire;
  std::optional<Parameters> reader = network.ObjectOr("host_link");
  if (!reader) return link;
  KeyReader keys(*reader);
  Describe(keys, link);
  return link;
}

void CheckAttached(Parameters& network, std::string_view key, const Draft& draft) {
  std::vector<std::string> missing;
  for (std::size_t host = 0; host < draft.hosts.size(); ++host)
    if (draft.attached[host] == kNowhere) missing.push_back(draft.hosts[host]);
  if (missing.empty()) return;
  network.Fail(key, absl::StrCat("want the switch of every cluster or host; of ", Listed(missing),
                                 " none is said; there are: ", Listed(SwitchNames(draft))));
}

// --- What they mean together ---

void CheckNames(Parameters& network, const Draft& draft) {
  for (const std::string& host : draft.hosts)
    if (draft.index_of.count(host) > 0)
      network.Fail("topology", absl::StrCat("want switches that are not called like a host, as \"",
                                            host, "\" is"));
}

// Sums of delays have to stay within 64 bits.
void CheckDelays(Parameters& network, const Topology& topology) {
  constexpr std::int64_t kDay = Duration::Seconds(86'400).ps();
  std::int64_t left = 10 * kDay;
  for (const Edge& edge : topology.edges)
    for (const Duration part : {edge.wire.delay, edge.wire.fec, edge.wire.jitter.min(),
                                topology.vertices[edge.from].forwarding.latency.min()})
      left -= std::min(part.ps(), left);
  if (left <= 0)
    network.Fail("topology", "want delays of less than ten days, all links taken together");
}

void CheckSize(Parameters& network, const Draft& draft) {
  const std::size_t switches = draft.graph.switches.size();
  const std::set<std::uint32_t> with_hosts(draft.attached.begin(), draft.attached.end());
  if (switches > kSwitchesMax || switches * with_hosts.size() > kRoutesMax)
    network.Fail("topology",
                 absl::StrCat("want at most ", kSwitchesMax, " switches, and at most ", kRoutesMax,
                              " for their number times that of those with hosts, not ", switches,
                              " and ", switches * with_hosts.size()));
}

void CheckReach(Parameters& network, const Topology& topology) {
  const std::optional<Cut> cut = FindCut(topology);
  if (!cut) return;
  std::vector<std::string> reached;
  for (const std::uint32_t at : cut->reached) reached.push_back(topology.vertices[at].name);
  const auto named = [&](std::uint32_t host) {
    return absl::StrCat(topology.vertices[host].name, " at ",
                        topology.vertices[SwitchOf(topology, host)].name);
  };
  network.Fail(
      "topology",
      absl::StrCat(named(cut->from), " cannot reach ", named(cut->to), ": no route; the part that ",
                   topology.vertices[cut->from].name, " reaches is: ", Listed(reached)));
}

void ReadForm(Parameters& topology, std::size_t form, const Scenario& scenario, Draft& draft) {
  Parameters reader = topology.Object(kForms[form]);
  switch (form) {
    case 0:
      ReadStar(scenario.profile, draft);
      return;
    case 1:
      ReadClusters(reader, scenario, draft);
      return;
    case 2:
      ReadLeafSpine(reader, scenario.profile, draft);
      return;
    case 3:
      ReadSites(reader, scenario, draft);
      return;
    default:
      ReadGraph(reader, scenario.profile, draft);
  }
}

// The form that `topology` has; none after an error.
std::optional<std::size_t> FormOf(Parameters& network, Parameters& topology) {
  std::optional<std::size_t> form;
  for (const std::string& key : topology.keys()) {
    const auto found = std::find(kForms.begin(), kForms.end(), key);
    if (found == kForms.end()) {
      topology.Fail(key,
                    absl::StrCat("is no topology; ", Instead(key, {kForms.begin(), kForms.end()})));
      return std::nullopt;
    }
    if (form) {
      network.Fail("topology",
                   absl::StrCat("want one of ", absl::StrJoin(kForms, ", "), ", not several"));
      return std::nullopt;
    }
    form = static_cast<std::size_t>(found - kForms.begin());
  }
  if (!form) network.FailWanted("topology", absl::StrCat("one of ", absl::StrJoin(kForms, ", ")));
  return form;
}

// The time that a packet needs where nothing is in its way.
Duration PathDelay(const Topology& topology, const Routes& routes, core::NodeId from,
                   core::NodeId to) {
  Duration delay;
  for (const std::uint32_t i : routes.Path(topology, from, to, 0)) {
    const Edge& edge = topology.edges[i];
    delay += edge.wire.delay + edge.wire.fec + edge.wire.jitter.min() +
             topology.vertices[edge.from].forwarding.latency.min();
  }
  return delay;
}

}  // namespace

absl::Status ImportTopology(json& topology, const std::string& path,
                            const std::function<std::string(const std::string&)>& resolve,
                            std::vector<std::string>& remarks) {
  const json document =
      topology.is_string() ? json{{"file", topology.get<std::string>()}} : topology;
  if (!document.is_object() || !document.contains("file")) return absl::OkStatus();
  Parameters reader(document, path, "/network/topology");
  MapKeys read;
  KeyReader keys(reader);
  Describe(keys, read);
  if (absl::Status status = reader.Done(); !status.ok()) return status;
  absl::StatusOr<GraphFile> map = ReadGraphFile(resolve(read.file), read.defaults);
  if (!map.ok())
    return absl::Status(map.status().code(),
                        absl::StrCat(path, ": /network/topology: ", map.status().message()));
  remarks.insert(remarks.end(), map->remarks.begin(), map->remarks.end());
  topology = {{"graph", GraphOf(*map)}};
  topology["graph"]["file"] = read.file;
  return absl::OkStatus();
}

json GraphOf(const GraphFile& map) {
  json switches = json::array();
  for (const std::string& name : map.nodes) switches.push_back({{"id", name}});
  json links = json::array();
  for (const GraphFileLink& link : map.links) {
    const auto name = [](Origin origin) {
      return std::string(kOriginNames[static_cast<std::size_t>(origin)]);
    };
    json entry = {{"from", map.nodes[link.from]},        {"to", map.nodes[link.to]},
                  {"rate", FormatRate(link.rate_bps)},   {"rate_from", name(link.rate_origin)},
                  {"delay", FormatDuration(link.delay)}, {"delay_from", name(link.delay_origin)}};
    if (link.is_one_way) entry["one_way"] = true;
    links.push_back(std::move(entry));
  }
  return {{"switches", std::move(switches)}, {"links", std::move(links)}};
}

SwitchGraph SwitchGraphOf(const GraphFile& map, const Profile& profile) {
  SwitchGraph graph;
  for (const std::string& name : map.nodes) graph.switches.push_back({name, profile.fabric});
  for (const GraphFileLink& link : map.links) {
    Edge edge;
    edge.from = static_cast<std::uint32_t>(link.from);
    edge.to = static_cast<std::uint32_t>(link.to);
    edge.rate_bps = link.rate_bps;
    edge.queue = profile.fabric.port_queue;
    edge.wire = profile.wire;
    edge.wire.delay = link.delay;
    edge.rate_origin = link.rate_origin;
    edge.delay_origin = link.delay_origin;
    graph.AddWire(edge, link.is_one_way);
  }
  return graph;
}

void ReadTopology(Parameters& network, Scenario& scenario) {
  const json* raw = network.Raw("topology");
  if (raw == nullptr) return;
  if (!raw->is_object()) {
    network.FailWanted("topology",
                       "an object such as {\"star\": {}}, or a file that ends in .graphml, .dot "
                       "or .gv");
    return;
  }
  Parameters topology = network.Object("topology");
  const std::optional<std::size_t> form = FormOf(network, topology);
  if (!form) return;
  Draft draft;
  for (const core::Cluster& cluster : scenario.clusters)
    for (std::uint32_t i = 0; i < cluster.size; ++i)
      draft.hosts.push_back(absl::StrCat(cluster.name, i));
  draft.attached.assign(draft.hosts.size(), kNowhere);
  ReadForm(topology, *form, scenario, draft);
  const HostLink host_link = ReadHostLink(network, scenario.profile);
  const bool is_sites = std::string_view(kForms[*form]) == "sites";
  if (is_sites && network.Raw("attach") != nullptr)
    network.Fail("attach", "means nothing here: /network/topology/sites/of says it");
  if (!network.ok()) return;
  if (auto attach = network.ObjectOr("attach")) ReadAttach(*attach, scenario, draft);
  if (!network.ok()) return;
  CheckNames(network, draft);
  CheckAttached(network, is_sites ? "topology" : "attach", draft);
  CheckSize(network, draft);
  if (!network.ok()) return;
  Topology built = AttachHosts(draft.graph, draft.hosts, draft.attached, host_link);
  CheckDelays(network, built);
  CheckReach(network, built);
  scenario.network.topology = std::move(built);
}

void CheckTimeouts(Parameters& network, const Scenario& scenario) {
  const Topology& topology = *scenario.network.topology;
  const Routes routes(topology);
  // Hosts of one cluster at one switch are alike: the first two of them stand for all.
  struct Group {
    std::size_t cluster = 0;
    core::NodeId first;
    core::NodeId second;
  };
  std::map<std::pair<std::size_t, std::uint32_t>, Group> groups;
  std::vector<std::uint32_t> entry(topology.hosts);
  for (const Edge& edge : topology.edges)
    if (topology.is_host(edge.from)) entry[edge.from] = edge.to;
  for (std::size_t c = 0; c < scenario.clusters.size(); ++c) {
    const core::Cluster& cluster = scenario.clusters[c];
    for (std::uint32_t i = 0; i < cluster.size; ++i) {
      const core::NodeId host(cluster.first.value() + i);
      const auto [at, is_new] =
          groups.emplace(std::pair{c, entry[host.value()]}, Group{c, host, host});
      if (!is_new) at->second.second = host;
    }
  }
  for (const auto& [key, from] : groups) {
    for (const auto& [other, to] : groups) {
      const core::NodeId a = from.first;
      const core::NodeId b = to.second;
      const PairClass pair =
          PairClassOf(scenario.clusters[from.cluster], scenario.clusters[to.cluster]);
      const LinkClass& link = scenario.network.Of(pair);
      if (a == b || link.transport != Transport::kStream) continue;
      const Duration round_trip =
          PathDelay(topology, routes, a, b) + PathDelay(topology, routes, b, a);
      if (link.retransmit_after > round_trip) continue;
      network.Object(kPairClassNames[static_cast<std::size_t>(pair)])
          .Fail("retransmit_after",
                absl::StrCat("want more than a round trip, such as that of ",
                             HostName(scenario.clusters, a), " and ",
                             HostName(scenario.clusters, b), ", ", FormatDuration(round_trip),
                             ", not ", FormatDuration(link.retransmit_after)));
      return;
    }
  }
}

}  // namespace lockstep::sim
