// `disk_stall`: a disk stands still, and goes on when the fault ends.

#include "sim/fault/engine/disk_harm.h"

namespace lockstep::sim {
namespace {

struct DiskStall final : FaultBody {
  std::optional<Refusal> Refuse(const Fault&, const WorldSpec& spec) const override {
    return WantSlowDisk(spec);
  }
};

class DiskStallActor final : public FaultActor {
 public:
  using FaultActor::FaultActor;
  void Begin(core::Instant now) override { ends_ = EndsAt(now); }
  core::Duration BeforeWrite(core::Instant now, core::NodeId host, core::ByteCount) override {
    if (!Targets(host)) return {};
    Touch();
    Change(now);
    return ends_ - now;
  }

 private:
  core::Instant ends_;
};

}  // namespace

extern const FaultKind kDiskStallFault = {
    .name = "disk_stall",
    .meaning = "The host's disk begins no write until the fault ends; what it has begun goes on.",
    .changed = "Groups of writes that waited.",
    .family = "disks",
    .takes = Takes::kTarget,
    .points = Points::kWrites,
    .body = MakeBody<DiskStall>,
    .act = ActBy<DiskStallActor>};

}  // namespace lockstep::sim
