// Runs of the test bed that are measured for too short a time, and others that are not.

#include <string>
#include <vector>

#include "nlohmann/json.hpp"

#include "tests/support/process.h"
#include "tests/support/text.h"
#include "tools/lockstep/exit_code.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using nlohmann::json;

json SummaryWith(const std::vector<std::string>& sets) {
  std::vector<std::string> arguments = {"run", "scenarios/figures/testbed-100B.json", "--json"};
  for (const std::string& set : sets) {
    arguments.emplace_back("--set");
    arguments.push_back(set);
  }
  const Finished run = Lockstep(arguments);
  CHECK_MESSAGE(run.exit_code == cli::kAsExpected, run.err);
  return json::parse(run.out, nullptr, false);
}

}  // namespace

TEST_CASE("measurement: what one window and two latencies give is remarked on") {
  const json summary = SummaryWith(
      {"/run/for=300ms", "/run/warmup=100ms", R"(/phases={"heal": "100ms", "settle": "200ms"})"});
  CHECK(summary["measured_for"]["windows"] < 5);
  CHECK(summary["measured_for"]["latencies"] < 20);
  CHECK(summary["remarks"].size() >= 2);
}

TEST_CASE("measurement: a third crashed keeps the window full, which is no reason for a remark") {
  const json summary = SummaryWith(
      {R"(/faults=[{"id": "dead-a", "crash": {"target": {"cluster": "a", "mod": 3, "is": 2}}},
                   {"id": "dead-b", "crash": {"target": {"cluster": "b", "mod": 3, "is": 2}}}])"});
  // Less than two windows of its size pass in the two seconds.
  const json& stream = summary["streams"][0];
  CHECK(2 * stream["as_published"]["messages_per_s"].get<double>() <
        2 * stream["outstanding_most"].get<double>());
  CHECK(summary["measured_for"]["windows"] >= 5);
  CHECK_FALSE(summary.contains("remarks"));
}

}  // namespace lockstep::tests
