// How long a sweep would take, from a few runs.

#include "tools/lockstep/sweep_estimate.h"

#include <chrono>
#include <csignal>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/text.h"
#include "tools/lockstep/sweep_plan.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using cli::SweepEstimate;

SweepEstimate Of(const std::vector<double>& seconds, std::uint64_t runs_max, unsigned workers) {
  SweepEstimate estimate;
  estimate.workers = workers;
  estimate.runs_max = runs_max;
  for (const double each : seconds) estimate.runs.push_back({0, each, 1'000, true});
  cli::Conclude(estimate);
  return estimate;
}

// 20 points of 3 seeds.
cli::Planned TwentyPoints(const TemporaryFolder& folder) {
  const std::string scenario = std::string(LOCKSTEP_SOURCE_DIR) + "/scenarios/smoke/pingpong.json";
  auto planned = cli::PlanOf(folder.Write(
      "s.json", R"({"lockstep_sweep": 1, "name": "twenty", "why": "Tests.", "scenario": ")" +
                    scenario + R"(", "seeds": 3,
                    "axes": [{"name": "p", "at": "/run/period", "from": 1, "to": 20,
                              "count": 20, "unit": "ms"}]})"));
  REQUIRE_MESSAGE(planned.ok(), std::string(planned.status().message()));
  return *std::move(planned);
}

}  // namespace

TEST_CASE("estimate: all runs at the mean of those that were made, over the workers") {
  const SweepEstimate same = Of({2, 2, 2}, 101, 4);
  CHECK(*same.seconds == 2 * 26);  // 26 rounds of 4
  CHECK(*same.seconds_low == *same.seconds);
  CHECK(*same.seconds_high == *same.seconds);
  CHECK(same.memory_kb == 4'000);
  Has(cli::ToText(same),
      "time: about 52 s, with --jobs 4: 3 runs spread over the points took 2 s\n");
}

TEST_CASE("estimate: its range is that of the mean, within what was seen") {
  // t(0.975, 1) is 12.7: far beyond what was seen.
  const SweepEstimate two = Of({1, 3}, 10, 1);
  CHECK(*two.seconds == 20);
  CHECK(*two.seconds_low == 10);
  CHECK(*two.seconds_high == 30);
  Has(cli::ToText(two), "about 20 s, 10 s to 30 s, with --jobs 1: 2 runs");
  const SweepEstimate many = Of(std::vector<double>{1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3}, 10, 1);
  CHECK(*many.seconds_low > 12);
  CHECK(*many.seconds_high < 28);
}

TEST_CASE("estimate: runs are spread over the points, each once, ends first") {
  const TemporaryFolder folder;
  const cli::Planned planned = TwentyPoints(folder);
  cli::ProbeOptions options;
  options.workers = 2;
  options.is_interrupted = [] { return false; };
  const SweepEstimate estimate = cli::Estimate(
      planned.plan, [](const sweep::Job&) { return analysis::RunRow(); }, 60, options);
  std::set<std::uint64_t> points;
  for (const cli::ProbedRun& run : estimate.runs) points.insert(run.point);
  CHECK(estimate.runs.size() == 16);
  CHECK(points.size() == 16);
  CHECK(points.contains(0));
  CHECK(points.contains(19));
  CHECK_FALSE(estimate.is_at_least);
}

TEST_CASE("estimate: a run that does not end is stopped, and the time is at least that") {
  const TemporaryFolder folder;
  const cli::Planned planned = TwentyPoints(folder);
  cli::ProbeOptions options;
  options.wall_max = std::chrono::milliseconds(100);
  options.is_interrupted = [] { return false; };
  const SweepEstimate estimate = cli::Estimate(
      planned.plan,
      [](const sweep::Job&) {
        while (true) raise(SIGSTOP);
        return analysis::RunRow();
      },
      60, options);
  CHECK(estimate.is_at_least);
  Has(cli::ToText(estimate), "time: at least ");
  Has(cli::ToText(estimate), ", of which 1 had not ended");
}

TEST_CASE("estimate: a dry run says how long, as text and as data, and makes no file") {
  const TemporaryFolder folder;
  const cli::Planned planned = TwentyPoints(folder);
  const std::string out = folder.File("r.sqlite");
  const std::vector<std::string> dry = {"sweep", folder.File("s.json"), "--out", out, "--dry-run"};
  const auto with = [&](const char* flag) {
    std::vector<std::string> arguments = dry;
    arguments.emplace_back(flag);
    return Lockstep(arguments);
  };
  Has(Lockstep(dry).out, "  time: ");
  const nlohmann::json report = nlohmann::json::parse(with("--json").out, nullptr, false);
  CHECK(report["estimate"]["seconds"].is_number());
  CHECK(report["estimate"]["runs"].size() > 0);
  CHECK(with("--no-probe").out.find("time: ") == std::string::npos);
  CheckRefused(Lockstep({"sweep", folder.File("s.json"), "--no-probe"}), "--dry-run");
  CHECK(ReadText(out).empty());
}

}  // namespace lockstep::tests
