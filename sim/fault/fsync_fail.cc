// `fsync_fail`: a sync fails: what was to be durable by it is not, and the process ends.

#include <utility>
#include <vector>

#include "sim/fault/engine/crash_order.h"
#include "sim/fault/engine/disk_harm.h"

namespace lockstep::sim {
namespace {

struct FsyncFail final : FaultBody {
  Ratio chance{1, 1};
  CrashOrder order;

  void Describe(core::Keys& keys, const HostNames&) override {
    order.disk = CrashState::kLoseUnsynced;
    keys.Probability({"chance", "Of each group of writes that share a sync."}, chance.numerator,
                     chance.denominator);
    keys.Period({"restart_after", "The process starts again after so long.", false, "never"},
                order.restart_after);
  }
  std::optional<Refusal> Refuse(const Fault&, const WorldSpec& spec) const override {
    return WantSlowDisk(spec);
  }
};

class FsyncFailActor final : public FaultActor {
 public:
  FsyncFailActor(const FaultScene& scene, std::size_t index, const FsyncFail& fail)
      : FaultActor(scene, index), fail_(fail) {}
  // What is about to be begun is in flight a moment later, and lost with the process.
  core::Duration BeforeWrite(core::Instant now, core::NodeId host, core::ByteCount) override {
    if (!Targets(host)) return {};
    Touch();
    if (!random().Chance(fail_.chance.numerator, fail_.chance.denominator)) return {};
    failing_.push_back(host);
    TickAfter(now, core::Duration::Picoseconds(1));
    return {};
  }
  void OnTick(core::Instant now) override {
    for (const core::NodeId host : std::exchange(failing_, {}))
      if (scene().crasher.CrashHost(host, fail_.order)) Change(now);
  }

 private:
  const FsyncFail& fail_;
  std::vector<core::NodeId> failing_;
};

}  // namespace

extern const FaultKind kFsyncFailFault = {
    .name = "fsync_fail",
    .meaning =
        "A sync of the host's disk fails: what was in flight is lost, and the process ends, "
        "since a node is told of no failure.",
    .changed = "Processes that ended.",
    .family = "disks",
    .takes = Takes::kTarget,
    .points = Points::kWrites,
    .spends = Spends::kU,
    .is_crash = true,
    .body = MakeBody<FsyncFail>,
    .act = ActBy<FsyncFailActor, FsyncFail>};

}  // namespace lockstep::sim
