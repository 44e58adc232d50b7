// `lie_ack`: a host acknowledges what it does not have, or denies what it has.

#include <algorithm>

#include "sim/fault/engine/rewrite.h"

namespace lockstep::sim {
namespace {

enum class LieMode : std::uint8_t { kInf, kZero, kLag };
constexpr std::uint64_t kMoreThanAny = std::uint64_t{1} << 60;  // No run can send so many.

struct LieAck final : FaultBody {
  LieMode mode = LieMode::kInf;
  std::uint64_t lag = 0;

  void Describe(core::Keys& keys, const HostNames&) override {
    static constexpr core::Option kModes[] = {{"inf", "has everything."},
                                              {"zero", "has nothing."},
                                              {"lag", "has `lag` messages less than it has."}};
    keys.Choice(core::Required("mode", "What it says."), mode, kModes);
    keys.Only(mode == LieMode::kLag, {"mode", "lag"}, [&](core::Keys& lagging) {
      lagging.Integer(core::Required("lag", "Messages."), lag, {1});
    });
  }

  // What an acknowledgement of `honest` becomes.
  std::uint64_t Lie(std::uint64_t honest) const {
    if (mode == LieMode::kInf) return kMoreThanAny;
    return mode == LieMode::kZero ? 0 : honest - std::min(honest, lag);
  }
};

class LieAckActor final : public FaultActor {
 public:
  LieAckActor(const FaultScene& scene, std::size_t index, const LieAck& lie)
      : FaultActor(scene, index), lie_(lie) {}

  bool OnSend(const SendCase& send) override {
    const std::uint64_t changed = RewriteNumbers(
        scene(), index(), send, [&](const core::TypeSpec& type, const core::Field& field) {
          std::optional<std::uint64_t> lie;
          if (type.fields[field.spec].role != core::Role::kAck) return lie;
          Touch();
          lie = lie_.Lie(field.values.first);
          return lie;
        });
    Change(send.now, changed);
    return true;
  }

 private:
  const LieAck& lie_;
};

}  // namespace

extern const FaultKind kLieAckFault = {
    .name = "lie_ack",
    .meaning = "The host's acknowledgements are rewritten and signed with its own key.",
    .changed = "Acknowledgements that say something else.",
    .family = "byzantine",
    .takes = Takes::kTarget,
    .points = Points::kSends,
    .spends = Spends::kUAndR,
    .body = MakeBody<LieAck>,
    .act = ActBy<LieAckActor, LieAck>};

}  // namespace lockstep::sim
