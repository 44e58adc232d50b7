// R1: messages are sent again for good reason and by the right replica.
//
// The rule of complaints is the Picsou paper's, whatever rule the run uses; who is designated, the
// schedule of the run says.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
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
// Any send of a correct node exercises it, for every one is judged.
class ResendChecker final : public StreamChecker {
 public:
  ResendChecker(std::shared_ptr<StreamFacts> facts, core::Duration repeat_interval);

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
  };
  struct Present {
    friend bool operator==(const Present&, const Present&) = default;
  };

  void Judge(const trace::Event& event) override;
  void OnHeard(const trace::Event& event);
  void Prune(Sender& sender, std::uint64_t index);
  // Of all k′ of the run.
  bool IsUsedUp(const Noted& noted, std::uint64_t index, const core::Run& run) const;
  void OnOffered(const trace::Event& event);
  void OnOfferedDense(const trace::Event& event, const core::Run& run);
  void JudgeResend(const trace::Event& event, std::uint64_t lane, std::uint64_t begin,
                   std::uint64_t end);
  std::string WhyNot(const trace::Event& event, std::uint64_t number, std::uint64_t attempts) const;
  // Uses the earliest attempt that allows `sender` to send to `receiver`; false if there is none.
  bool Use(Noted& noted, std::uint64_t sender, std::uint64_t receiver, std::uint64_t number) const;

  std::vector<Sender> senders_;                         // by index
  std::vector<core::IntervalMap<Present>> originals_;   // originals_[lane]: sent in their turn
  core::SeqSet dense_originals_{core::SeqSet::kDense};  // the same of a dense stream
  std::vector<core::Run> listed_;                       // of the report that was heard last
};

extern const Oracle kResendOracle;

}  // namespace lockstep::analysis
