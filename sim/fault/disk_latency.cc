// `disk_latency`: writes take longer.

#include "sim/fault/engine/disk_harm.h"

namespace lockstep::sim {
namespace {

struct DiskLatency final : FaultBody {
  core::Duration by;

  void Describe(core::Keys& keys, const HostNames&) override {
    keys.Period(core::Required("by", "So much longer, each group of writes that share a sync."),
                by);
  }
  std::optional<Refusal> Refuse(const Fault&, const WorldSpec& spec) const override {
    return WantSlowDisk(spec);
  }
  LongestKept Kept() const override { return {by.ps(), "by"}; }
};

class DiskLatencyActor final : public FaultActor {
 public:
  DiskLatencyActor(const FaultScene& scene, std::size_t index, const DiskLatency& latency)
      : FaultActor(scene, index), by_(latency.by) {}
  core::Duration BeforeWrite(core::Instant now, core::NodeId host, core::ByteCount) override {
    if (!Targets(host)) return {};
    Touch();
    Change(now);
    return by_;
  }

 private:
  core::Duration by_;
};

}  // namespace

extern const FaultKind kDiskLatencyFault = {.name = "disk_latency",
                                            .meaning = "Writes of the host's disk take longer.",
                                            .changed = "Groups of writes that took longer.",
                                            .family = "disks",
                                            .takes = Takes::kTarget,
                                            .points = Points::kWrites,
                                            .body = MakeBody<DiskLatency>,
                                            .act = ActBy<DiskLatencyActor, DiskLatency>};

}  // namespace lockstep::sim
