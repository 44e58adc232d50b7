// `selective_silence`: a host sends nothing to some, or nothing of some types.

#include "sim/fault/engine/unsent.h"

namespace lockstep::sim {
extern const FaultKind kSelectiveSilenceFault = {
    .name = "selective_silence",
    .meaning =
        "The host does not send what `link` and `msg` select: to some peers, or of some "
        "types.",
    .changed = "Messages that it did not send.",
    .family = "byzantine",
    .takes = Takes::kTarget | Takes::kLink | Takes::kMessage,
    .points = Points::kSends,
    .spends = Spends::kU,
    .act = ActBy<UnsentActor>};

}  // namespace lockstep::sim
