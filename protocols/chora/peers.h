// What a replica knows of each of the others, and what it still has to tell them.

#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "protocols/chora/config.h"
#include "protocols/chora/messages.h"
#include "protocols/chora/slot.h"

namespace lockstep::chora {

// First come, first served; what was taken is dropped from the front, cheaply.
class SlotQueue {
 public:
  void Push(SlotName name) { names_.push_back(name); }
  bool empty() const { return head_ == names_.size(); }
  std::size_t size() const { return names_.size() - head_; }
  SlotName At(std::size_t index) const { return names_[head_ + index]; }
  void Drop(std::size_t count) {
    head_ += count;
    if (head_ == names_.size()) Clear();
  }
  bool Contains(SlotName name) const {
    for (std::size_t i = head_; i < names_.size(); ++i)
      if (names_[i] == name) return true;
    return false;
  }
  void Clear() {
    names_.clear();
    head_ = 0;
  }

 private:
  std::vector<SlotName> names_;
  std::size_t head_ = 0;
};

// Where a section of repair messages goes on: some slots of 64 rounds of one lane have been sent.
struct Cursor {
  std::uint64_t first = 0;
  std::uint32_t lane = 0;
  std::uint64_t done = 0;
};

struct Peer {
  // The votes of a round that have been taken from it, so that repetitions cost a look.
  struct Taken {
    std::uint64_t round = ~std::uint64_t{0};
    std::uint64_t known = 0;
  };
  static constexpr std::size_t kTaken = 2 * Config::kVoteRoundsMax;

  std::uint64_t incarnation = 0;
  bool is_heard = false;             // in this incarnation of it and of our own
  std::uint64_t frontier = 0;        // as it last stated; the highest of an incarnation
  std::uint64_t frontier_since = 0;  // own round in which that changed
  std::uint64_t last_heard = 0;      // own round in which its last round message came
  std::array<Taken, kTaken> taken = {};

  // What waits for it.
  SlotQueue announcements;           // acceptances that have not been told yet
  SlotQueue payloads;                // batches that it has asked for
  SlotQueue decisions;               // that it has asked about
  SlotQueue fetches;                 // batches to be asked of it, this round
  std::vector<ChunkRequest> chunks;  // of checkpoints, that it has asked for
  std::array<Cursor, kEntryKinds> cursors = {};
  std::size_t first_section = 0;  // that the next repair message begins with
  // decided_sent[slot of the ring]: one past the own round in which it was last sent a decision.
  std::vector<std::uint32_t> decided_sent;

  // Takes note of what a message says of its sender: within an incarnation frontiers only grow,
  // across incarnations what arrived last holds.
  void Hear(std::uint64_t from_incarnation, std::uint64_t states, std::uint64_t now) {
    if (!is_heard || incarnation != from_incarnation) {
      incarnation = from_incarnation;
      is_heard = true;
      frontier = states;
      frontier_since = now;
    } else if (states > frontier) {
      frontier = states;
      frontier_since = now;
    }
  }
  bool HasQueued() const {
    return !announcements.empty() || !payloads.empty() || !decisions.empty() || !fetches.empty() ||
           !chunks.empty();
  }
};

}  // namespace lockstep::chora
