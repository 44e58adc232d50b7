// B: who broke the bound of which round is accounted for, and replicas say the same as the world.
// Chora-R, a reconstruction; the paper's body was not available.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

#include "analysis/measured.h"
#include "analysis/smr/cluster_checker.h"
#include "analysis/smr/round_ledger.h"

namespace lockstep::analysis {

// B: a replica notes as violations, for each round that it votes on, exactly the lanes whose batch
// it had not been handed (round_ledger.h); and none takes a slot as decided by votes unless f + 1
// replicas, its owner among them, had handled its batch when they voted. That bounds are broken is
// no objection: it is counted, by cause.
class RoundBoundChecker final : public ClusterChecker, public Measured, private RoundListener {
 public:
  RoundBoundChecker(std::shared_ptr<const Recipe> recipe, core::ClusterId cluster,
                    const RoundRules& rules);

  void Finish() override;
  std::vector<std::uint64_t> counts() const override;
  // {"completion": {"count", "p50_us", ...}, "slack": {...}}, as metrics.cc knows them.
  nlohmann::json Details() const override;

 private:
  void Judge(const trace::Event& event) override { ledger_.OnEvent(event); }
  void OnBreach(const Breach&) override {}
  void OnMismatch(core::Instant at, std::uint32_t replica, const std::string& text) override;

  RoundLedger ledger_;
};

// The rules that a promise of B states: {"depth": D, "round_length_ps": L}, of a cluster of at most
// 63 replicas.
absl::StatusOr<RoundRules> ReadRoundRules(const Recipe& recipe, const Promise& promise);

extern const Oracle kRoundBoundOracle;

}  // namespace lockstep::analysis
