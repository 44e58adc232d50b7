// Reading scenarios of many clusters: whom they speak to, clients, and what messages are made of.

#include <string>
#include <vector>

#include "sim/scenario/scenario.h"

// Last: CHECK becomes doctest's.
#include "tests/sim/scenario/two_clusters.h"

namespace lockstep::sim {
namespace {

using core::Duration;

// Checks that the good scenario, changed, is refused at this place.
void CheckRefusedAt(const std::string& pointer, const std::vector<Override>& changes) {
  const absl::StatusOr<Scenario> scenario = ReadScenario(kGood, changes);
  REQUIRE_FALSE(scenario.ok());
  const std::string message(scenario.status().message());
  CAPTURE(message);
  CHECK(message.rfind(std::string(kGood) + ": " + pointer + ": ", 0) == 0);
}

TEST_CASE("scenario: a stack that is like another's speaks to somebody of its own choice") {
  const Scenario s = Read({{"/clusters/0/stack/1/to", "b"}});
  CHECK(s.stacks[0][1]["to"] == "b");
  CHECK_FALSE(s.stacks[1][1].contains("to"));
}

TEST_CASE("scenario: clients have no budget, and a link class of their own") {
  const std::string clients =
      R"({"name": "c", "size": 2, "stack": [{"client": "closed", "to": "a", "request_bytes": 9}]})";
  const std::string link = R"({"transport": "datagram", "delay": "3ms"})";
  const Scenario s = Read({{"/clusters/-", clients}, {"/network/client", link}});
  REQUIRE(s.clusters.size() == 3);
  CHECK(s.clusters[2].is_client);
  CHECK(s.clusters[2].u == 0);
  CHECK(PairClassOf(s.clusters[0], s.clusters[1]) == PairClass::kCross);
  CHECK(PairClassOf(s.clusters[0], s.clusters[2]) == PairClass::kClient);
  CHECK(PairClassOf(s.clusters[2], s.clusters[1]) == PairClass::kClient);
  CHECK(PairClassOf(s.clusters[2], s.clusters[2]) == PairClass::kIntra);
  CHECK(s.network.Of(PairClass::kClient).delay == Duration::Milliseconds(3));
  CheckRefusedAt("/network/client", {{"/clusters/-", clients}});
  // Replicas must say what they bear, and clients can bear nothing.
  CheckRefusedAt("/clusters/2/budget",
                 {{"/clusters/-", R"({"name": "c", "size": 2, "stack": "like a"})"}});
  const std::string with_budget =
      R"({"name": "c", "size": 2, "budget": {"u": 0, "r": 0},
          "stack": [{"client": "closed", "to": "a", "request_bytes": 9}]})";
  CheckRefusedAt("/clusters/2/budget", {{"/clusters/-", with_budget}, {"/network/client", link}});
}

TEST_CASE("scenario: contents are filler, or real where it says so") {
  CHECK(Read({}).contents == core::ContentKind::kFiller);
  CHECK(Read({{"/contents", "real"}}).contents == core::ContentKind::kReal);
  CheckRefusedAt("/contents", {{"/contents", "paper"}});
}

}  // namespace
}  // namespace lockstep::sim
