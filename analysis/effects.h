// W: every fault that the scenario declares has had its effect.
//
// A fault leaves receipts: how much it touched, and how much changed because of it. What several
// receipts of one fault say is added up. A fault that changed less than it promised makes the run
// not exercised: nothing was violated, but nothing was shown either.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "nlohmann/json.hpp"

#include "analysis/checker.h"

namespace lockstep::analysis {

class EffectChecker final : public Checker {
 public:
  explicit EffectChecker(std::shared_ptr<const Recipe> recipe);

  std::string_view oracle() const override { return "W"; }
  std::string_view name() const override { return "effect of faults"; }

  trace::Interest Wants() const override {
    return Bit(trace::EventKind::kReceipt) | Bit(trace::EventKind::kTampered);
  }
  void OnEvent(const trace::Event& event) override;
  void Finish() override {}

  Verdict verdict() const override;
  std::uint64_t violations() const override { return 0; }
  std::vector<Finding> findings() const override;

  // Of each fault: id, kind, touched, changed, expect_effect; and where it rewrote messages, the
  // last of them: {"at_ps", "node", "to", "sent", "instead_of"}.
  nlohmann::json Receipts() const;

 private:
  struct Receipt {
    std::uint64_t touched = 0;
    std::uint64_t changed = 0;
    std::optional<trace::Event> tampered;  // the last message that it rewrote
  };

  std::shared_ptr<const Recipe> recipe_;
  std::vector<Receipt> receipts_;  // receipts_[index of the fault]
  core::Instant last_;
};

}  // namespace lockstep::analysis
