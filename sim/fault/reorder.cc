// `reorder`: messages are kept for so long at most, so that later ones pass them.

#include "sim/fault/engine/actor.h"

namespace lockstep::sim {
namespace {

struct Reorder final : FaultBody {
  core::Duration window;

  void Describe(core::Keys& keys, const HostNames&) override {
    keys.Period(core::Required("window", "Kept for at most so long; drawn evenly from 0."), window);
  }
  LongestKept Kept() const override { return {window.ps(), "window"}; }
};

class ReorderActor final : public FaultActor {
 public:
  ReorderActor(const FaultScene& scene, std::size_t index, const Reorder& reorder)
      : FaultActor(scene, index), reorder_(reorder) {}
  void OnMessage(core::Instant now, const Message&, MessageFate& fate) override {
    const core::Duration later = DrawBetween({}, reorder_.window, random());
    fate.later += later;
    if (later.ps() > 0) Change(now);
  }

 private:
  const Reorder& reorder_;
};

}  // namespace

extern const FaultKind kReorderFault = {
    .name = "reorder",
    .meaning =
        "Messages of `link` and `msg` are kept, each for a time of its own, so that those "
        "that are sent later pass them. Links of datagrams only.",
    .changed = "Messages that came later.",
    .family = "messages",
    .takes = Takes::kLink | Takes::kMessage,
    .points = Points::kMessages,
    .wants_datagrams = true,
    .body = MakeBody<Reorder>,
    .act = ActBy<ReorderActor, Reorder>};

}  // namespace lockstep::sim
