// `truncate`: messages come cut.

#include <utility>

#include "sim/derive.h"
#include "sim/fault/engine/actor.h"

namespace lockstep::sim {
namespace {

class TruncateActor final : public FaultActor {
 public:
  using FaultActor::FaultActor;
  void OnMessage(core::Instant now, const Message& message, MessageFate& fate) override {
    const core::Bytes& whole = fate.payload ? *fate.payload : message.payload;
    if (whole.size() == 0) return;
    core::Bytes cut = whole.Slice(0, random().Below(whole.size()));
    if (ReadsAlike(message.from, whole, cut)) return;
    fate.payload = std::move(cut);
    Change(now);
  }

 private:
  // Only padding would be cut off, and it would say what it said: it comes whole.
  bool ReadsAlike(core::NodeId host, const core::Bytes& whole, const core::Bytes& cut) {
    const core::FieldedMessage* read = scene().deriver.Read(host, whole);
    if (read == nullptr) return false;
    const core::FieldedMessage before = *read;
    read = scene().deriver.Read(host, cut);
    return read != nullptr && read->type == before.type && read->fields == before.fields;
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
