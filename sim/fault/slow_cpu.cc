// `slow_cpu`: work costs more.

#include "sim/fault/engine/actor.h"
#include "sim/fault/engine/moods.h"
#include "sim/host/host.h"

namespace lockstep::sim {
namespace {

constexpr std::uint64_t kPartMost = 1'000'000;

struct SlowCpu final : FaultBody {
  Ratio factor{1, 1};

  void Describe(core::Keys& keys, const HostNames&) override {
    keys.Factor(core::Required("factor", "Work costs so many times its price: 3, or [3, 2]."),
                factor.numerator, factor.denominator, kPartMost);
  }
};

class SlowCpuActor final : public FaultActor {
 public:
  SlowCpuActor(const FaultScene& scene, std::size_t index, const SlowCpu& slow)
      : FaultActor(scene, index), slow_(slow) {}

  void Begin(core::Instant now) override {
    Touch(targets().size());
    for (const core::NodeId host : targets()) {
      before_.push_back({HostOf(host).calls(), HostOf(host).busy()});
      scene().moods.SetSpeed(now, host, index(), slow_.factor);
    }
  }
  void End(core::Instant now) override {
    Count(now);
    for (const core::NodeId host : targets())
      scene().moods.SetSpeed(now, host, index(), std::nullopt);
  }
  void OnRunEnds(core::Instant now) override { Count(now); }

 private:
  struct Before {
    std::uint64_t calls;
    core::Duration busy;
  };
  void Count(core::Instant now) {
    for (std::size_t i = 0; i < before_.size(); ++i) {
      const Host& host = HostOf(targets()[i]);
      if (host.busy() > before_[i].busy)
        Change(now, std::max<std::uint64_t>(host.calls() - before_[i].calls, 1));
    }
    before_.clear();
  }

  const SlowCpu& slow_;
  std::vector<Before> before_;  // before_[target]
};

}  // namespace

extern const FaultKind kSlowCpuFault = {
    .name = "slow_cpu",
    .meaning = "All work of the host costs more.",
    .changed = "Calls of its node meanwhile, if its cores had any work.",
    .family = "hosts",
    .takes = Takes::kTarget,
    .body = MakeBody<SlowCpu>,
    .act = ActBy<SlowCpuActor, SlowCpu>};

}  // namespace lockstep::sim
