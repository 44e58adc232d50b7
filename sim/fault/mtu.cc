// `mtu`: a link carries only packets that are small enough, and says so to nobody.

#include "absl/strings/str_cat.h"

#include "sim/fault/engine/actor.h"
#include "sim/world_spec.h"

namespace lockstep::sim {
namespace {

constexpr std::uint64_t kLeast = 68;  // that every link carries: RFC 791
constexpr std::uint64_t kMost = 65'535;

struct Mtu final : FaultBody {
  std::uint64_t bytes = kLeast;

  void Describe(core::Keys& keys, const HostNames&) override {
    keys.Integer(core::Required("bytes", "Payload of the largest packet that passes."), bytes,
                 {kLeast, kMost});
  }
  std::optional<Refusal> Refuse(const Fault&, const WorldSpec& spec) const override {
    const std::int64_t usual = spec.profile.nic.mtu_payload.value();
    if (static_cast<std::int64_t>(bytes) < usual) return std::nullopt;
    return Refusal{"bytes", absl::StrCat("want fewer than the ", usual,
                                         " that the profile's packets carry at most")};
  }
};

class MtuActor final : public FaultActor {
 public:
  MtuActor(const FaultScene& scene, std::size_t index, const Mtu& mtu)
      : FaultActor(scene, index),
        most_(scene.spec.profile.nic.header +
              core::ByteCount(static_cast<std::int64_t>(mtu.bytes))) {}
  PacketFate OnPacket(core::Instant now, const Packet& packet, core::ByteCount) override {
    if (packet.size <= most_) return {};
    Change(now);
    return {.is_lost = true};
  }

 private:
  core::ByteCount most_;
};

}  // namespace

extern const FaultKind kMtuFault = {
    .name = "mtu",
    .meaning =
        "Packets of `link` that carry more than so many bytes are lost, and nobody is told: a "
        "black hole of path MTU discovery (RFC 2923). What is small passes.",
    .changed = "Packets that were lost.",
    .family = "network",
    .takes = Takes::kLink,
    .points = Points::kPackets,
    .body = MakeBody<Mtu>,
    .act = ActBy<MtuActor, Mtu>};

}  // namespace lockstep::sim
