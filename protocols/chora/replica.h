// A replica of Chora-R: state machine replication on lock-step rounds.
//
// Chora-R, a reconstruction; the paper's body was not available. Source: the abstract of arXiv
// 2507.12792 (servers advance in lock-step rounds, several instances are in flight, all replicas
// propose in parallel). The rules are the reconstruction's, not the authors'.
//
// At each boundary a replica casts its votes on what has arrived, proposes a batch, and sends both
// in one message to each peer; half a round later it sends what mends older slots. It puts the
// parts together and leaves the rules to them: board.h counts and decides, resolver.h and
// proposer.h mend, repair.h packs, executor.h applies, recovery.h and transfer.h bring back who has
// forgotten.
//
// Clocks decide when to act, never what is safe.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"

#include "protocols/chora/board.h"
#include "protocols/chora/config.h"
#include "protocols/chora/executor.h"
#include "protocols/chora/lane_keeper.h"
#include "protocols/chora/messages.h"
#include "protocols/chora/pacer.h"
#include "protocols/chora/peers.h"
#include "protocols/chora/proposer.h"
#include "protocols/chora/recovery.h"
#include "protocols/chora/repair.h"
#include "protocols/chora/resolver.h"
#include "protocols/chora/round_teller.h"
#include "protocols/chora/transfer.h"
#include "protocols/core/node.h"
#include "protocols/core/program.h"
#include "protocols/core/state_machine.h"

namespace lockstep::chora {

class Replica : public core::Node {
 public:
  // `config` must be valid. A seat whose incarnation is 0 is a first start; on any later one the
  // memory was lost, since nothing is kept on disk.
  Replica(const Config& config, const core::Seat& seat,
          std::unique_ptr<core::StateMachine> machine);

  void OnStart(const core::Now& now, std::span<const core::Bytes> saved,
               core::Effects& out) override;
  void OnMessage(const core::Now& now, core::NodeId from, const core::Bytes& payload,
                 core::Effects& out) override;
  void OnTimer(const core::Now& now, core::TimerId timer, core::Effects& out) override;
  // Rounds are no work that credit bounds.
  void OnWritable(const core::Now&, core::NodeId, core::Effects&) override {}
  void OnSubmit(const core::Now& now, core::ClientId client, core::RequestId id,
                core::RequestId low, const core::Bytes& request, core::Effects& out) override;

  // For tests and checkers that look inside.
  const Board& board() const { return board_; }
  const Executor& executor() const { return executor_; }
  std::uint64_t round() const { return round_; }
  bool is_abstaining() const { return !board_.is_acting(); }

 private:
  // Timers.
  static constexpr core::TimerId kBoundary = core::TimerId(0);
  static constexpr core::TimerId kRepair = core::TimerId(1);
  static constexpr core::TimerId kApplied = core::TimerId(2);

  // --- Boundaries (replica.cc) ---
  void OnBoundary(const core::Now& now, core::Effects& out);
  // The log core has come to the end of what was applied last.
  void OnApplied(core::Effects& out);
  void Cast(const core::Now& now, core::Effects& out);
  std::uint64_t SendRound(const core::Now& now, core::Effects& out);
  std::optional<core::Bytes> MakeBatch(std::uint64_t& commands);
  void SendToAll(const core::Bytes& payload, core::Effects& out);
  // What is done every few rounds beside the round's message.
  void Ask(core::Effects& out);
  void Forward(std::vector<Reconf> wishes, core::Effects& out);
  bool MayTry();
  void OnRepairTime(core::Effects& out);
  void SendChunks(std::uint32_t to, core::Effects& out);
  // Draws the conclusions of what has been learnt: frontier, notes, execution, truncation.
  void Settle(core::Effects& out);
  // Moves the frontier, and says what has been decided and which lanes have changed.
  void Conclude(core::Effects& out);
  void NoteNews(core::Effects& out);
  void NoteLanes(core::Effects& out);
  void Apply(core::Effects& out);
  void PassFloor(core::Effects& out);
  void Truncate();

  // --- Messages (inbox.cc) ---
  // None if the sender is no peer, or says that it is another.
  bool IsFrom(core::NodeId from, const Header& header) const;
  bool OnRound(const core::Now& now, core::NodeId from, const core::Bytes& payload,
               core::Effects& out);
  void TakeVotes(std::uint32_t from);
  bool OnRepair(core::NodeId from, const core::Bytes& payload, core::Effects& out);
  void OnEntry(std::uint32_t from, const Entry& entry);
  void OnSlotEntry(std::uint32_t from, const Entry& entry, SlotName name);
  void OnPrepare(std::uint32_t from, SlotName name, std::uint32_t ballot);
  void OnResolve(std::uint32_t from, SlotName name, const Entry& entry);
  void OnOffer(std::uint32_t from, const Entry& entry);
  void Announce(SlotName name);
  bool OnForward(core::NodeId from, const core::Bytes& payload);
  bool OnRecover(core::NodeId from, const core::Bytes& payload, core::Effects& out);
  bool OnRecoverAnswer(core::NodeId from, const core::Bytes& payload);
  bool OnChunkRequest(core::NodeId from, const core::Bytes& payload);
  bool OnChunk(core::NodeId from, const core::Bytes& payload, core::Effects& out);
  // Takes over the checkpoint that has come whole, if one has; false if it is none.
  bool InstallDownloaded(core::Effects& out);
  void QueueReconf(const Reconf& reconf);

  Header MakeHeader() const { return {config_.cluster_id, incarnation_, self_}; }
  bool IsOwnLaneActive() const { return Has(board_.lanes().newest(), self_); }
  bool IsRecovering() const { return board_.first_allowed() == Board::kNever; }

  Config config_;
  std::uint32_t self_;
  bool is_first_start_;
  std::uint64_t incarnation_;
  Codec codec_;
  Pacer pacer_;
  RoundTeller teller_;
  Board board_;
  Resolver resolver_;
  Proposer proposer_;
  Executor executor_;
  std::vector<Peer> peers_;  // peers_[replica]; the own one is not used
  Repair repair_;
  LaneKeeper lane_keeper_;
  Recovery recovery_;
  Download download_;

  std::uint64_t round_ = 0;       // the own one
  std::uint64_t next_round_ = 0;  // whose boundary the timer is set for
  std::uint64_t started_ = 0;     // the own round in which this incarnation began
  bool has_begun_ = false;        // a boundary has been handled

  std::uint64_t passed_ = 0;         // by the frontier, of which no account has been kept yet
  std::uint64_t confirmed_ = 0;      // the first round that the log core has not finished applying
  bool is_log_busy_ = false;         // until kApplied fires
  std::uint64_t applied_up_to_ = 0;  // what it confirms then
  // Requests that came again meanwhile, and will be answered then. Bounded by what clients wait
  // for.
  absl::btree_set<std::pair<core::ClientId, core::RequestId>> asked_again_;

  bool is_catching_up_ = false;    // no new tries at ballots >= 2 for now
  std::uint64_t still_since_ = 0;  // own round since which the frontier has stood still
  std::uint64_t last_frontier_ = 0;

  std::vector<Reconf> reconfs_;     // to ride on the next own batch
  std::uint64_t next_ask_ = 0;      // own round
  std::uint32_t forward_turn_ = 0;  // lanes take turns
  RoundMessage in_;                 // scratch, so that a message costs no memory
  RepairMessage repair_in_;
};

}  // namespace lockstep::chora
