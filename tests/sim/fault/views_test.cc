// Announced views: what they make of clusters, who is told when, and what is refused.

#include "sim/fault/engine/views.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"

#include "protocols/parameters/parameters.h"
#include "tests/support/small_world.h"
#include "tools/lockstep/runner.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Duration;
using core::NodeId;
using nlohmann::json;
using trace::EventKind;

using Indexes = std::vector<std::uint32_t>;

// All hosts of two clusters, of 3 and of 4.
const Indexes kEverybody = {0, 1, 2, 3, 4, 5, 6};

json Turned(std::uint64_t epoch) {
  return {{"cluster", "b"}, {"epoch", epoch}, {"positions", {3U, 2U, 1U, 0U}}};
}

std::vector<trace::Event> ToldTo(const SmallWorld& world, std::uint32_t host) {
  return world.Of(EventKind::kSubmit, host);
}

// Why a change of `scenarios/faults/reconfig.json` is refused; empty if it is not.
std::string RefusalOf(const std::vector<std::pair<std::string, json>>& changes) {
  const std::string path = "scenarios/faults/reconfig.json";
  json document = ReadJsonFile(path).value();
  for (const auto& [pointer, value] : changes) document[json::json_pointer(pointer)] = value;
  const auto prepared = cli::PrepareDocument(document, path, {});
  if (prepared.ok()) return "";
  return std::string(prepared.status().message()).substr(path.size() + 2);
}

}  // namespace

TEST_CASE("views: each is what the changes up to it make of the clusters") {
  SmallWorld world({3, 4});
  world.scenario.clusters[1].stake = {1, 2, 1, 1};
  world.AddFault("reconfig", {}, {{"cluster", "b"}, {"epoch", 2}, {"members", {"b0", "b1", "b3"}}})
      .at = At(Duration::Milliseconds(2));
  world.AddFault("stake_change", {}, {{"cluster", "a"}, {"epoch", 5}, {"stake", {0U, 3U, 1U}}}).at =
      At(Duration::Milliseconds(5));
  world.AddFault("reconfig", {}, Turned(7)).at = At(Duration::Milliseconds(7));
  world.AddFault("reconfig", {}, {{"cluster", "b"}, {"epoch", 9}, {"members", {"b1", "b2", "b3"}}})
      .at = At(Duration::Milliseconds(9));
  const std::vector<sim::AnnouncedView> views = sim::ViewsOf(world.scenario);
  REQUIRE(views.size() == 4);
  CHECK(views[0].view.number == 2);
  CHECK(views[0].at == At(Duration::Milliseconds(2)));
  CHECK(views[0].view.clusters[0].stake.empty());
  CHECK(views[0].view.clusters[1].stake == Indexes{1, 2, 0, 1});
  CHECK(views[1].view.clusters[0].stake == Indexes{0, 3, 1});
  CHECK(views[1].view.clusters[1].stake == Indexes{1, 2, 0, 1});
  CHECK(views[2].view.clusters[1].positions == Indexes{3, 2, 1, 0});
  CHECK(views[2].view.clusters[1].stake == Indexes{1, 2, 0, 1});
  // Who comes back weighs what it did, and turns stay as they were.
  CHECK(views[3].view.clusters[1].stake == Indexes{0, 2, 1, 1});
  CHECK(views[3].view.clusters[1].positions == Indexes{3, 2, 1, 0});
}

TEST_CASE("views: every replica is told at once, or within the spread") {
  SmallWorld world({3, 4});
  world.AddFault("reconfig", kEverybody, Turned(3)).at = At(Duration::Milliseconds(10));
  json later = Turned(4);
  later["positions"] = {0U, 1U, 3U, 2U};
  later["spread"] = "5ms";
  world.AddFault("reconfig", kEverybody, later).at = At(Duration::Milliseconds(100));
  world.Run(Duration::Seconds(1));
  std::vector<core::Instant> heard;
  for (const std::uint32_t host : kEverybody) {
    const auto told = ToldTo(world, host);
    REQUIRE(told.size() == 2);
    CHECK(told[0].at == At(Duration::Milliseconds(10)));
    CHECK(told[0].value == 3);
    CHECK(told[0].detail == core::kViewService.value());
    CHECK(told[1].value == 4);
    CHECK(told[1].at >= At(Duration::Milliseconds(100)));
    CHECK(told[1].at <= At(Duration::Milliseconds(105)));
    heard.push_back(told[1].at);
  }
  std::sort(heard.begin(), heard.end());
  CHECK(std::unique(heard.begin(), heard.end()) == heard.end());
}

TEST_CASE("views: who was down is told when it is back, and who starts anew is told again") {
  SmallWorld world({3, 4});
  world.AddFault("reconfig", kEverybody, Turned(1)).at = At(Duration::Milliseconds(10));
  world.AddFault("crash", {1}, {{"restart_after", "20ms"}}).at = At(Duration::Milliseconds(5));
  world.AddFault("crash", {4}, {{"restart_after", "20ms"}}).at = At(Duration::Milliseconds(50));
  world.AddFault("crash", {5}).at = At(Duration::Milliseconds(5));
  world.Run(Duration::Seconds(1));
  const auto down = ToldTo(world, 1);
  REQUIRE(down.size() == 1);
  CHECK(down[0].at >= At(Duration::Milliseconds(25)));
  CHECK(down[0].at <= At(Duration::Milliseconds(35)));
  const auto anew = ToldTo(world, 4);
  REQUIRE(anew.size() == 2);
  CHECK(anew[1].at >= At(Duration::Milliseconds(70)));
  CHECK(anew[1].at <= At(Duration::Milliseconds(80)));
  CHECK(ToldTo(world, 5).empty());
}

TEST_CASE("views: what makes no sense is refused, with its place") {
  CHECK(RefusalOf({}).empty());
  const std::string at = "/faults/0/reconfig";
  CHECK(RefusalOf({{at + "/cluster", "c"}}) ==
        "/faults/0/reconfig/cluster: want the name of a cluster of replicas, not \"c\"");
  CHECK(RefusalOf({{at + "/epoch", 2U}}) ==
        "/faults/0/reconfig/epoch: want another than of \"turns-of-a\"");
  CHECK(absl::StartsWith(RefusalOf({{at + "/epoch", 3U}}),
                         "/faults/0/reconfig/epoch: want numbers that grow with time"));
  CHECK(absl::StartsWith(RefusalOf({{at + "/positions", {2U, 0U, 3U}}}),
                         "/faults/0/reconfig/positions: want a list of 4 whole numbers"));
  CHECK(absl::StartsWith(RefusalOf({{at + "/positions", {2U, 0U, 3U, 3U}}}),
                         "/faults/0/reconfig/positions: want each index of the cluster once"));
  CHECK(absl::StartsWith(RefusalOf({{at + "/positions", {2U, 0U, 3U, 4U}}}),
                         "/faults/0/reconfig/positions/3: want a whole number from 0 to 3"));
  CHECK(RefusalOf({{at + "/positions", {0U, 1U, 2U, 3U}}}) ==
        "/faults/0/reconfig/positions: changes nothing of the view before");
  CHECK(absl::StartsWith(RefusalOf({{at + "/members", {"b0", "b1", "b2"}}}),
                         "/faults/0/reconfig/members: want a stake from 2u + r + 1 = 4 to "));
  CHECK(absl::StartsWith(RefusalOf({{at + "/members", {"a0", "b1", "b2"}}}),
                         "/faults/0/reconfig/members: want replicas of b"));
  CHECK(absl::StartsWith(RefusalOf({{"/faults/0/at", "0s"}}), "/faults/0/reconfig: want \"at\""));
  CHECK(absl::StartsWith(RefusalOf({{"/faults/0/every", "50ms"}}), "/faults/0"));
  CHECK(absl::StartsWith(RefusalOf({{"/faults/0/count", 3U}}),
                         "/faults/0/reconfig: want neither \"count\" nor \"prob\""));
  CHECK(RefusalOf({{at + "/spread", "200ms"}}).empty());
  CHECK(RefusalOf({{at + "/spread", "201ms"}}) ==
        "/faults/0/reconfig/spread: want all to have heard of it by heal, 300ms");
  CHECK(absl::StartsWith(
      RefusalOf({{"/faults/0", {{"id", "x"}, {"reconfig", {{"cluster", "b"}, {"epoch", 1U}}}}}}),
      "/faults/0/reconfig: want \"members\" or \"positions\""));
  CHECK(absl::StartsWith(
      RefusalOf(
          {{"/faults/0", {{"id", "x"}, {"at", "1ms"}, {"stake_change", {{"cluster", "b"}}}}}}),
      "/faults/0/stake_change/"));
}

TEST_CASE("views: only where all replicas know them, and budgets are kept in each") {
  CHECK(absl::StartsWith(RefusalOf({{"/clusters/0/stack/1/rule", "artifact"},
                                    {"/clusters/0/stack/1/noop_delay", "1ms"}}),
                         "/clusters/0/stack/1"));
  json document = {{"c3b", "all-to-all"}};
  CHECK(absl::StartsWith(RefusalOf({{"/clusters/0/stack/1", document}}),
                         "/faults/0/reconfig: want clusters whose replicas know views"));
  // b1 weighs 2 in view 1, and u is 1.
  const json heavy = {
      {"id", "heavy"},
      {"at", "10ms"},
      {"stake_change", {{"cluster", "b"}, {"epoch", 1U}, {"stake", {1U, 2U, 1U, 1U}}}}};
  const json dead = {{"id", "dead"}, {"crash", {{"target", "b1"}}}, {"at", "5ms"}};
  CHECK(RefusalOf({{"/faults", json::array({heavy})}}) == "");
  CHECK(absl::StartsWith(RefusalOf({{"/faults", json::array({heavy, dead})}}),
                         "/faults/1/crash/target: overspends the budget: in view 1 replicas with a "
                         "stake of 2 of b fail (b1), u = 1"));
}

}  // namespace lockstep::tests
