// `rollback`: a machine comes back with the disk that it had a while ago.

#include <optional>
#include <utility>
#include <vector>

#include "sim/fault/engine/actor.h"
#include "sim/host/host.h"
#include "sim/world_spec.h"

namespace lockstep::sim {
namespace {

struct Rollback final : FaultBody {
  core::Duration restart_after = core::Duration::Milliseconds(1);

  void Describe(core::Keys& keys, const HostNames&) override {
    keys.Period({"restart_after", "It starts again so long after the fault has ended."},
                restart_after);
  }
  std::optional<Refusal> Refuse(const Fault& fault, const WorldSpec& spec) const override {
    const bool ends = fault.until < spec.end || fault.activation.lasts.ps() > 0;
    if (ends) return std::nullopt;
    return Refusal{"",
                   "want \"for\" or \"until\" beside it, within the run: the machine is "
                   "restored when it ends"};
  }
};

class RollbackActor final : public FaultActor {
 public:
  RollbackActor(const FaultScene& scene, std::size_t index, const Rollback& rollback)
      : FaultActor(scene, index), restart_after_(rollback.restart_after) {}
  void Begin(core::Instant now) override {
    images_.clear();
    for (const core::NodeId host : targets()) images_.push_back(HostOf(host).TakeImage(now));
  }
  void End(core::Instant now) override {
    const CrashOrder order{CrashState::kLoseUnsynced, /*is_of_machine=*/true, restart_after_,
                           false};
    for (std::size_t i = 0; i < targets().size(); ++i) {
      Touch();
      if (!scene().crasher.CrashHost(targets()[i], order)) continue;
      Change(now, 1 + HostOf(targets()[i]).Restore(std::move(images_[i])));
    }
  }

 private:
  core::Duration restart_after_;
  std::vector<Disk::Image> images_;  // images_[target]
};

}  // namespace

extern const FaultKind kRollbackFault = {
    .name = "rollback",
    .meaning =
        "A virtual machine is restored: when the fault ends the host crashes, and comes back with "
        "the disk that it had when the fault began. What it saved in between is gone.",
    .changed = "Crashes, and records that were gone.",
    .family = "crashes",
    .takes = Takes::kTarget,
    .spends = Spends::kU,
    .is_crash = true,
    .body = MakeBody<Rollback>,
    .act = ActBy<RollbackActor, Rollback>};

}  // namespace lockstep::sim
