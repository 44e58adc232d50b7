// R1: messages are sent again for good reason and by the right replica.
//
// The rule of complaints is the Picsou paper's, whatever rule the run uses; who is designated, the
// schedule of the run says.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "analysis/c3b/complaints.h"
#include "analysis/c3b/stream_checker.h"
#include "analysis/oracle.h"
#include "protocols/core/interval_map.h"
#include "protocols/core/run.h"

namespace lockstep::analysis {

// R1: each send of a correct node is the original one of its turn, or an attempt that designates
// this pair and that the node can have noted from what it heard; each of them happens once.
//
// An attempt may be carried out long after it was noted, when its k′ is QUACKed already: the send
// waited for credit. So attempts are remembered until they are used, in bounded number: where too
// many stay unused, those below the QUACK get an amnesty.
//
// Where views of the clusters are announced each is judged by itself: a send by the schedule of the
// view that it states, complaints among those that state the view that their sender was told of
// last, heard after that. So in each view there is one original send more of a k′: of those that
// were not QUACKed at the sender before, and of all these: between two k′ of one turn that it sends
// there lies none that it never sends in this view, unless it has seen it QUACKed by then. (A send
// may be overtaken that waits until the view is saved, so that is judged at the end, of what was
// passed over before the heal, in a settling time. Only where a run of k′ of one pair is an
// interval: not in a dense stream.)
//
// Any send of a correct node exercises it, for every one is judged.
class ResendChecker final : public StreamChecker {
 public:
  ResendChecker(std::shared_ptr<StreamFacts> facts, core::Duration repeat_interval);
  void Finish() override;

  // Entries of state, for tests of memory.
  std::size_t size() const;

 private:
  // Of one k′ at one sender.
  struct Noted {
    std::uint32_t attempts = 0;  // the most that it can have noted
    std::uint64_t used = 0;      // bit i: the i-th attempt that designates this sender was made
    friend bool operator==(const Noted&, const Noted&) = default;
  };
  struct Sender {
    ComplaintBook complaints;
    core::IntervalMap<Noted> noted;  // by place
    std::size_t prune_at = 0;        // entries of `noted` that call for pruning
    std::uint64_t amnesty = 0;       // sends of k′ below are no longer judged
    std::uint64_t settled = 0;       // k′ below were QUACKed before the view
  };
  struct Present {
    friend bool operator==(const Present&, const Present&) = default;
  };

  // What happened in one view.
  struct InView {
    Schedule schedule;
    std::vector<Sender> senders;                         // by index
    std::vector<core::IntervalMap<Present>> originals;   // originals[lane]: sent in their turn
    core::SeqSet dense_originals{core::SeqSet::kDense};  // the same of a dense stream
  };

  ComplaintBook::Rule RuleOf(const StreamView& view) const;
  void Judge(const trace::Event& event) override;
  void OnHeard(const trace::Event& event);
  // The sender has been told of another view since it was last heard of: it begins anew there.
  void Follow(std::size_t index, std::size_t view);
  // In a view that was announced: what the sender owes of it, beside what is judged in any.
  void JudgeNewView(const trace::Event& event, std::size_t view, const core::Run& run);
  static void Prune(const Schedule& schedule, Sender& sender, std::uint64_t index);
  // Of all k′ of the run.
  static bool IsUsedUp(const Schedule& schedule, const Noted& noted, std::uint64_t index,
                       const core::Run& run);
  void OnOffered(const trace::Event& event);
  void OnOfferedDense(const trace::Event& event, const core::Run& run, InView& in);
  void JudgeResend(const trace::Event& event, InView& in, std::uint64_t lane, std::uint64_t begin,
                   std::uint64_t end);
  std::string WhyNot(const trace::Event& event, const Schedule& schedule, std::uint64_t number,
                     std::uint64_t attempts) const;
  // Uses the earliest attempt that allows `sender` to send to `receiver`; false if there is none.
  static bool Use(const Schedule& schedule, Noted& noted, std::uint64_t sender,
                  std::uint64_t receiver, std::uint64_t number);

  core::Duration repeat_interval_;
  // By view and k′: passed over where they were to be sent by their turn.
  struct PassedOver {
    core::Instant at;
    core::NodeId sender;
  };
  std::map<std::pair<std::size_t, std::uint64_t>, PassedOver> passed_over_;
  core::Instant last_;              // what was told last
  std::vector<InView> views_;       // as those of the facts
  std::vector<std::size_t> where_;  // where_[sender]: in which view it is
  std::vector<core::Run> listed_;   // of the report that was heard last
};

extern const Oracle kResendOracle;

}  // namespace lockstep::analysis
