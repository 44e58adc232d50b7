// Packing repair messages: see repair.h.

#include "protocols/chora/repair.h"

#include <algorithm>

#include "protocols/core/check.h"

namespace lockstep::chora {
namespace {

constexpr std::uint64_t kBlock = 64;
// Rounds are shared out between those who serve the same peer by the parity of these.
constexpr std::uint64_t kParityRounds = 8;

EntryKind KindAt(std::size_t index) { return static_cast<EntryKind>(index); }

}  // namespace

Repair::Repair(const Config& config, Board& board, std::vector<Peer>& peers,
               CheckpointStore& checkpoints)
    : config_(config),
      board_(board),
      peers_(peers),
      checkpoints_(checkpoints),
      frontiers_(2 * config.depth + 2) {}

void Repair::BeginRound(std::uint64_t now) {
  now_ = now;
  const std::size_t size = frontiers_.size();
  frontiers_[boundaries_ % size] = board_.frontier();
  ++boundaries_;
  // The oldest of them.
  frontier_before_ = boundaries_ < size ? 0 : frontiers_[boundaries_ % size];
}

bool Repair::MayServe(const Peer& peer, std::uint32_t index) const {
  const bool is_lagging = peer.is_heard && peer.frontier < frontier_before_;
  if (!is_lagging || peer.last_heard + config_.dead_rounds * config_.depth < now_) return false;
  const std::uint64_t n = board_.replicas();
  const std::uint64_t turn = (board_.self() + 2 * n - index - 1) % n;
  const std::uint64_t others = n - 1;
  return (turn + others - now_ % others) % others <= 1;
}

bool Repair::IsNeeded(std::uint32_t index) const {
  const Peer& peer = peers_[index];
  return peer.HasQueued() || board_.frontier() + 2 * config_.depth <= now_ || MayServe(peer, index);
}

bool Repair::IsNeeded() const {
  if (!board_.wanted().empty()) return true;
  for (std::uint32_t i = 0; i < peers_.size(); ++i) {
    if (i != board_.self() && IsNeeded(i)) return true;
  }
  return false;
}

void Repair::AssignFetches() {
  for (Peer& peer : peers_) peer.fetches.Clear();
  const Ring& ring = board_.ring();
  std::erase_if(board_.wanted(), [&](SlotName name) {
    return !ring.Contains(name.round) || !Has(ring.row(name.round).wanted, name.lane);
  });
  const std::uint64_t others = board_.all() & ~Bit(board_.self());
  for (const SlotName name : board_.wanted()) {
    Slot& slot = board_.ring().slot(name);
    Contest& contest = slot.EnsureContest();
    if (contest.next_fetch > now_) continue;
    contest.next_fetch = now_ + config_.depth;
    // The owner first, then those known to hold it, in rotated order.
    const std::uint32_t turn = contest.fetches++;
    const std::uint64_t holders = (slot.ones | contest.holders) & others & ~Bit(name.lane);
    const bool has_owner = name.lane != board_.self();
    const std::uint32_t count = CountBits(holders) + (has_owner ? 1 : 0);
    if (holders == 0 && turn > 0) {
      ForEachBit(others, [&](std::uint32_t peer) { peers_[peer].fetches.Push(name); });
    } else if (count > 0) {
      std::uint32_t skip = turn % count;
      if (has_owner && skip == 0) {
        peers_[name.lane].fetches.Push(name);
        continue;
      }
      skip -= has_owner ? 1 : 0;
      for (std::uint32_t i = 1; i <= board_.replicas(); ++i) {
        const std::uint32_t peer = (board_.self() + i) % board_.replicas();
        if (!Has(holders, peer)) continue;
        if (skip-- > 0) continue;
        peers_[peer].fetches.Push(name);
        break;
      }
    }
  }
}

std::vector<Entry> Repair::Pack(std::uint32_t to) {
  Packet packet{peers_[to], to};
  packet.at = packet.peer.frontier;
  DropTruncated(packet.peer.announcements);
  DropTruncated(packet.peer.payloads);
  DropTruncated(packet.peer.decisions);
  std::vector<Entry> entries;
  std::uint64_t left = config_.packet_bytes - kRepairHeadBytes;
  std::uint32_t open = (1U << kEntryKinds) - 1;  // sections that may have more
  std::size_t kind = packet.peer.first_section;
  std::optional<std::size_t> waiting;  // the first section whose entry did not fit
  while (open != 0) {
    if ((open >> kind & 1U) != 0) {
      const std::optional<Entry> entry = Peek(packet, KindAt(kind));
      if (entry && SizeOf(*entry) <= left) {
        left -= SizeOf(*entry);
        Take(packet, *entry);
        entries.push_back(*entry);
      } else {
        open &= ~(1U << kind);
        if (entry && !waiting) waiting = kind;
      }
    }
    kind = (kind + 1) % kEntryKinds;
  }
  packet.peer.first_section = waiting.value_or(0);
  return entries;
}

std::optional<Entry> Repair::Peek(Packet& packet, EntryKind kind) const {
  switch (kind) {
    case EntryKind::kVotes:
      return PeekVotes(packet);
    case EntryKind::kResolve:
      return PeekResolve(packet);
    case EntryKind::kAccepted:
      return PeekAccepted(packet);
    case EntryKind::kDecided:
      return PeekDecided(packet);
    case EntryKind::kFetch:
      return PeekFetch(packet);
    case EntryKind::kPayload:
      return PeekPayload(packet);
    case EntryKind::kPrepare:
      return PeekPrepare(packet);
    case EntryKind::kPromise:
      return PeekPromise(packet);
    case EntryKind::kOffer:
      return PeekOffer(packet);
  }
  return std::nullopt;
}

void Repair::Take(Packet& packet, const Entry& entry) {
  Peer& peer = packet.peer;
  Cursor& cursor = peer.cursors[static_cast<std::size_t>(entry.kind)];
  const std::size_t count = CountBits(entry.slots.mask);
  const auto is_queued = [&](const SlotQueue& queue) {
    return !queue.empty() && Span::Of(queue.At(0)).first == entry.slots.first &&
           queue.At(0).lane == entry.slots.lane &&
           (Span::BitOf(queue.At(0)) & entry.slots.mask) != 0;
  };
  switch (entry.kind) {
    case EntryKind::kResolve:
      cursor.done |= entry.slots.mask;
      if (entry.has_batch) {
        entry.slots.ForEach([&](SlotName name) {
          board_.ring().slot(name).contest->payload_sent |= Bit(packet.to);
        });
      }
      return;
    case EntryKind::kAccepted:
      // What is new goes first, and has no cursor.
      if (is_queued(peer.announcements)) {
        peer.announcements.Drop(count);
      } else {
        cursor.done |= entry.slots.mask;
      }
      return;
    case EntryKind::kDecided:
      if (is_queued(peer.decisions)) peer.decisions.Drop(1);
      entry.slots.ForEach(
          [&](SlotName name) { SentAt(packet, name) = static_cast<std::uint32_t>(now_ + 1); });
      return;
    case EntryKind::kFetch:
      peer.fetches.Drop(count);
      return;
    case EntryKind::kPayload:
      peer.payloads.Drop(1);
      return;
    case EntryKind::kPrepare:
      cursor.done |= entry.slots.mask;
      entry.slots.ForEach(
          [&](SlotName name) { board_.ring().slot(name).contest->prepare_due &= ~Bit(packet.to); });
      return;
    case EntryKind::kPromise:
      cursor.done |= entry.slots.mask;
      entry.slots.ForEach(
          [&](SlotName name) { board_.ring().row(name.round).promise_due &= ~Bit(name.lane); });
      return;
    case EntryKind::kVotes:
      cursor.done |= entry.slots.mask;
      return;
    case EntryKind::kOffer:
      packet.is_offered = true;
      checkpoints_.Offer(now_);
      return;
  }
}

template <typename LanesOf, typename KeyOf>
std::optional<Span> Repair::Sweep(Packet& packet, EntryKind kind, std::uint64_t begin,
                                  std::uint64_t end, LanesOf&& lanes_of, KeyOf&& key_of) const {
  if (begin >= end) return std::nullopt;
  Cursor& cursor = packet.peer.cursors[static_cast<std::size_t>(kind)];
  std::uint64_t& steps = packet.steps[static_cast<std::size_t>(kind)];
  const std::uint64_t first_block = begin & ~(kBlock - 1);
  const std::uint64_t blocks = (end - first_block + kBlock - 1) / kBlock;
  // Once round, and once more over where it began.
  const std::uint64_t steps_max = blocks * board_.replicas() + 1;
  if (cursor.first < first_block || cursor.first >= end) cursor = {first_block, 0, 0};
  for (; steps < steps_max; ++steps) {
    Span found{cursor.lane, cursor.first, 0};
    std::uint64_t key = 0;
    const std::uint64_t from = std::max(begin, cursor.first);
    const std::uint64_t to = std::min(end, cursor.first + kBlock);
    for (std::uint64_t q = from; q < to; ++q) {
      const SlotName name{q, cursor.lane};
      if ((cursor.done & Span::BitOf(name)) != 0 || !Has(lanes_of(q), name.lane)) continue;
      const std::optional<std::uint64_t> here = key_of(name);
      if (!here) continue;
      if (found.mask == 0) key = *here;
      if (*here == key) found.mask |= Span::BitOf(name);
    }
    if (found.mask != 0) return found;
    cursor.done = 0;
    if (++cursor.lane < board_.replicas()) continue;
    cursor.lane = 0;
    cursor.first = cursor.first + kBlock < end ? cursor.first + kBlock : first_block;
  }
  return std::nullopt;
}

template <typename KeyOf>
Span Repair::Head(const SlotQueue& queue, KeyOf&& key_of) const {
  Span span = Span::Of(queue.At(0));
  const std::uint64_t key = key_of(queue.At(0));
  for (std::size_t i = 1; i < queue.size(); ++i) {
    const SlotName name = queue.At(i);
    const Span next = Span::Of(name);
    const bool is_alike = next.first == span.first && next.lane == span.lane &&
                          (next.mask & span.mask) == 0 && board_.ring().Contains(name.round) &&
                          key_of(name) == key;
    if (!is_alike) break;
    span.mask |= next.mask;
  }
  return span;
}

void Repair::DropTruncated(SlotQueue& queue) const {
  while (!queue.empty() && !board_.ring().Contains(queue.At(0).round)) queue.Drop(1);
}

std::optional<Entry> Repair::PeekVotes(Packet& packet) const {
  // What rides on round messages is newer.
  const std::uint64_t shown = config_.depth + config_.vote_rounds - 1;
  const std::uint64_t end = std::min(board_.cast_next(), now_ > shown ? now_ - shown : 0);
  const Ring& ring = board_.ring();
  const std::optional<Span> span = Sweep(
      packet, EntryKind::kVotes, FirstOpen(), end,
      [&](std::uint64_t q) { return board_.Undecided(q) & ring.row(q).voted; },
      [](SlotName) { return std::optional<std::uint64_t>(0); });
  if (!span) return std::nullopt;
  Entry entry;
  entry.kind = EntryKind::kVotes;
  entry.slots = *span;
  span->ForEach([&](SlotName name) {
    if (Has(ring.row(name.round).ones, name.lane)) entry.ones |= Span::BitOf(name);
  });
  return entry;
}

std::optional<Entry> Repair::PeekResolve(Packet& packet) const {
  const Ring& ring = board_.ring();
  const std::optional<Span> span = Sweep(
      packet, EntryKind::kResolve, FirstOpen(), std::min(board_.acted_end(), ring.end()),
      [&](std::uint64_t q) { return board_.Undecided(q) & ring.row(q).proposing; },
      [&](SlotName name) -> std::optional<std::uint64_t> {
        const Contest& contest = *ring.slot(name).contest;
        // A later ballot has been promised here: this one is hardly accepted by a quorum.
        if (ring.slot(name).promised > contest.ballot) return std::nullopt;
        const bool has_batch =
            contest.value == Value::kBatch && !Has(contest.payload_sent, packet.to);
        // One with its batch stands alone.
        constexpr std::uint64_t kAlone = std::uint64_t{1} << 63;
        const std::uint64_t alike =
            std::uint64_t{contest.ballot} << 1 | static_cast<std::uint64_t>(contest.value);
        return has_batch ? kAlone | name.round : alike;
      });
  if (!span) return std::nullopt;
  Entry entry;
  entry.kind = EntryKind::kResolve;
  entry.slots = *span;
  span->ForEach([&](SlotName name) {
    const Slot& slot = ring.slot(name);
    entry.ballot = slot.contest->ballot;
    entry.value = slot.contest->value;
    entry.has_batch = entry.value == Value::kBatch && !Has(slot.contest->payload_sent, packet.to);
    if (entry.has_batch) entry.batch = slot.batch;
  });
  return entry;
}

std::optional<Entry> Repair::PeekAccepted(Packet& packet) const {
  const Ring& ring = board_.ring();
  const auto key_of = [&](SlotName name) {
    const Slot& slot = ring.slot(name);
    return static_cast<std::uint64_t>(slot.accepted) << 1 |
           static_cast<std::uint64_t>(slot.accepted_value);
  };
  DropTruncated(packet.peer.announcements);
  std::optional<Span> span;
  if (!packet.peer.announcements.empty()) {
    span = Head(packet.peer.announcements, key_of);
  } else {
    span = Sweep(
        packet, EntryKind::kAccepted, FirstOpen(), std::min(board_.acted_end(), ring.end()),
        [&](std::uint64_t q) { return board_.Undecided(q) & ring.row(q).accepted; },
        [&](SlotName name) -> std::optional<std::uint64_t> {
          // The own proposal at ballot 1 says it already.
          const bool is_said = ring.slot(name).accepted == 1 &&
                               OwnerOf(name.lane, 1, board_.replicas()) == board_.self();
          // Whoever has been promised a later ballot knows of this one.
          const bool is_past = ring.slot(name).promised > ring.slot(name).accepted_ballot();
          if (is_said || is_past) return std::nullopt;
          return key_of(name);
        });
  }
  if (!span) return std::nullopt;
  Entry entry;
  entry.kind = EntryKind::kAccepted;
  entry.slots = *span;
  span->ForEach([&](SlotName name) {
    entry.ballot = static_cast<std::uint32_t>(ring.slot(name).accepted);
    entry.value = ring.slot(name).accepted_value;
  });
  return entry;
}

std::optional<Entry> Repair::PeekPrepare(Packet& packet) const {
  const Ring& ring = board_.ring();
  const std::optional<Span> span = Sweep(
      packet, EntryKind::kPrepare, FirstOpen(), std::min(board_.acted_end(), ring.end()),
      [&](std::uint64_t q) { return board_.Undecided(q) & ring.row(q).preparing; },
      [&](SlotName name) -> std::optional<std::uint64_t> {
        const Contest& contest = *ring.slot(name).contest;
        if (!Has(contest.prepare_due, packet.to)) return std::nullopt;
        return contest.ballot;
      });
  if (!span) return std::nullopt;
  Entry entry;
  entry.kind = EntryKind::kPrepare;
  entry.slots = *span;
  span->ForEach([&](SlotName name) { entry.ballot = ring.slot(name).contest->ballot; });
  return entry;
}

std::optional<Entry> Repair::PeekPromise(Packet& packet) const {
  const Ring& ring = board_.ring();
  const std::optional<Span> span = Sweep(
      packet, EntryKind::kPromise, FirstOpen(), std::min(board_.acted_end(), ring.end()),
      [&](std::uint64_t q) { return ring.row(q).promise_due; },
      [&](SlotName name) -> std::optional<std::uint64_t> {
        const Slot& slot = ring.slot(name);
        if (OwnerOf(name.lane, slot.promised, board_.replicas()) != packet.to) return std::nullopt;
        return std::uint64_t{slot.promised} << 32 |
               static_cast<std::uint64_t>(slot.accepted + 1) << 1 |
               static_cast<std::uint64_t>(slot.accepted_value);
      });
  if (!span) return std::nullopt;
  Entry entry;
  entry.kind = EntryKind::kPromise;
  entry.slots = *span;
  span->ForEach([&](SlotName name) {
    const Slot& slot = ring.slot(name);
    entry.ballot = slot.promised;
    entry.accepted = slot.accepted;
    entry.value = slot.accepted_value;
  });
  return entry;
}

std::optional<Entry> Repair::PeekFetch(Packet& packet) const {
  if (packet.peer.fetches.empty()) return std::nullopt;
  Entry entry;
  entry.kind = EntryKind::kFetch;
  entry.slots = Head(packet.peer.fetches, [](SlotName) { return std::uint64_t{0}; });
  return entry;
}

std::optional<Entry> Repair::PeekPayload(Packet& packet) const {
  DropTruncated(packet.peer.payloads);
  if (packet.peer.payloads.empty()) return std::nullopt;
  const SlotName name = packet.peer.payloads.At(0);
  Entry entry;
  entry.kind = EntryKind::kPayload;
  entry.value = Value::kBatch;
  entry.slots = Span::Of(name);
  entry.has_batch = true;
  entry.batch = board_.ring().slot(name).batch;
  return entry;
}

std::uint32_t& Repair::SentAt(Packet& packet, SlotName name) const {
  std::vector<std::uint32_t>& sent = packet.peer.decided_sent;
  if (sent.empty()) sent.resize(config_.ring_rounds * board_.replicas());
  return sent[name.round % config_.ring_rounds * board_.replicas() + name.lane];
}

bool Repair::IsSentLately(const Packet& packet, SlotName name) const {
  const std::vector<std::uint32_t>& sent = packet.peer.decided_sent;
  if (sent.empty()) return false;
  const std::uint32_t at = sent[name.round % config_.ring_rounds * board_.replicas() + name.lane];
  return at > 0 && static_cast<std::uint32_t>(now_ + 1) - at < 4 * config_.depth;
}

// A decision that can be told now: with its batch, or with others that came to nothing.
std::optional<Entry> Repair::DecisionOf(const Packet& packet, SlotName name) const {
  const Ring& ring = board_.ring();
  const auto is_due = [&](SlotName slot, bool is_batch) {
    const Row& row = ring.row(slot.round);
    return Has(row.decided, slot.lane) && Has(row.batches, slot.lane) == is_batch &&
           !IsSentLately(packet, slot);
  };
  Entry entry;
  entry.kind = EntryKind::kDecided;
  entry.slots = Span::Of(name);
  if (is_due(name, true) && Has(ring.row(name.round).held, name.lane)) {
    entry.value = Value::kBatch;
    entry.has_batch = true;
    entry.batch = ring.slot(name).batch;
    return entry;
  }
  if (!is_due(name, false)) return std::nullopt;
  const std::uint64_t end = std::min(ring.end(), entry.slots.first + kBlock);
  for (SlotName next{name.round + 1, name.lane}; next.round < end; ++next.round) {
    if (is_due(next, false)) entry.slots.mask |= Span::BitOf(next);
  }
  return entry;
}

std::optional<Entry> Repair::PeekDecided(Packet& packet) const {
  SlotQueue& asked = packet.peer.decisions;
  for (DropTruncated(asked); !asked.empty(); asked.Drop(1), DropTruncated(asked)) {
    if (std::optional<Entry> entry = DecisionOf(packet, asked.At(0))) return entry;
  }
  const Ring& ring = board_.ring();
  if (!MayServe(packet.peer, packet.to) || packet.peer.frontier < ring.base()) return std::nullopt;
  const std::uint64_t n = board_.replicas();
  const std::uint64_t turn = (board_.self() + 2 * n - packet.to - 1) % n;
  const bool is_stuck = now_ > packet.peer.frontier_since + 4 * config_.depth;
  const std::uint64_t end = std::min(now_ + 1, ring.end());
  for (; packet.pass < 2; ++packet.pass, packet.at = packet.peer.frontier) {
    for (; packet.at < end; ++packet.at) {
      const bool is_first_half = packet.at / kParityRounds % 2 == turn % 2;
      if (!is_stuck && is_first_half != (packet.pass == 0)) continue;
      const Row& row = ring.row(packet.at);
      const std::uint64_t told = row.decided & (row.held | ~row.batches);
      for (std::uint32_t lane = 0; lane < n; ++lane) {
        if (!Has(told, lane)) continue;
        if (std::optional<Entry> entry = DecisionOf(packet, {packet.at, lane})) return entry;
      }
    }
  }
  return std::nullopt;
}

std::optional<Entry> Repair::PeekOffer(Packet& packet) const {
  const bool is_due =
      !packet.is_offered && !checkpoints_.empty() && packet.peer.frontier < board_.ring().base() &&
      packet.peer.frontier < checkpoints_.latest().round && MayServe(packet.peer, packet.to);
  if (!is_due) return std::nullopt;
  Entry entry;
  entry.kind = EntryKind::kOffer;
  entry.snapshot_round = checkpoints_.latest().round;
  entry.snapshot_bytes = checkpoints_.latest().bytes.size();
  return entry;
}

}  // namespace lockstep::chora
