// `stale_read`: a disk hands back what it held a while ago.

#include <algorithm>

#include "sim/fault/engine/actor.h"

namespace lockstep::sim {
namespace {

struct StaleRead final : FaultBody {
  std::uint64_t records = 1;

  void Describe(core::Keys& keys, const HostNames&) override {
    keys.Integer({"records", "So many of the newest records are not read."}, records,
                 {1, std::uint64_t{1} << 32});
  }
};

class StaleReadActor final : public FaultActor {
 public:
  StaleReadActor(const FaultScene& scene, std::size_t index, const StaleRead& stale)
      : FaultActor(scene, index), records_(stale.records) {}
  std::uint64_t BeforeRead(core::Instant now, core::NodeId host, std::uint64_t there) override {
    if (!Targets(host)) return 0;
    Touch();
    const std::uint64_t missing = std::min(records_, there);
    Change(now, missing);
    return missing;
  }

 private:
  std::uint64_t records_;
};

}  // namespace

extern const FaultKind kStaleReadFault = {
    .name = "stale_read",
    .meaning =
        "A host that starts while it is in force reads its disk as it was some records ago; "
        "they are there the next time.",
    .changed = "Records that a node was not handed when it started again.",
    .family = "disks",
    .takes = Takes::kTarget,
    .points = Points::kRecords,
    .spends = Spends::kU,
    .body = MakeBody<StaleRead>,
    .act = ActBy<StaleReadActor, StaleRead>};

}  // namespace lockstep::sim
