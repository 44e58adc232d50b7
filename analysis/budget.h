// CB: no more replicas of a cluster were down at once than its concurrent budget bears.
//
// A claim about the scenario, not about the protocol: where it fails nothing was promised, and the
// verdict on the run is unknown, whatever else went wrong (see Judge::verdict). How long a replica
// is down is for the run to tell: it counts from its crash until it notes that it has rejoined. One
// that is hit by a fault that does not end with a restart (it lies, it is silent) counts for the
// whole run.
//
// Source: FAULTS, section 1, on concurrent budgets.

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "analysis/checker.h"
#include "analysis/oracle.h"

namespace lockstep::analysis {

class BudgetChecker final : public Checker {
 public:
  BudgetChecker(std::shared_ptr<const Recipe> recipe, core::ClusterId cluster);

  std::string_view oracle() const override { return "CB"; }
  std::string_view name() const override { return "concurrent budget"; }

  trace::Interest Wants() const override;
  void OnEvent(const trace::Event& event) override;
  void Finish() override {}

  Verdict verdict() const override {
    return findings_.empty() ? Verdict::kHolds : Verdict::kUnknown;
  }
  std::uint64_t violations() const override { return 0; }
  std::vector<Finding> findings() const override { return findings_; }

 private:
  void Check(const trace::Event& event);

  std::shared_ptr<const Recipe> recipe_;
  core::Cluster cluster_;
  std::vector<bool> is_faulty_;    // is_faulty_[index]: for the whole run
  std::vector<bool> is_down_;      // is_down_[index]
  std::vector<Finding> findings_;  // at most FindingLog::kKept
};

extern const Oracle kBudgetOracle;

}  // namespace lockstep::analysis
