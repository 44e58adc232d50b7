// `bit_rot`: what a disk keeps is damaged.

#include "sim/fault/engine/disk_harm.h"

namespace lockstep::sim {

extern const FaultKind kBitRotFault = {
    .name = "bit_rot",
    .meaning = "A bit of what the host saves flips on its disk; its next life finds that.",
    .changed = "Records that a node was handed otherwise, or not at all, when it started again.",
    .family = "disks",
    .takes = Takes::kTarget,
    .points = Points::kRecords,
    .spends = Spends::kU,
    .body = MakeBody<DiskHarm>,
    .act = ActBy<DiskHarmActor<Disk::Harm::What::kRotten>, DiskHarm>};

}  // namespace lockstep::sim
