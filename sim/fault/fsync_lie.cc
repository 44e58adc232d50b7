// `fsync_lie`: a disk says that it has synced, and has not.

#include "sim/fault/engine/disk_harm.h"

namespace lockstep::sim {

extern const FaultKind kFsyncLieFault = {
    .name = "fsync_lie",
    .meaning =
        "What the host saves is said to be durable, and is lost with the power of its machine: a "
        "crash of the process alone keeps it.",
    .changed = "Records that a node was handed otherwise, or not at all, when it started again.",
    .family = "disks",
    .takes = Takes::kTarget,
    .points = Points::kRecords,
    .spends = Spends::kU,
    .body = MakeBody<DiskHarm>,
    .act = ActBy<DiskHarmActor<Disk::Harm::What::kUnsynced>, DiskHarm>};

}  // namespace lockstep::sim
