// `drop`: the network loses messages, above the transport.

#include "sim/fault/engine/actor.h"

namespace lockstep::sim {
namespace {

class DropActor final : public FaultActor {
 public:
  using FaultActor::FaultActor;
  void OnMessage(core::Instant now, const Message&, MessageFate& fate) override {
    fate.is_destroyed = true;
    Change(now);
  }
};

}  // namespace

extern const FaultKind kDropFault = {
    .name = "drop",
    .meaning = "The network loses messages, above the transport: a stream does not resend them.",
    .changed = "Messages that were lost.",
    .family = "messages",
    .takes = Takes::kLink | Takes::kMessage,
    .points = Points::kMessages,
    .is_of_loopback = true,
    .act = ActBy<DropActor>};

}  // namespace lockstep::sim
