// `freeze`: a host's cores and clocks stand still, as those of a virtual machine that is moved.

#include "sim/fault/engine/standstill.h"

namespace lockstep::sim {
namespace {

class FreezeActor final : public StandstillActor {
 public:
  FreezeActor(const FaultScene& scene, std::size_t index)
      : StandstillActor(scene, index, /*stops_clocks=*/true) {}
};

}  // namespace

extern const FaultKind kFreezeFault = {
    .name = "freeze",
    .meaning =
        "The host's cores and clocks stand still, while its card and disk go on. Its clocks "
        "go on from where they stood.",
    .changed =
        "What waits on the host when it ends, or when the host crashes; and readings of its "
        "clocks, and timers, from then on.",
    .family = "hosts",
    .takes = Takes::kTarget,
    .points = Points::kCrashes,
    .act = ActBy<FreezeActor>};

}  // namespace lockstep::sim
