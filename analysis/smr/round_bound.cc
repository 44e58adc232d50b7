// The accounting of rounds: see round_bound.h.

#include "analysis/smr/round_bound.h"

#include <array>
#include <numeric>
#include <utility>

namespace lockstep::analysis {
namespace {

constexpr std::array kCounts = {
    CountInfo{"round_violations", "pairs", "of receiver and batch, not in time for the vote", ""},
    CountInfo{"round_violations_crashed", "pairs", "the same, since the owner was down", ""},
    CountInfo{"round_violations_sender_stall", "pairs", "the same, since the owner stood still",
              ""},
    CountInfo{"round_violations_lost", "pairs", "the same, since the message was lost", ""},
    CountInfo{"round_violations_queueing", "pairs", "the same, since it stood behind others", ""},
    CountInfo{"round_violations_receiver_stall", "pairs",
              "the same, since the receiver stood still", ""},
    CountInfo{"round_violations_skew", "pairs", "the same, since clocks differ", ""},
    CountInfo{"round_violations_latency", "pairs", "the same, since the round is too short", ""},
    CountInfo{"past_deadline", "pairs", "handled after the nominal boundary, or never", ""},
    CountInfo{"round_pairs", "pairs", "of receiver and batch that were judged", ""},
    CountInfo{"round_pairs_unjudged", "pairs", "of rounds that nobody could keep", ""},
    CountInfo{"rounds_skipped", "rounds", "whose boundary a replica did not handle: sum", ""},
    CountInfo{"decided_by_votes", "slots", "by what each replica counted: sum over replicas", ""},
    CountInfo{"decided_by_ballot_1", "slots", "by the resolver's ballot: sum over replicas", ""},
    CountInfo{"decided_by_later_ballots", "slots", "by ballots from 2 on: sum over replicas", ""},
    CountInfo{"decided_as_told", "slots", "learnt from others: sum over replicas", ""},
    CountInfo{"decided_noop", "slots", "of all these, for nothing: sum over replicas", ""},
};

double Microseconds(core::Duration span) { return static_cast<double>(span.ps()) / 1e6; }

}  // namespace

RoundBoundChecker::RoundBoundChecker(std::shared_ptr<const Recipe> recipe, core::ClusterId cluster,
                                     const RoundRules& rules)
    : ClusterChecker("B", "account of round bounds", std::move(recipe), cluster,
                     RoundLedger::Wants()),
      ledger_(rules, *this) {}

void RoundBoundChecker::Finish() {
  ledger_.Finish();
  if (ledger_.counts().pairs > 0) SetExercised();
}

void RoundBoundChecker::OnMismatch(core::Instant at, std::uint32_t replica,
                                   const std::string& text) {
  const core::NodeId node = cluster().Replica(replica);
  Object(at, node, [&] { return absl::StrCat(Host(node), " ", text); });
}

std::vector<std::uint64_t> RoundBoundChecker::counts() const {
  const RoundLedger::Counts& counts = ledger_.counts();
  std::vector<std::uint64_t> list = {
      std::accumulate(counts.violations.begin(), counts.violations.end(), std::uint64_t{0})};
  list.insert(list.end(), counts.violations.begin(), counts.violations.end());
  for (const std::uint64_t count :
       {counts.past_deadline, counts.pairs, counts.unjudged, counts.skipped, counts.by_votes,
        counts.by_ballot_1, counts.by_later_ballots, counts.learnt, counts.noops})
    list.push_back(count);
  return list;
}

nlohmann::json RoundBoundChecker::Details() const {
  nlohmann::json details = nlohmann::json::object();
  if (const SpanHistogram& spans = ledger_.completion(); spans.count() > 0) {
    details["completion"] = {{"count", spans.count()},
                             {"p50_us", Microseconds(spans.Quantile(1, 2))},
                             {"p99_us", Microseconds(spans.Quantile(99, 100))},
                             {"p999_us", Microseconds(spans.Quantile(999, 1'000))},
                             {"p9999_us", Microseconds(spans.Quantile(9'999, 10'000))},
                             {"max_us", Microseconds(spans.most())}};
  }
  if (const SpanHistogram& spans = ledger_.slack(); spans.count() > 0) {
    details["slack"] = {{"count", spans.count()},
                        {"min_us", Microseconds(spans.least())},
                        {"p0001_us", Microseconds(spans.Quantile(1, 10'000))},
                        {"p001_us", Microseconds(spans.Quantile(1, 1'000))},
                        {"p01_us", Microseconds(spans.Quantile(1, 100))},
                        {"p50_us", Microseconds(spans.Quantile(1, 2))}};
  }
  return details;
}

absl::StatusOr<RoundRules> ReadRoundRules(const Recipe& recipe, const Promise& promise) {
  constexpr std::uint32_t kMostReplicas = 63;
  if (promise.scope.kind != Scope::Kind::kCluster)
    return absl::InvalidArgumentError("want {\"cluster\": ...} as what it is about");
  RoundRules rules;
  rules.cluster = recipe.cluster(core::ClusterId(promise.scope.id));
  rules.warmup = recipe.warmup;
  if (rules.cluster.size > kMostReplicas)
    return absl::InvalidArgumentError("want a cluster of at most 63 replicas");
  const auto positive = [&](const char* key) -> std::uint64_t {
    const auto at = promise.parameters.find(key);
    const bool is_good = at != promise.parameters.end() && at->is_number_unsigned();
    return is_good ? at->get<std::uint64_t>() : 0;
  };
  constexpr std::uint64_t kMost = std::uint64_t{1} << 40;
  rules.depth = positive("depth");
  const std::uint64_t length_ps = positive("round_length_ps");
  const bool is_good = rules.depth > 0 && rules.depth < kMost && length_ps > 0 &&
                       length_ps < kMost && promise.parameters.size() == 2;
  if (!is_good)
    return absl::InvalidArgumentError(
        "want the parameters depth and round_length_ps, both above 0 and below 2^40");
  rules.round_length = core::Duration::Picoseconds(static_cast<std::int64_t>(length_ps));
  return rules;
}

const Oracle kRoundBoundOracle = {
    "B",
    [](const Charge& charge) -> absl::StatusOr<std::unique_ptr<Checker>> {
      absl::StatusOr<RoundRules> rules = ReadRoundRules(*charge.recipe, charge.promise);
      if (!rules.ok()) return rules.status();
      return std::make_unique<RoundBoundChecker>(charge.recipe,
                                                 core::ClusterId(charge.promise.scope.id), *rules);
    },
    kCounts};

}  // namespace lockstep::analysis
