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
  if (IsAtReceivers(this->stream().throughput)) held_.assign(counted_->size, core::SeqSet(1));
}

trace::Interest PublishedProgress::Wants() const {
  trace::Interest wants;
  switch (stream().throughput) {
    case Published::kQuack:
      return wants.Add(core::NoteKind::kQuacked);
    case Published::kEnqueue:
      return wants.Add(core::Fact::kCarries, Phase::kSent);
    case Published::kPrefix:
      return wants.Add(core::NoteKind::kDelivered);
    case Published::kBroadcast:
      return wants.Add(core::Fact::kCarries, Phase::kHanded);
  }
  return wants;
}

std::optional<std::uint64_t> PublishedProgress::NumberFrom(const Event& event) {
  const std::optional<core::Run> run =
      event.Is(core::NoteKind::kQuacked) ? std::nullopt : RunOf(event, period_);
  const auto frontier = [&]() -> std::optional<std::uint64_t> {
    if (!run) return std::nullopt;
    core::SeqSet& held = held_[event.node.value() - counted_->first.value()];
    held.Insert(*run);
    return held.Frontier();
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
      return event.node == counted_->first ? frontier() : run->Last() + 1;
    case Published::kBroadcast:
      if (event.Is(core::Fact::kCarries, Phase::kHanded) && receivers().Has(event.peer))
        return frontier();
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
