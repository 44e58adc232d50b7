// `torn_write`: a disk keeps the beginning of what it was given.

#include "sim/fault/engine/disk_harm.h"

namespace lockstep::sim {

extern const FaultKind kTornWriteFault = {
    .name = "torn_write",
    .meaning =
        "Of what the host saves a beginning is kept, of a length that is drawn; its next life "
        "finds that.",
    .changed = "Records that a node was handed otherwise, or not at all, when it started again.",
    .family = "disks",
    .takes = Takes::kTarget,
    .points = Points::kRecords,
    .spends = Spends::kU,
    .body = MakeBody<DiskHarm>,
    .act = ActBy<DiskHarmActor<Disk::Harm::What::kTorn>, DiskHarm>};

}  // namespace lockstep::sim
