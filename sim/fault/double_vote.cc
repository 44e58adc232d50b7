// `double_vote`: a host votes, and votes otherwise.

#include <utility>

#include "sim/fault/engine/rewrite.h"

namespace lockstep::sim {
namespace {

class DoubleVoteActor final : public FaultActor {
 public:
  using FaultActor::FaultActor;
  bool OnSend(const SendCase& send) override {
    std::optional<core::Bytes> other =
        Rewritten(scene(), send, [&](const core::TypeSpec& type, core::FieldedMessage& message) {
          return Opposed(type, message);
        });
    if (!other || *other == send.send.payload) return true;
    send.Add(*std::move(other));
    Change(send.now);
    return true;
  }

 private:
  bool Opposed(const core::TypeSpec& type, core::FieldedMessage& message) {
    bool is_changed = false;
    for (core::Field& field : message.fields) {
      if (type.fields[field.spec].role != core::Role::kVote) continue;
      Touch();
      is_changed = true;
      if (field.mask.known != 0) {
        field.mask.ones ^= field.mask.known;
      } else {
        field.values.first ^= 1;
      }
    }
    return is_changed;
  }
};

}  // namespace

extern const FaultKind kDoubleVoteFault = {
    .name = "double_vote",
    .meaning =
        "Behind each message with a vote, the host sends one with the opposite vote, signed "
        "with its own key.",
    .changed = "Messages that it sent besides.",
    .family = "byzantine",
    .takes = Takes::kTarget | Takes::kLink | Takes::kMessage,
    .points = Points::kSends,
    .spends = Spends::kUAndR,
    .act = ActBy<DoubleVoteActor>};

}  // namespace lockstep::sim
