// What a sweep came to, for people and for programs.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analysis/results/results.h"
#include "tools/lockstep/sweep_estimate.h"
#include "tools/sweep/engine.h"
#include "tools/sweep/findings.h"
#include "tools/sweep/plan.h"

namespace lockstep::cli {

// What would be run: how many points and runs, and which of the first `tried` points were refused,
// and why.
struct DryRun {
  std::uint64_t runs_max = 0;
  std::uint64_t tried = 0;
  std::vector<std::pair<std::uint64_t, std::string>> refused;
  std::optional<SweepEstimate> estimate;  // none: it was not asked for
};
std::string DryReport(const sweep::Plan& plan, const DryRun& dry, bool as_json);

// Expectations of points that do not hold: how many, and the first; empty where there is none.
std::string UnmetReport(const std::vector<sweep::Unmet>& unmet);

// The closing words: what was made, what failed (with the first few errors of each kind), what was
// not as expected, what the bisection found, and how to see the rest. `file` is read.
std::string SweepReport(const sweep::Plan& plan, const sweep::Tally& tally,
                        const std::vector<sweep::Unmet>& unmet, const analysis::ResultsFile& file,
                        double seconds);
// The same for programs.
std::string SweepJson(const sweep::Plan& plan, const sweep::Tally& tally,
                      const std::vector<sweep::Unmet>& unmet, const analysis::ResultsFile& file,
                      double seconds);

}  // namespace lockstep::cli
