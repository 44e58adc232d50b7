// Results of a sweep that never was, for tests of what is done with them.

#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/str_format.h"

#include "analysis/results/results.h"

namespace lockstep::tests {

// 3 points of 2 seeds each.
inline analysis::ResultsHeader SmallHeader() {
  analysis::ResultsHeader header;
  header.sweep = {
      {"lockstep_sweep", 1},
      {"name", "small"},
      {"why", "Tests."},
      {"scenario",
       {{"document", {{"lockstep", 1}, {"n", 4}, {"p", ""}}}, {"files", nlohmann::json::object()}}},
      {"axes",
       {{{"name", "n"}, {"at", "/n"}, {"values", {4, 5, 6}}},
        {{"name", "protocol"}, {"at", "/p"}, {"values", {"picsou"}}}}},
      {"seeds", {{"first", 0}, {"count", 2}}}};
  header.name = "small";
  header.parameters = {"n", "protocol"};
  header.revision = "abc123";
  header.toolchain = "g++ 12";
  header.points = 3;
  header.seeds = 2;
  return header;
}

inline analysis::PointRow SmallPoint(std::uint64_t point) {
  return {point, {{"n", 4 + point}, {"protocol", "picsou"}}};
}

// The run with that number, always with the same results.
inline analysis::RunRow SmallRun(std::uint64_t number) {
  analysis::RunRow run;
  run.run = number;
  run.point = number / 2;
  run.seed = number % 2;
  run.outcome = analysis::Outcome::kJudged;
  run.recipe = "0123456789abcdef";
  run.digest = absl::StrFormat("%032x", number + 1);
  run.events = 1000 + number;
  run.verdict = "holds";
  run.is_as_expected = true;
  run.oracles = {{"I", "holds"}};
  run.receipts = nlohmann::json::array({{{"id", "x"}, {"kind", "drop"}, {"touched", 2}}});
  run.simulated_ps = 2'000'000'000'000;
  run.wall_us = 500;
  run.steps = 4000;
  run.metrics = {{"published_per_s", 100.0 + static_cast<double>(number)}, {"latency_p99_us", 7.5}};
  return run;
}

}  // namespace lockstep::tests
