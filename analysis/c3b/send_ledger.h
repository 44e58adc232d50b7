// How often each message was sent from cluster to cluster, and which of its sends was the one that
// should have been enough.
//
// Sends of a k′ are listed in order. Those that the network destroyed are struck out. The first of
// the rest that goes from a correct sender to a correct receiver *settles* the message; what comes
// after it is premature. The sends up to it are held against the bound of send_bound.h.
//
// Decided here, where the sources are silent:
// - What never arrives because an end of it is down was not destroyed by the network: it is one of
//   the sends that the bound allows for.
// - A pair with a faulty end is counted once for a message. When the rule starts over, because the
//   network destroyed what would have settled it, that pair swallows another send and says nothing
//   new.
// - What is destroyed before its message is settled was no send; what is sent after that is
//   premature at once, whatever becomes of it.
// - A damaged copy is a destroyed one.
//
// Where views of the clusters are announced each has a ledger of its own, of the sends that state
// it: what is not QUACKed is sent again in a new view, by another schedule, and the bound speaks of
// the sends in one.
//
// Invariant: state is kept for messages that are not settled, and merged where it is equal.
//
// Source: the Picsou paper's bound on resends.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/container/inlined_vector.h"

#include "analysis/c3b/send_bound.h"
#include "analysis/c3b/stream_facts.h"
#include "analysis/oracle.h"
#include "protocols/core/interval_map.h"
#include "protocols/core/run.h"
#include "protocols/core/seq_set.h"
#include "sim/trace/event.h"
#include "sim/trace/sink.h"

namespace lockstep::analysis {

// Of one view.
class SendLedger {
 public:
  // A k′ whose sends exceeded its bound.
  struct Excess {
    std::uint64_t number;
    std::uint64_t sends;
    std::uint64_t bound;
  };

  // `view`: its position among those of the facts.
  explicit SendLedger(std::shared_ptr<StreamFacts> facts, std::size_t view = 0);

  static trace::Interest Wants();
  void OnEvent(const trace::Event& event);
  // Judges what is still open: sends under way count as not destroyed.
  void Finish();

  // The first message that was shown to be over the bound by what it was told last.
  const std::optional<Excess>& excess() const { return excess_; }
  std::uint64_t sends() const { return sends_; }          // of every k′, all of them
  std::uint64_t resends() const { return resends_; }      // beyond the first of each k′
  std::uint64_t premature() const { return premature_; }  // after the one that settled it
  std::uint64_t excesses() const { return excesses_; }    // messages over the bound
  // settled_by()[t]: messages that were settled by the pair of attempt t; 0 is the first send. Who
  // is dead makes no attempt, and has its turn all the same.
  const std::vector<std::uint64_t>& settled_by() const { return settled_by_; }
  // Entries of state, for tests of memory.
  std::size_t size() const;

 private:
  // Indices within the clusters.
  struct Send {
    std::uint32_t from;
    std::uint32_t to;
    bool is_handed;  // known only for sends between correct nodes
    friend bool operator==(const Send&, const Send&) = default;
  };
  // Of one k′: whether it is settled; if not, its sends that were not destroyed.
  struct History {
    bool is_settled = false;
    absl::InlinedVector<Send, 2> sends;
    friend bool operator==(const History&, const History&) = default;
  };
  // Where a message stands: the position in its list of the send that settles it, if there is one.
  struct Standing {
    std::uint64_t sends;  // up to and including that one
    std::uint64_t later;  // sends after it
    bool is_handed;
    bool is_settling;
  };

  const Schedule& schedule() const { return facts_->views()[view_].schedule; }
  bool IsBetweenCorrect(const Send& send) const;
  // Replaces the history of each piece of `run` by what `change(begin, end, number, history)`
  // returns; begin and end are indices in the lane of `number`, the first k′.
  template <typename Change>
  void Update(const core::Run& run, Change&& change);
  // Of a dense stream, whether all of `run` has no history but this, which is of its first pair.
  bool IsPlain(const Send& send, const core::Run& run) const;
  bool HasHistory(const core::Run& run) const;
  std::optional<History> PlainHistory(std::uint64_t number) const;
  Standing StandingOf(const History& history) const;
  void OnOffered(const Send& send, const core::Run& run);
  void OnHanded(const Send& send, const core::Run& run);
  void OnDestroyed(const Send& send, const core::Run& run);
  // Settles what can be, in the piece of `count` messages from `number` on.
  void Settle(History& history, std::uint64_t number, std::uint64_t count);
  void CountSettled(std::uint64_t attempt, std::uint64_t count);
  // That messages of one history were settled by `send`.
  void NoteAttempt(const Send& send, std::uint64_t number, std::uint64_t count);
  void JudgeBound(const History& history, const Standing& standing, std::uint64_t number,
                  std::uint64_t count);
  // The same of messages that have the same pairs.
  void JudgeAlike(const Standing& standing, std::uint64_t number, std::uint64_t count);

  std::shared_ptr<StreamFacts> facts_;
  std::size_t view_;
  SendBound bound_;
  std::vector<core::IntervalMap<History>> lanes_;  // by lane of the schedule
  // Of a dense stream only what is out of the ordinary has a history of its own, until it is
  // settled. What was sent once by its first pair, and not destroyed, is in sent_, and what is
  // settled in settled_.
  core::SeqSet sent_{core::SeqSet::kDense};
  core::SeqSet settled_{core::SeqSet::kDense};
  bool has_histories_ = false;
  std::uint64_t sends_ = 0;
  std::uint64_t resends_ = 0;
  std::uint64_t premature_ = 0;
  std::uint64_t excesses_ = 0;
  std::vector<std::uint64_t> settled_by_;
  std::optional<Excess> excess_;
  std::vector<SendBound::Pair> failed_;  // reused
};

// Those of all views of a stream, and what they come to together.
class SendLedgers final : public trace::Sink {
 public:
  explicit SendLedgers(const std::shared_ptr<StreamFacts>& facts);

  trace::Interest Wants() const override { return SendLedger::Wants(); }
  void OnEvent(const trace::Event& event) override;
  void Finish() override;

  // As those of a SendLedger.
  const std::optional<SendLedger::Excess>& excess() const;
  std::uint64_t sends() const { return SumOf(&SendLedger::sends); }
  std::uint64_t resends() const { return SumOf(&SendLedger::resends); }
  std::uint64_t premature() const { return SumOf(&SendLedger::premature); }
  std::vector<std::uint64_t> settled_by() const;

 private:
  std::uint64_t SumOf(std::uint64_t (SendLedger::*count)() const) const;

  std::vector<SendLedger> of_views_;
};

// The ledgers of the stream that a promise is about, and whose facts these are.
std::shared_ptr<SendLedgers> LedgerFor(const Charge& charge,
                                       const std::shared_ptr<StreamFacts>& facts);

}  // namespace lockstep::analysis
