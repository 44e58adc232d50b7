// The timers of one host.
//
// A timer costs one pending entry of the queue, however often it is pushed back: the entry stays
// where it is, and is moved when it is due. One that is pulled forward gets another; the later one
// then says nothing when it is due. An expired timer waits, like any input, until the node is free;
// it is checked again when it is handed over, so that what was set again or cancelled meanwhile
// does not fire. A crash forgets all.

#pragma once

#include <cstdint>
#include <optional>

#include "absl/container/flat_hash_map.h"

#include "protocols/core/ids.h"
#include "protocols/core/time.h"
#include "sim/event_queue.h"
#include "sim/host/clock.h"

namespace lockstep::sim {

class Timers {
 public:
  // A timer that has expired and was not handed over yet.
  struct Expired {
    core::TimerId id;
    std::uint64_t setting = 0;  // which of the calls that set it
    bool was_postponed = false;
  };

  // Both outlive the timers of `host`.
  Timers(core::NodeId host, const HostClock& clock, EventQueue& queue)
      : host_(host), clock_(clock), queue_(queue) {}

  void Set(core::Instant now, core::TimerId id, core::Instant at, core::Clock clock);
  void Cancel(core::TimerId id);
  // A task of this host's timers is due; which timer has expired thereby, if one has.
  std::optional<Expired> OnTask(core::Instant now, const Task& task);
  // It expires then, and not now.
  void Postpone(core::Instant due, const Expired& expired);
  // Whether it still stands, now that it is to be handed over; it is forgotten.
  bool Take(const Expired& expired);
  // Looks anew at the timers on this clock, which was changed, in order of their ids; how many are
  // due at another time thereby, of those that are or were due before `end`.
  std::size_t OnClockChanged(core::Instant now, core::Clock clock, core::Instant end);
  void Clear() { timers_.clear(); }

 private:
  enum class State : std::uint8_t { kCancelled, kArmed, kExpired };
  struct Timer {
    State state = State::kCancelled;
    core::Clock clock = core::Clock::kMonotonic;
    std::uint64_t setting = 0;
    bool is_postponed = false;
    core::Instant at;         // on that clock
    core::Instant due;        // as long as the clock goes on as it does
    std::uint64_t entry = 0;  // that is pending in the queue; 0: none
    core::Instant entry_at;
  };

  // Sees to it that an entry is pending no later than the timer is due.
  void Arm(core::TimerId id, Timer& timer);

  core::NodeId host_;
  const HostClock& clock_;
  EventQueue& queue_;
  absl::flat_hash_map<std::uint64_t, Timer> timers_;  // by TimerId; never in its order
  std::uint64_t settings_ = 0;
  std::uint64_t entries_ = 0;  // never begins anew: entries of an earlier life stay void
};

}  // namespace lockstep::sim
