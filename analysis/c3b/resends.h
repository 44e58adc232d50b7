// Whether messages are sent again for good reason, by the right replica, and not too often, judged
// for one stream: R1, R2, R3.
//
// The rule is the paper's with equal stake (papers/picsou.md b.13), whatever rule the run uses.
//
// Source: FAULTS.md section 2.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "analysis/c3b/complaints.h"
#include "analysis/c3b/send_ledger.h"
#include "analysis/c3b/stream_checker.h"
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
  explicit ResendChecker(std::shared_ptr<StreamFacts> facts);

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
  bool IsUsedUp(const Noted& noted, std::uint64_t index, std::uint64_t lane) const;
  void OnOffered(const trace::Event& event);
  void JudgeResend(const trace::Event& event, std::uint64_t lane, std::uint64_t begin,
                   std::uint64_t end);
  std::string WhyNot(const trace::Event& event, std::uint64_t lane, std::uint64_t number,
                     std::uint64_t attempts) const;
  // Uses the earliest attempt that allows `sender` to send to `receiver`; false if there is none.
  bool Use(Noted& noted, std::uint64_t sender, std::uint64_t receiver, std::uint64_t lane) const;

  std::vector<Sender> senders_;                        // by index
  std::vector<core::IntervalMap<Present>> originals_;  // originals_[lane]: sent in their turn
  std::vector<core::Run> listed_;                      // of the report that was heard last
};

// R2: a message is sent no more often than the faults of both sides can make necessary. SendLedger
// says what that means. Nobody is excused: the bound is about all sends together.
class ResendBoundChecker final : public StreamChecker {
 public:
  ResendBoundChecker(std::shared_ptr<StreamFacts> facts, std::shared_ptr<SendLedger> ledger);
  void Finish() override;

 private:
  void Judge(const trace::Event& event) override;
  void ObjectTo(const SendLedger::Excess& excess);

  std::shared_ptr<SendLedger> ledger_;
  core::Instant last_;
};

// R3: no more premature resends than the scenario allows. Reads what R2 has counted.
class PrematureChecker final : public StreamChecker {
 public:
  PrematureChecker(std::shared_ptr<StreamFacts> facts, std::shared_ptr<const SendLedger> ledger,
                   std::uint64_t allowed);
  void Finish() override;

 private:
  void Judge(const trace::Event& event) override;

  std::shared_ptr<const SendLedger> ledger_;
  std::uint64_t allowed_;
  core::Instant last_;
};

}  // namespace lockstep::analysis
