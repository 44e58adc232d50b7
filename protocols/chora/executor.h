// Applies the decided prefix, round by round, behind the frontier.
//
// Keeps the application, the clients' table, the queue of commands and the checkpoints; the owner's
// commands that came to nothing go back to the head of the queue here. It applies a bounded number
// of rounds a call; whoever calls it sees to the rest.
//
// Chora-R, a reconstruction; the paper's body was not available.

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "protocols/chora/board.h"
#include "protocols/chora/checkpoint.h"
#include "protocols/chora/clients.h"
#include "protocols/chora/config.h"
#include "protocols/chora/transfer.h"
#include "protocols/core/effects.h"
#include "protocols/core/state_machine.h"

namespace lockstep::chora {

class Executor {
 public:
  static constexpr std::uint64_t kRoundsEachCall = 64;

  // `board` outlives this.
  Executor(const Config& config, Board& board, std::unique_ptr<core::StateMachine> machine);

  // The first round that has not been applied.
  std::uint64_t executed() const { return executed_; }
  bool IsBehind() const { return executed_ < board_.frontier(); }
  // Applies at most kRoundsEachCall rounds; lists the work, and behind it what comes of it.
  void Run(core::Effects& out);
  // The work of the last Run has been done: the checkpoints that it took are there from now on.
  // `now` is the own round. Whether it took any.
  bool Confirm(std::uint64_t now);
  // Takes over the checkpoint at `round`, above the frontier: board, table and machine. False, and
  // all is as before, if the bytes are none. `now` is the own round.
  bool Install(const core::Bytes& bytes, std::uint64_t round, std::uint64_t now,
               core::Effects& out);

  ClientTable& clients() { return clients_; }
  CommandQueue& queue() { return queue_; }
  const CommandQueue& queue() const { return queue_; }
  CheckpointStore& checkpoints() { return checkpoints_; }
  // How many active rounds in a row the lane has come to nothing, as executed.
  std::uint64_t NoopsOf(std::uint32_t lane) const { return noops_[lane]; }

 private:
  struct Reply {
    core::ClientId client;
    core::RequestId id;
    core::Bytes answer;
  };

  void RunRound(std::uint64_t round, core::Effects& out);
  // Puts back those commands of the own batch of `round` that are still open.
  void Requeue(std::uint64_t round, std::vector<Command>& commands) const;
  void AfterRound(core::Effects& out);

  const Config& config_;
  Board& board_;
  std::unique_ptr<core::StateMachine> machine_;
  ClientTable clients_;
  CommandQueue queue_;
  CheckpointStore checkpoints_;
  std::vector<Checkpoint> unconfirmed_;  // of the last Run
  std::uint64_t executed_ = 0;
  std::vector<std::uint64_t> noops_;  // noops_[lane]
  std::vector<Reply> replies_;        // of the present call
  std::uint64_t applied_ = 0;         // commands, of the present call
};

}  // namespace lockstep::chora
