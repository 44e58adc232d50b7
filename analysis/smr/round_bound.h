// B: who broke the bound of which round is accounted for, and replicas say the same as the world.
// Chora-R, a reconstruction; the paper's body was not available.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

#include "analysis/measured.h"
#include "analysis/smr/cluster_checker.h"
#include "analysis/smr/round_ledger.h"
#include "analysis/smr/round_lines.h"
#include "analysis/sparing.h"

namespace lockstep::analysis {

// B: a replica notes as violations, for each round that it votes on, exactly the lanes whose batch
// it had not been handed (round_ledger.h); and none takes a slot as decided by votes unless f + 1
// replicas, its owner among them, had handled its batch when they voted. That bounds are broken is
// no objection: it is counted, by cause.
//
// A default trace does without what all rounds look like in which nothing is amiss. It holds what
// was late, or nearly so, and every 10 000 rounds and at the end all that was counted and measured
// (round_lines.h); round_excerpt.h judges it.
class RoundBoundChecker final : public ClusterChecker,
                                public Measured,
                                public Sparing,
                                private RoundListener {
 public:
  RoundBoundChecker(std::shared_ptr<const Recipe> recipe, core::ClusterId cluster,
                    const RoundRules& rules);

  void Finish() override;
  std::vector<std::uint64_t> counts() const override;
  nlohmann::json Details() const override;
  trace::Interest Keeps() const override;
  std::vector<core::NoteKind> Spares() const override;
  void TellTo(trace::Sink* trace) override;

 private:
  void Judge(const trace::Event& event) override;
  void OnBreach(const Breach& breach) override;
  void OnInTime(const InTime& in_time) override;
  void OnMismatch(const Mismatch& mismatch) override;
  // With a trace: what it is to hold of this event, and of those before.
  void TellOf(const trace::Event& event);
  void TellAll();

  RoundLedger ledger_;
  trace::Sink* trace_ = nullptr;
  std::optional<RoundLineWriter> lines_;  // where there is a trace
  std::uint64_t told_below_ = 0;          // the round from which all is told again
};

// The rules that a promise of B states: {"depth": D, "round_length_ps": L}, of a cluster of at most
// 63 replicas.
absl::StatusOr<RoundRules> ReadRoundRules(const Recipe& recipe, const Promise& promise);

// {"completion": {"count", "p50_us", ...}, "slack": {...}}, as metrics.cc knows them.
nlohmann::json DetailsOf(const SpanHistogram& completion, const SpanHistogram& slack);

// What an account counts has these places in Checker::counts(), and in the lines of a trace.
inline constexpr std::size_t kRoundPairsAt = 9;
inline constexpr std::size_t kRoundPairsUnjudgedAt = 10;

extern const Oracle kRoundBoundOracle;

}  // namespace lockstep::analysis
