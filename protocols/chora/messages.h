// What replicas of Chora-R say to each other.
//
// One message a round carries a replica's batch and its votes; whatever mends a slot travels in
// repair messages of one packet at most, as entries; recovery and snapshots have messages of their
// own. Slots that share what is said of them are named together: up to 64 rounds of one lane.
//
// Chora-R, a reconstruction; the paper's body was not available (source: the abstract of arXiv
// 2507.12792). Sizes follow the reconstruction: 64 bytes for nine replicas and eight rounds of
// votes.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "protocols/chora/config.h"
#include "protocols/chora/slot.h"
#include "protocols/core/bytes.h"
#include "protocols/core/fields.h"

namespace lockstep::chora {

enum class MessageType : std::uint8_t {
  kRound,
  kRepair,
  kForward,
  kRecover,
  kRecoverAnswer,
  kChunkRequest,
  kChunk,
};
inline constexpr std::uint8_t kMessageTypes = 7;

// Who speaks, in every message.
struct Header {
  std::uint64_t cluster = 0;
  std::uint64_t incarnation = 0;
  std::uint32_t sender = 0;
  friend bool operator==(const Header&, const Header&) = default;
};

struct RoundMessage {
  Header header;
  bool is_abstaining = false;
  std::uint64_t round = 0;
  std::uint64_t frontier = 0;
  // votes[h]: of round `round` - D - h, of all lanes.
  std::array<core::Mask, Config::kVoteRoundsMax> votes = {};
  // For self-aligned rounds, to one peer: the lower bits of the round of its last message, and how
  // long ago that came.
  std::uint16_t echo_round = 0;
  std::uint32_t echo_held_ps = 0;
  // An empty batch is a value, no batch is none.
  bool has_batch = false;
  core::Bytes batch;
};

// Rounds first + i of a lane, for each bit i.
struct Span {
  std::uint32_t lane = 0;
  std::uint64_t first = 0;
  std::uint64_t mask = 0;
  friend bool operator==(const Span&, const Span&) = default;

  static Span Of(SlotName name) {
    return {name.lane, name.round & ~std::uint64_t{63}, BitOf(name)};
  }
  static std::uint64_t BitOf(SlotName name) { return std::uint64_t{1} << (name.round & 63); }
  template <typename Visit>
  void ForEach(Visit&& visit) const {
    ForEachBit(mask, [&](std::uint32_t i) { visit(SlotName{first + i, lane}); });
  }
};

enum class EntryKind : std::uint8_t {
  kVotes,     // the sender's own on slots that are old
  kResolve,   // proposes at a ballot >= 1
  kAccepted,  // the sender has accepted
  kDecided,   // is decided
  kFetch,     // asks for batches
  kPayload,   // gives one
  kPrepare,   // asks for promises
  kPromise,   // gives them, and says what had been accepted
  kOffer,     // a snapshot instead of decisions
};
inline constexpr std::size_t kEntryKinds = 9;

struct Entry {
  EntryKind kind = EntryKind::kVotes;
  Span slots;                  // not of an offer
  std::uint64_t ones = 0;      // of votes
  std::uint32_t ballot = 0;    // of resolve, accepted, prepare, promise
  Value value = Value::kNoop;  // of resolve, accepted, decided; of a promise that has accepted
  std::int32_t accepted = -1;  // of a promise: the greatest ballot at which it has accepted
  bool has_batch = false;      // of resolve, decided, payload: then of one slot
  core::Bytes batch;
  std::uint64_t snapshot_round = 0;  // of an offer
  std::uint64_t snapshot_bytes = 0;
  friend bool operator==(const Entry&, const Entry&) = default;
};

// Bytes of an entry on the wire.
std::uint64_t SizeOf(const Entry& entry);

struct RepairMessage {
  Header header;
  bool is_abstaining = false;
  std::uint64_t round = 0;
  std::uint64_t frontier = 0;
  std::vector<Entry> entries;
};

// Commands and changes of lanes, as a batch, for the owner of an active lane.
struct ForwardMessage {
  Header header;
  core::Bytes batch;
};

struct RecoverMessage {
  Header header;
};

struct RecoverAnswer {
  Header header;
  std::uint64_t asked_by = 0;   // the incarnation that asked
  std::uint64_t acted_end = 0;  // one past the last round that the sender may have acted on
};

struct ChunkRequest {
  Header header;
  std::uint64_t round = 0;  // of the snapshot
  std::uint32_t index = 0;
};

struct ChunkMessage {
  Header header;
  std::uint64_t round = 0;
  std::uint32_t index = 0;
  core::Bytes content;
};

// Bytes of a round's message beside its batch.
std::uint64_t RoundOverhead(const Config& config);
// Entries of repair of the longest common kind that fit a packet.
std::uint64_t RepairEntriesLeast(const Config& config);
inline constexpr std::uint64_t kRepairHeadBytes = 37;
// A repair message must hold some entries to be of any use, and a chunk must fit.
inline constexpr std::uint64_t kRepairBytesLeast = 160;

class Codec {
 public:
  explicit Codec(const Config& config);

  core::Bytes Encode(const RoundMessage& message) const;
  core::Bytes Encode(const RepairMessage& message) const;
  core::Bytes Encode(const ForwardMessage& message) const;
  core::Bytes Encode(const RecoverMessage& message) const;
  core::Bytes Encode(const RecoverAnswer& message) const;
  core::Bytes Encode(const ChunkRequest& message) const;
  core::Bytes Encode(const ChunkMessage& message) const;

  // None if it is no type of ours.
  static std::optional<MessageType> TypeOf(const core::Bytes& payload);
  // The message, if the payload is exactly one of that type, for this cluster.
  bool Decode(const core::Bytes& payload, RoundMessage& out) const;  // reuses its memory
  bool Decode(const core::Bytes& payload, RepairMessage& out) const;
  bool Decode(const core::Bytes& payload, ForwardMessage& out) const;
  bool Decode(const core::Bytes& payload, RecoverMessage& out) const;
  bool Decode(const core::Bytes& payload, RecoverAnswer& out) const;
  bool Decode(const core::Bytes& payload, ChunkRequest& out) const;
  bool Decode(const core::Bytes& payload, ChunkMessage& out) const;

  std::uint32_t replicas() const { return replicas_; }
  std::uint32_t depth() const { return depth_; }
  std::uint32_t vote_rounds() const { return vote_rounds_; }

 private:
  std::uint32_t replicas_;
  std::uint32_t depth_;
  std::uint32_t vote_rounds_;
  std::uint64_t cluster_id_;
  std::uint64_t overhead_;  // of a round's message
};

}  // namespace lockstep::chora
