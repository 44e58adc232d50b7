// `silent`: a host hears everything and sends nothing.

#include "sim/fault/engine/unsent.h"

namespace lockstep::sim {
extern const FaultKind kSilentFault = {.name = "silent",
                                       .meaning = "The host hears everything and sends nothing.",
                                       .changed = "Messages that it did not send.",
                                       .family = "byzantine",
                                       .takes = Takes::kTarget,
                                       .points = Points::kSends,
                                       .spends = Spends::kU,
                                       .act = ActBy<UnsentActor>};

}  // namespace lockstep::sim
