// `truncate`: messages come cut.

#include "sim/fault/engine/actor.h"

namespace lockstep::sim {
namespace {

class TruncateActor final : public FaultActor {
 public:
  using FaultActor::FaultActor;
  void OnMessage(core::Instant now, const Message& message, MessageFate& fate) override {
    const core::Bytes& whole = fate.payload ? *fate.payload : message.payload;
    if (whole.size() == 0) return;
    fate.payload = whole.Slice(0, random().Below(whole.size()));
    Change(now);
  }
};

}  // namespace

extern const FaultKind kTruncateFault = {
    .name = "truncate",
    .meaning = "Messages of `link` and `msg` come cut, somewhere, and no checksum notices.",
    .changed = "Messages that were cut.",
    .family = "messages",
    .takes = Takes::kLink | Takes::kMessage,
    .points = Points::kMessages,
    .act = ActBy<TruncateActor>};

}  // namespace lockstep::sim
