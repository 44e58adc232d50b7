// `lost_write`: a disk says that it has written, and has not.

#include "sim/fault/engine/disk_harm.h"

namespace lockstep::sim {

extern const FaultKind kLostWriteFault = {
    .name = "lost_write",
    .meaning =
        "What the host saves is said to be durable, and is lost: its next life does not find it. A "
        "snapshot that is lost leaves what was before it.",
    .changed = "Records that a node was handed otherwise, or not at all, when it started again.",
    .family = "disks",
    .takes = Takes::kTarget,
    .points = Points::kRecords,
    .spends = Spends::kU,
    .body = MakeBody<DiskHarm>,
    .act = ActBy<DiskHarmActor<Disk::Harm::What::kLost>, DiskHarm>};

}  // namespace lockstep::sim
