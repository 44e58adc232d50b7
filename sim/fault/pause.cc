// `pause`: a host's cores stand still; clocks, card and disk go on.

#include "sim/fault/engine/standstill.h"

namespace lockstep::sim {
namespace {

class PauseActor final : public StandstillActor {
 public:
  PauseActor(const FaultScene& scene, std::size_t index)
      : StandstillActor(scene, index, /*stops_clocks=*/false) {}
};

}  // namespace

extern const FaultKind kPauseFault = {
    .name = "pause",
    .meaning =
        "The host's cores stand still, while its clocks, card and disk go on; then it "
        "catches up.",
    .changed =
        "What waits on the host when it ends, or when the host crashes: messages, timers, "
        "steps.",
    .family = "hosts",
    .takes = Takes::kTarget,
    .points = Points::kCrashes,
    .act = ActBy<PauseActor>};

}  // namespace lockstep::sim
