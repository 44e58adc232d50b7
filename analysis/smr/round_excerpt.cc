// Judging what a default trace tells of rounds: see round_excerpt.h.

#include "analysis/smr/round_excerpt.h"

#include <utility>

#include "analysis/smr/round_bound.h"

namespace lockstep::analysis {
namespace {

using trace::Event;
using trace::EventKind;

constexpr core::NoteKind kViolations("round_violations");

}  // namespace

RoundExcerptChecker::RoundExcerptChecker(std::shared_ptr<const Recipe> recipe,
                                         core::ClusterId cluster)
    : ClusterChecker("B", "account of round bounds", std::move(recipe), cluster,
                     trace::Interest(trace::kAccountKinds).Add(kViolations)),
      lines_(this->cluster()),
      reports_(std::size_t{this->cluster().size} * kKept) {}

void RoundExcerptChecker::Judge(const Event& event) {
  if (event.kind == EventKind::kNote) return OnReport(event);
  lines_.Read(event);
  if (const auto breach = lines_.BreachOf(event)) {
    const Said said = Reported(breach->receiver, breach->round, breach->lane);
    if (said == Said::kNo && !breach->is_excused)
      Complain({breach->at, breach->receiver, Mismatch::Rule::kReportedTooLittle, breach->round,
                breach->lane, 0, true});
  } else if (const auto in_time = lines_.InTimeOf(event)) {
    if (Reported(in_time->receiver, in_time->round, in_time->lane) == Said::kYes)
      Complain({in_time->at, in_time->receiver, Mismatch::Rule::kReportedTooMuch, in_time->round,
                in_time->lane, 0, true});
  } else if (const auto mismatch = lines_.MismatchOf(event)) {
    Complain(*mismatch);
  }
}

void RoundExcerptChecker::OnReport(const Event& event) {
  Report& report = reports_[IndexOf(event.node) * kKept + event.value % kKept];
  if (report.lanes != 0 && event.value < report.round) return;
  if (report.round != event.value) report.lanes = 0;
  report.round = event.value;
  report.lanes |= event.detail;
}

RoundExcerptChecker::Said RoundExcerptChecker::Reported(std::uint32_t replica, std::uint64_t round,
                                                        std::uint32_t lane) const {
  const Report& report = reports_[replica * kKept + round % kKept];
  if (report.lanes != 0 && report.round > round) return Said::kForgotten;
  const bool is_said = report.round == round && (report.lanes >> lane & 1) != 0;
  return is_said ? Said::kYes : Said::kNo;
}

void RoundExcerptChecker::Complain(const Mismatch& mismatch) {
  const core::NodeId node = cluster().Replica(mismatch.replica);
  Object(mismatch.at, node, [&] { return absl::StrCat(Host(node), " ", TextOf(mismatch)); });
}

void RoundExcerptChecker::Finish() {
  // Where no pair was judged, nothing was promised of any; where the trace does not say, who knows.
  if (!lines_.has_counts() || lines_.CountAt(kRoundPairsAt) > 0) SetUnsure();
}

std::vector<std::uint64_t> RoundExcerptChecker::counts() const {
  std::vector<std::uint64_t> counts(kRoundBoundOracle.counts.size());
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] = lines_.CountAt(i);
  return counts;
}

nlohmann::json RoundExcerptChecker::Details() const {
  const RoundSpans spans = lines_.Spans();
  return DetailsOf(spans.completion, spans.slack);
}

}  // namespace lockstep::analysis
