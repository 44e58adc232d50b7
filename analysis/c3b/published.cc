// Progress as published: see published.h.

#include "analysis/c3b/published.h"

#include <algorithm>
#include <utility>

#include "analysis/c3b/schedule.h"
#include "analysis/c3b/stream_facts.h"

namespace lockstep::analysis {

using trace::Event;
using trace::Phase;

PublishedProgress::PublishedProgress(std::shared_ptr<const Recipe> recipe, std::size_t stream)
    : recipe_(std::move(recipe)),
      stream_(stream),
      counted_(IsAtReceivers(this->stream().throughput) ? &receivers() : &senders()),
      numbers_(counted_->size, 0),
      period_(ScheduleOf(*recipe_, this->stream()).set_lanes()) {
  // Partitions run apart, so that what is consumed has as many lanes as there are.
  const std::uint64_t lanes = this->stream().throughput == Published::kConsumed ? period_ : 1;
  if (IsAtReceivers(this->stream().throughput)) held_.assign(counted_->size, core::SeqSet(lanes));
}

trace::Interest PublishedProgress::Wants() const {
  trace::Interest wants;
  switch (stream().throughput) {
    case Published::kQuack:
      return wants.Add(core::NoteKind::kQuacked);
    case Published::kEnqueue:
      return wants.Add(core::Fact::kCarries, Phase::kSent);
    case Published::kPrefix:
    case Published::kConsumed:
      return wants.Add(core::NoteKind::kDelivered);
    case Published::kBroadcast:
      return wants.Add(core::Fact::kCarries, Phase::kHanded);
  }
  return wants;
}

std::optional<std::uint64_t> PublishedProgress::NumberFrom(const Event& event) {
  const std::optional<core::Run> run =
      event.Is(core::NoteKind::kQuacked) ? std::nullopt : RunOf(event, period_);
  const auto held = [&]() -> core::SeqSet& {
    core::SeqSet& of_node = held_[event.node.value() - counted_->first.value()];
    of_node.Insert(*run);
    return of_node;
  };
  switch (stream().throughput) {
    case Published::kQuack:
      if (event.Is(core::NoteKind::kQuacked)) return event.value;
      break;
    case Published::kEnqueue:
      if (event.Is(core::Fact::kCarries, Phase::kSent) && receivers().Has(event.peer) && run)
        return run->Last() + 1;
      break;
    case Published::kPrefix:
      if (!event.Is(core::NoteKind::kDelivered) || !run) break;
      return event.node == counted_->first ? held().Frontier() : run->Last() + 1;
    case Published::kBroadcast:
      if (event.Is(core::Fact::kCarries, Phase::kHanded) && receivers().Has(event.peer) && run)
        return held().Frontier();
      break;
    case Published::kConsumed:
      if (event.Is(core::NoteKind::kDelivered) && run) return held().Count();
      break;
  }
  return std::nullopt;
}

bool PublishedProgress::OnEvent(const Event& event) {
  if (!counted_->Has(event.node)) return false;
  const std::optional<std::uint64_t> to = NumberFrom(event);
  if (!to) return false;
  std::uint64_t& number = numbers_[event.node.value() - counted_->first.value()];
  const bool has_grown = *to > number;
  number = std::max(number, *to);
  return has_grown;
}

}  // namespace lockstep::analysis
