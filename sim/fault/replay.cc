// `replay`: a host sends again what it has sent before.

#include <deque>
#include <utility>

#include "absl/container/btree_map.h"

#include "sim/fault/engine/actor.h"

namespace lockstep::sim {
namespace {

struct Replay final : FaultBody {
  std::uint64_t age = 1;

  void Describe(core::Keys& keys, const HostNames&) override {
    keys.Integer({"age",
                  "Of the messages that the host has sent to a receiver, the one so many "
                  "before is sent again."},
                 age, {1, 1'000});
  }
};

class ReplayActor final : public FaultActor {
 public:
  ReplayActor(const FaultScene& scene, std::size_t index, const Replay& replay)
      : FaultActor(scene, index), age_(replay.age) {}
  bool OnSend(const SendCase& send) override {
    Touch();
    std::deque<Sent>& sent = sent_[{send.host, send.send.to}];
    if (sent.size() == age_) {
      send.Add(sent.front().payload, sent.front().marks);
      sent.pop_front();
      Change(send.now);
    }
    sent.push_back({send.send.payload, send.marks});
    return true;
  }

 private:
  struct Sent {
    core::Bytes payload;
    Marks marks;
  };

  std::uint64_t age_;
  // The last messages, at most `age_`, by sender and receiver.
  absl::btree_map<std::pair<core::NodeId, core::NodeId>, std::deque<Sent>> sent_;
};

}  // namespace

extern const FaultKind kReplayFault = {
    .name = "replay",
    .meaning =
        "With each message that `link` and `msg` select, the host sends an older one of "
        "them once more to the same receiver, as it was.",
    .changed = "Messages that were sent again.",
    .family = "byzantine",
    .takes = Takes::kTarget | Takes::kLink | Takes::kMessage,
    .points = Points::kSends,
    .spends = Spends::kUAndR,
    .body = MakeBody<Replay>,
    .act = ActBy<ReplayActor, Replay>};

}  // namespace lockstep::sim
