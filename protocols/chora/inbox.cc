// What a replica does with the messages of its peers: see replica.h.

#include <algorithm>
#include <utility>

#include "protocols/chora/notes.h"
#include "protocols/chora/replica.h"

namespace lockstep::chora {

void Replica::OnMessage(const core::Now& now, core::NodeId from, const core::Bytes& payload,
                        core::Effects& out) {
  const std::optional<MessageType> type = Codec::TypeOf(payload);
  bool is_good = type.has_value() && config_.cluster.Has(from);
  if (is_good) {
    switch (*type) {
      case MessageType::kRound:
        is_good = OnRound(now, from, payload, out);
        break;
      case MessageType::kRepair:
        is_good = OnRepair(from, payload, out);
        break;
      case MessageType::kForward:
        is_good = OnForward(from, payload);
        break;
      case MessageType::kRecover:
        is_good = OnRecover(from, payload, out);
        break;
      case MessageType::kRecoverAnswer:
        is_good = OnRecoverAnswer(from, payload);
        break;
      case MessageType::kChunkRequest:
        is_good = OnChunkRequest(from, payload);
        break;
      case MessageType::kChunk:
        is_good = OnChunk(from, payload, out);
        break;
    }
  }
  if (!is_good) out.Note({core::NoteKind::kMalformed, from, {}, {}, 0, 0});
}

bool Replica::IsFrom(core::NodeId from, const Header& header) const {
  return header.sender != self_ && config_.cluster.Replica(header.sender) == from;
}

bool Replica::OnRound(const core::Now& now, core::NodeId from, const core::Bytes& payload,
                      core::Effects& out) {
  if (!codec_.Decode(payload, in_) || !IsFrom(from, in_.header)) return false;
  out.Spend(core::Work::kVote, 1);
  const std::uint32_t sender = in_.header.sender;
  Peer& peer = peers_[sender];
  peer.Hear(in_.header.incarnation, in_.frontier, round_);
  peer.last_heard = round_;
  std::uint64_t commands = 0;
  if (board_.ring().Contains(in_.round)) {
    Row& row = board_.ring().row(in_.round);
    const bool is_new = !Has(row.heard, sender);
    row.heard |= Bit(sender);
    if (in_.has_batch) {
      board_.Store({in_.round, sender}, in_.batch);
      board_.CountVote({in_.round, sender}, sender, true);
      commands = Batch(in_.batch).commands();
    }
    if (is_new && (row.heard | Bit(self_)) == board_.all()) {
      const auto began = static_cast<std::uint64_t>(pacer_.BeganAt(in_.round).ps());
      out.Note({kRoundComplete, from, {}, core::Run{in_.round, 1, 1}, began, 0});
    }
    const bool is_late = in_.has_batch && Has(row.voted & ~row.ones, sender);
    if (is_new && is_late) {
      out.Note({kRoundLate, from, {}, core::Run{in_.round, 1, 1}, round_, 0});
    }
  }
  if (in_.round >= board_.ring().end()) teller_.Ignore(in_.round);
  if (!in_.is_abstaining) TakeVotes(sender);
  if (const std::optional<std::uint64_t> jump = pacer_.OnRound(now, in_)) {
    // What was missed is voted on at that boundary.
    next_round_ = *jump;
    out.SetTimer(kBoundary, pacer_.NextAt(next_round_), pacer_.clock());
  }
  Conclude(out);
  in_.batch = core::Bytes();  // It would hold the message for longer than the ring does.
  out.Spend(core::Work::kAnalyse, 1);
  if (in_.has_batch) out.Spend(core::Work::kLog, 1, payload.byte_count());
  out.Spend(core::Work::kCommand, commands);
  Settle(out);
  return true;
}

void Replica::TakeVotes(std::uint32_t from) {
  Peer& peer = peers_[from];
  for (std::uint32_t h = 0; h < config_.vote_rounds; ++h) {
    const core::Mask& votes = in_.votes[h];
    if (votes.known == 0) continue;
    const std::uint64_t q = in_.round - config_.depth - h;
    Peer::Taken& taken = peer.taken[q % Peer::kTaken];
    if (taken.round != q) {
      // An older round that shares the place is looked at again, which does no harm.
      taken = {q, 0};
    }
    const std::uint64_t fresh = votes.known & ~taken.known;
    if (fresh == 0 || !board_.ring().Contains(q)) continue;
    taken.known |= fresh;
    ForEachBit(fresh, [&](std::uint32_t lane) {
      board_.CountVote({q, lane}, from, Has(votes.ones, lane));
    });
  }
}

bool Replica::OnRepair(core::NodeId from, const core::Bytes& payload, core::Effects& out) {
  if (!codec_.Decode(payload, repair_in_) || !IsFrom(from, repair_in_.header)) return false;
  const std::uint32_t sender = repair_in_.header.sender;
  peers_[sender].Hear(repair_in_.header.incarnation, repair_in_.frontier, round_);
  for (const Entry& entry : repair_in_.entries) OnEntry(sender, entry);
  repair_in_.entries.clear();
  Conclude(out);
  out.Spend(core::Work::kAnalyse, 1);
  Settle(out);
  return true;
}

void Replica::OnEntry(std::uint32_t from, const Entry& entry) {
  if (entry.kind == EntryKind::kOffer) {
    OnOffer(from, entry);
    return;
  }
  // All rules apply slot by slot, also where slots are named together.
  entry.slots.ForEach([&](SlotName name) {
    if (board_.ring().Contains(name.round)) OnSlotEntry(from, entry, name);
  });
}

void Replica::OnSlotEntry(std::uint32_t from, const Entry& entry, SlotName name) {
  if (entry.has_batch) board_.Store(name, entry.batch);
  switch (entry.kind) {
    case EntryKind::kVotes:
      board_.CountVote(name, from, (entry.ones & Span::BitOf(name)) != 0);
      return;
    case EntryKind::kResolve:
      OnResolve(from, name, entry);
      return;
    case EntryKind::kAccepted:
      proposer_.OnBallot(name, entry.ballot, round_);
      board_.CountAcceptance(name, from, entry.ballot, entry.value);
      return;
    case EntryKind::kDecided:
      board_.LearnDecision(name, entry.value);
      return;
    case EntryKind::kFetch:
      if (board_.IsHeld(name) && !peers_[from].payloads.Contains(name)) {
        peers_[from].payloads.Push(name);
      }
      return;
    case EntryKind::kPrepare:
      OnPrepare(from, name, entry.ballot);
      return;
    case EntryKind::kPromise:
      proposer_.OnBallot(name, entry.ballot, round_);
      proposer_.OnPromise(name, from, entry.ballot, entry.accepted, entry.value);
      return;
    case EntryKind::kPayload:
    case EntryKind::kOffer:
      return;
  }
}

void Replica::OnResolve(std::uint32_t from, SlotName name, const Entry& entry) {
  proposer_.OnBallot(name, entry.ballot, round_);
  if (entry.value == Value::kBatch) {
    board_.ring().slot(name).EnsureContest().holders |= Bit(from);
  }
  // At ballot 1 its sender has accepted in the same step. Later it proves nothing: a proposer may
  // have promised a higher ballot since.
  if (entry.ballot == 1) board_.CountAcceptance(name, from, 1, entry.value);
  if (board_.Accept(name, entry.ballot, entry.value)) Announce(name);
}

void Replica::OnPrepare(std::uint32_t from, SlotName name, std::uint32_t ballot) {
  proposer_.OnBallot(name, ballot, round_);
  Row& row = board_.ring().row(name.round);
  if (Has(row.decided, name.lane)) {
    if (!peers_[from].decisions.Contains(name)) peers_[from].decisions.Push(name);
    return;
  }
  // One from a clock that runs ahead would turn rounds to come into nothing.
  if (name.round + config_.depth > round_) return;
  if (board_.Promise(name, ballot)) row.promise_due |= Bit(name.lane);
}

void Replica::Announce(SlotName name) {
  for (std::uint32_t i = 0; i < config_.replicas(); ++i) {
    if (i != self_) peers_[i].announcements.Push(name);
  }
}

void Replica::OnOffer(std::uint32_t from, const Entry& entry) {
  if (entry.snapshot_round <= board_.frontier() || entry.snapshot_round < board_.ring().base()) {
    return;
  }
  if (!download_.OnOffer(from, entry.snapshot_round, entry.snapshot_bytes, round_)) return;
  // Who abstains has nothing that others need: its ring holds what comes meanwhile.
  if (!board_.is_acting()) board_.Truncate(entry.snapshot_round);
}

bool Replica::OnForward(core::NodeId from, const core::Bytes& payload) {
  ForwardMessage message;
  if (!codec_.Decode(payload, message) || !IsFrom(from, message.header)) return false;
  if (!board_.is_acting() || !IsOwnLaneActive()) return true;
  const Batch batch(message.batch);
  for (const Reconf& reconf : batch.Reconfs()) QueueReconf(reconf);
  ClientTable& clients = executor_.clients();
  batch.ForEachCommand([&](Command&& command) {
    if (clients.StateOf(command.client, command.id) != ClientTable::State::kNew) return;
    clients.Open(command.client, command.id, /*is_own=*/false);
    executor_.queue().PushBack(std::move(command));
  });
  return true;
}

bool Replica::OnRecover(core::NodeId from, const core::Bytes& payload, core::Effects& out) {
  RecoverMessage message;
  if (!codec_.Decode(payload, message) || !IsFrom(from, message.header)) return false;
  if (IsRecovering()) return true;
  const std::uint64_t acted_end =
      std::max({board_.acted_end(), board_.frontier(), board_.first_allowed()});
  out.Send(from, codec_.Encode(RecoverAnswer{MakeHeader(), message.header.incarnation, acted_end}));
  return true;
}

bool Replica::OnRecoverAnswer(core::NodeId from, const core::Bytes& payload) {
  RecoverAnswer answer;
  if (!codec_.Decode(payload, answer) || !IsFrom(from, answer.header)) return false;
  if (!IsRecovering()) return true;
  const std::optional<std::uint64_t> first_allowed =
      recovery_.OnAnswer(answer.header.sender, answer.asked_by, answer.acted_end);
  if (first_allowed) board_.set_first_allowed(*first_allowed);
  return true;
}

bool Replica::OnChunkRequest(core::NodeId from, const core::Bytes& payload) {
  ChunkRequest request;
  if (!codec_.Decode(payload, request) || !IsFrom(from, request.header)) return false;
  std::vector<ChunkRequest>& waiting = peers_[request.header.sender].chunks;
  if (waiting.size() < Download::kOutstanding) waiting.push_back(request);
  return true;
}

bool Replica::OnChunk(core::NodeId from, const core::Bytes& payload, core::Effects& out) {
  ChunkMessage chunk;
  if (!codec_.Decode(payload, chunk) || !IsFrom(from, chunk.header)) return false;
  download_.OnChunk(chunk.round, chunk.index, chunk.content, round_);
  return InstallDownloaded(out);
}

bool Replica::InstallDownloaded(core::Effects& out) {
  // Rounds that the log core is still applying come first: kApplied asks again.
  if (is_log_busy_) return true;
  const std::uint64_t round = download_.round();
  std::optional<core::Bytes> whole = download_.Take();
  if (!whole) return true;
  // What has been decided here meanwhile may have passed it.
  if (round <= board_.frontier()) return true;
  if (!executor_.Install(*whole, round, round_, out)) return false;
  confirmed_ = executor_.executed();
  applied_up_to_ = confirmed_;
  Settle(out);
  return true;
}

}  // namespace lockstep::chora
