// The search for a smaller scenario, with failures that are made up.

#include "tools/shrink/shrink.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "protocols/parameters/parameters.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Duration;
using nlohmann::json;

json WithFaults(int count) {
  json scenario = json::parse(R"({
    "lockstep": 1, "name": "n", "why": "w", "run": { "for": "1s", "seed": 1 },
    "clusters": [ { "name": "a", "size": 9, "budget": { "u": 4, "r": 0 },
                    "stack": [ { "protocol": "p", "window": 64, "retry": "1ms" } ] } ],
    "network": { "intra": { "delay": "1us" } } })");
  for (int i = 0; i < count; ++i)
    scenario["faults"].push_back(
        {{"id", absl::StrCat("f", i)}, {"pause", {{"target", absl::StrCat("a", i % 9)}}}});
  return scenario;
}

bool HasFault(const json& scenario, const std::string& id) {
  return std::ranges::any_of(scenario.value("faults", json::array()),
                             [&](const json& fault) { return fault["id"] == id; });
}

Duration LastsOf(const json& scenario) {
  return *ParseDuration(scenario["run"]["for"].get<std::string>());
}

// What a reader would refuse.
bool IsWhole(const json& scenario) {
  const json cluster = scenario["clusters"][0];
  return cluster.contains("budget") && cluster.contains("stack") &&
         cluster["stack"][0].contains("protocol");
}

// Fails with these three faults, three hosts and 10 ms, in the middle of its run.
bool Fails(const json& scenario) {
  return IsWhole(scenario) && HasFault(scenario, "f2") && HasFault(scenario, "f7") &&
         HasFault(scenario, "f19") && scenario["clusters"][0]["size"] >= 3 &&
         LastsOf(scenario) >= Duration::Milliseconds(10);
}

template <typename Predicate>
shrink::FirstFailing FirstWhere(const Predicate& fails) {
  return [=](const std::vector<json>& scenarios) -> absl::StatusOr<std::optional<shrink::Failing>> {
    for (std::size_t i = 0; i < scenarios.size(); ++i)
      if (fails(scenarios[i]))
        return shrink::Failing{i, Duration::Picoseconds(LastsOf(scenarios[i]).ps() / 2)};
    return std::optional<shrink::Failing>();
  };
}

const shrink::OnStep kNobody = [](const std::string&, const json&) { return absl::OkStatus(); };

}  // namespace

TEST_CASE("shrink: three faults of twenty, three hosts of nine and little time are left") {
  std::vector<std::size_t> faults;
  const shrink::Shrunk shrunk =
      shrink::Shrink(WithFaults(20), Duration::Milliseconds(500), FirstWhere(Fails),
                     [&](const std::string& what, const json& scenario) {
                       CHECK_FALSE(what.empty());
                       CHECK(Fails(scenario));
                       faults.push_back(scenario["faults"].size());
                       return absl::OkStatus();
                     });
  CHECK(shrunk.status.ok());
  CHECK(shrunk.steps == faults.size());
  CHECK(std::ranges::is_sorted(faults, std::greater<>()));
  const json& scenario = shrunk.scenario;
  CHECK(Fails(scenario));
  CHECK(scenario["faults"].size() == 3);
  CHECK(scenario["clusters"][0]["size"] == 3);
  CHECK(scenario["clusters"][0]["budget"] == json({{"u", 1}, {"r", 0}}));
  CHECK(LastsOf(scenario) < Duration::Milliseconds(20));
  // Of those the failure asks for nothing else.
  CHECK_FALSE(scenario["clusters"][0]["stack"][0].contains("window"));
  CHECK(scenario["network"] == json::object());
  CHECK(scenario["name"] == "n");
}

TEST_CASE("shrink: what cannot be smaller stays as it is") {
  const json start = WithFaults(3);
  const shrink::Shrunk shrunk =
      shrink::Shrink(start, Duration::Milliseconds(500),
                     FirstWhere([&](const json& scenario) { return scenario == start; }), kNobody);
  CHECK(shrunk.status.ok());
  CHECK(shrunk.scenario == start);
  CHECK(shrunk.steps == 0);
  CHECK(shrunk.asked > 10);
}

TEST_CASE("shrink: a failure that needs nothing ends with next to nothing") {
  const shrink::Shrunk shrunk = shrink::Shrink(
      WithFaults(20), Duration::Milliseconds(500), FirstWhere([](const json& scenario) {
        return scenario.contains("clusters") && scenario["run"].contains("for");
      }),
      kNobody);
  CHECK(shrunk.status.ok());
  CHECK_FALSE(shrunk.scenario.contains("faults"));
  CHECK(shrunk.scenario["clusters"][0]["size"] == 1);
  CHECK(shrunk.asked < 2000);
}

TEST_CASE("shrink: a search that is ended has the smallest scenario so far") {
  int answers = 0;
  const shrink::Shrunk shrunk = shrink::Shrink(
      WithFaults(20), Duration::Milliseconds(500),
      [&](const std::vector<json>& scenarios) -> absl::StatusOr<std::optional<shrink::Failing>> {
        if (++answers > 6) return absl::CancelledError("enough");
        return FirstWhere(Fails)(scenarios);
      },
      kNobody);
  CHECK(shrunk.status == absl::CancelledError("enough"));
  CHECK(Fails(shrunk.scenario));
  CHECK(shrunk.scenario["faults"].size() < 20);
  const shrink::Shrunk unwritten =
      shrink::Shrink(WithFaults(20), Duration::Milliseconds(500), FirstWhere(Fails),
                     [](const std::string&, const json&) { return absl::DataLossError("full"); });
  CHECK(unwritten.status == absl::DataLossError("full"));
  CHECK(unwritten.steps == 1);
}

}  // namespace lockstep::tests
