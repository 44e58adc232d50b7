// Applies the decided prefix: see executor.h.

#include "protocols/chora/executor.h"

#include <algorithm>
#include <utility>

#include "protocols/chora/batch.h"
#include "protocols/chora/notes.h"
#include "protocols/core/check.h"
#include "protocols/core/log_notes.h"

namespace lockstep::chora {

Executor::Executor(const Config& config, Board& board, std::unique_ptr<core::StateMachine> machine)
    : config_(config),
      board_(board),
      machine_(std::move(machine)),
      queue_(clients_),
      checkpoints_(config),
      noops_(config.replicas()) {}

void Executor::Run(core::Effects& out) {
  const std::uint64_t end = std::min(board_.frontier(), executed_ + kRoundsEachCall);
  while (executed_ < end) {
    RunRound(executed_, out);
    ++executed_;
    AfterRound(out);
  }
}

bool Executor::Confirm(std::uint64_t now) {
  if (unconfirmed_.empty()) return false;
  for (Checkpoint& checkpoint : unconfirmed_) checkpoints_.Add(std::move(checkpoint), now);
  unconfirmed_.clear();
  return true;
}

void Executor::RunRound(std::uint64_t round, core::Effects& out) {
  const Row& row = board_.ring().row(round);
  const std::uint64_t active = board_.lanes().At(round);
  const std::uint32_t n = board_.replicas();
  std::uint64_t digest = 0;
  std::uint64_t filled = 0;  // positions
  std::uint64_t executed_digest = 0;
  applied_ = 0;
  for (std::uint32_t i = 0; i < n; ++i) {
    const std::uint32_t lane = RotatedLane(round, i, n);
    const bool is_noop = Has(active, lane) && !Has(row.batches, lane);
    noops_[lane] = is_noop ? noops_[lane] + 1 : 0;
    if (!Has(active & row.batches, lane)) {
      digest = CommitDigest(digest, 0);
      continue;
    }
    filled |= Bit(i);
    const core::Bytes& bytes = board_.ring().slot({round, lane}).batch;
    digest = CommitDigest(digest, bytes.Digest());
    Batch(bytes).ForEachCommand([&](Command&& command) {
      ClientTable::Executed executed = clients_.Execute(command, *machine_);
      if (executed.is_new) {
        ++applied_;
        executed_digest = core::ExecutedDigest(executed_digest, command.client, command.id);
      }
      if (!executed.is_to_be_sent) return;
      replies_.push_back({command.client, command.id, std::move(executed.answer)});
    });
  }
  if (!Has(active & row.batches, board_.self())) {
    std::vector<Command> commands;
    Requeue(round, commands);
    queue_.PushFront(std::move(commands));
  }
  out.Spend(core::Work::kApply, applied_);
  out.Note({core::NoteKind::kCommitted, core::NodeId(), core::StreamId(),
            core::Run{round * n, n, 1}, filled, digest});
  if (applied_ > 0) {
    out.Note({core::kExecuted, core::NodeId(), core::StreamId(), core::Run{round * n, n, 1},
              applied_, executed_digest});
  }
  for (Reply& reply : replies_) out.Reply(reply.client, reply.id, std::move(reply.answer));
  replies_.clear();
}

void Executor::Requeue(std::uint64_t round, std::vector<Command>& commands) const {
  if (!board_.ring().Contains(round) || !board_.IsHeld({round, board_.self()})) return;
  Batch(board_.ring().slot({round, board_.self()}).batch).ForEachCommand([&](Command&& command) {
    if (clients_.StateOf(command.client, command.id) != ClientTable::State::kOpen) return;
    commands.push_back(std::move(command));
  });
}

void Executor::AfterRound(core::Effects& out) {
  const bool is_checkpoint = executed_ % config_.checkpoint_rounds == 0;
  const bool is_told = config_.state_rounds > 0 && executed_ % config_.state_rounds == 0;
  if (is_checkpoint || is_told) {
    out.Note({core::NoteKind::kState, core::NodeId(), core::StreamId(),
              core::Run{executed_ * board_.replicas(), 1, 1}, 0, machine_->Digest()});
  }
  if (!is_checkpoint) return;
  std::vector<Lanes::State>& states = board_.lane_states();
  std::erase_if(states, [&](const Lanes::State& state) { return state.round < executed_; });
  CHECK(!states.empty());
  CHECK(states.front().round == executed_);
  unconfirmed_.push_back(TakeCheckpoint(states.front(), clients_, *machine_));
  states.erase(states.begin());
}

bool Executor::Install(const core::Bytes& bytes, std::uint64_t round, std::uint64_t now,
                       core::Effects& out) {
  Lanes::State lanes;
  std::vector<ClientTable::Answer> answered;
  if (!RestoreCheckpoint(bytes, round, board_.replicas(), config_.alpha, lanes, clients_, *machine_,
                         answered)) {
    return false;
  }
  std::vector<Command> commands;
  for (std::uint64_t q = executed_; q < round; ++q) Requeue(q, commands);
  queue_.PushFront(std::move(commands));
  board_.JumpTo(lanes);
  board_.lane_states().clear();
  executed_ = lanes.round;
  std::fill(noops_.begin(), noops_.end(), 0);
  checkpoints_.Add({lanes.round, bytes}, now);
  out.Note({core::NoteKind::kInstalled, core::NodeId(), core::StreamId(),
            core::Run{executed_ * board_.replicas(), 1, 1}, bytes.size(), 0});
  out.Note({core::NoteKind::kState, core::NodeId(), core::StreamId(),
            core::Run{executed_ * board_.replicas(), 1, 1}, 0, machine_->Digest()});
  for (ClientTable::Answer& answer : answered) {
    out.Reply(answer.client, answer.id, std::move(answer.content));
  }
  return true;
}

}  // namespace lockstep::chora
