// `silent`: a host hears everything and sends nothing.

#include "sim/fault/engine/actor.h"

namespace lockstep::sim {
namespace {

class SilentActor final : public FaultActor {
 public:
  using FaultActor::FaultActor;
  bool OnSend(const SendCase& send) override {
    Touch();
    Change(send.now);
    return false;
  }
};

}  // namespace

extern const FaultKind kSilentFault = {.name = "silent",
                                       .meaning = "The host hears everything and sends nothing.",
                                       .changed = "Messages that it did not send.",
                                       .family = "byzantine",
                                       .takes = Takes::kTarget,
                                       .points = Points::kSends,
                                       .spends = Spends::kU,
                                       .act = ActBy<SilentActor>};

}  // namespace lockstep::sim
