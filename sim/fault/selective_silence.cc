// `selective_silence`: a host sends nothing to some, or nothing of some types.

#include "sim/fault/engine/actor.h"

namespace lockstep::sim {
namespace {

class SelectiveSilenceActor final : public FaultActor {
 public:
  using FaultActor::FaultActor;
  bool OnSend(const SendCase& send) override {
    Touch();
    Change(send.now);
    return false;
  }
};

}  // namespace

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
    .act = ActBy<SelectiveSilenceActor>};

}  // namespace lockstep::sim
