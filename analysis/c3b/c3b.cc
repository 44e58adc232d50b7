// Integrity, no duplicates, delivery: see c3b.h.

#include "analysis/c3b/c3b.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"

namespace lockstep::analysis {
namespace {

using trace::Event;
using trace::EventKind;

trace::Interest Deliveries() { return trace::Interest().Add(core::NoteKind::kDelivered); }

bool IsDelivery(const Event& event) { return event.Is(core::NoteKind::kDelivered); }

// How many positions a rate-limited RSM can have committed by `at`; see IntegrityChecker.
//   floor(rate * t * 1001/1000 / 1e12) + 1, with t = at + clock_ahead in ps
std::uint64_t MostCommitted(const Content& content, core::Instant at) {
  if (!content.rate) return kSeqLimit;
  const absl::uint128 t_ps =
      absl::uint128(static_cast<std::uint64_t>(std::max<std::int64_t>(at.ps(), 0))) +
      static_cast<std::uint64_t>(content.clock_ahead.ps());
  const absl::uint128 stretched = t_ps + t_ps / 1000;
  const absl::uint128 whole = stretched / 1'000'000'000'000 * *content.rate;
  const absl::uint128 part = stretched % 1'000'000'000'000 * *content.rate / 1'000'000'000'000;
  return static_cast<std::uint64_t>(std::min(whole + part + 1, absl::uint128(kSeqLimit)));
}

std::string Numbers(const core::Run& run) {
  if (run.count == 1) return absl::StrCat("k′ ", run.first);
  return absl::StrCat(run.count, " messages, k′ ", run.first, " to ", run.Last(), " by ",
                      run.stride, ",");
}

// The first number of `run` that is in none of `parts`, of which there is one.
std::uint64_t FirstOutside(const core::Run& run, const std::vector<core::Run>& parts) {
  for (std::uint64_t i = 0; i < run.count; ++i) {
    const std::uint64_t number = run.At(i);
    const bool is_inside = std::any_of(parts.begin(), parts.end(), [&](const core::Run& part) {
      return number >= part.first && number <= part.Last() &&
             (number - part.first) % part.stride == 0;
    });
    if (!is_inside) return number;
  }
  return run.first;
}

}  // namespace

IntegrityChecker::IntegrityChecker(std::shared_ptr<StreamFacts> facts)
    : StreamChecker("I", "integrity", std::move(facts), Deliveries()) {}

void IntegrityChecker::Judge(const Event& event) {
  if (!IsDelivery(event) || !facts().IsCorrect(event.node)) return;
  if (!facts().receivers().Has(event.node)) return;
  SetExercised();
  const std::optional<core::Run> run = RunOf(event);
  if (!run) {
    Object(event.at, event.node, [&] {
      return absl::StrCat(Host(event.node), " delivers what is no run of k′, from ", event.value);
    });
  } else if (!facts().IsAuthentic(*run, event.digest)) {
    Object(event.at, event.node, [&] {
      return absl::StrCat(Host(event.node), " delivers ", Numbers(*run),
                          " with another content than was committed");
    });
  } else if (const std::uint64_t committed = MostCommitted(facts().stream().content, event.at);
             run->Last() >= committed) {
    Object(event.at, event.node, [&] {
      return absl::StrCat(Host(event.node), " delivers k′ ", run->Last(), " when no more than ",
                          committed, " can have been committed");
    });
  }
}

DuplicateChecker::DuplicateChecker(std::shared_ptr<StreamFacts> facts)
    : StreamChecker("D", "no duplicate delivery", facts,
                    Deliveries().Add(Bit(EventKind::kRestart))),
      delivered_(facts->receivers().size, core::SeqSet(facts->period())) {}

void DuplicateChecker::Judge(const Event& event) {
  if (!facts().receivers().Has(event.node) || !facts().IsCorrect(event.node)) return;
  core::SeqSet& delivered = delivered_[event.node.value() - facts().receivers().first.value()];
  if (event.kind == EventKind::kRestart) delivered = core::SeqSet(facts().period());
  if (!IsDelivery(event)) return;
  SetExercised();
  const std::optional<core::Run> run = RunOf(event);
  if (!run) {
    if (event.count < 2 || event.stride != 0) return;  // Not a run at all: integrity's business.
    Object(event.at, event.node, [&] {
      return absl::StrCat(Host(event.node), " delivers k′ ", event.value, " twice, in one note");
    });
    return;
  }
  const std::vector<core::Run> fresh = delivered.Insert(*run);
  std::uint64_t fresh_count = 0;
  for (const core::Run& part : fresh) fresh_count += part.count;
  if (fresh_count == run->count) return;
  Object(event.at, event.node, [&] {
    return absl::StrCat(Host(event.node), " delivers k′ ", FirstOutside(*run, fresh),
                        " a second time (", run->count - fresh_count, " such in this note)");
  });
}

DeliveryChecker::DeliveryChecker(std::shared_ptr<StreamFacts> facts)
    : StreamChecker(
          "L", "eventual delivery", facts,
          Deliveries().Add(core::Fact::kCarries, trace::Phase::kSent).Add(Bit(EventKind::kEnd))),
      cut_(facts->recipe().heal),
      deadline_(facts->recipe().heal + facts->recipe().settle),
      sent_end_(facts->senders().size, 0),
      delivered_(facts->receivers().size, core::SeqSet(facts->period())) {}

std::uint64_t DeliveryChecker::TransmittedByAny() const {
  return *std::max_element(sent_end_.begin(), sent_end_.end());
}

void DeliveryChecker::Judge(const Event& event) {
  if (event.kind == EventKind::kEnd) {
    is_run_long_enough_ = event.value == 0 && event.at >= deadline_;
  } else if (event.Is(core::Fact::kCarries, trace::Phase::kSent)) {
    if (event.at > cut_ || !facts().IsAcross(event.node, event.peer)) return;
    const std::optional<core::Run> run = RunOf(event);
    if (!run) return;
    std::uint64_t& end = sent_end_[event.node.value() - facts().senders().first.value()];
    end = std::max(end, run->Last() + 1);
  } else if (IsDelivery(event)) {
    if (event.at > deadline_ || !facts().receivers().Has(event.node)) return;
    const std::optional<core::Run> run = RunOf(event);
    // After the cut, what was not transmitted by then is of no interest.
    if (!run || (event.at > cut_ && run->first >= TransmittedByAny())) return;
    delivered_[event.node.value() - facts().receivers().first.value()].Insert(*run);
  }
}

void DeliveryChecker::Finish() {
  std::uint64_t transmitted = 0;
  for (std::uint64_t i = 0; i < sent_end_.size(); ++i) {
    if (facts().IsCorrect(facts().senders().Replica(i))) {
      transmitted = std::max(transmitted, sent_end_[i]);
    }
  }
  if (transmitted == 0 || !is_run_long_enough_) return;
  if (facts().stream().promises.delivery == Delivery::kOne) {
    JudgeOne(transmitted);
  } else {
    JudgeAll(transmitted);
  }
}

void DeliveryChecker::JudgeAll(std::uint64_t transmitted) {
  for (std::uint64_t i = 0; i < delivered_.size(); ++i) {
    const core::NodeId receiver = facts().receivers().Replica(i);
    if (!facts().IsCorrect(receiver)) continue;
    SetExercised();
    const std::uint64_t frontier = delivered_[i].Frontier();
    if (frontier >= transmitted) continue;
    Object(deadline_, receiver, [&] {
      return absl::StrCat(Host(receiver), " has not delivered k′ ", frontier, ", though all below ",
                          transmitted, " was transmitted by the heal");
    });
  }
}

void DeliveryChecker::JudgeOne(std::uint64_t transmitted) {
  core::SeqSet together(facts().period());
  for (std::uint64_t i = 0; i < delivered_.size(); ++i) {
    if (!facts().IsCorrect(facts().receivers().Replica(i))) continue;
    SetExercised();
    const std::uint64_t frontier = delivered_[i].Frontier();
    together.Insert(core::Run{0, frontier, 1});
    delivered_[i].ForEachHeld(frontier, transmitted,
                              [&](const core::Run& run) { together.Insert(run); });
  }
  if (together.Frontier() >= transmitted) return;
  Object(deadline_, std::nullopt, [&] {
    return absl::StrCat("no correct receiver has delivered k′ ", together.Frontier(),
                        ", though all below ", transmitted, " was transmitted by the heal");
  });
}

}  // namespace lockstep::analysis
