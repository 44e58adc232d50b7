// lockstep topology FILE

#include <algorithm>
#include <cstdio>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "protocols/parameters/parameters.h"
#include "sim/scenario/graph_file.h"
#include "sim/scenario/name_search.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/scenario_topology.h"
#include "tools/lockstep/commands.h"
#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/output.h"
#include "tools/lockstep/overrides.h"
#include "tools/lockstep/remarks.h"
#include "tools/lockstep/topology_view.h"

namespace lockstep::cli {
namespace {

constexpr std::size_t kShown = 16;  // of each list, without --all
// Time and memory of routes go with the square of the sites between which they are sought, and with
// these times all there are.
constexpr std::size_t kRoutedAll = 1000;
constexpr std::size_t kRoutedOfMore = 256;
constexpr std::size_t kRoutedTimesAll = 5'120'000;
constexpr std::size_t kRoutedLeast = 16;

constexpr const char* kTopologyTeaching =
    "Reads a scenario, or a map: GraphML or GML (such as the Internet Topology Zoo's), or Graphviz "
    "DOT.\n"
    "\n"
    "A link's rate is read from `rate`, LinkSpeedRaw or LinkSpeed with LinkSpeedUnits; its delay\n"
    "from `delay`, else computed from its ends' Latitude and Longitude, at two thirds of the "
    "speed\n"
    "of light. What a map does not say is assumed, if --defaults says what.\n"
    "\n"
    "Routes are shortest by delay; \"paths\" counts equally short ones, over which flows are\n"
    "spread. A bottleneck is a link with little rate for each pair whose shortest path crosses\n"
    "it, were all of them to send at once. Of a map of more than 1000 sites, 256 or fewer stand\n"
    "for all, evenly chosen from its list; --site says between which ones instead.\n"
    "\n"
    "Examples:\n"
    "  $0 topology scenarios/smoke/isp-map.json\n"
    "  $0 topology scenarios/topologies/tiny-isp.graphml --defaults rate=10Gbps,delay=5ms\n"
    "  $0 topology map.graphml --dot | dot -Tsvg > map.svg\n"
    "  $0 topology map.graphml --site Lyon --site Oslo --site Rome\n"
    "  $0 topology map.graphml --json --all | jq '.bottlenecks.list[0]'\n";

struct TopologyFlags {
  std::string file;
  OverrideFlags overrides;
  std::string defaults;
  std::vector<std::string> sites;
  bool is_both_ways = false;
  bool as_dot = false;
  bool as_json = false;
  bool shows_all = false;
};

// "rate=10Gbps,delay=1ms".
absl::StatusOr<sim::LinkDefaults> ReadDefaults(const std::string& text) {
  sim::LinkDefaults defaults;
  if (text.empty()) return defaults;
  const std::vector<std::string> parts = absl::StrSplit(text, ',');
  for (const std::string& part : parts) {
    const std::size_t equals = part.find('=');
    const std::string key = part.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : part.substr(equals + 1);
    absl::Status wrong;
    if ((key == "rate" && defaults.rate_bps) || (key == "delay" && defaults.delay)) {
      wrong = absl::InvalidArgumentError(absl::StrCat("want ", key, "=... once"));
    } else if (key == "rate") {
      const absl::StatusOr<std::int64_t> rate = ParseRate(value);
      wrong = rate.status();
      if (rate.ok()) defaults.rate_bps = *rate;
    } else if (key == "delay") {
      const absl::StatusOr<core::Duration> delay = ParseDuration(value);
      wrong = delay.status();
      if (delay.ok()) defaults.delay = *delay;
    } else {
      wrong = absl::InvalidArgumentError(
          "want rate=... and delay=..., such as "
          "rate=10Gbps,delay=1ms");
    }
    if (!wrong.ok())
      return absl::InvalidArgumentError(
          absl::StrCat("--defaults ", text, ": ", std::string(wrong.message())));
  }
  return defaults;
}

// Which of the map's nodes routes are sought between, by index.
absl::StatusOr<std::vector<std::uint32_t>> RoutedSites(const TopologyFlags& flags,
                                                       const sim::GraphFile& map,
                                                       std::vector<std::string>& remarks) {
  const std::vector<std::string>& nodes = map.nodes;
  std::vector<std::uint32_t> sites;
  for (const std::string& name : flags.sites) {
    const auto found = std::find(nodes.begin(), nodes.end(), name);
    if (found == nodes.end()) {
      const std::optional<std::string> nearest = Nearest(name, nodes);
      return absl::InvalidArgumentError(absl::StrCat(
          flags.file, ": --site: there is no site \"", name, "\"",
          nearest ? absl::StrCat("; did you mean \"", *nearest, "\"?") : std::string()));
    }
    const auto index = static_cast<std::uint32_t>(found - nodes.begin());
    if (std::find(sites.begin(), sites.end(), index) == sites.end()) sites.push_back(index);
  }
  if (sites.size() == 1)
    return absl::InvalidArgumentError(
        absl::StrCat(flags.file, ": --site: want at least two, between which there are routes"));
  if (!sites.empty()) return sites;
  const std::size_t count = nodes.size() <= kRoutedAll ? nodes.size()
                                                       : std::clamp(kRoutedTimesAll / nodes.size(),
                                                                    kRoutedLeast, kRoutedOfMore);
  for (std::size_t i = 0; i < count; ++i)
    sites.push_back(static_cast<std::uint32_t>(i * nodes.size() / count));
  if (count < nodes.size()) {
    remarks.push_back(absl::StrCat(flags.file, ": routes and bottlenecks are those between ", count,
                                   " of the ", nodes.size(),
                                   " sites, evenly chosen; --site says between which instead"));
  }
  return sites;
}

absl::StatusOr<TopologyView> ReadMap(const TopologyFlags& flags) {
  if (!flags.overrides.sets.empty() || flags.overrides.seed)
    return absl::InvalidArgumentError(
        absl::StrCat(flags.file, ": --set and --seed are for scenarios, and this is a map"));
  auto defaults = ReadDefaults(flags.defaults);
  if (!defaults.ok()) return defaults.status();
  defaults->is_both_ways = flags.is_both_ways;
  const absl::StatusOr<sim::GraphFile> map = sim::ReadGraphFile(flags.file, *defaults);
  if (!map.ok()) return map.status();
  TopologyView view;
  view.is_map = true;
  view.remarks = map->remarks;
  const auto sites = RoutedSites(flags, *map, view.remarks);
  if (!sites.ok()) return sites.status();
  // A host at each site stands for it.
  std::vector<std::string> hosts;
  for (const std::uint32_t site : *sites) {
    const auto host = static_cast<std::uint32_t>(hosts.size());
    hosts.push_back(map->nodes[site]);
    view.groups.push_back({map->nodes[site], host, host, 1});
  }
  view.topology =
      sim::AttachHosts(sim::SwitchGraphOf(*map, sim::Profile()), hosts, *sites, sim::HostLink());
  return view;
}

absl::StatusOr<TopologyView> ReadScenarioView(const TopologyFlags& flags) {
  if (!flags.defaults.empty())
    return absl::InvalidArgumentError(
        absl::StrCat("--defaults is for maps; a scenario says its own, or "
                     "--set=/network/topology/defaults/",
                     flags.defaults));
  if (!flags.sites.empty())
    return absl::InvalidArgumentError("--site is for maps; a scenario's routes are its hosts'");
  if (flags.is_both_ways)
    return absl::InvalidArgumentError(
        "--both-ways is for maps; of a scenario's, say --set=/network/topology/both_ways=true");
  const auto overrides = ReadOverrides(flags.overrides);
  if (!overrides.ok()) return overrides.status();
  absl::StatusOr<sim::Scenario> scenario = sim::ReadScenario(flags.file, *overrides);
  if (!scenario.ok()) return scenario.status();
  TopologyView view;
  view.is_fabric = !scenario->network.topology.has_value();
  view.topology = view.is_fabric
                      ? sim::BuildFabric(scenario->clusters, scenario->network, scenario->profile)
                      : *std::move(scenario->network.topology);
  view.groups = GroupsOf(view.topology, scenario->clusters);
  view.remarks = scenario->remarks;
  return view;
}

int ShowTopology(const TopologyFlags& flags) {
  if (flags.as_dot && flags.as_json)
    return ReportError(absl::InvalidArgumentError("want --dot or --json, not both"));
  absl::StatusOr<TopologyView> view =
      sim::IsGraphFileName(flags.file) ? ReadMap(flags) : ReadScenarioView(flags);
  if (!view.ok()) return ReportError(view.status());
  view->source = flags.file;
  PrintRemarks(view->remarks);
  std::string text;
  if (flags.as_dot) {
    text = TopologyDot(*view);
  } else {
    const std::size_t most = flags.shows_all ? std::numeric_limits<std::size_t>::max() : kShown;
    const nlohmann::ordered_json description = Describe(*view, most);
    text = flags.as_json ? JsonText(description) : TopologyText(description);
  }
  Print(stdout, text);
  return kAsExpected;
}

}  // namespace

void AddTopology(CLI::App& app, Call& call) {
  CLI::App* const command = app.add_subcommand(
      "topology", "Shows the sites, links, routes and bottlenecks of a scenario or a map");
  const auto flags = std::make_shared<TopologyFlags>();
  command->add_option("file", flags->file, "Scenario, or map (.graphml, .gml, .dot, .gv)")
      ->required()
      ->type_name("FILE");
  command
      ->add_option("--defaults", flags->defaults,
                   "For links of which a map says nothing, such as rate=10Gbps,delay=1ms")
      ->type_name("KEY=VALUE,...");
  command
      ->add_option("--site", flags->sites, "Shows routes between these sites of a map; repeatable")
      ->type_name("NAME")
      ->allow_extra_args(false);
  command->add_flag("--both-ways", flags->is_both_ways,
                    "Directed edges of a map are cables, which go both ways");
  command->add_flag("--dot", flags->as_dot, "Prints a graph for Graphviz");
  command->add_flag("--json", flags->as_json, "Prints all that as JSON");
  command->add_flag("--all", flags->shows_all, "Shows whole lists, however long");
  AddOverrideFlags(*command, flags->overrides);
  call.Teach(*command, kTopologyTeaching, kReaderCodes);
  command->callback([flags, &call] {
    flags->file = sim::FindGiven(flags->file);
    call.exit_code = ShowTopology(*flags);
  });
}

}  // namespace lockstep::cli
