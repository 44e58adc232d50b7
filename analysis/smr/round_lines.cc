// Lines of an account: see round_lines.h.

#include "analysis/smr/round_lines.h"

#include <algorithm>
#include <cstdlib>

namespace lockstep::analysis {
namespace {

using core::Duration;
using core::Instant;
using trace::Event;
using trace::EventKind;

// What kMissed and kLate add to a cause where the receiver could not know of the batch.
constexpr std::uint64_t kExcused = 8;
// What kMismatch counts its other number in.
constexpr std::uint64_t kRuleStep = 8;
// What kSpans are of; plus 1 where they are of those below 0, told without their sign.
constexpr std::uint64_t kCompletion = 0;
constexpr std::uint64_t kSlack = 2;
// No run measures more.
constexpr std::uint64_t kSpansMost = std::uint64_t{1} << 60;
// More counts than an account has.
constexpr std::uint64_t kCountsMost = 64;
// No time of a trace is later, in ps; so sums of two stay in range.
constexpr std::uint64_t kPsMost = std::uint64_t{1} << 62;

Instant InstantOf(std::uint64_t ps) {
  return Instant::FromPicoseconds(static_cast<std::int64_t>(std::min(ps, kPsMost)));
}
Duration SpanOf(std::uint64_t ps) {
  return Duration::Picoseconds(static_cast<std::int64_t>(std::min(ps, kPsMost)));
}
std::int64_t NsOf(std::uint64_t ns) {
  return static_cast<std::int64_t>(std::min(ns, kPsMost / 1'000));
}
std::uint64_t PsOf(Duration span) { return static_cast<std::uint64_t>(span.ps()); }
std::uint64_t PsOf(Instant at) { return static_cast<std::uint64_t>(at.ps()); }

}  // namespace

// --- Writing ---

Event RoundLineWriter::LineOf(EventKind kind, std::uint32_t replica) const {
  Event event;
  event.kind = kind;
  event.at = at_;
  event.index = index_;
  event.node = event.peer = cluster_.Replica(replica);
  return event;
}

void RoundLineWriter::Tell(const Breach& breach) {
  Event event = LineOf(breach.over_by ? EventKind::kLate : EventKind::kMissed, breach.receiver);
  event.peer = cluster_.Replica(breach.lane);
  event.value = breach.round;
  event.detail = PsOf(breach.at);
  event.further =
      static_cast<std::uint64_t>(breach.cause) + (breach.is_excused ? kExcused : std::uint64_t{0});
  trace_->OnEvent(event);
}

void RoundLineWriter::Tell(const InTime& in_time) {
  Event event = LineOf(EventKind::kTight, in_time.receiver);
  event.peer = cluster_.Replica(in_time.lane);
  event.value = in_time.round;
  event.detail = PsOf(in_time.at);
  event.further = PsOf(in_time.slack);
  trace_->OnEvent(event);
}

void RoundLineWriter::Tell(const Mismatch& mismatch) {
  if (mismatch.is_of_batch) return;
  Event event = LineOf(EventKind::kMismatch, mismatch.replica);
  event.peer = cluster_.Replica(mismatch.lane);
  event.value = mismatch.round;
  event.detail = PsOf(mismatch.at);
  event.further = static_cast<std::uint64_t>(mismatch.rule) + kRuleStep * mismatch.other;
  trace_->OnEvent(event);
}

void RoundLineWriter::TellAll(const std::vector<std::uint64_t>& counts,
                              const SpanHistogram& completion, const SpanHistogram& slack) {
  for (std::size_t i = 0; i < counts.size(); ++i) {
    Event event = LineOf(EventKind::kTally, 0);
    event.detail = i;
    event.value = counts[i];
    trace_->OnEvent(event);
  }
  TellSpans(kCompletion, completion);
  TellSpans(kSlack, slack);
}

void RoundLineWriter::TellSpans(std::uint64_t which, const SpanHistogram& spans) {
  const Duration none;
  for (const bool is_below : {true, false}) {
    runs_.clear();
    for (const SpanHistogram::Counted& counted : spans.Spans()) {
      if ((counted.ns < 0) == is_below)
        runs_.push_back({static_cast<std::uint64_t>(std::abs(counted.ns)), counted.count, 0});
    }
    if (runs_.empty()) continue;
    Event event = LineOf(EventKind::kSpans, 0);
    event.detail = which + (is_below ? 1 : 0);
    event.value = PsOf(std::max(is_below ? none - spans.most() : spans.least(), none));
    event.further = PsOf(is_below ? none - spans.least() : spans.most());
    event.runs = runs_;
    trace_->OnEvent(event);
  }
}

// --- Reading ---

std::optional<Breach> RoundLineReader::BreachOf(const Event& event) const {
  const bool is_late = event.kind == EventKind::kLate;
  if (!is_late && event.kind != EventKind::kMissed) return std::nullopt;
  const std::uint64_t cause = event.further % kExcused;
  if (!IsOfCluster(event) || cause >= kBreachCauses.size()) return std::nullopt;
  Breach breach;
  breach.at = InstantOf(event.detail);
  breach.round = event.value;
  breach.lane = IndexOf(event.peer);
  breach.receiver = IndexOf(event.node);
  breach.cause = static_cast<BreachCause>(cause);
  breach.is_excused = event.further / kExcused != 0;
  if (is_late) breach.over_by = event.at - breach.at;
  return breach;
}

std::optional<InTime> RoundLineReader::InTimeOf(const Event& event) const {
  if (event.kind != EventKind::kTight || !IsOfCluster(event)) return std::nullopt;
  InTime in_time;
  in_time.at = InstantOf(event.detail);
  in_time.round = event.value;
  in_time.lane = IndexOf(event.peer);
  in_time.receiver = IndexOf(event.node);
  in_time.slack = SpanOf(event.further);
  return in_time;
}

std::optional<Mismatch> RoundLineReader::MismatchOf(const Event& event) const {
  if (event.kind != EventKind::kMismatch || !IsOfCluster(event)) return std::nullopt;
  const std::uint64_t rule = event.further % kRuleStep;
  if (rule >= Mismatch::kRules) return std::nullopt;
  Mismatch mismatch;
  mismatch.at = InstantOf(event.detail);
  mismatch.replica = IndexOf(event.node);
  mismatch.rule = static_cast<Mismatch::Rule>(rule);
  mismatch.round = event.value;
  mismatch.lane = IndexOf(event.peer);
  mismatch.other = event.further / kRuleStep;
  return mismatch;
}

void RoundLineReader::Read(const Event& event) {
  if (!IsOfCluster(event)) return;
  if (event.kind == EventKind::kTally && event.detail < kCountsMost) {
    counts_.resize(std::max<std::size_t>(counts_.size(), event.detail + 1));
    counts_[event.detail] = event.value;
  } else if (event.kind == EventKind::kSpans && event.detail < measured_.size()) {
    Measured& measured = measured_[event.detail];
    measured.least = SpanOf(event.value);
    measured.most = SpanOf(event.further);
    measured.runs.assign(event.runs.begin(), event.runs.end());
  }
}

RoundSpans RoundLineReader::Spans() const {
  RoundSpans spans;
  for (const bool is_slack : {false, true}) {
    SpanHistogram& to = is_slack ? spans.slack : spans.completion;
    const Measured& above = measured_[is_slack ? kSlack : kCompletion];
    const Measured& below = measured_[(is_slack ? kSlack : kCompletion) + 1];
    for (const Measured* part : {&below, &above}) {
      for (const core::Run& run : part->runs) {
        const std::int64_t ns = NsOf(run.first);
        if (run.count <= kSpansMost - to.count())
          to.AddCounted({part == &below ? -ns : ns, run.count});
      }
    }
    const Duration none;
    const auto [least, most] = std::minmax({below.runs.empty() ? above.least : none - below.most,
                                            above.runs.empty() ? none - below.least : above.most});
    to.SetEnds(least, most);
  }
  return spans;
}

}  // namespace lockstep::analysis
