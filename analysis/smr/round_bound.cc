// The accounting of rounds: see round_bound.h.

#include "analysis/smr/round_bound.h"

#include <array>
#include <numeric>
#include <utility>

#include "analysis/smr/round_excerpt.h"

namespace lockstep::analysis {
namespace {

using trace::EventKind;

// Notes of lock-step protocols.
constexpr core::NoteKind kRound("round");
constexpr core::NoteKind kRoundComplete("round_complete");
constexpr core::NoteKind kRoundViolations("round_violations");
// A default trace is told all that was counted each time that so many rounds have begun, and holds
// the completion of two rounds in so many.
constexpr std::uint64_t kToldRounds = 10'000;
constexpr std::uint64_t kSampledRounds = 1'000;

constexpr std::array kRoundBoundCounts = {
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
    CountInfo{"batches_refetched", "batches", "handed by another message than their round's", ""},
};

double Microseconds(core::Duration span) { return static_cast<double>(span.ps()) / 1e6; }

static_assert(kRoundBoundCounts[kRoundPairsAt].name == "round_pairs");
static_assert(kRoundBoundCounts[kRoundPairsUnjudgedAt].name == "round_pairs_unjudged");

}  // namespace

RoundBoundChecker::RoundBoundChecker(std::shared_ptr<const Recipe> recipe, core::ClusterId cluster,
                                     const RoundRules& rules)
    : ClusterChecker("B", "account of round bounds", std::move(recipe), cluster,
                     RoundLedger::Wants().Add(trace::Interest(Bit(trace::EventKind::kEnd)))),
      ledger_(rules, *this) {}

void RoundBoundChecker::Judge(const trace::Event& event) {
  if (lines_) lines_->At(event);
  if (event.kind == trace::EventKind::kEnd) {
    ledger_.Finish();
  } else {
    ledger_.OnEvent(event);
  }
  if (lines_) TellOf(event);
}

void RoundBoundChecker::Finish() {
  ledger_.Finish();
  if (ledger_.counts().pairs > 0) SetExercised();
}

void RoundBoundChecker::OnBreach(const Breach& breach) {
  if (lines_) lines_->Tell(breach);
}

void RoundBoundChecker::OnInTime(const InTime& in_time) {
  if (lines_) lines_->Tell(in_time);
}

void RoundBoundChecker::OnMismatch(const Mismatch& mismatch) {
  if (lines_) lines_->Tell(mismatch);
  const core::NodeId node = cluster().Replica(mismatch.replica);
  Object(mismatch.at, node, [&] { return absl::StrCat(Host(node), " ", TextOf(mismatch)); });
}

// --- What a default trace holds ---

trace::Interest RoundBoundChecker::Keeps() const {
  trace::Interest keeps(Bit(EventKind::kDrop) | Bit(EventKind::kCrash) | Bit(EventKind::kRestart) |
                        Bit(EventKind::kStalled) | Bit(EventKind::kFaulty) | Bit(EventKind::kEnd));
  return keeps.Add(kRoundViolations);
}

std::vector<core::NoteKind> RoundBoundChecker::Spares() const { return {kRound, kRoundComplete}; }

void RoundBoundChecker::TellTo(trace::Sink* trace) {
  trace_ = trace;
  lines_.emplace(cluster(), trace);
}

void RoundBoundChecker::TellOf(const trace::Event& event) {
  // A sample of rounds says how long they are.
  if (event.Is(kRoundComplete) && event.value % kSampledRounds < 2) trace_->OnEvent(event);
  if (event.kind == EventKind::kEnd) {
    TellAll();
  } else if (ledger_.newest_round() >= told_below_) {
    if (told_below_ > 0) TellAll();
    told_below_ = (ledger_.newest_round() / kToldRounds + 1) * kToldRounds;
  }
}

void RoundBoundChecker::TellAll() {
  lines_->TellAll(counts(), ledger_.completion(), ledger_.slack());
}

std::vector<std::uint64_t> RoundBoundChecker::counts() const {
  const RoundLedger::Counts& counts = ledger_.counts();
  std::vector<std::uint64_t> list = {
      std::accumulate(counts.violations.begin(), counts.violations.end(), std::uint64_t{0})};
  list.insert(list.end(), counts.violations.begin(), counts.violations.end());
  for (const std::uint64_t count :
       {counts.past_deadline, counts.pairs, counts.unjudged, counts.skipped, counts.by_votes,
        counts.by_ballot_1, counts.by_later_ballots, counts.learnt, counts.noops, counts.refetched})
    list.push_back(count);
  return list;
}

nlohmann::json RoundBoundChecker::Details() const {
  return DetailsOf(ledger_.completion(), ledger_.slack());
}

nlohmann::json DetailsOf(const SpanHistogram& completion, const SpanHistogram& slack) {
  nlohmann::json details = nlohmann::json::object();
  if (completion.count() > 0) {
    details["completion"] = {{"count", completion.count()},
                             {"p50_us", Microseconds(completion.Quantile(1, 2))},
                             {"p99_us", Microseconds(completion.Quantile(99, 100))},
                             {"p999_us", Microseconds(completion.Quantile(999, 1'000))},
                             {"p9999_us", Microseconds(completion.Quantile(9'999, 10'000))},
                             {"max_us", Microseconds(completion.most())}};
  }
  if (slack.count() > 0) {
    details["slack"] = {{"count", slack.count()},
                        {"min_us", Microseconds(slack.least())},
                        {"p0001_us", Microseconds(slack.Quantile(1, 10'000))},
                        {"p001_us", Microseconds(slack.Quantile(1, 1'000))},
                        {"p01_us", Microseconds(slack.Quantile(1, 100))},
                        {"p50_us", Microseconds(slack.Quantile(1, 2))}};
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
      const core::ClusterId cluster(charge.promise.scope.id);
      if (charge.recipe->IsAbridged("B"))
        return std::make_unique<RoundExcerptChecker>(charge.recipe, cluster);
      return std::make_unique<RoundBoundChecker>(charge.recipe, cluster, *rules);
    },
    kRoundBoundCounts};

}  // namespace lockstep::analysis
