// What changed between the results of two sweeps, such as one sweep run by two revisions.
//
// Points are matched by their parameters, runs by parameters and seed: numbers may differ. What is
// a function of the run (digest, verdict) is compared run by run. Metrics of runs that differ are
// compared point by point, as means over seeds.
//
// The test is Welch's, of two samples, although most seeds are in both. The same seed means the
// same random streams, but a change of the code, however small, draws from them in another order:
// the two runs of a seed then have no more in common than any two. To pair them would halve the
// degrees of freedom for nothing, and a few seeds is all there is. Where seeds do stay alike,
// Welch's test errs on the safe side: it may miss a small change, but does not make one up.
//
// Thousands of tests at level 5 % would report dozens of changes where there are none. Holm's rule
// keeps the chance of even one such report below `alpha`, over all tests of a comparison.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

#include "analysis/results/results.h"
#include "analysis/results/statistics.h"

namespace lockstep::analysis {

// The results of one sweep, in memory.
struct Side {
  std::string name;  // of the file
  ResultsHeader header;
  std::vector<PointRow> points;
  std::vector<RunRow> runs;  // without receipts, which nothing here asks for
};
absl::StatusOr<Side> ReadSide(const ResultsFile& file);

struct CompareOptions {
  double alpha = 0.05;               // in (0, 1): how likely a report of noise as change may be
  std::vector<std::string> metrics;  // to compare; empty: all
};

// A run that both sides have.
struct RunKey {
  std::size_t point = 0;  // place in Comparison::points
  std::uint64_t seed = 0;
};

struct DigestChange {
  RunKey run;
  bool is_same_recipe = false;  // then the code behaves differently; else the scenario changed
};

struct Judgement {
  Outcome outcome = Outcome::kJudged;
  std::string verdict;
  bool is_as_expected = false;
  std::string error;
};
struct OracleChange {
  std::string oracle;
  std::string from;
  std::string to;
};
struct VerdictChange {
  RunKey run;
  bool is_same_recipe = false;
  bool is_same_digest = false;  // then it is the analysis that changed
  Judgement from;
  Judgement to;
  std::vector<OracleChange> oracles;  // of those that both sides asked
};

// The digests are equal, and still a metric is not: the analysis changed.
struct OtherNumber {
  RunKey run;
  std::string metric;
  std::optional<double> from;  // none: this side has no such number
  std::optional<double> to;
};

// A metric of a point, over the seeds of each side.
struct MetricChange {
  std::size_t point = 0;
  std::string metric;
  Mean from;  // over judged runs alone; count 0: this side has no such number
  Mean to;
  std::optional<double> relative;  // (to - from) / |from|; none where `from` is 0 or missing
  // Of what is known beyond noise: how many standard errors apart the means are, and how likely
  // noise does that, by Holm's rule. None where both are constant over seeds: then there is no
  // noise, and any change counts.
  std::optional<double> standard_errors;
  std::optional<double> p;
};

struct SideSummary {
  std::string name;
  std::string sweep;
  std::string revision;
  std::vector<std::string> parameters;      // names, in order
  std::vector<nlohmann::json> only_points;  // parameters of points that the other does not have
  std::uint64_t only_runs = 0;              // at points that both have
  std::uint64_t repeated_runs = 0;          // same parameters and seed as an earlier run: left out
  std::vector<std::string> only_metrics;    // that no run of the other has: not compared
  std::optional<double> steps_per_s;        // over the runs that both judged
};

struct Comparison {
  SideSummary a;
  SideSummary b;
  bool is_same_sweep = false;  // the documents are equal
  double alpha = 0;
  std::vector<nlohmann::json> points;  // parameters of those that both have, in A's order
  std::uint64_t runs = 0;              // that both have
  // Of these, by digest. Unknown: one has none, or was stopped by the clock or the memory of its
  // machine, which happens at another event each time.
  std::uint64_t equal_digests = 0;
  std::uint64_t unknown_digests = 0;
  std::vector<DigestChange> digests;    // that differ
  std::vector<VerdictChange> verdicts;  // first those that are no longer as expected
  std::vector<OtherNumber> other_numbers;
  std::uint64_t tests = 0;                  // of a metric at a point, with noise
  std::vector<MetricChange> moved;          // beyond noise; those furthest beyond it first
  std::vector<MetricChange> unknown_noise;  // changed, but a side has one seed; largest first
  std::vector<MetricChange> one_sided;      // one side has no such number at this point

  // How many digests differ though the recipe is the same.
  std::uint64_t DigestsOfSameRecipe() const;
  // Whether the code or its analysis changed what came out: a verdict, a digest of the same recipe,
  // a number of the same run, or a metric beyond noise. Speed and missing runs are no such change.
  bool Differs() const;
};

// Errors: no point with runs on both sides, a metric that no run has, a run of no point, alpha.
absl::StatusOr<Comparison> Compare(const Side& a, const Side& b, const CompareOptions& options);

// All of it; runs and metrics carry the parameters of their point.
nlohmann::json ToJson(const Comparison& comparison);

}  // namespace lockstep::analysis
