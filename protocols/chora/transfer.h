// Checkpoints on their way from one replica to another, in chunks of a packet each.
//
// The sender keeps the bytes that are being asked for, and its base at or below their round, while
// requests come. The receiver keeps a few requests outstanding, asks again for what does not come,
// and yields to another offer when nothing comes at all. Chora-R, a reconstruction; the paper's
// body was not available.

#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "protocols/chora/checkpoint.h"
#include "protocols/chora/config.h"
#include "protocols/core/bytes.h"

namespace lockstep::chora {

// The checkpoints that a replica can give.
class CheckpointStore {
 public:
  explicit CheckpointStore(const Config& config)
      : patience_(16 * std::uint64_t{config.depth}),
        checkpoint_rounds_(config.checkpoint_rounds),
        chunk_bytes_(config.chunk_bytes()) {}

  bool empty() const { return kept_.empty(); }
  const Checkpoint& latest() const { return kept_.back().checkpoint; }
  // A newer one; `now` is the own round.
  void Add(Checkpoint checkpoint, std::uint64_t now);
  // Chunk `index` of the checkpoint at `round`; none if there is no such.
  std::optional<core::Bytes> Chunk(std::uint64_t round, std::uint32_t index, std::uint64_t now);
  // The latest is offered, and kept as if its first chunk had been asked for: else it may be gone
  // by the time at which somebody asks.
  void Offer(std::uint64_t now) { kept_.back().asked_at = now; }
  // The least round of one that somebody has asked for lately, or of the latest.
  std::uint64_t OldestInUse(std::uint64_t now);

 private:
  struct Kept {
    Checkpoint checkpoint;
    std::uint64_t asked_at = 0;
  };
  void Forget(std::uint64_t now);

  std::uint64_t patience_;
  std::uint64_t checkpoint_rounds_;
  std::uint64_t chunk_bytes_;
  std::vector<Kept> kept_;  // in the order of rounds; the last one is never forgotten
};

// The one checkpoint that a replica is fetching, if any.
class Download {
 public:
  // Requests of one replica that are on their way at once.
  static constexpr std::uint32_t kOutstanding = 4;

  struct Ask {
    std::uint32_t peer = 0;
    std::uint64_t round = 0;
    std::uint32_t index = 0;
  };

  explicit Download(const Config& config)
      : patience_(4 * std::uint64_t{config.depth}), chunk_bytes_(config.chunk_bytes()) {}

  bool is_active() const { return is_active_; }
  std::uint64_t round() const { return round_; }
  // `peer` has a checkpoint at `round`. True if it is taken up, or goes on from this peer.
  bool OnOffer(std::uint32_t peer, std::uint64_t round, std::uint64_t bytes, std::uint64_t now);
  void OnChunk(std::uint64_t round, std::uint32_t index, const core::Bytes& content,
               std::uint64_t now);
  // What is to be asked for in this round.
  std::vector<Ask> Next(std::uint64_t now);
  // The whole, once; none before it is complete.
  std::optional<core::Bytes> Take();
  void Abandon() { is_active_ = false; }

 private:
  static constexpr std::uint32_t kAskedEachRound = 2;
  static constexpr std::uint64_t kBytesMax = std::uint64_t{1} << 30;

  struct Part {
    core::Bytes content;
    bool is_here = false;
    std::uint64_t asked_at = 0;  // one past the round; 0: never
  };
  std::uint64_t SizeOf(std::size_t index) const {
    return std::min(chunk_bytes_, bytes_ - index * chunk_bytes_);
  }
  bool IsStalled(std::uint64_t now) const { return now > heard_at_ + patience_; }

  std::uint64_t patience_;
  std::uint64_t chunk_bytes_;
  bool is_active_ = false;
  std::uint32_t peer_ = 0;
  std::uint64_t round_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t heard_at_ = 0;  // own round in which a chunk last came, or it began
  std::size_t missing_ = 0;
  std::size_t first_missing_ = 0;  // all parts before it are here
  std::vector<Part> parts_;
};

}  // namespace lockstep::chora
