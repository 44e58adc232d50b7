// What a replica keeps of a stream that it has delivered, for peers that lack it.
//
// Kept until every local peer has acknowledged it. Where there is no more room, the oldest goes if
// replicas of stake u_r + r_r + 1, itself one of them, have acknowledged it, so that it stays to be
// had though as many lie or are left behind (and no more are asked, since u_r may never answer);
// until it may go, the own ACK stays where it would still fit. As long as it was
// not known to be QUACKed long enough for whoever lacks it to have asked, it may take as much room
// again. Decided here: the paper leaves open where a fetched message comes from.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"

#include "protocols/core/ids.h"
#include "protocols/core/lane_line.h"
#include "protocols/core/records.h"

namespace lockstep::picsou {

class Retained {
 public:
  struct Config {
    std::uint64_t lanes = 1;     // of the schedule
    bool is_dense = false;       // as it is
    std::uint32_t peers = 1;     // of the own cluster, itself among them
    std::uint32_t self = 0;      // its index
    std::uint64_t sparing = 0;   // so many others, or such a stake, have what goes for want of room
    std::uint64_t messages = 0;  // room
    core::ByteCount bytes;       // the same, of contents
    std::vector<std::uint32_t> stake = {};  // stake[peer]; empty: one each
  };
  // `proofs`: of the stream's certificates, where it has some; outlives it.
  explicit Retained(const Config& config, const core::StreamProofs* proofs = nullptr);

  void Add(const core::Records& records);
  // A peer states its cumulative ACK, which goes back where it has lost its memory.
  void OnPeerAck(std::uint32_t peer, std::uint64_t cumulative);
  // Peers have another stake from now on, as in Config; what they have acknowledged they have.
  void OnView(std::uint64_t sparing, std::vector<std::uint32_t> stake);
  // What is below `ripe` was fetched by whoever lacks it, or has had its time.
  void Ripen(std::uint64_t ripe);
  // The own ACK must not be above it: as far as there is room behind the oldest that must stay.
  std::uint64_t limit();

  // What is here of these k′, in their order, of at most so many bytes of content, but always one
  // message where there is any.
  std::vector<core::Records> Find(const std::vector<core::Run>& wanted,
                                  core::ByteCount bytes) const;
  // Nothing from `wanted`, the ACK of whoever asks, up to below it is kept; `cumulative`: the own
  // ACK, at most which it is. What is kept below `wanted`, as for a liar who wants nothing ever,
  // says nothing of what is not kept beyond.
  std::uint64_t FloorFor(std::uint64_t cumulative, std::uint64_t wanted) const;

  // Entries, messages and bytes of content that are kept.
  std::size_t size() const { return kept_.size(); }
  std::uint64_t messages() const { return messages_; }
  std::uint64_t bytes() const { return bytes_; }
  // Messages that went for want of room.
  std::uint64_t squeezed() const { return squeezed_; }

 private:
  // What enough peers have acknowledged, and all.
  void CountAcks();
  // For so many messages, if they are as long as those that are kept.
  std::uint64_t room() const;
  void AddOfLane(std::uint64_t place, const core::Records& records);
  // Densely, the least of `run` from its `i`-th on that is kept: where, and the part of `run` that
  // is kept in a row there.
  struct Match {
    const core::Records* records = nullptr;
    core::Run part;
  };
  std::optional<Match> NextDense(const core::Run& run, std::uint64_t i) const;
  void DropOldest();
  void Trim();

  Config config_;
  const core::StreamProofs* proofs_;
  core::LaneLine line_;
  // By the place of their first k′; each of one lane, or, densely, in runs as they came.
  absl::btree_map<std::uint64_t, core::Records> kept_;
  // Densely: the runs that are wider than kNarrow, of which there are few, by their first k′, and
  // how wide these are at most.
  static constexpr std::uint64_t kNarrow = 128;
  absl::btree_map<std::uint64_t, core::Run> wide_;
  std::uint64_t widest_ = 0;
  std::deque<std::uint64_t> order_;        // the keys, as they came
  absl::btree_set<std::uint64_t> firsts_;  // the first k′ of each
  std::size_t passed_ = 0;        // of order_: from the front on, so many may go, if what is below
  std::uint64_t passed_for_ = 0;  // this may
  std::vector<std::uint64_t> acks_;  // acks_[peer]
  std::uint64_t by_all_ = 0;         // every other peer has acknowledged what is below
  std::uint64_t by_enough_ = 0;      // the same, of those that make a loss good
  std::uint64_t ripe_ = 0;
  std::uint64_t messages_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t squeezed_ = 0;
};

}  // namespace lockstep::picsou
