// `write_fail`: a write fails, which ends the process: a node is told of no failure, and one that
// went on would break its word.

#include "sim/fault/engine/crash_order.h"
#include "sim/fault/engine/event_watch.h"

namespace lockstep::sim {
namespace {

struct WriteFail final : FaultBody {
  Ratio chance{1, 1};
  CrashOrder order;

  void Describe(core::Keys& keys, const HostNames&) override {
    keys.Probability({"chance", "Of each record or snapshot that is about to be written."},
                     chance.numerator, chance.denominator);
    keys.Period({"restart_after", "The process starts again after so long.", false, "never"},
                order.restart_after);
  }
};

class WriteFailActor final : public FaultActor {
 public:
  WriteFailActor(const FaultScene& scene, std::size_t index, const WriteFail& fail)
      : FaultActor(scene, index), fail_(fail) {}
  bool BeforeEffect(core::Instant now, core::NodeId host, const core::Listed& listed) override {
    if (!Targets(host) || !IsOfClass(listed, EffectClass::kSave)) return false;
    Touch();
    if (!random().Chance(fail_.chance.numerator, fail_.chance.denominator)) return false;
    if (!scene().crasher.CrashHost(host, fail_.order)) return false;
    Change(now);
    return true;
  }

 private:
  const WriteFail& fail_;
};

}  // namespace

extern const FaultKind kWriteFailFault = {
    .name = "write_fail",
    .meaning =
        "A write of the host's disk fails, and its process ends with it, before anything "
        "that was listed after the write is performed.",
    .changed = "Processes that ended.",
    .family = "disks",
    .takes = Takes::kTarget,
    .points = Points::kEffects,
    .spends = Spends::kU,
    .is_crash = true,
    .body = MakeBody<WriteFail>,
    .act = ActBy<WriteFailActor, WriteFail>};

}  // namespace lockstep::sim
