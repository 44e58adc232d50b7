// Decisions at most once: see decision_once.h.

#include "analysis/smr/decision_once.h"

#include <algorithm>
#include <iterator>

namespace lockstep::analysis {

bool DecisionOnceChecker::HasAny(const Done& done, std::uint64_t begin, std::uint64_t end) {
  const auto next = done.intervals.lower_bound(end);
  return next != done.intervals.begin() && std::prev(next)->second > begin;
}

void DecisionOnceChecker::Add(Done& done, std::uint64_t begin, std::uint64_t end) {
  auto next = done.intervals.lower_bound(begin);
  if (next != done.intervals.end() && next->first == end) {
    end = next->second;
    next = done.intervals.erase(next);
  }
  if (next != done.intervals.begin() && std::prev(next)->second == begin) {
    std::prev(next)->second = end;
    return;
  }
  done.intervals.emplace(begin, end);
  if (done.intervals.size() <= std::max<std::size_t>(kDecisionsKept / cluster().size, 64)) return;
  done.forgotten_below = std::max(done.forgotten_below, done.intervals.begin()->second);
  done.intervals.erase(done.intervals.begin());
}

void DecisionOnceChecker::Judge(const trace::Event& event) {
  OfReplica& replica = done_[IndexOf(event.node)];
  if (event.kind == trace::EventKind::kRestart) replica = {};
  if (!IsDecision(event)) return;
  SetExercised();
  const Place place = PlaceOf(event);
  Done& done = place.is_of_log ? replica.of_log : replica.others;
  // Notes are of whole numbers that follow each other, but in a trace that somebody has made.
  if (event.stride != 1 || place.count > ~std::uint64_t{0} - place.value) return;
  const std::uint64_t end = place.value + place.count;
  if (!HasAny(done, place.value, end)) {
    if (place.value < done.forgotten_below) SetUnsure();
    return Add(done, place.value, end);
  }
  Object(event.at, event.node,
         [&] { return absl::StrCat(Host(event.node), " ", DoneAt(place), " a second time"); });
}

const Oracle kDecisionOnceOracle = {"GC", &MakeClusterChecker<DecisionOnceChecker>};

}  // namespace lockstep::analysis
