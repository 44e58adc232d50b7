// The stages of one host: FIFO servers on cores, that do priced work.
//
// A core is a "busy until": its work is done in the order in which it was handed over, and nothing
// waits in a queue of ours. Three things stand in the way of plain arithmetic, each only where the
// profile asks for it:
//
// - Handing an item to another core takes time, before its service and without keeping the feeder.
//   Where several stages share that core, or one stage feeds another, the core is taken when the
//   item is there: else what comes in between would wait for nothing.
// - A stage whose queue is full stalls the stage that feeds it, which can begin nothing until there
//   is room. A call that lists several items may put in more than fit; the next call waits.
// - The operating system stalls each core at random. A stall prolongs the work that it meets, and
//   one that begins while the core idles keeps it from beginning.
//
// The queue of the protocol stage is the host's, since messages wait there and are not just priced.

#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "protocols/core/ids.h"
#include "protocols/core/random.h"
#include "protocols/core/time.h"
#include "sim/host/core_noise.h"
#include "sim/profile.h"

namespace lockstep::sim {

class Stages {
 public:
  // Draws for one piece of work at most; where it has more units, each draw stands for several.
  static constexpr std::uint64_t kDrawsMax = 16;

  // `profile` outlives the stages; `random` is their host's.
  Stages(const Profile& profile, const core::Random& random);

  // When work of this price, handed over at `from`, is done. Work that costs nothing, and is not
  // handed to another core, is done at once, whatever its core does. Reserves the core until then,
  // so what comes to it later waits: for stages that are not IsServedOnArrival.
  core::Instant Do(const Price& price, std::uint64_t count, core::ByteCount bytes,
                   core::Instant from) {
    if (IsFree(price)) return from;
    const bool is_handed_over = stages_[price.stage].is_handed_over;
    return Serve(price, count, bytes, is_handed_over ? ArrivalAt(price.stage, from) : from);
  }
  // Whether what is handed to this stage must be served when it is there, and not before: it comes
  // later than it is handed over, and something else may come to its core in between.
  bool IsServedOnArrival(std::size_t stage) const { return stages_[stage].is_served_on_arrival; }
  // When an item that is handed over at `from` is at this stage; the items of a stage keep their
  // order.
  core::Instant ArrivalAt(std::size_t stage, core::Instant from) {
    Stage& at = stages_[stage];
    if (at.core == at.feeder_core) return from;
    return HandOver(at, from);
  }
  // When work of this price is done that is at its stage at `at`.
  core::Instant Serve(const Price& price, std::uint64_t count, core::ByteCount bytes,
                      core::Instant at);
  // Whether the work neither takes time nor is handed to another core.
  bool IsFree(const Price& price) const {
    return price.is_zero() && !stages_[price.stage].is_handed_over;
  }
  std::size_t CoreOf(std::size_t stage) const { return stages_[stage].core; }
  // The stage whose work of the same call comes first; itself where there is none.
  std::size_t Follows(std::size_t stage) const { return stages_[stage].follows; }
  // When the core of `stage` is free, as far as is known at `now`; may be past.
  core::Instant FreeAt(std::size_t stage, core::Instant now) {
    Core& core = cores_[stages_[stage].core];
    if (is_noisy_) Idle(core, now);
    return core.free;
  }

  // From now on all costs are multiplied by numerator / denominator.
  void SetSpeed(std::uint64_t numerator, std::uint64_t denominator);
  // All cores stand still for so long from now on, and finish so much later what they have begun.
  void Pause(core::Instant now, core::Duration lasting);
  // Forgets all work: the host has crashed.
  void Clear(core::Instant now);

  std::size_t cores() const { return cores_.size(); }
  // The stalls of a core that it has not yet met.
  const CoreNoise& NoiseOf(std::size_t core) const { return cores_[core].noise; }
  // Work done or taken on, without stalls.
  core::Duration busy(std::size_t core) const { return cores_[core].busy; }
  core::Duration busy() const;  // of all cores together

 private:
  struct Core {
    explicit Core(CoreNoise of) : noise(std::move(of)) {}
    core::Instant free;
    core::Duration busy;
    CoreNoise noise;  // the next one begins no earlier than `free`, unless the core stalls
  };
  struct Stage {
    std::size_t core = 0;
    std::size_t feeder_core = 0;
    std::size_t follows = 0;      // a stage whose work of the same call comes first; else itself
    bool is_handed_over = false;  // by another core, in no time never
    bool is_served_on_arrival = false;
    core::Instant last_arrival;
    const StageSpec* spec = nullptr;
    core::Random prices;
    core::Random hand_offs;
    // Ring of the last completions, as many as fit the queue; empty: unbounded.
    std::vector<core::Instant> completions;
    std::size_t oldest = 0;
  };

  core::Instant HandOver(Stage& stage, core::Instant from);
  core::Duration CostOf(const Price& price, std::uint64_t count, core::ByteCount bytes);
  // Takes the stalls that begin up to `until`, while the core does nothing.
  void Idle(Core& core, core::Instant until);
  // Takes the stalls that begin before what the core has been given is done.
  void Prolong(Core& core);
  // Another item has come: its feeder waits until the queue has room.
  void StallFeeder(Stage& stage, core::Instant done);

  bool is_noisy_;
  std::vector<Core> cores_;    // cores_[Profile::cores]
  std::vector<Stage> stages_;  // stages_[Profile::stages]
  std::uint64_t slow_numerator_ = 1;
  std::uint64_t slow_denominator_ = 1;
};

}  // namespace lockstep::sim
