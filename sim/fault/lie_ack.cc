// `lie_ack`: a host acknowledges what it does not have, or denies what it has.

#include <algorithm>
#include <optional>

#include "sim/fault/engine/rewrite.h"

namespace lockstep::sim {
namespace {

enum class LieMode : std::uint8_t { kInf, kZero, kLag, kAhead, kStuck, kPerReceiver };
constexpr std::uint64_t kMoreThanAny = std::uint64_t{1} << 60;  // No run can send so many.

struct LieAck final : FaultBody {
  LieMode mode = LieMode::kInf;
  std::uint64_t lag = 0;
  std::uint64_t lead = 0;

  void Describe(core::Keys& keys, const HostNames&) override {
    static constexpr core::Option kModes[] = {{"inf", "has everything."},
                                              {"zero", "has nothing."},
                                              {"lag", "has `lag` messages less than it has."},
                                              {"ahead", "has `lead` messages more than it has."},
                                              {"stuck", "has what it had when it lied first."},
                                              {"per_receiver",
                                               "has nothing to receivers of an even index, and "
                                               "everything to the others."}};
    keys.Choice(core::Required("mode", "What it says."), mode, kModes);
    keys.Only(mode == LieMode::kLag, {"mode", "lag"}, [&](core::Keys& lagging) {
      lagging.Integer(core::Required("lag", "Messages."), lag, {1});
    });
    keys.Only(mode == LieMode::kAhead, {"mode", "ahead"}, [&](core::Keys& leading) {
      leading.Integer(core::Required("lead", "Messages."), lead, {1, kMoreThanAny});
    });
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
          lie = Lie(field.values.first, send.send.to);
          return lie;
        });
    Change(send.now, changed);
    return true;
  }

 private:
  // What an acknowledgement of `honest` becomes.
  std::uint64_t Lie(std::uint64_t honest, core::NodeId to) {
    switch (lie_.mode) {
      case LieMode::kInf:
        return kMoreThanAny;
      case LieMode::kZero:
        return 0;
      case LieMode::kLag:
        return honest - std::min(honest, lie_.lag);
      case LieMode::kAhead:
        return honest + lie_.lead;
      case LieMode::kStuck:
        stuck_ = std::min(stuck_.value_or(honest), honest);
        return *stuck_;
      case LieMode::kPerReceiver:
        return to.value() % 2 == 0 ? 0 : kMoreThanAny;
    }
    return honest;
  }

  const LieAck& lie_;
  std::optional<std::uint64_t> stuck_;
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
