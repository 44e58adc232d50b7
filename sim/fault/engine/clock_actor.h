// What faults of one clock have in common: which clock, and what they count.
//
// Changed are the readings of that clock that a node has asked for, and the timers on it that were
// set, or came to be due at another time: from the fault's beginning on, and until the run's end
// where the clock is still off when the fault has ended.

#pragma once

#include <cstdint>
#include <vector>

#include "protocols/core/keys.h"
#include "sim/fault/engine/actor.h"
#include "sim/fault/engine/moods.h"

namespace lockstep::sim {

inline constexpr core::Option kClockOptions[] = {{"monotonic"}, {"synced"}, {"wall"}};

void DescribeClock(core::Keys& keys, core::Clock& clock);
// How far a clock is moved: "by", and whether "back", which makes it negative.
void DescribeMove(core::Keys& keys, core::Duration& by);

// One clock, and how far it is moved.
struct MovedClock : FaultBody {
  core::Clock clock = core::Clock::kWall;
  core::Duration by;

  void Describe(core::Keys& keys, const HostNames&) override {
    DescribeClock(keys, clock);
    DescribeMove(keys, by);
  }
};

class ClockActor : public FaultActor {
 public:
  ClockActor(const FaultScene& scene, std::size_t index, core::Clock clock, bool is_for_good)
      : FaultActor(scene, index), clock_(clock), is_for_good_(is_for_good) {}

  void Begin(core::Instant now) final;
  void End(core::Instant now) final;
  void OnRunEnds(core::Instant now) final;

 protected:
  core::Clock clock() const { return clock_; }
  HostMoods& moods() const { return scene().moods; }
  virtual void BeginOn(core::Instant now, core::NodeId host) = 0;
  virtual void EndOn(core::Instant, core::NodeId) {}

 private:
  void Count(core::Instant now);

  core::Clock clock_;
  bool is_for_good_;
  std::vector<std::uint64_t> before_;  // before_[target]; empty where nothing is to be counted
};

}  // namespace lockstep::sim
