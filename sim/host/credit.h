// What a host may still send to each of its peers.
//
// Only peers with something outstanding are remembered, in a small open-addressed table: a world of
// thousands of hosts has millions of pairs, most of them idle. Looked up only, so the table's order
// means nothing. (Linear probing with backward shifting: Knuth, volume 3, algorithm 6.4R.)

#pragma once

#include <cstdint>
#include <vector>

#include "protocols/core/ids.h"

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

}  // namespace lockstep::sim
