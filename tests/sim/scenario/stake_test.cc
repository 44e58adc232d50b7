// Reading stake, and budgets that are spent by it.

#include <map>
#include <string>
#include <vector>

#include "sim/fault/engine/spare.h"

// Last: CHECK becomes doctest's.
#include "tests/sim/scenario/two_clusters.h"

namespace lockstep::sim {
namespace {

// Of cluster a, with a budget that it bears.
std::vector<Override> WithStake(const std::string& stake, const std::string& u,
                                const std::string& r, const std::string& faults = "[]") {
  return {{"/clusters/0/stake", stake},
          {"/clusters/0/budget/u", u},
          {"/clusters/0/budget/r", r},
          {"/faults", faults}};
}

TEST_CASE("scenario: stake is a number for each replica, and ones are none") {
  const Scenario s = Read(WithStake("[5, 1, 2, 1048576]", "2", "1"));
  CHECK(s.clusters[0].stake == std::vector<std::uint32_t>{5, 1, 2, 1'048'576});
  CHECK(s.clusters[0].total_stake() == 1'048'584);
  CHECK(s.clusters[0].StakeOf(2) == 2);
  CHECK_FALSE(s.clusters[1].has_stake());
  CHECK(s.clusters[1].total_stake() == 7);
  CHECK_FALSE(Read(WithStake("[1, 1, 1, 1]", "1", "1")).clusters[0].has_stake());
}

TEST_CASE("scenario: stake that is none is refused where it stands") {
  const auto error = [](const std::string& stake) { return ErrorOf("/clusters/0/stake", stake); };
  const std::string list =
      "/clusters/0/stake: want a list of 4 whole numbers, one for each replica";
  CHECK(error("[1, 2, 3]") == list + ", not 3 of them");
  CHECK(error("7") == list + ", not 7");
  const std::string range = ": want a whole number from 1 to 1048576, not ";
  CHECK(error("[1, 2, 0, 1]") == "/clusters/0/stake/2" + range + "0");
  CHECK(error("[1, 2, 1, -1]") == "/clusters/0/stake/3" + range + "-1");
  CHECK(error("[1.5, 2, 1, 1]") == "/clusters/0/stake/0" + range + "1.5");
  CHECK(error("[1, 1048577, 1, 1]") == "/clusters/0/stake/1" + range + "1048577");
}

TEST_CASE("scenario: positions are an order of all indices, and by index are none") {
  const auto of = [](const std::string& positions, const std::string& seed = "1") {
    return Read({{"/clusters/0/positions", positions}, {"/run/seed", seed}}).clusters[0].positions;
  };
  CHECK(of("[2, 0, 3, 1]") == std::vector<std::uint32_t>{2, 0, 3, 1});
  CHECK(of("[0, 1, 2, 3]").empty());
  CHECK(of("\"by index\"").empty());
  CHECK(of("\"random\"").size() == 4);
}

TEST_CASE("scenario: random positions are drawn anew from each seed, all orders alike") {
  std::map<std::vector<std::uint32_t>, int> times;
  constexpr int kSeeds = 2400;
  for (int seed = 0; seed < kSeeds; ++seed) {
    ++times[Read({{"/clusters/0/positions", "\"random\""}, {"/run/seed", std::to_string(seed)}})
                .clusters[0]
                .positions];
  }
  CHECK(times.size() == 24);
  for (const auto& [order, count] : times) {
    CHECK(count > 60);
    CHECK(count < 150);
  }
}

TEST_CASE("scenario: positions that are no order are refused where they stand") {
  for (const char* const wrong :
       {"[0, 1, 2]", "[0, 1, 2, 2]", "[0, 1, 2, 4]", "[0, 1, 2, -1]", "\"drawn\"", "7", "[]"}) {
    CHECK(Contains(ErrorOf("/clusters/0/positions", wrong),
                   "/clusters/0/positions: want \"by index\", \"random\", or a list of all indices "
                   "from 0 to 3 in the order of turns"));
  }
}

TEST_CASE("scenario: a budget is borne by stake in place of replicas") {
  CHECK(ErrorOf(WithStake("[4, 1, 1, 1]", "2", "2")) == "none");
  CHECK(ErrorOf(WithStake("[4, 1, 1, 1]", "3", "1")) ==
        "/clusters/0/stake: want at least 2u + r + 1 = 8 in all, not 7");
  // Replicas are counted where there is none.
  CHECK(Contains(ErrorOf(WithStake("[1, 1, 1, 1]", "2", "1")), "/clusters/0/size: want at least"));
}

TEST_CASE("scenario: all stake together has a bound, so that products stay numbers") {
  std::vector<Override> changes = {{"/clusters/0/size", "1025"}, {"/clusters/0/stake", ""}};
  std::string stake = "[";
  for (int i = 0; i < 1025; ++i) stake += i == 0 ? "1048576" : ", 1048576";
  changes[1].second = stake + "]";
  CHECK(Contains(ErrorOf(changes), "/clusters/0/stake: want at most 1073741824 in all"));
}

TEST_CASE("scenario: faults spend the stake of whom they hit") {
  const auto error = [](const std::string& faults) {
    return ErrorOf(WithStake("[3, 1, 1, 3]", "2", "1", faults));
  };
  const std::string light = R"([{"id": "x", "silent": {"target": ["a1", "a2"]}}])";
  CHECK(error(light) == "none");
  const std::string heavy = R"([{"id": "x", "silent": {"target": "a0"}}])";
  CHECK(error(heavy) ==
        "/faults/0/silent/target: overspends the budget: replicas with a stake of 3 of a fail "
        "(a0), u = 2; where that is the point, say \"negative_control\": true");
  const std::string liars = R"([{"id": "x", "lie_ack": {"target": ["a1", "a2"], "mode": "zero"}}])";
  CHECK(Contains(error(liars), "replicas with a stake of 2 of a lie (a1, a2), r = 1"));
}

TEST_CASE("scenario: who is chosen in the run is taken to have the most stake") {
  const auto error = [](const std::string& targets) {
    return ErrorOf(
        WithStake("[3, 1, 1, 3]", "2", "1",
                  R"([{"id": "y", "adaptive": {"most": 1, "target": )" + targets + "}}]"));
  };
  CHECK(error(R"(["a1", "a2"])") == "none");
  CHECK(Contains(error(R"(["a1", "a2", "a3"])"), "replicas with a stake of 3 of a fail (a3)"));
}

TEST_CASE("spare hosts: a cluster spares as much stake as its budget bears at a time") {
  core::Cluster cluster{"a", core::NodeId(0), 4, 3, 0};
  cluster.stake = {3, 1, 2, 4};
  const std::vector<core::Cluster> clusters = {cluster};
  SpareHosts spare(clusters);
  CHECK(spare.CanSpare(core::NodeId(0)));
  CHECK_FALSE(spare.CanSpare(core::NodeId(3)));
  trace::Event crash;
  crash.kind = trace::EventKind::kCrash;
  crash.node = core::NodeId(1);
  spare.OnEvent(crash);
  CHECK_FALSE(spare.CanSpare(core::NodeId(0)));
  CHECK_FALSE(spare.CanSpare(core::NodeId(1)));
  CHECK(spare.CanSpare(core::NodeId(2)));
}

}  // namespace
}  // namespace lockstep::sim
