// A: what replicas say that they hold they hold, measured against what was handed to the hosts in
// authentic copies.
//
// Source: the Picsou paper, on what an ACK implies (invariants of ACKs and QUACKs).

#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "analysis/c3b/stream_checker.h"
#include "analysis/oracle.h"
#include "protocols/core/run.h"

namespace lockstep::analysis {

// A: what a correct receiver acknowledges it holds, and what it holds it does not deny. A statement
// (p, φ-list up to φ_end) claims every k′ < p and those listed, and denies p and those in between
// that are not listed. It is told when it leaves: what came since its node made it, it may deny.
//
// Excused is what a receiver goes past below the QUACK of a sender that does not lie (see
// StreamFacts::Held), and a counter that stays where its node notes that it does, for want of room.
// A note may be told after a message that was listed behind it, as the one waits for another core
// than the other: such a statement is judged when its note has come, or by the end.
class AckChecker final : public StreamChecker {
 public:
  explicit AckChecker(std::shared_ptr<StreamFacts> facts);
  void Finish() override;

 private:
  // A statement that only a note can excuse, which has not come.
  struct Pending {
    core::Instant at;
    core::NodeId node;
    std::uint64_t p = 0;
    std::uint64_t frontier = 0;
  };

  void Judge(const trace::Event& event) override;
  void JudgeStatement(const trace::Event& statement);
  void TakeNote(const trace::Event& note);
  void ObjectToCounter(const Pending& pending);
  bool TakeList(const trace::Event& statement);
  // What came since the statement was made, into `excused_`. False where that is not known.
  bool TakeExcuses(const trace::Event& statement);
  bool JudgeCounter(const trace::Event& statement);
  bool JudgeListed(const trace::Event& statement);
  void JudgeUnlisted(const trace::Event& statement);
  // Fills pieces_ with what is listed and, where asked for, what of the same k′ is excused.
  void ListPieces(const trace::Event& statement, bool with_excused);
  // How many k′ of [begin, end) are in pieces_; each once, however often it is.
  std::uint64_t CountListed(core::NodeId node, std::uint64_t begin, std::uint64_t end) const;

  std::vector<std::deque<std::uint64_t>> stands_;  // by receiver: where its ACK stayed, lately
  std::vector<Pending> pending_;
  std::vector<core::Run> listed_;  // runs of the φ-list
  std::vector<core::Run> excused_;
  std::vector<core::SeqSet::Stretch> pieces_;  // the same by place; reused
};

extern const Oracle kAckOracle;

}  // namespace lockstep::analysis
