// B, of a default trace: what can be concluded from what was late or nearly so, and from what the
// run that wrote the trace has counted.
//
// Chora-R, a reconstruction; the paper's body was not available.

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "nlohmann/json.hpp"

#include "analysis/measured.h"
#include "analysis/smr/cluster_checker.h"
#include "analysis/smr/round_lines.h"

namespace lockstep::analysis {

// Compares what replicas report with the batches that the trace tells of: one that was not in time
// must be reported, one that was must not. What else replicas said that is not so, the run that
// wrote the trace has found. Counts and measures are those of that run, as it told them last. Where
// nothing is wrong that is unknown, not proof: the batches that are not told of it cannot judge.
class RoundExcerptChecker final : public ClusterChecker, public Measured {
 public:
  RoundExcerptChecker(std::shared_ptr<const Recipe> recipe, core::ClusterId cluster);

  void Finish() override;
  std::vector<std::uint64_t> counts() const override;
  nlohmann::json Details() const override;
  bool is_abridged() const override { return true; }

 private:
  // What a replica reports is kept for so many rounds; what comes later cannot be judged.
  static constexpr std::uint64_t kKept = 1'024;
  struct Report {
    std::uint64_t round = 0;
    std::uint64_t lanes = 0;  // as a mask; 0 where nothing was reported yet
  };
  enum class Said : std::uint8_t { kNo, kYes, kForgotten };

  void Judge(const trace::Event& event) override;
  void OnReport(const trace::Event& event);
  Said Reported(std::uint32_t replica, std::uint64_t round, std::uint32_t lane) const;
  void Complain(const Mismatch& mismatch);

  RoundLineReader lines_;
  std::vector<Report> reports_;  // reports_[replica * kKept + round % kKept]
};

}  // namespace lockstep::analysis
