// `attrition`: one host after the other dies, at random, until so many are left.

#include <utility>
#include <vector>

#include "sim/fault/engine/crash_order.h"

namespace lockstep::sim {
namespace {

struct Attrition final : FaultBody {
  CrashOrder order;
  core::Duration period;
  std::uint32_t leave = 1;

  void Describe(core::Keys& keys, const HostNames&) override {
    keys.Period(core::Required("period", "From one crash to the next."), period);
    keys.Integer({"leave", "So many of the targets are left alone."}, leave, {0, 10'000});
    DescribeCrash(keys, order);
  }
  // Who dies is drawn here, in the order in which they do: only these count as spent.
  void Complete(core::Keys& keys, const HostNames& names, Fault& fault) override {
    std::vector<core::NodeId>& hosts = fault.targets;
    if (!keys.ok()) return;
    if (leave >= hosts.size())
      return keys.Fail("leave", "want fewer than there are targets: nobody would crash");
    core::Random random = names.random();
    for (std::size_t i = 0; i + 1 < hosts.size(); ++i) {
      const std::size_t other = i + random.Below(hosts.size() - i);
      std::swap(hosts[i], hosts[other]);
    }
    hosts.resize(hosts.size() - leave);
  }
  std::optional<Refusal> Refuse(const Fault&, const WorldSpec& spec) const override {
    return RefuseCrash(order, spec);
  }
};

class AttritionActor final : public FaultActor {
 public:
  AttritionActor(const FaultScene& scene, std::size_t index, const Attrition& attrition)
      : FaultActor(scene, index), attrition_(attrition) {}
  void Begin(core::Instant now) override {
    next_ = 0;
    OnTick(now);
  }
  void OnTick(core::Instant now) override {
    Touch();
    if (scene().crasher.CrashHost(targets()[next_], attrition_.order)) Change(now);
    if (++next_ < targets().size()) TickAfter(now, attrition_.period);
  }

 private:
  const Attrition& attrition_;
  std::size_t next_ = 0;  // of the targets
};

}  // namespace

extern const FaultKind kAttritionFault = {
    .name = "attrition",
    .meaning =
        "One of the targets that are up, drawn, crashes once a period, until so many are "
        "left. All of them count as spent.",
    .changed = "Crashes.",
    .family = "crashes",
    .takes = Takes::kTarget,
    .spends = Spends::kU,
    .is_crash = true,
    .body = MakeBody<Attrition>,
    .act = ActBy<AttritionActor, Attrition>};

}  // namespace lockstep::sim
