// `replay_stale`: the network delivers an old message again.

#include "sim/fault/engine/actor.h"

namespace lockstep::sim {
namespace {

struct ReplayStale final : FaultBody {
  core::Duration age;

  void Describe(core::Keys& keys, const HostNames&) override {
    keys.Period(core::Required("age",
                               "How long after it was sent a message comes again: also in a "
                               "later life of its sender or receiver."),
                age);
  }
  LongestKept Kept() const override { return {age.ps(), "age"}; }
};

class ReplayStaleActor final : public FaultActor {
 public:
  ReplayStaleActor(const FaultScene& scene, std::size_t index, const ReplayStale& replay)
      : FaultActor(scene, index), age_(replay.age) {}
  void OnMessage(core::Instant, const Message&, MessageFate& fate) override {
    fate.copies.push_back({index(), 1, age_});
  }

 private:
  core::Duration age_;
};

}  // namespace

extern const FaultKind kReplayStaleFault = {
    .name = "replay_stale",
    .meaning =
        "Messages of `link` and `msg` come once more, as they were, after `age`. Links of "
        "datagrams only.",
    .changed = "Messages that were sent again.",
    .family = "messages",
    .takes = Takes::kLink | Takes::kMessage,
    .points = Points::kMessages,
    .wants_datagrams = true,
    .body = MakeBody<ReplayStale>,
    .act = ActBy<ReplayStaleActor, ReplayStale>};

}  // namespace lockstep::sim
