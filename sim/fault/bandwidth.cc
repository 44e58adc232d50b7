// `bandwidth`: cards are slower than they were.

#include <optional>

#include "sim/fault/engine/card_side.h"
#include "sim/fault/engine/moods.h"
#include "sim/net/network.h"

namespace lockstep::sim {
namespace {

struct Bandwidth final : FaultBody {
  std::int64_t rate_bps = 0;
  CardSide side = CardSide::kBoth;

  void Describe(core::Keys& keys, const HostNames&) override {
    keys.Rate(core::Required("rate", "Its rate meanwhile."), rate_bps);
    DescribeSide(keys, side);
  }
};

class BandwidthActor final : public FaultActor {
 public:
  BandwidthActor(const FaultScene& scene, std::size_t index, const Bandwidth& bandwidth)
      : FaultActor(scene, index),
        rate_bps_(bandwidth.rate_bps),
        edges_(CardEdges(scene, targets(), bandwidth.side)) {}
  void Begin(core::Instant now) override {
    Touch(edges_.size());
    for (const std::uint32_t edge : edges_) {
      before_.push_back(Taken(now, edge));
      scene().moods.SetRate(now, edge, index(), rate_bps_);
    }
  }
  void End(core::Instant now) override {
    Count(now);
    for (const std::uint32_t edge : edges_) scene().moods.SetRate(now, edge, index(), std::nullopt);
  }
  void OnRunEnds(core::Instant now) override { Count(now); }

 private:
  std::uint64_t Taken(core::Instant now, std::uint32_t edge) {
    return static_cast<std::uint64_t>(scene().network.wires().port(edge).taken(now).value());
  }
  void Count(core::Instant now) {
    for (std::size_t i = 0; i < before_.size(); ++i)
      Change(now, Taken(now, edges_[i]) - before_[i]);
    before_.clear();
  }

  std::int64_t rate_bps_;
  std::vector<std::uint32_t> edges_;
  std::vector<std::uint64_t> before_;  // before_[edge of these]: bytes that had come
};

}  // namespace

extern const FaultKind kBandwidthFault = {
    .name = "bandwidth",
    .meaning =
        "The host's card has another rate. Where several set it, the last in the list "
        "counts.",
    .changed = "Bytes that came to it meanwhile.",
    .family = "network",
    .takes = Takes::kTarget,
    .body = MakeBody<Bandwidth>,
    .act = ActBy<BandwidthActor, Bandwidth>};

}  // namespace lockstep::sim
