// `disk_full`: a disk has room for so much, and the write that finds none ends the process.

#include <vector>

#include "sim/fault/engine/crash_order.h"
#include "sim/fault/engine/event_watch.h"

namespace lockstep::sim {
namespace {

struct DiskFull final : FaultBody {
  core::ByteCount room;
  CrashOrder order;

  void Describe(core::Keys& keys, const HostNames&) override {
    keys.Size({"room", "Bytes that may still be written when it begins. Snapshots free nothing."},
              room);
    keys.Period({"restart_after", "The process starts again after so long.", false, "never"},
                order.restart_after);
  }
};

class DiskFullActor final : public FaultActor {
 public:
  DiskFullActor(const FaultScene& scene, std::size_t index, const DiskFull& full)
      : FaultActor(scene, index), full_(full), written_(targets().size()) {}
  bool BeforeEffect(core::Instant now, core::NodeId host, const core::Listed& listed) override {
    if (!IsOfClass(listed, EffectClass::kSave)) return false;
    for (std::size_t i = 0; i < targets().size(); ++i) {
      if (targets()[i] != host) continue;
      Touch();
      const auto* save = std::get_if<core::effect::Save>(&listed.what);
      const core::ByteCount size =
          save != nullptr ? save->record.byte_count()
                          : std::get<core::effect::SaveSnapshot>(listed.what).snapshot.byte_count();
      if (written_[i] + size <= full_.room) {
        written_[i] = written_[i] + size;
        return false;
      }
      if (!scene().crasher.CrashHost(host, full_.order)) return false;
      Change(now);
      return true;
    }
    return false;
  }

 private:
  const DiskFull& full_;
  std::vector<core::ByteCount> written_;  // written_[target], since it began
};

}  // namespace

extern const FaultKind kDiskFullFault = {
    .name = "disk_full",
    .meaning =
        "The host's disk has room for so much more, and the process ends with the write that "
        "finds none.",
    .changed = "Processes that ended.",
    .family = "disks",
    .takes = Takes::kTarget,
    .points = Points::kEffects,
    .spends = Spends::kU,
    .is_crash = true,
    .body = MakeBody<DiskFull>,
    .act = ActBy<DiskFullActor, DiskFull>};

}  // namespace lockstep::sim
