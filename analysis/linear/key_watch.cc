// One key of a store: see key_watch.h.

#include "analysis/linear/key_watch.h"

#include <algorithm>
#include <utility>

namespace lockstep::analysis::linear {
namespace {

bool Has(const std::vector<std::uint32_t>& sorted, std::uint32_t slot) {
  return std::binary_search(sorted.begin(), sorted.end(), slot);
}

}  // namespace

KeyWatch::KeyWatch() { configurations_.push_back({ValueOf(std::nullopt), {}}); }

KeyWatch::ValuePtr KeyWatch::ValueOf(std::optional<std::string> text) {
  const std::uint64_t answer = core::AnswerOf(text).Digest();
  return std::make_shared<const Value>(Value{std::move(text), answer});
}

KeyWatch::Slot KeyWatch::Invoke(core::Operation operation, core::ClientId client,
                                core::RequestId request) {
  if (free_.empty()) {
    free_.push_back(static_cast<Slot>(slots_.size()));
    slots_.emplace_back();
  }
  const Slot slot = free_.back();
  free_.pop_back();
  slots_[slot] = {std::move(operation), client, request, 0, State::kOpen};
  if (outcome_ == Outcome::kFine) waiting_.push_back({slot, false});
  return slot;
}

void KeyWatch::Return(Slot slot, std::uint64_t digest) {
  if (outcome_ != Outcome::kFine) return Forget(slot);
  // One that was given up has had its effect, or not, as an abandoned one.
  if (slots_[slot].state != State::kOpen) return;
  slots_[slot].answer = digest;
  slots_[slot].state = State::kReturned;
  waiting_.push_back({slot, true});
  Judge();
}

void KeyWatch::Abandon(Slot slot) {
  if (outcome_ != Outcome::kFine) return Forget(slot);
  slots_[slot].state = State::kAbandoned;
  Judge();
}

void KeyWatch::Finish() {
  for (Entry& entry : slots_) {
    if (entry.state == State::kOpen) entry.state = State::kAbandoned;
  }
  if (outcome_ == Outcome::kFine) Judge();
}

bool KeyWatch::KnowsAnswers() const {
  return std::none_of(active_.begin(), active_.end(),
                      [this](Slot slot) { return slots_[slot].state == State::kOpen; });
}

void KeyWatch::Judge() {
  while (!waiting_.empty() && outcome_ == Outcome::kFine) {
    const Event event = waiting_.front();
    if (!event.is_return) {
      active_.push_back(event.slot);
      waiting_.pop_front();
      continue;
    }
    if (!KnowsAnswers()) {
      if (waiting_.size() > kWaitingMax) GiveUp(Outcome::kUnsure);
      return;
    }
    waiting_.pop_front();
    JudgeReturn(event.slot);
  }
}

void KeyWatch::JudgeReturn(Slot slot) {
  std::vector<Configuration> found;
  std::vector<Configuration> seen;
  steps_ = 0;
  for (Configuration& configuration : configurations_)
    Explore(std::move(configuration), slot, seen, found);
  if (steps_ > kStepsMax) return GiveUp(Outcome::kUnsure);
  if (found.empty()) {
    culprit_ = {slots_[slot].operation.kind, slots_[slot].client, slots_[slot].request};
    return GiveUp(Outcome::kViolated);
  }
  configurations_ = std::move(found);
  std::erase(active_, slot);
  Forget(slot);
  ++judged_;
  ForgetAbandoned();
}

// Of what was abandoned: reads, and what has taken effect whatever has happened.
void KeyWatch::ForgetAbandoned() {
  const auto is_over = [this](Slot slot) {
    if (slots_[slot].state != State::kAbandoned) return false;
    if (slots_[slot].operation.kind == core::Operation::Kind::kGet) return true;
    return std::all_of(configurations_.begin(), configurations_.end(),
                       [slot](const Configuration& each) { return Has(each.placed, slot); });
  };
  for (std::size_t i = active_.size(); i-- > 0;) {
    const Slot slot = active_[i];
    if (!is_over(slot)) continue;
    for (Configuration& each : configurations_) std::erase(each.placed, slot);
    active_.erase(active_.begin() + static_cast<std::ptrdiff_t>(i));
    Forget(slot);
  }
}

// Reads change nothing, so whoever fits is placed at once.
void KeyWatch::PlaceReads(Configuration& configuration) const {
  for (const Slot slot : active_) {
    const Entry& entry = slots_[slot];
    if (entry.operation.kind != core::Operation::Kind::kGet || entry.state != State::kReturned ||
        entry.answer != configuration.value->answer || Has(configuration.placed, slot))
      continue;
    configuration.placed.insert(
        std::lower_bound(configuration.placed.begin(), configuration.placed.end(), slot), slot);
  }
}

bool KeyWatch::HasSeen(const Configuration& configuration, Slot slot) const {
  const Entry& entry = slots_[slot];
  return entry.state == State::kReturned && entry.answer == configuration.value->answer &&
         !Has(configuration.placed, slot);
}

KeyWatch::Configuration KeyWatch::After(const Configuration& before, Slot slot) const {
  Configuration after = before;
  after.placed.insert(std::lower_bound(after.placed.begin(), after.placed.end(), slot), slot);
  after.value = ValueOf(slots_[slot].operation.Apply(before.value->text));
  return after;
}

void KeyWatch::Explore(Configuration from, Slot slot, std::vector<Configuration>& seen,
                       std::vector<Configuration>& found) {
  const auto is_same = [&from](const Configuration& each) {
    return each.placed == from.placed && each.value->text == from.value->text;
  };
  PlaceReads(from);
  if (Has(from.placed, slot)) {
    std::erase(from.placed, slot);
    AddUnlessWorse(std::move(from), found);
    return;
  }
  if (std::any_of(seen.begin(), seen.end(), is_same) || ++steps_ > kStepsMax) return;
  seen.push_back(from);
  for (const Slot next : active_) {
    const bool is_read = slots_[next].operation.kind == core::Operation::Kind::kGet;
    if (!is_read && HasSeen(from, next)) Explore(After(from, next), slot, seen, found);
  }
  ExploreAbandoned(from, /*may_replace=*/true, slot, seen, found);
}

// What nobody has seen before it was replaced need not have happened. So abandoned operations come
// as one that replaces the value, at most, and appends, such that somebody has seen what they made.
void KeyWatch::ExploreAbandoned(const Configuration& from, bool may_replace, Slot slot,
                                std::vector<Configuration>& seen,
                                std::vector<Configuration>& found) {
  for (const Slot next : active_) {
    const Entry& entry = slots_[next];
    const bool is_append = entry.operation.kind == core::Operation::Kind::kAppend;
    if (entry.state != State::kAbandoned || Has(from.placed, next)) continue;
    if (entry.operation.kind == core::Operation::Kind::kGet || (!is_append && !may_replace))
      continue;
    if (++steps_ > kStepsMax) return;
    const Configuration after = After(from, next);
    const bool is_seen = std::any_of(active_.begin(), active_.end(),
                                     [&](Slot other) { return HasSeen(after, other); });
    if (is_seen) Explore(after, slot, seen, found);
    ExploreAbandoned(after, /*may_replace=*/false, slot, seen, found);
  }
}

// Of two that differ in what was abandoned alone, the one that has used less of it can do all that
// the other can.
void KeyWatch::AddUnlessWorse(Configuration configuration,
                              std::vector<Configuration>& found) const {
  const auto covers = [this](const Configuration& better, const Configuration& worse) {
    if (better.value->text != worse.value->text) return false;
    if (!std::includes(worse.placed.begin(), worse.placed.end(), better.placed.begin(),
                       better.placed.end()))
      return false;
    return std::all_of(worse.placed.begin(), worse.placed.end(), [&](Slot slot) {
      return slots_[slot].state == State::kAbandoned || Has(better.placed, slot);
    });
  };
  for (const Configuration& each : found) {
    if (covers(each, configuration)) return;
  }
  std::erase_if(found, [&](const Configuration& each) { return covers(configuration, each); });
  found.push_back(std::move(configuration));
}

void KeyWatch::Forget(Slot slot) {
  slots_[slot] = Entry();
  free_.push_back(slot);
}

void KeyWatch::GiveUp(Outcome outcome) {
  outcome_ = outcome;
  // Those that are open give back their slots when they return; nobody asks for the others.
  for (Slot slot = 0; slot < slots_.size(); ++slot) {
    const State state = slots_[slot].state;
    if (state == State::kReturned || state == State::kAbandoned) Forget(slot);
  }
  waiting_.clear();
  active_.clear();
  configurations_.clear();
}

}  // namespace lockstep::analysis::linear
