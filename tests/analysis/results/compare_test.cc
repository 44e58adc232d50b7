// What a comparison of two sweeps reports, and what it must not.

#include "analysis/results/compare.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "protocols/core/random.h"

// The last include, since its CHECK takes the place of ours.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using analysis::Comparison;
using analysis::Outcome;
using analysis::RunRow;
using analysis::Side;

constexpr std::uint64_t kSeeds = 5;

std::string Digest(std::uint64_t number) { return absl::StrCat("digest ", number); }

// A sweep of one parameter, "n", with a point for each of its `values` and `seeds` runs of each.
// All runs hold, and run i has digest i.
Side Sweep(const std::vector<nlohmann::json>& values, std::uint64_t seeds = kSeeds) {
  Side side;
  side.name = "some.sqlite";
  side.header.parameters = {"n"};
  side.header.revision = "1";
  for (std::size_t i = 0; i < values.size(); ++i) {
    side.points.push_back({i, {{"n", values[i]}}});
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
      RunRow run;
      run.run = side.runs.size();
      run.point = i;
      run.seed = seed;
      run.outcome = Outcome::kJudged;
      run.recipe = absl::StrCat("recipe ", run.run);
      run.digest = Digest(run.run);
      run.events = 1000;
      run.verdict = "holds";
      run.is_as_expected = true;
      run.oracles = {{"I", "holds"}, {"D", "holds"}};
      run.steps = 3000;
      run.wall_us = 1000;
      // 100, 101, 99, 102, 98: noise around 100.
      const double offset = static_cast<double>((seed + 1) / 2) * (seed % 2 == 1 ? 1 : -1);
      run.metrics = {{"rate", 100 + offset}, {"bytes", 64}};
      side.runs.push_back(run);
    }
  }
  return side;
}

// As if the code had changed: other digests, from the same recipes.
Side OtherCode(Side side) {
  for (RunRow& run : side.runs) run.digest += " of other code";
  return side;
}

Comparison Compared(const Side& a, const Side& b, const analysis::CompareOptions& options = {}) {
  auto comparison = analysis::Compare(a, b, options);
  REQUIRE_MESSAGE(comparison.ok(), comparison.status().message());
  return *std::move(comparison);
}

std::string ErrorOf(const Side& a, const Side& b, const analysis::CompareOptions& options = {}) {
  return std::string(analysis::Compare(a, b, options).status().message());
}

bool Has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("compare: a sweep does not differ from itself") {
  const Side side = Sweep({3, 4, 7});
  const Comparison same = Compared(side, side);
  CHECK_FALSE(same.Differs());
  CHECK(same.is_same_sweep);
  CHECK(same.points.size() == 3);
  CHECK(same.runs == 3 * kSeeds);
  CHECK(same.equal_digests == 3 * kSeeds);
  CHECK(same.digests.empty());
  CHECK(same.tests == 0);
  CHECK(same.a.only_points.empty());
  CHECK(same.b.only_runs == 0);
  CHECK(analysis::ToJson(same)["differs"] == false);
}

TEST_CASE("compare: points match by parameters, not by number, and runs by seed") {
  const Side a = Sweep({3, 4, 7});
  Side b = a;
  // The same runs, numbered the other way round.
  for (analysis::PointRow& point : b.points) point.point = 2 - point.point;
  for (RunRow& run : b.runs) {
    run.point = 2 - run.point;
    run.run = b.runs.size() - 1 - run.run;
  }
  std::reverse(b.points.begin(), b.points.end());
  std::reverse(b.runs.begin(), b.runs.end());
  const Comparison same = Compared(a, b);
  CHECK(same.equal_digests == 3 * kSeeds);
  CHECK_FALSE(same.Differs());
  CHECK(same.points[0] == nlohmann::json{{"n", 3}});
}

TEST_CASE("compare: 4 and 4.0 are the same parameter, and 4.5, a text and a bool are others") {
  CHECK(Compared(Sweep({4}), Sweep({4.0})).points.size() == 1);
  CHECK(Compared(Sweep({1, 0.1}), Sweep({1, 0.1})).points.size() == 2);
  CHECK(Compared(Sweep({1, 4}), Sweep({1, 4.5})).points.size() == 1);
  CHECK(Compared(Sweep({4, 1}), Sweep({4, true})).points.size() == 1);
  CHECK(Compared(Sweep({1, 4}), Sweep({1, "4"})).points.size() == 1);
}

TEST_CASE("compare: points and runs that one side has are counted, and no difference") {
  const Side a = Sweep({3, 4});
  Side b = Sweep({3, 4, 7, 10});
  b.runs.erase(b.runs.begin());
  const Comparison comparison = Compared(a, b);
  CHECK(comparison.points.size() == 2);
  CHECK(comparison.a.only_points.empty());
  CHECK(comparison.b.only_points == std::vector<nlohmann::json>{{{"n", 7}}, {{"n", 10}}});
  CHECK(comparison.runs == 2 * kSeeds - 1);
  CHECK(comparison.a.only_runs == 1);
  CHECK(comparison.b.only_runs == 0);
  CHECK_FALSE(comparison.Differs());
}

TEST_CASE("compare: a point that a sweep has twice counts once") {
  const Comparison comparison = Compared(Sweep({3, 3, 4}), Sweep({3, 4}));
  CHECK(comparison.points.size() == 2);
  CHECK(comparison.a.repeated_runs == kSeeds);
  CHECK(comparison.b.repeated_runs == 0);
}

TEST_CASE("compare: files that share nothing are an error, as nothing would be compared") {
  const std::string error = ErrorOf(Sweep({3}), Sweep({4}));
  CHECK(Has(error, "nothing to compare"));
  CHECK(Has(error, "some.sqlite: n"));
  CHECK(Has(ErrorOf(Sweep({3}, 0), Sweep({3})), "nothing to compare"));
  CHECK(Has(ErrorOf(Sweep({}), Sweep({})), "nothing to compare"));
}

TEST_CASE("compare: a run of no point, an unknown metric and a wrong level are errors") {
  const Side side = Sweep({3});
  Side broken = side;
  broken.runs[1].point = 9;
  CHECK(Has(ErrorOf(side, broken), "some.sqlite: run 1 is of point 9"));
  CHECK(Has(ErrorOf(side, side, {.alpha = 0.05, .metrics = {"rat"}}),
            "no metric \"rat\" in both files (did you mean \"rate\"?)"));
  CHECK(Has(ErrorOf(side, side, {.alpha = 0, .metrics = {}}), "alpha is 0"));
  CHECK(Has(ErrorOf(side, side, {.alpha = 1, .metrics = {}}), "alpha is 1"));
}

TEST_CASE(
    "compare: a digest that differs with the same recipe is the code's, else the scenario's") {
  const Side a = Sweep({3, 4});
  Side b = a;
  b.runs[2].digest = "other";
  b.runs[7].digest = "other";
  b.runs[7].recipe = "other";
  const Comparison comparison = Compared(a, b);
  CHECK(comparison.equal_digests == 2 * kSeeds - 2);
  REQUIRE(comparison.digests.size() == 2);
  CHECK(comparison.digests[0].run.point == 0);
  CHECK(comparison.digests[0].run.seed == 2);
  CHECK(comparison.digests[0].is_same_recipe);
  CHECK(comparison.digests[1].run.point == 1);
  CHECK_FALSE(comparison.digests[1].is_same_recipe);
  CHECK(comparison.DigestsOfSameRecipe() == 1);
  CHECK(comparison.Differs());
}

TEST_CASE("compare: another scenario that moves no metric is no difference") {
  const Side a = Sweep({3});
  Side b = OtherCode(a);
  for (RunRow& run : b.runs) run.recipe = "other";
  const Comparison comparison = Compared(a, b);
  CHECK(comparison.digests.size() == kSeeds);
  CHECK_FALSE(comparison.Differs());
}

TEST_CASE("compare: where the machine cut a run, its digest says nothing, unless as far as ours") {
  Side a = Sweep({3});
  a.runs[0].outcome = Outcome::kWallLimit;
  a.runs[0].verdict = "";
  Side b = a;
  b.runs[0].digest = "other";
  b.runs[0].events = 999;
  Comparison comparison = Compared(a, b);
  CHECK(comparison.unknown_digests == 1);
  CHECK(comparison.digests.empty());
  CHECK_FALSE(comparison.Differs());

  b.runs[0].events = a.runs[0].events;
  CHECK(Compared(a, b).digests.size() == 1);

  // A limit of the scenario cuts at the same event each time.
  a.runs[0].outcome = b.runs[0].outcome = Outcome::kEventLimit;
  b.runs[0].events = 999;
  CHECK(Compared(a, b).digests.size() == 1);

  a.runs[0].digest = b.runs[0].digest = "";
  comparison = Compared(a, b);
  CHECK(comparison.unknown_digests == 1);
  CHECK(comparison.digests.empty());
}

TEST_CASE("compare: a verdict, an outcome, an expectation or an oracle that changed is reported") {
  const Side a = Sweep({3, 4});
  Side b = a;
  b.runs[1].is_as_expected = false;
  b.runs[1].verdict = "violated";
  b.runs[1].oracles["I"] = "violated";
  b.runs[1].digest = "other";
  b.runs[3].oracles["D"] = "unknown";
  b.runs[5].outcome = Outcome::kCrashed;
  b.runs[5].verdict = "";
  b.runs[5].error = "signal 11";
  b.runs[5].is_as_expected = false;
  b.runs[6].is_as_expected = false;
  const Comparison comparison = Compared(a, b);
  REQUIRE(comparison.verdicts.size() == 4);
  CHECK(comparison.Differs());

  // Those that are no longer as expected come first.
  const analysis::VerdictChange& violated = comparison.verdicts[0];
  CHECK(violated.run.seed == 1);
  CHECK(violated.from.verdict == "holds");
  CHECK(violated.to.verdict == "violated");
  REQUIRE(violated.oracles.size() == 1);
  CHECK(violated.oracles[0].oracle == "I");
  CHECK(violated.oracles[0].to == "violated");
  CHECK_FALSE(violated.is_same_digest);
  CHECK(violated.is_same_recipe);
  CHECK(comparison.verdicts[1].to.outcome == Outcome::kCrashed);
  CHECK(comparison.verdicts[1].to.error == "signal 11");
  CHECK(comparison.verdicts[2].to.verdict == "holds");
  CHECK(comparison.verdicts[3].is_same_digest);
  CHECK(comparison.verdicts[3].oracles[0].oracle == "D");
}

TEST_CASE(
    "compare: an oracle that one revision does not have, or another error text, is no change") {
  Side a = Sweep({3});
  a.runs[0].outcome = Outcome::kRefused;
  a.runs[0].error = "/n: want 4";
  Side b = a;
  b.runs[0].error = "/n: want at least 4";
  for (RunRow& run : b.runs) run.oracles["new"] = "violated";
  CHECK_FALSE(Compared(a, b).Differs());
}

TEST_CASE("compare: a metric that moved beyond noise is reported, and one within it is not") {
  const Side a = Sweep({3, 4});
  Side b = OtherCode(a);
  for (RunRow& run : b.runs) run.metrics["rate"] += run.point == 0 ? 20 : 1;
  const Comparison comparison = Compared(a, b);
  // "bytes" does not vary, so that "rate" alone is tested, at two points.
  CHECK(comparison.tests == 2);
  REQUIRE(comparison.moved.size() == 1);
  const analysis::MetricChange& moved = comparison.moved[0];
  CHECK(comparison.points[moved.point] == nlohmann::json{{"n", 3}});
  CHECK(moved.metric == "rate");
  CHECK(moved.from.mean == 100);
  CHECK(moved.to.mean == 120);
  CHECK(*moved.relative == doctest::Approx(0.2));
  // The variance of 98 .. 102 is 2.5.
  CHECK(*moved.standard_errors == doctest::Approx(20));
  CHECK(*moved.p == doctest::Approx(2 * *analysis::WelchP(moved.from, moved.to)));
}

TEST_CASE("compare: the level is that of all tests together") {
  // A change of 4 at a standard error of 1, df 8: p = 0.0039, enough alone, but not as one of 20.
  const auto moved = [](std::size_t points, const analysis::CompareOptions& options) {
    std::vector<nlohmann::json> values;
    for (std::size_t i = 0; i < points; ++i) values.push_back(i);
    const Side a = Sweep(values);
    Side b = OtherCode(a);
    for (RunRow& run : b.runs) {
      if (run.point == 0) run.metrics["rate"] += 4;
    }
    return Compared(a, b, options).moved.size();
  };
  CHECK(moved(1, {}) == 1);
  CHECK(moved(12, {}) == 1);
  CHECK(moved(20, {}) == 0);
  CHECK(moved(1, {.alpha = 0.001, .metrics = {}}) == 0);
}

TEST_CASE("compare: only the metrics that were asked for are compared") {
  const Side a = Sweep({3});
  Side b = OtherCode(a);
  for (RunRow& run : b.runs) {
    run.metrics["rate"] += 20;
    run.metrics["bytes"] += 1;
  }
  CHECK(Compared(a, b).moved.size() == 2);
  const Comparison rate = Compared(a, b, {.alpha = 0.05, .metrics = {"rate"}});
  REQUIRE(rate.moved.size() == 1);
  CHECK(rate.moved[0].metric == "rate");
}

TEST_CASE("compare: what does not vary over seeds has no noise, and comes first when it changes") {
  const Side a = Sweep({3});
  Side b = OtherCode(a);
  for (RunRow& run : b.runs) {
    run.metrics["rate"] += 50;
    run.metrics["bytes"] += 1;
  }
  const Comparison comparison = Compared(a, b);
  REQUIRE(comparison.moved.size() == 2);
  CHECK(comparison.moved[0].metric == "bytes");
  CHECK_FALSE(comparison.moved[0].p);
  CHECK(comparison.moved[1].metric == "rate");
}

TEST_CASE("compare: the last bits of a double are no change") {
  const Side a = Sweep({3});
  Side b = a;
  for (RunRow& run : b.runs) run.metrics["bytes"] *= 1 + 1e-15;
  REQUIRE(b.runs[0].metrics["bytes"] != a.runs[0].metrics.at("bytes"));
  CHECK_FALSE(Compared(a, b).Differs());
  CHECK(Compared(OtherCode(a), b).moved.empty());
}

TEST_CASE("compare: of a single seed the noise is unknown, and a change is listed apart") {
  const Side a = Sweep({3, 4}, 1);
  Side b = OtherCode(a);
  for (RunRow& run : b.runs) run.recipe = "other";
  b.runs[0].metrics["rate"] += 30;
  b.runs[1].metrics["rate"] += 60;
  const Comparison comparison = Compared(a, b);
  CHECK(comparison.moved.empty());
  CHECK(comparison.tests == 0);
  REQUIRE(comparison.unknown_noise.size() == 2);
  CHECK(*comparison.unknown_noise[0].relative == doctest::Approx(0.6));  // largest first
  CHECK_FALSE(comparison.Differs());
  // One seed against five is no better.
  CHECK(Compared(a, OtherCode(Sweep({3}, 5))).tests == 0);
}

TEST_CASE("compare: the same run with another number is a change of the analysis") {
  const Side a = Sweep({3});
  Side b = a;
  b.runs[2].metrics["bytes"] = 65;
  b.runs[3].metrics.erase("rate");
  b.runs[4].metrics["resends"] = 7;
  const Comparison comparison = Compared(a, b);
  CHECK(comparison.tests == 0);
  CHECK(comparison.moved.empty());
  REQUIRE(comparison.other_numbers.size() == 2);
  CHECK(comparison.other_numbers[0].run.seed == 2);
  CHECK(comparison.other_numbers[0].from == 64);
  CHECK(comparison.other_numbers[0].to == 65);
  CHECK(comparison.other_numbers[1].metric == "rate");
  CHECK_FALSE(comparison.other_numbers[1].to);
  CHECK(comparison.Differs());
  // A number that no run of the other revision has is named, and no change.
  CHECK(comparison.b.only_metrics == std::vector<std::string>{"resends"});
}

TEST_CASE("compare: where only one side measured a metric, the point is listed apart") {
  const Side a = Sweep({3, 4});
  Side b = OtherCode(a);
  for (RunRow& run : b.runs) {
    if (run.point == 1) run.metrics.erase("rate");
  }
  const Comparison comparison = Compared(a, b);
  REQUIRE(comparison.one_sided.size() == 1);
  CHECK(comparison.one_sided[0].point == 1);
  CHECK(comparison.one_sided[0].from.count == kSeeds);
  CHECK(comparison.one_sided[0].to.count == 0);
}

TEST_CASE("compare: seeds need not be the same, unless the runs that both have are equal") {
  const Side a = Sweep({3, 4});
  Side b = OtherCode(a);
  for (RunRow& run : b.runs) {
    run.seed += 100;
    run.metrics["rate"] += 20;
  }
  Comparison comparison = Compared(a, b);
  CHECK(comparison.runs == 0);
  CHECK(comparison.a.only_runs == 2 * kSeeds);
  CHECK(comparison.tests == 2);
  CHECK(comparison.moved.size() == 2);

  // One run in both, and it is the same: the code is, too, and other seeds are other samples.
  b.runs[0] = a.runs[0];
  comparison = Compared(a, b);
  CHECK(comparison.equal_digests == 1);
  CHECK(comparison.tests == 1);
}

TEST_CASE("compare: runs that were not judged are no part of a mean") {
  const Side a = Sweep({3});
  Side b = OtherCode(a);
  b.runs[0].outcome = Outcome::kEventLimit;
  b.runs[0].metrics["rate"] = 1e9;
  const Comparison comparison = Compared(a, b);
  CHECK(comparison.tests == 1);
  CHECK(comparison.moved.empty());
  CHECK(comparison.unknown_noise.empty());
}

TEST_CASE("compare: speed is told, and is no difference") {
  const Side a = Sweep({3});
  Side b = a;
  for (RunRow& run : b.runs) run.wall_us *= 2;
  b.runs[0].memory_kb = 5;
  const Comparison comparison = Compared(a, b);
  CHECK(*comparison.a.steps_per_s == doctest::Approx(3e6));
  CHECK(*comparison.b.steps_per_s == doctest::Approx(1.5e6));
  CHECK_FALSE(comparison.Differs());
}

TEST_CASE("compare: of 2000 metrics that did not move, hardly ever is one reported") {
  constexpr std::uint64_t kPoints = 200;
  constexpr int kMetrics = 10;
  constexpr int kFamilies = 20;
  // Mean 1000; the deviation is another for each metric.
  const auto noisy = [](core::Random random) {
    std::vector<nlohmann::json> values;
    for (std::uint64_t i = 0; i < kPoints; ++i) values.push_back(i);
    Side side = Sweep(values);
    for (RunRow& run : side.runs) {
      run.metrics.clear();
      run.digest = absl::StrCat("digest ", random.Next());
      for (int metric = 0; metric < kMetrics; ++metric) {
        std::uint64_t sum = 0;
        for (int i = 0; i < 12; ++i) sum += random.Below(1 << 20);
        const double normal = static_cast<double>(sum) / (1 << 20) - 6;
        run.metrics[absl::StrCat("m", metric)] = 1000 + (metric + 1) * normal;
      }
    }
    return side;
  };
  const core::Random root(5);
  int alarms = 0;
  for (int family = 0; family < kFamilies; ++family) {
    const Side a = noisy(root.Fork(absl::StrCat("a", family)));
    Side b = noisy(root.Fork(absl::StrCat("b", family)));
    const Comparison comparison = Compared(a, b);
    REQUIRE(comparison.tests == kPoints * kMetrics);
    if (!comparison.moved.empty()) ++alarms;
    if (family > 0) continue;
    // And one that moved by 30 deviations is found among them.
    for (RunRow& run : b.runs) {
      if (run.point == 77) run.metrics["m3"] += 4 * 30;
    }
    const Comparison found = Compared(a, b);
    REQUIRE(found.moved.size() == comparison.moved.size() + 1);
    CHECK(found.moved[0].point == 77);
    CHECK(found.moved[0].metric == "m3");
  }
  // At 5 % each, four or more of twenty have a probability of 1.6 %.
  CHECK(alarms < 4);
}

TEST_CASE("compare: the JSON has every category, with parameters where a person would look") {
  const Side a = Sweep({3});
  Side b = OtherCode(a);
  for (RunRow& run : b.runs) run.metrics["rate"] += 20;
  b.runs[0].verdict = "violated";
  b.runs[0].oracles["I"] = "violated";
  const nlohmann::json json = analysis::ToJson(Compared(a, b));
  CHECK(json["differs"] == true);
  CHECK(json["digests"]["differ_same_recipe"] == kSeeds);
  CHECK(json["digests"]["differ"][1]["seed"] == 1);
  CHECK(json["moved"][0]["parameters"]["n"] == 3);
  CHECK(json["moved"][0]["from"]["seeds"] == kSeeds);
  CHECK(json["verdicts"][0]["oracles"]["I"]["to"] == "violated");
  CHECK(json["verdicts"][0]["from"]["verdict"] == "holds");
  for (const char* key : {"a", "b", "same_run_other_number", "noise_unknown", "one_sided"}) {
    CAPTURE(key);
    CHECK(json.contains(key));
  }
}

}  // namespace lockstep::tests
