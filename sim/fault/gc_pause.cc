// `gc_pause`: a host stands still again and again, as under a collector that stops the world.

#include "sim/fault/engine/actor.h"
#include "sim/host/host.h"

namespace lockstep::sim {
namespace {

struct GcPause final : FaultBody {
  core::Duration period;
  core::Duration lasts;

  void Describe(core::Keys& keys, const HostNames&) override {
    keys.Period(core::Required("period", "From the beginning of one pause to that of the next."),
                period);
    keys.Period(core::Required("lasts", "Each pause."), lasts);
    if (keys.ok() && keys.IsSaid("period") && lasts >= period)
      keys.FailWanted("lasts", "less than the period");
  }
};

class GcPauseActor final : public FaultActor {
 public:
  GcPauseActor(const FaultScene& scene, std::size_t index, const GcPause& pause)
      : FaultActor(scene, index), pause_(pause) {}

  void Begin(core::Instant now) override {
    Touch(targets().size());
    is_paused_ = false;
    ends_ = EndsAt(now);
    OnTick(now);
  }
  void End(core::Instant now) override { GoOn(now); }
  void OnRunEnds(core::Instant now) override { GoOn(now); }
  void OnCrash(core::Instant now, core::NodeId host) override {
    if (is_paused_ && Targets(host)) Change(now, HostOf(host).waiting());
  }
  void OnTick(core::Instant now) override {
    if (is_paused_) {
      GoOn(now);
      TickAfter(now, pause_.period - pause_.lasts);
      return;
    }
    is_paused_ = true;
    const core::Instant until = ends_ - now < pause_.lasts ? ends_ : now + pause_.lasts;
    for (const core::NodeId host : targets()) HostOf(host).Pause(now, until);
    TickAfter(now, pause_.lasts);
  }

 private:
  void GoOn(core::Instant now) {
    if (!is_paused_) return;
    is_paused_ = false;
    for (const core::NodeId host : targets()) Change(now, HostOf(host).waiting());
  }

  const GcPause& pause_;
  core::Instant ends_;
  bool is_paused_ = false;
};

}  // namespace

extern const FaultKind kGcPauseFault = {
    .name = "gc_pause",
    .meaning =
        "The host's cores stand still again and again, as under a garbage collector that "
        "stops the world; clocks, card and disk go on.",
    .changed =
        "What waits on the host when a pause ends, or when it crashes meanwhile: messages, "
        "timers, steps.",
    .family = "hosts",
    .takes = Takes::kTarget,
    .points = Points::kCrashes,
    .body = MakeBody<GcPause>,
    .act = ActBy<GcPauseActor, GcPause>};

}  // namespace lockstep::sim
