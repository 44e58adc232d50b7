// `forge`: a host's signatures are none.

#include "sim/fault/engine/rewrite.h"

namespace lockstep::sim {
namespace {

class ForgeActor final : public FaultActor {
 public:
  using FaultActor::FaultActor;
  bool OnSend(const SendCase& send) override {
    const Forger forger(random().Next());
    const bool is_changed = Rewrite(
        scene(), index(), send, [](const core::TypeSpec&, core::FieldedMessage&) { return true; },
        &forger);
    Touch();
    if (is_changed) Change(send.now);
    return true;
  }
};

}  // namespace

extern const FaultKind kForgeFault = {
    .name = "forge",
    .meaning =
        "Messages of the host that `link` and `msg` select carry signatures that nobody can "
        "verify.",
    .changed = "Messages with another signature: none of a protocol that signs nothing.",
    .family = "byzantine",
    .takes = Takes::kTarget | Takes::kLink | Takes::kMessage,
    .points = Points::kSends,
    .spends = Spends::kUAndR,
    .act = ActBy<ForgeActor>};

}  // namespace lockstep::sim
