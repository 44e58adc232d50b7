// `adaptive`: who is about to do something crashes before it, whoever that is.

#include "absl/container/btree_set.h"

#include "sim/fault/engine/crash_order.h"
#include "sim/fault/engine/plan.h"
#include "sim/fault/engine/selectors.h"

namespace lockstep::sim {
namespace {

struct Adaptive final : FaultBody {
  CrashOrder order;
  std::uint64_t most = 1;

  void Describe(core::Keys& keys, const HostNames&) override {
    keys.Integer({"most", "So many of the targets are hit, each once."}, most, {1, 10'000});
    DescribeCrash(keys, order);
  }
  std::optional<Refusal> Refuse(const Fault&, const WorldSpec& spec) const override {
    return RefuseCrash(order, spec);
  }
  std::optional<std::uint64_t> hits() const override { return most; }
};

class AdaptiveActor final : public FaultActor {
 public:
  AdaptiveActor(const FaultScene& scene, std::size_t index, const Adaptive& adaptive)
      : FaultActor(scene, index), adaptive_(adaptive) {}

  bool BeforeEffect(core::Instant now, core::NodeId host, const core::Listed& listed) override {
    if (hit_.size() == adaptive_.most || hit_.contains(host) || !Targets(host)) return false;
    const auto* send = std::get_if<core::effect::Send>(&listed.what);
    if (send == nullptr || !IsMeant(host, *send)) return false;
    Touch();
    if (fault().chooses()) scene().plan.MarkFaulty(now, index(), host);
    if (!scene().crasher.CrashHost(host, adaptive_.order)) return false;
    hit_.insert(host);
    Change(now);
    return true;
  }

 private:
  bool IsMeant(core::NodeId host, const core::effect::Send& send) {
    if (!IsOf(fault().link, scene().spec.clusters, host, send.to)) return false;
    const MessageSelector& wanted = fault().message;
    if (WantsFields(wanted) && !IsOf(wanted, scene().deriver.Decode(host, send.payload)))
      return false;
    return !wanted.nth || matched_++ == *wanted.nth;
  }

  const Adaptive& adaptive_;
  absl::btree_set<core::NodeId> hit_;
  std::uint64_t matched_ = 0;
};

}  // namespace

extern const FaultKind kAdaptiveFault = {
    .name = "adaptive",
    .meaning =
        "An adversary that watches, and strikes where it hurts: whoever of the targets is about "
        "to send a message that `link` and `msg` select crashes before it does. Only those that "
        "it hits spend budget, as they are hit.",
    .changed = "Hosts that it stopped.",
    .family = "crashes",
    .takes = Takes::kTarget | Takes::kLink | Takes::kMessage,
    .points = Points::kEffects,
    .spends = Spends::kU,
    .is_crash = true,
    .body = MakeBody<Adaptive>,
    .act = ActBy<AdaptiveActor, Adaptive>};

}  // namespace lockstep::sim
