// `correlated_crash`: the hosts of a rack, a zone or a cluster die together, or nearly so.

#include <algorithm>
#include <utility>
#include <vector>

#include "sim/fault/engine/crash_order.h"
#include "sim/world_spec.h"

namespace lockstep::sim {
namespace {

struct CorrelatedCrash final : FaultBody {
  CrashOrder order;
  core::Duration within;

  void Describe(core::Keys& keys, const HostNames&) override {
    order.is_of_machine = true;
    keys.Time({"within", "Each at an instant of its own within so long, drawn evenly."}, within);
    DescribeCrash(keys, order);
  }
  std::optional<Refusal> Refuse(const Fault&, const WorldSpec& spec) const override {
    return RefuseCrash(order, spec);
  }
};

class CorrelatedCrashActor final : public FaultActor {
 public:
  CorrelatedCrashActor(const FaultScene& scene, std::size_t index, const CorrelatedCrash& crash)
      : FaultActor(scene, index), crash_(crash) {}
  void Begin(core::Instant now) override {
    due_.clear();
    for (const core::NodeId host : targets()) {
      Touch();
      const core::Duration later = DrawBetween({}, crash_.within, random());
      if (later < scene().spec.end - now) due_.emplace_back(now + later, host);
    }
    std::stable_sort(due_.begin(), due_.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    OnTick(now);
  }
  void OnTick(core::Instant now) override {
    while (!due_.empty() && due_.front().first <= now) {
      const core::NodeId host = due_.front().second;
      due_.erase(due_.begin());
      if (scene().crasher.CrashHost(host, crash_.order)) Change(now);
    }
    if (!due_.empty()) TickAfter(now, due_.front().first - now);
  }

 private:
  const CorrelatedCrash& crash_;
  std::vector<std::pair<core::Instant, core::NodeId>> due_;  // by instant
};

}  // namespace

extern const FaultKind kCorrelatedCrashFault = {
    .name = "correlated_crash",
    .meaning =
        "All targets crash together: a rack, a zone, a cluster. Their machines, unless scope "
        "says otherwise.",
    .changed = "Crashes.",
    .family = "crashes",
    .takes = Takes::kTarget,
    .spends = Spends::kU,
    .is_crash = true,
    .body = MakeBody<CorrelatedCrash>,
    .act = ActBy<CorrelatedCrashActor, CorrelatedCrash>};

}  // namespace lockstep::sim
