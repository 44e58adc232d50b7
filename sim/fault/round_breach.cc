// `round_breach`: messages come after the bound of their round.
//
// The bound is told by the scenario, as a time after the node's saying that the message be sent,
// which is the boundary of its round: so no protocol need be known. A message that would come as
// late without it is not touched.

#include "sim/fault/engine/actor.h"

namespace lockstep::sim {
namespace {

struct RoundBreach final : FaultBody {
  std::optional<std::uint64_t> round;
  core::Duration bound;
  core::Duration over_by;

  void Describe(core::Keys& keys, const HostNames&) override {
    constexpr std::uint64_t kAny = ~std::uint64_t{0};
    std::uint64_t of_round = kAny;
    keys.Integer({"round", "Only messages of this round.", false, "any"}, of_round, {});
    if (of_round != kAny) round = of_round;
    keys.Time(core::Required("bound", "How long after it was to be sent a message is on time."),
              bound);
    keys.Time(core::Required("over_by", "It comes so long after that."), over_by);
  }
  void Complete(core::Keys& keys, const HostNames&, Fault& fault) override {
    fault.message.has_round = true;
    if (!round) return;
    if (fault.message.round) keys.Fail("round", "is given already, as \"round\" of \"msg\"");
    fault.message.round = round;
  }
  LongestKept Kept() const override { return {absl::int128(bound.ps()) + over_by.ps(), "over_by"}; }
};

class RoundBreachActor final : public FaultActor {
 public:
  RoundBreachActor(const FaultScene& scene, std::size_t index, const RoundBreach& breach)
      : FaultActor(scene, index), breach_(breach) {}
  void OnMessage(core::Instant, const Message& message, MessageFate& fate) override {
    fate.breached_by = index();
    fate.not_before = message.listed + breach_.bound + breach_.over_by;
  }

 private:
  const RoundBreach& breach_;
};

}  // namespace

extern const FaultKind kRoundBreachFault = {
    .name = "round_breach",
    .meaning = "Messages that state a round come after its bound. Links of datagrams only.",
    .changed = "Messages that came later.",
    .family = "messages",
    .takes = Takes::kLink | Takes::kMessage,
    .points = Points::kMessages,
    .wants_datagrams = true,
    .body = MakeBody<RoundBreach>,
    .act = ActBy<RoundBreachActor, RoundBreach>};

}  // namespace lockstep::sim
