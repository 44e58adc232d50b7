// Boundaries of a replica: see replica.h.

#include "protocols/chora/replica.h"

#include <algorithm>
#include <string>
#include <utility>

#include "protocols/chora/notes.h"
#include "protocols/core/check.h"
#include "protocols/core/log_notes.h"

namespace lockstep::chora {
namespace {

std::uint64_t DrawIncarnation(const core::Seat& seat) {
  core::Random random = seat.random.Fork("incarnation").Fork(std::to_string(seat.incarnation));
  return random.Next();
}

core::effect::Note NoteOf(core::NoteKind kind, std::uint64_t value, std::uint64_t detail) {
  return {kind, core::NodeId(), core::StreamId(), core::Run{value, 1, 1}, detail, 0};
}

}  // namespace

Replica::Replica(const Config& config, const core::Seat& seat,
                 std::unique_ptr<core::StateMachine> machine)
    : config_(config),
      self_(seat.index),
      is_first_start_(seat.incarnation == 0),
      incarnation_(DrawIncarnation(seat)),
      codec_(config_),
      pacer_(config_, self_),
      teller_(config_, self_),
      board_(config_, self_),
      resolver_(board_, config_.depth),
      proposer_(board_, config_.depth, seat.random.Fork("backoff")),
      executor_(config_, board_, std::move(machine)),
      peers_(config_.replicas()),
      repair_(config_, board_, peers_, executor_.checkpoints()),
      lane_keeper_(config_, board_),
      recovery_(incarnation_, config_.quorum(), config_.hard_window),
      download_(config_) {
  CHECK(Validate(config_).ok());
}

void Replica::OnStart(const core::Now& now, std::span<const core::Bytes>, core::Effects& out) {
  if (!is_first_start_) {
    board_.set_first_allowed(Board::kNever);
    board_.set_acting(false);
    is_catching_up_ = true;
    out.Note(NoteOf(kRecovering, 0, incarnation_));
  }
  const std::optional<std::uint64_t> first = pacer_.Start(now, is_first_start_);
  if (!first) return;  // The first rounds that are heard will say.
  next_round_ = *first;
  started_ = next_round_;
  round_ = next_round_;
  out.SetTimer(kBoundary, pacer_.NextAt(next_round_), pacer_.clock());
}

void Replica::OnTimer(const core::Now& now, core::TimerId timer, core::Effects& out) {
  if (timer == kBoundary) {
    OnBoundary(now, out);
  } else if (timer == kRepair) {
    OnRepairTime(out);
  } else {
    OnApplied(out);
  }
}

void Replica::OnApplied(core::Effects& out) {
  is_log_busy_ = false;
  confirmed_ = applied_up_to_;
  if (executor_.Confirm(round_)) Truncate();
  for (const auto& [client, id] : std::exchange(asked_again_, {})) {
    if (executor_.clients().StateOf(client, id) != ClientTable::State::kAnswered) continue;
    out.Reply(client, id, executor_.clients().AnswerOf(client, id));
  }
  InstallDownloaded(out);
  Settle(out);
}

void Replica::OnBoundary(const core::Now& now, core::Effects& out) {
  // A boundary that is handled late is that of the round which the clock shows by now.
  const std::uint64_t round = pacer_.Enter(now, next_round_);
  if (has_begun_ && round > round_ + 1) {
    const std::uint64_t skipped = round - round_ - 1;
    if (skipped > 2 * config_.depth) is_catching_up_ = true;
    out.Note(
        {kRoundSkipped, core::NodeId(), core::StreamId(), core::Run{round_ + 1, skipped, 1}, 0, 0});
  }
  if (!has_begun_) started_ = round;
  has_begun_ = true;
  round_ = round;
  next_round_ = round + 1;

  repair_.BeginRound(round_);
  Cast(now, out);
  out.Spend(core::Work::kSnapshot, 1);
  resolver_.Run(round_, [](SlotName) {});
  proposer_.Run(round_, MayTry(), [&](SlotName name) { Announce(name); });
  const std::uint64_t commands = SendRound(now, out);
  out.SetTimer(kBoundary, pacer_.NextAt(next_round_), pacer_.clock());
  if (download_.is_active() || repair_.IsNeeded()) {
    out.SetTimer(kRepair, pacer_.HalfAfter(round_), pacer_.clock());
  }
  Ask(out);
  Conclude(out);
  out.Spend(core::Work::kBuild, 1);
  out.Spend(core::Work::kCommand, commands);
  Settle(out);
}

void Replica::Cast(const core::Now& now, core::Effects& out) {
  if (round_ >= config_.depth) {
    board_.CastUpTo(round_ - config_.depth, round_,
                    [&](std::uint64_t q) { teller_.Vote(q, board_.ring().row(q).heard); });
  }
  teller_.Tell(round_, pacer_.LateBy(now, round_), out);
}

bool Replica::MayTry() {
  if (board_.frontier() != last_frontier_) {
    last_frontier_ = board_.frontier();
    still_since_ = round_;
  }
  const std::uint64_t depth = config_.depth;
  const bool is_near = board_.frontier() + 4 * depth >= round_;
  if (is_near || round_ >= still_since_ + 8 * depth) is_catching_up_ = false;
  return !is_catching_up_;
}

std::optional<core::Bytes> Replica::MakeBatch(std::uint64_t& commands) {
  if (!IsOwnLaneActive() || !board_.MayPropose(round_)) return std::nullopt;
  std::vector<Command> taken;
  if (round_ <= confirmed_ + config_.soft_window) {
    taken = executor_.queue().Take(config_.batch_commands, reconfs_.size(),
                                   config_.packet_bytes - RoundOverhead(config_));
  }
  commands = taken.size();
  core::Bytes batch = Batch::Encode(reconfs_, taken);
  reconfs_.clear();
  return batch;
}

std::uint64_t Replica::SendRound(const core::Now& now, core::Effects& out) {
  RoundMessage message;
  message.header = MakeHeader();
  message.is_abstaining = is_abstaining();
  message.round = round_;
  message.frontier = board_.frontier();
  pacer_.PutEcho(now, message);
  std::uint64_t commands = 0;
  if (std::optional<core::Bytes> batch = MakeBatch(commands)) {
    board_.Propose(round_, *batch);
    message.has_batch = true;
    message.batch = *std::move(batch);
  }
  for (std::uint32_t h = 0; h < config_.vote_rounds && !message.is_abstaining; ++h) {
    if (round_ < config_.depth + h) break;
    const std::uint64_t q = round_ - config_.depth - h;
    if (!board_.ring().Contains(q) || q < board_.first_allowed()) continue;
    const Row& row = board_.ring().row(q);
    message.votes[h] = {row.voted, row.ones};
  }
  SendToAll(codec_.Encode(message), out);
  return commands;
}

void Replica::SendToAll(const core::Bytes& payload, core::Effects& out) {
  // In an order of its own for each sender, so that no receiver is everybody's last.
  for (std::uint32_t i = 1; i < config_.replicas(); ++i) {
    out.Send(config_.cluster.Replica(self_ + i), payload);
  }
}

void Replica::Ask(core::Effects& out) {
  if (board_.is_acting() && IsOwnLaneActive()) {
    for (const Reconf& wish : lane_keeper_.Wishes(executor_, peers_, started_, round_)) {
      QueueReconf(wish);
    }
    return;
  }
  if (round_ < next_ask_) return;
  if (IsRecovering()) {
    SendToAll(codec_.Encode(RecoverMessage{MakeHeader()}), out);
    next_ask_ = round_ + 4 * config_.depth;
  }
  std::vector<Reconf> wishes = lane_keeper_.Wishes(executor_, peers_, started_, round_);
  if (wishes.empty() && executor_.queue().empty()) return;
  next_ask_ = round_ + 4 * config_.depth;
  Forward(std::move(wishes), out);
}

void Replica::Forward(std::vector<Reconf> wishes, core::Effects& out) {
  const std::uint64_t active = board_.lanes().newest() & ~Bit(self_);
  if (active == 0) return;
  do {
    forward_turn_ = (forward_turn_ + 1) % config_.replicas();
  } while (!Has(active, forward_turn_));
  CommandQueue& queue = executor_.queue();
  const std::vector<Command> commands = queue.Take(config_.batch_commands, wishes.size(),
                                                   config_.packet_bytes - RoundOverhead(config_));
  if (wishes.empty() && commands.empty()) return;
  const ForwardMessage message{MakeHeader(), Batch::Encode(wishes, commands)};
  out.Send(config_.cluster.Replica(forward_turn_), codec_.Encode(message));
  // They wait here until they have been executed.
  for (const Command& command : commands) queue.PushBack(command);
}

void Replica::QueueReconf(const Reconf& reconf) {
  const Lanes& lanes = board_.lanes();
  const bool is_stale = lanes.EpochOf(reconf.lane) != reconf.epoch ||
                        Has(lanes.newest(), reconf.lane) == reconf.is_on;
  if (is_stale || reconfs_.size() >= Batch::kReconfsMax) return;
  if (std::find(reconfs_.begin(), reconfs_.end(), reconf) == reconfs_.end()) {
    reconfs_.push_back(reconf);
  }
}

void Replica::OnRepairTime(core::Effects& out) {
  if (download_.is_active() && download_.round() <= board_.frontier()) download_.Abandon();
  for (const Download::Ask& ask : download_.Next(round_)) {
    out.Send(config_.cluster.Replica(ask.peer),
             codec_.Encode(ChunkRequest{MakeHeader(), ask.round, ask.index}));
  }
  repair_.AssignFetches();
  RepairMessage message;
  message.header = MakeHeader();
  message.is_abstaining = is_abstaining();
  message.round = round_;
  message.frontier = board_.frontier();
  for (std::uint32_t i = 1; i < config_.replicas(); ++i) {
    const std::uint32_t peer = (self_ + i) % config_.replicas();
    SendChunks(peer, out);
    if (!repair_.IsNeeded(peer)) continue;
    message.entries = repair_.Pack(peer);
    if (message.entries.empty()) continue;
    out.Send(config_.cluster.Replica(peer), codec_.Encode(message));
  }
}

void Replica::SendChunks(std::uint32_t to, core::Effects& out) {
  for (const ChunkRequest& asked : peers_[to].chunks) {
    const std::optional<core::Bytes> content =
        executor_.checkpoints().Chunk(asked.round, asked.index, round_);
    // Where it is gone, the offer of another one is on its way with the repairs.
    if (!content) continue;
    out.Send(config_.cluster.Replica(to),
             codec_.Encode(ChunkMessage{MakeHeader(), asked.round, asked.index, *content}));
  }
  peers_[to].chunks.clear();
}

void Replica::Settle(core::Effects& out) {
  Conclude(out);
  out.Spend(core::Work::kBookkeep, std::exchange(passed_, 0) * config_.replicas());
  // Below the base there is nothing to apply: who has taken up a checkpoint waits for it.
  const bool may_apply = executor_.IsBehind() && executor_.executed() >= board_.ring().base();
  if (may_apply && !is_log_busy_) Apply(out);
  if (!board_.is_acting()) PassFloor(out);
}

// Before the work of the log core, which may have much to do: it is known by now.
void Replica::Conclude(core::Effects& out) {
  if (!board_.news().empty()) NoteNews(out);
  passed_ += board_.AdvanceFrontier();
  if (!board_.lane_changes().empty()) NoteLanes(out);
}

void Replica::NoteNews(core::Effects& out) {
  for (const SlotNews& news : board_.news()) {
    const bool is_conflict = news.kind == SlotNews::Kind::kSecond;
    core::effect::Note note = NoteOf(is_conflict ? kConflict : kResolved, news.name.round,
                                     news.name.lane + std::uint64_t{64} * news.ballot);
    note.peer = config_.cluster.Replica(news.name.lane);
    note.digest = static_cast<std::uint64_t>(news.value);
    out.Note(note);
  }
  board_.news().clear();
}

void Replica::NoteLanes(core::Effects& out) {
  for (const LaneChange& change : board_.lane_changes()) {
    ForEachBit(change.changed, [&](std::uint32_t lane) {
      core::effect::Note note = NoteOf(core::kLanes, change.since, board_.lanes().At(change.since));
      note.peer = config_.cluster.Replica(lane);
      out.Note(note);
    });
  }
  board_.lane_changes().clear();
}

void Replica::Apply(core::Effects& out) {
  executor_.Run(out);
  // Performed when the log core has come so far.
  out.SetTimer(kApplied, core::Instant());
  is_log_busy_ = true;
  applied_up_to_ = executor_.executed();
}

void Replica::PassFloor(core::Effects& out) {
  if (executor_.executed() < board_.first_allowed()) return;
  board_.set_acting(true);
  out.Note(NoteOf(core::NoteKind::kRejoined, executor_.executed(), board_.first_allowed()));
}

void Replica::Truncate() {
  if (executor_.checkpoints().empty()) return;
  // At most what a checkpoint covers, and what a quorum has passed; less than a stall needs again.
  std::vector<std::uint64_t> frontiers;
  for (std::uint32_t i = 0; i < config_.replicas(); ++i) {
    frontiers.push_back(i == self_ ? board_.frontier() : peers_[i].frontier);
  }
  std::sort(frontiers.rbegin(), frontiers.rend());
  const std::uint64_t kept = config_.checkpoint_rounds;
  const std::uint64_t behind = board_.frontier() > kept ? board_.frontier() - kept : 0;
  board_.Truncate(
      std::min({executor_.checkpoints().OldestInUse(round_), executor_.checkpoints().latest().round,
                frontiers[config_.quorum() - 1], behind}));
}

void Replica::OnSubmit(const core::Now&, core::ClientId client, core::RequestId id,
                       core::RequestId low, const core::Bytes& request, core::Effects& out) {
  if (request.size() > config_.command_bytes_max) {
    out.Note(NoteOf(kTooLarge, id.value(), client.value()));
    return;
  }
  ClientTable& clients = executor_.clients();
  switch (clients.StateOf(client, id)) {
    case ClientTable::State::kAnswered:
      // Nobody is to know what the log core has not come to.
      if (is_log_busy_) {
        asked_again_.emplace(client, id);
      } else {
        out.Reply(client, id, clients.AnswerOf(client, id));
      }
      return;
    case ClientTable::State::kForgotten:
      return;
    case ClientTable::State::kOpen:
      clients.Open(client, id, /*is_own=*/true);
      return;
    case ClientTable::State::kNew: {
      clients.Open(client, id, /*is_own=*/true);
      executor_.queue().PushBack({client, id, low.value(), request});
      return;
    }
  }
}

}  // namespace lockstep::chora
