// `partial_mac`: a host's authentication codes are valid for some receivers only.

#include <algorithm>
#include <vector>

#include "sim/fault/engine/rewrite.h"

namespace lockstep::sim {
namespace {

struct PartialMac final : FaultBody {
  std::vector<core::NodeId> victims;

  void Describe(core::Keys& keys, const HostNames& names) override {
    keys.Other(core::Required("victims", "Who cannot verify them."), "hosts",
               [&] { victims = names.Hosts(keys, "victims"); });
  }
};

class PartialMacActor final : public FaultActor {
 public:
  PartialMacActor(const FaultScene& scene, std::size_t index, const PartialMac& partial)
      : FaultActor(scene, index), victims_(partial.victims) {}
  bool OnSend(const SendCase& send) override {
    if (std::find(victims_.begin(), victims_.end(), send.send.to) == victims_.end()) return true;
    Touch();
    const Forger forger(random().Next());
    const bool is_changed = Rewrite(
        scene(), index(), send, [](const core::TypeSpec&, core::FieldedMessage&) { return true; },
        &forger);
    if (is_changed) Change(send.now);
    return true;
  }

 private:
  const std::vector<core::NodeId>& victims_;
};

}  // namespace

extern const FaultKind kPartialMacFault = {
    .name = "partial_mac",
    .meaning = "Authentication codes of the host's messages are valid for all receivers but some.",
    .changed = "Messages with another code: none of a protocol that has none.",
    .family = "byzantine",
    .takes = Takes::kTarget | Takes::kMessage,
    .points = Points::kSends,
    .spends = Spends::kUAndR,
    .body = MakeBody<PartialMac>,
    .act = ActBy<PartialMacActor, PartialMac>};

}  // namespace lockstep::sim
