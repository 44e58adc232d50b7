// `crash_loop`: a host crashes again and again.

#include "sim/fault/engine/crash_order.h"

namespace lockstep::sim {
namespace {

struct CrashLoop final : FaultBody {
  CrashOrder order;
  core::Duration period;

  void Describe(core::Keys& keys, const HostNames&) override {
    keys.Period(core::Required("period",
                               "From one crash to the next; a host that is down then is "
                               "left alone."),
                period);
    DescribeCrash(keys, order);
    if (keys.ok() && keys.IsSaid("period") && order.restart_after.ps() == 0)
      keys.FailWanted("restart_after", "a time after which it starts again");
  }
  std::optional<Refusal> Refuse(const Fault&, const WorldSpec& spec) const override {
    return RefuseCrash(order, spec);
  }
};

class CrashLoopActor final : public FaultActor {
 public:
  CrashLoopActor(const FaultScene& scene, std::size_t index, const CrashLoop& loop)
      : FaultActor(scene, index), loop_(loop) {}
  void Begin(core::Instant now) override { OnTick(now); }
  void OnTick(core::Instant now) override {
    for (const core::NodeId host : targets()) {
      Touch();
      if (scene().crasher.CrashHost(host, loop_.order)) Change(now);
    }
    TickAfter(now, loop_.period);
  }

 private:
  const CrashLoop& loop_;
};

}  // namespace

extern const FaultKind kCrashLoopFault = {
    .name = "crash_loop",
    .meaning =
        "The host crashes, starts again after restart_after, and crashes again, once a "
        "period.",
    .changed = "Crashes.",
    .family = "crashes",
    .takes = Takes::kTarget,
    .spends = Spends::kU,
    .is_crash = true,
    .body = MakeBody<CrashLoop>,
    .act = ActBy<CrashLoopActor, CrashLoop>};

}  // namespace lockstep::sim
