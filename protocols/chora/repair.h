// What goes into the repair messages for one peer: at most one packet a round, an entry from each
// section in turn, and each section goes on behind the last entry that was sent.
//
// Old votes, proposals and acceptances are repeated until the slot is decided here; whoever is
// behind is sent decisions, or the offer of a checkpoint. A section that began at its head each
// round would get stuck there. Chora-R, a reconstruction; the paper's body was not available.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "protocols/chora/board.h"
#include "protocols/chora/config.h"
#include "protocols/chora/messages.h"
#include "protocols/chora/peers.h"
#include "protocols/chora/transfer.h"

namespace lockstep::chora {

class Repair {
 public:
  // All outlive this; peers[replica], of which the own one is not used.
  Repair(const Config& config, Board& board, std::vector<Peer>& peers,
         CheckpointStore& checkpoints);

  // Called once at each boundary, before anything of that round is packed.
  void BeginRound(std::uint64_t now);
  // Whether there may be something for `peer`: cheap, since as a rule there is not.
  bool IsNeeded(std::uint32_t peer) const;
  bool IsNeeded() const;
  // Chooses whom to ask for what is missing, once a round.
  void AssignFetches();
  // Entries for `peer`, as many as fit a packet; empty if there are none.
  std::vector<Entry> Pack(std::uint32_t peer);

 private:
  // What the sections of one packet have come to.
  struct Packet {
    Peer& peer;
    std::uint32_t to;
    std::array<std::uint64_t, kEntryKinds> steps = {};  // taken by a cursor in this packet
    // Decisions: rounds of one parity first, then the others, from the peer's frontier on.
    std::uint32_t pass = 0;
    std::uint64_t at = 0;
    bool is_offered = false;
  };

  // The next entry of a section, without taking it.
  std::optional<Entry> Peek(Packet& packet, EntryKind kind) const;
  // It has been put into the packet.
  void Take(Packet& packet, const Entry& entry);

  std::optional<Entry> PeekVotes(Packet& packet) const;
  std::optional<Entry> PeekResolve(Packet& packet) const;
  std::optional<Entry> PeekAccepted(Packet& packet) const;
  std::optional<Entry> PeekDecided(Packet& packet) const;
  std::optional<Entry> PeekPrepare(Packet& packet) const;
  std::optional<Entry> PeekPromise(Packet& packet) const;
  std::optional<Entry> PeekPayload(Packet& packet) const;
  std::optional<Entry> PeekFetch(Packet& packet) const;
  std::optional<Entry> PeekOffer(Packet& packet) const;

  // Goes on with a section's cursor until it finds slots of [begin, end) that `lanes_of(round)`
  // names; returns those of one lane and 64 rounds that `key_of` puts together with the first.
  template <typename LanesOf, typename KeyOf>
  std::optional<Span> Sweep(Packet& packet, EntryKind kind, std::uint64_t begin, std::uint64_t end,
                            LanesOf&& lanes_of, KeyOf&& key_of) const;
  // The slots at the head of a queue that can be named together with the first of them.
  template <typename KeyOf>
  Span Head(const SlotQueue& queue, KeyOf&& key_of) const;
  void DropTruncated(SlotQueue& queue) const;

  bool MayServe(const Peer& peer, std::uint32_t index) const;
  std::optional<Entry> DecisionOf(const Packet& packet, SlotName name) const;
  bool IsSentLately(const Packet& packet, SlotName name) const;
  std::uint32_t& SentAt(Packet& packet, SlotName name) const;
  std::uint64_t FirstOpen() const { return std::max(board_.frontier(), board_.ring().base()); }

  const Config& config_;
  Board& board_;
  std::vector<Peer>& peers_;
  CheckpointStore& checkpoints_;
  std::uint64_t now_ = 0;
  std::vector<std::uint64_t> frontiers_;  // own, as of the last 2D + 2 boundaries, cyclically
  std::uint64_t boundaries_ = 0;
  std::uint64_t frontier_before_ = 0;  // as of 2D + 1 boundaries ago
};

}  // namespace lockstep::chora
