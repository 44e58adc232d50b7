// `crash`: a host stops, and forgets all that it did not save.

#include <algorithm>

#include "sim/fault/engine/crash_order.h"
#include "sim/fault/engine/event_watch.h"

namespace lockstep::sim {
namespace {

using core::NodeId;
using core::Option;

// Before which of its effects a host crashes, counted from the beginning of the fault on.
struct CrashPoint {
  std::uint64_t nth = 0;  // before the nth that it is about to perform; 0: at once
  EffectClass of = EffectClass::kAny;
};

struct Crash final : FaultBody {
  CrashOrder order;
  CrashPoint point;

  void Describe(core::Keys& keys, const HostNames&) override;
  // One that waits for its moment does so until its end.
  Lasting lasting(Lasting) const override {
    return point.nth > 0 ? Lasting::kSpan : Lasting::kStays;
  }
  std::uint32_t points(std::uint32_t of_kind) const override {
    return point.nth > 0 ? of_kind : of_kind & ~Points::kEffects;
  }
  std::optional<Refusal> Refuse(const Fault&, const WorldSpec& spec) const override {
    return RefuseCrash(order, spec);
  }
  bool IsDownAt(const Fault& fault, core::Instant now) const override {
    if (point.nth > 0 || order.is_within_budget || fault.at > now) return false;
    return order.restart_after.ps() == 0 || now - fault.at < order.restart_after;
  }
  bool is_within_budget() const override { return order.is_within_budget; }
};

void Crash::Describe(core::Keys& keys, const HostNames&) {
  static constexpr Option kEffects[] = {{"any"}, {"send"}, {"save"}, {"note"}};
  DescribeCrash(keys, order);
  keys.Integer({"before_effect",
                "It does not stop at `at`, but before the nth effect that it is about to perform "
                "from then on, as far as there is one before `for` or `until`.",
                false, "at once"},
               point.nth, {1});
  keys.Only(point.nth > 0, {"before_effect"}, [&](core::Keys& armed) {
    armed.Choice({"on", "Which effects before_effect counts."}, point.of, kEffects);
  });
  keys.Bool({"within_budget",
             "It strikes only where no more than the concurrent budget u are down at that moment, "
             "the host included; else it has no effect. Counted is as in the budget."},
            order.is_within_budget);
}

class CrashActor final : public FaultActor {
 public:
  CrashActor(const FaultScene& scene, std::size_t index, const Crash& crash)
      : FaultActor(scene, index), crash_(crash), performed_(targets().size()) {}

  void Begin(core::Instant now) override {
    std::fill(performed_.begin(), performed_.end(), 0);
    if (crash_.point.nth > 0) return;
    for (const NodeId host : targets()) Strike(now, host);
  }

  bool BeforeEffect(core::Instant now, NodeId host, const core::Listed& listed) override {
    if (!IsOfClass(listed, crash_.point.of)) return false;
    for (std::size_t i = 0; i < targets().size(); ++i) {
      if (targets()[i] != host || ++performed_[i] != crash_.point.nth) continue;
      Strike(now, host);
      return true;
    }
    return false;
  }

 private:
  void Strike(core::Instant now, NodeId host) {
    if (!scene().crasher.CrashHost(host, crash_.order)) return;
    Touch();
    Change(now);
  }

  const Crash& crash_;
  std::vector<std::uint64_t> performed_;  // performed_[target], of those that are counted
};

}  // namespace

extern const FaultKind kCrashFault = {
    .name = "crash",
    .meaning =
        "The host stops: it receives nothing, sends nothing, and forgets all that it did "
        "not save.",
    .changed = "Hosts that it stopped.",
    .family = "crashes",
    .takes = Takes::kTarget,
    .points = Points::kEffects,
    .spends = Spends::kU,
    .lasting = Lasting::kStays,
    .is_crash = true,
    .body = MakeBody<Crash>,
    .act = ActBy<CrashActor, Crash>};

}  // namespace lockstep::sim
