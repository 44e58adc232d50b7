// What a host may still send to each of its peers, and which of them its node waits for.
//
// Only peers with something outstanding are remembered, in a small open-addressed table: a world of
// thousands of hosts has millions of pairs, most of them idle. Looked up only, so the table's order
// means nothing. (Linear probing with backward shifting: Knuth, volume 3, algorithm 6.4R.)

#pragma once

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "protocols/core/credit.h"
#include "protocols/core/ids.h"
#include "sim/net/network.h"

namespace lockstep::sim {

class CreditBook {
 public:
  // `each`: of a peer to whom nothing is outstanding.
  explicit CreditBook(core::ByteCount each) : each_(each.value()), slots_(kSlotsMin) {}

  // Below zero where more was taken than there was.
  std::int64_t Left(core::NodeId peer) const { return each_ - slots_[Find(peer)].taken; }
  void Take(core::NodeId peer, std::int64_t bytes) {
    std::size_t at = Find(peer);
    if (slots_[at].peer == kNobody) {
      if (2 * (used_ + 1) > slots_.size()) {
        Grow();
        at = Find(peer);
      }
      slots_[at].peer = peer.value();
      ++used_;
    }
    slots_[at].taken += bytes;
    if (slots_[at].taken == 0) Erase(at);
  }
  void Return(core::NodeId peer, std::int64_t bytes) { Take(peer, -bytes); }
  // All of it is back.
  void Clear() { *this = CreditBook(core::ByteCount(each_)); }

 private:
  static constexpr std::size_t kSlotsMin = 16;  // a power of two, as any number of them
  static constexpr std::uint32_t kNobody = ~std::uint32_t{0};
  struct Slot {
    std::uint32_t peer = kNobody;
    std::int64_t taken = 0;
  };

  std::size_t HomeOf(std::uint32_t peer) const {
    return (peer * std::uint64_t{0x9E37'79B9'7F4A'7C15} >> 32) & (slots_.size() - 1);
  }
  // Where the peer is, or would be put.
  std::size_t Find(core::NodeId peer) const {
    std::size_t at = HomeOf(peer.value());
    while (slots_[at].peer != kNobody && slots_[at].peer != peer.value()) {
      at = (at + 1) & (slots_.size() - 1);
    }
    return at;
  }
  void Grow() {
    std::vector<Slot> before(2 * slots_.size());
    before.swap(slots_);
    for (const Slot& slot : before) {
      if (slot.peer != kNobody) slots_[Find(core::NodeId(slot.peer))] = slot;
    }
  }
  // Moves those back that had found their place taken.
  void Erase(std::size_t hole) {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = (hole + 1) & mask; slots_[at].peer != kNobody; at = (at + 1) & mask) {
      const std::size_t home = HomeOf(slots_[at].peer);
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      slots_[hole] = slots_[at];
      hole = at;
    }
    slots_[hole] = Slot{};
    --used_;
  }

  std::int64_t each_;
  std::size_t used_ = 0;
  std::vector<Slot> slots_;
};

// The credit that the world gives a node: by a book where the transport is a stream, without limit
// where it is not.
class HostCredit final : public core::Credit {
 public:
  // `network` outlives this. `each`: towards each peer.
  HostCredit(const Network& network, core::NodeId self, core::ByteCount each)
      : network_(network), self_(self), book_(each) {}

  // Whether what is sent to `peer` takes any; what is sent to oneself does not.
  bool IsLimited(core::NodeId peer) const {
    return peer != self_ && network_.Has(peer) && network_.IsStream(self_, peer);
  }
  std::int64_t Left(core::NodeId peer) const override {
    return IsLimited(peer) ? book_.Left(peer) : kUnlimited;
  }
  bool Take(core::NodeId peer, std::uint64_t bytes) override {
    if (!IsLimited(peer)) return true;
    const std::int64_t left = book_.Left(peer);
    book_.Take(peer, static_cast<std::int64_t>(bytes));
    return left >= static_cast<std::int64_t>(bytes);
  }

  // Of the following two, true means that the node is to be handed an OnWritable: once, until
  // TakeWait was called for it.
  bool Return(core::NodeId peer, core::ByteCount bytes);
  bool Await(core::NodeId peer, core::ByteCount bytes);
  // Whether what the node has waited for is free still; it waits no more then.
  bool TakeWait(core::NodeId peer);

  // A new node: all of it is back, and nobody waits.
  void Clear();

 private:
  struct Wait {
    std::int64_t bytes = 0;
    bool is_called = false;  // an OnWritable is on its way to the node
  };
  // Calls who waits, if there is enough and nobody has been called.
  bool Call(core::NodeId peer, Wait& wait);

  const Network& network_;
  core::NodeId self_;
  CreditBook book_;
  absl::flat_hash_map<std::uint32_t, Wait> waits_;  // by peer; never in its order
};

}  // namespace lockstep::sim
