// `partition`: some hosts cannot reach others, below the transport: streams stall, and don't lose.
//
// Shapes are those of Jepsen's nemesis (halves, isolate_one, minority_third, majorities_ring,
// bridge), of FoundationDB's (uniform_size, uniform_member), and groups that are named.

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "sim/fault/engine/holding.h"
#include "sim/keys.h"
#include "sim/world_spec.h"

namespace lockstep::sim {
namespace {

using core::NodeId;

enum class Shape : std::uint8_t {
  kHalves,
  kIsolateOne,
  kMinorityThird,
  kMajoritiesRing,
  kBridge,
  kUniformSize,
  kUniformMember,
  kCrossCluster,
  kGroups,
};
enum class Mode : std::uint8_t { kDrop, kClog };

struct Partition final : FaultBody {
  Shape shape = Shape::kHalves;
  Mode mode = Mode::kDrop;
  bool is_one_way = false;
  std::vector<NodeId> hosts;  // empty: all
  std::vector<std::vector<NodeId>> groups;

  void Describe(core::Keys& keys, const HostNames& names) override;
};

void Partition::Describe(core::Keys& keys, const HostNames& names) {
  static constexpr core::Option kShapes[] = {
      {"halves", "two halves, drawn."},
      {"isolate_one", "one, drawn, and the others."},
      {"minority_third", "a third, drawn, and the others."},
      {"majorities_ring", "each reaches a majority, and no two the same."},
      {"bridge", "two halves, and one that reaches both."},
      {"uniform_size", "two parts of a size that is drawn."},
      {"uniform_member", "two parts; each host draws its own."},
      {"cross_cluster", "each cluster for itself."},
      {"groups", "those of `groups`; hosts that it does not name reach all."}};
  static constexpr core::Option kModes[] = {{"drop", "packets are lost."},
                                            {"clog", "packets wait until the end."}};
  keys.Choice(core::Required("shape", "Who reaches whom."), shape, kShapes);
  keys.Choice({"mode", "What becomes of packets between two parts."}, mode, kModes);
  keys.Bool({"one_way", "Only packets from a part to a later one are cut off."}, is_one_way);
  keys.Only(shape == Shape::kGroups, {"shape", "groups"}, [&](core::Keys& of_groups) {
    of_groups.Other(core::Required("groups", "The parts."), "host_groups",
                    [&] { groups = names.Groups(of_groups, "groups"); });
  });
  keys.Only(shape != Shape::kGroups, {"", "", "of shapes that are not \"groups\""},
            [&](core::Keys& drawn) {
              drawn.Other({"hosts", "Who is parted.", false, "all"}, "hosts",
                          [&] { hosts = names.Hosts(drawn, "hosts"); });
            });
}

class PartitionActor final : public HoldingActor {
 public:
  PartitionActor(const FaultScene& scene, std::size_t index, const Partition& partition)
      : HoldingActor(scene, index), partition_(partition), place_(scene.keys.size(), kNone) {
    hosts_ = partition.hosts;
    if (hosts_.empty())
      for (std::uint32_t i = 0; i < place_.size(); ++i) hosts_.emplace_back(i);
  }

  void Begin(core::Instant now) override {
    HoldingActor::Begin(now);
    std::fill(place_.begin(), place_.end(), kNone);
    Draw();
  }
  bool SelectsPacket(NodeId from, NodeId to) const override {
    const std::int64_t a = place_[from.value()];
    const std::int64_t b = place_[to.value()];
    if (a == kNone || b == kNone) return false;
    if (partition_.shape == Shape::kMajoritiesRing) return IsFarOnRing(a, b);
    return partition_.is_one_way ? a < b : a != b;
  }
  PacketFate OnPacket(core::Instant now, const Packet&, core::ByteCount) override {
    if (partition_.mode == Mode::kClog) return Hold(now);
    Change(now);
    return {.is_lost = true};
  }

 private:
  static constexpr std::int64_t kNone = -1;

  std::size_t size() const { return hosts_.size(); }
  // Each reaches as many to either side as make a majority of all, itself included.
  bool IsFarOnRing(std::int64_t a, std::int64_t b) const {
    const auto n = static_cast<std::int64_t>(size());
    const std::int64_t reach = (n / 2 + 1) / 2;
    const std::int64_t ahead = ((b - a) % n + n) % n;
    return partition_.is_one_way ? ahead > reach && ahead <= n / 2
                                 : std::min(ahead, n - ahead) > reach;
  }
  // The hosts in an order that is drawn.
  std::vector<NodeId> Shuffled() {
    std::vector<NodeId> order = hosts_;
    for (std::size_t i = 0; i + 1 < order.size(); ++i) {
      const std::size_t other = i + random().Below(order.size() - i);
      std::swap(order[i], order[other]);
    }
    return order;
  }
  // The first `first` of an order are one part, the others another; the last `both` reach both.
  void Part(std::size_t first, std::size_t both = 0) {
    const std::vector<NodeId> order = Shuffled();
    for (std::size_t i = 0; i + both < order.size(); ++i)
      place_[order[i].value()] = i < first ? 0 : 1;
  }
  void Draw();

  const Partition& partition_;
  std::vector<NodeId> hosts_;
  std::vector<std::int64_t> place_;  // place_[host]: its part, or where it is on the ring
};

void PartitionActor::Draw() {
  switch (partition_.shape) {
    case Shape::kHalves:
      return Part(size() / 2);
    case Shape::kIsolateOne:
      return Part(1);
    case Shape::kMinorityThird:
      return Part(std::max<std::size_t>(1, (size() - 1) / 3));
    case Shape::kBridge:
      return Part((size() - 1) / 2, 1);
    case Shape::kUniformSize:
      return Part(size() < 2 ? size() : 1 + random().Below(size() - 1));
    case Shape::kUniformMember:
      for (const NodeId host : hosts_)
        place_[host.value()] = static_cast<std::int64_t>(random().Below(2));
      return;
    case Shape::kMajoritiesRing: {
      const std::vector<NodeId> order = Shuffled();
      for (std::size_t i = 0; i < order.size(); ++i)
        place_[order[i].value()] = static_cast<std::int64_t>(i);
      return;
    }
    case Shape::kCrossCluster:
      for (std::size_t c = 0; c < scene().spec.clusters.size(); ++c)
        for (const NodeId host : hosts_)
          if (scene().spec.clusters[c].Has(host))
            place_[host.value()] = static_cast<std::int64_t>(c);
      return;
    case Shape::kGroups:
      for (std::size_t g = 0; g < partition_.groups.size(); ++g)
        for (const NodeId host : partition_.groups[g])
          place_[host.value()] = static_cast<std::int64_t>(g);
      return;
  }
}

}  // namespace

extern const FaultKind kPartitionFault = {
    .name = "partition",
    .meaning =
        "Hosts are parted, below the transport: packets from one part to another are lost as "
        "they come to their sender's card, or wait. What is drawn is drawn anew each time it "
        "begins; `every` and `for` make it flap.",
    .changed = "Packets that were lost, or waited.",
    .family = "network",
    .points = Points::kPackets,
    .body = MakeBody<Partition>,
    .act = ActBy<PartitionActor, Partition>};

}  // namespace lockstep::sim
