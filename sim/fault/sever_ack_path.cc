// `sever_ack_path`: data cross between clusters, acknowledgements by themselves do not; or the
// reverse.

#include "sim/derive.h"
#include "sim/fault/engine/actor.h"
#include "sim/net/network_spec.h"
#include "sim/world_spec.h"

namespace lockstep::sim {
namespace {

enum class Severed : std::uint8_t { kAcks, kData };

struct SeverAckPath final : FaultBody {
  Severed severed = Severed::kAcks;

  void Describe(core::Keys& keys, const HostNames&) override {
    static constexpr core::Option kWhat[] = {{"acks", "what acknowledges, and carries no records."},
                                             {"data", "what carries records."}};
    keys.Choice({"what", "What does not cross."}, severed, kWhat);
  }
};

class SeverAckPathActor final : public FaultActor {
 public:
  SeverAckPathActor(const FaultScene& scene, std::size_t index, const SeverAckPath& sever)
      : FaultActor(scene, index), severed_(sever.severed) {}
  bool SelectsMessage(core::NodeId from, core::NodeId to) const override {
    return ClusterOf(from) != ClusterOf(to);
  }
  void OnMessage(core::Instant now, const Message& message, MessageFate& fate) override {
    const Decoded& decoded = scene().deriver.Decode(message.from, message.payload);
    if (decoded.type() == nullptr) return;
    bool acknowledges = false;
    bool carries = false;
    for (const DecodedField& field : decoded.fields()) {
      const core::Role role = decoded.type()->fields[field.spec].role;
      acknowledges = acknowledges || role == core::Role::kAck;
      carries = carries || (role == core::Role::kSeq && field.values.count > 0);
    }
    if (severed_ == Severed::kData ? !carries : carries || !acknowledges) return;
    fate.is_destroyed = true;
    Change(now);
  }

 private:
  const core::Cluster* ClusterOf(core::NodeId host) const {
    for (const core::Cluster& cluster : scene().spec.clusters)
      if (cluster.Has(host)) return &cluster;
    return nullptr;
  }

  Severed severed_;
};

}  // namespace

extern const FaultKind kSeverAckPathFault = {
    .name = "sever_ack_path",
    .meaning =
        "Of what crosses between clusters on `link`, acknowledgements by themselves are lost "
        "above the transport, and data flow; or the reverse.",
    .changed = "Messages that were lost.",
    .family = "messages",
    .takes = Takes::kLink | Takes::kMessage,
    .points = Points::kMessages,
    .body = MakeBody<SeverAckPath>,
    .act = ActBy<SeverAckPathActor, SeverAckPath>};

}  // namespace lockstep::sim
