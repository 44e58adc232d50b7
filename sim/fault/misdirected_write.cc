// `misdirected_write`: a disk writes where another record stands.

#include "sim/fault/engine/disk_harm.h"

namespace lockstep::sim {

extern const FaultKind kMisdirectedWriteFault = {
    .name = "misdirected_write",
    .meaning =
        "What the host saves takes the place of the record before it, which is lost; there where "
        "nothing is before it, it is lost itself.",
    .changed = "Records that a node was handed otherwise, or not at all, when it started again.",
    .family = "disks",
    .takes = Takes::kTarget,
    .points = Points::kRecords,
    .spends = Spends::kU,
    .body = MakeBody<DiskHarm>,
    .act = ActBy<DiskHarmActor<Disk::Harm::What::kMisdirected>, DiskHarm>};

}  // namespace lockstep::sim
