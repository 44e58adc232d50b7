// Faults that are drawn for a scenario, within what is left of its budgets.

#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"

#include "protocols/parameters/key_list.h"
#include "sim/scenario/fault_list.h"
#include "tools/fuzz/dice.h"
#include "tools/fuzz/frame.h"

namespace lockstep::fuzz {

// How much of what is left of the budgets a draw spends; kOver is all of it and one more, so that
// something must break.
enum class Spending : std::uint8_t { kRandom, kFull, kOver };

enum class Strategy : std::uint8_t {
  kRandom,      // of all kinds
  kSwarm,       // of some kinds, which each draw chooses anew
  kPriorities,  // hosts are late by priorities that change at a few points, and other faults
  kTies,        // what happens at one instant happens in an order that is drawn, and other faults
};

// What is not drawn where contents bear no certificates, or have no lengths (see Frame), in words.
std::vector<std::string> NotPromised(bool has_certificates, bool has_lengths);

// Whether these faults lose for good what somebody sends who does not fail: they were drawn for
// whoever fails anyway (see Frame::bears_loss), and what made it fail has been taken away.
bool LosesOfCorrect(const Frame& frame, const nlohmann::json& faults);

// Draws one fault after the other; who may fail is drawn first.
class Trouble {
 public:
  // `frame` outlives this. A cluster whose budget has nothing left keeps whoever fails there.
  Trouble(const Frame& frame, Spending spending, Dice dice);

  // As many as a run has, added to `faults`.
  void AddSome(Strategy strategy, nlohmann::json& faults);
  // One of any kind; false where there is none that can be drawn.
  bool AddOne(nlohmann::json& faults);

 private:
  using Kinds = std::vector<const sim::FaultInfo*>;

  void ChooseVictims(Spending spending);
  // The same of a cluster with stake; `is_over`: more than its budget.
  void ChooseByStake(const FrameCluster& cluster, Spending spending, bool is_over);
  // Adds to `chosen` those of `among`, from one that is drawn on, that leave its stake within
  // `most`.
  void ChooseWithin(const FrameCluster& cluster, std::uint64_t most,
                    const std::vector<std::uint32_t>& among, std::set<std::uint32_t>& chosen);
  // All of which something is promised.
  Kinds Promised() const;
  Kinds KindsOf(Strategy strategy);
  // Into its target: all who may lie together with that host.
  bool AddAccomplices(const std::string& host, nlohmann::json& body);
  // The id of a hold among these; and adds one.
  static std::optional<std::string> HoldOf(const nlohmann::json& faults);
  bool AddHold(nlohmann::json& faults);
  // `host`: whom it hits, where it has a target; else it is drawn.
  bool Add(const sim::FaultInfo& kind, nlohmann::json& faults,
           const std::optional<std::string>& host = std::nullopt);
  // Each of those who may fail does so once, by a kind of these.
  void HitVictims(const Kinds& spending, nlohmann::json& faults);
  // Whom a fault of that kind may hit, by cluster and index; none where it may hit nobody.
  std::vector<std::string> MayHit(const sim::FaultInfo& kind) const;
  std::optional<nlohmann::json> DrawLink(const sim::FaultInfo& kind);
  void AddHosts(const std::string& link_class, const sim::FaultInfo& kind, nlohmann::json& link);
  nlohmann::json DrawMessage();
  nlohmann::json DrawPattern();
  // Another host of its cluster; the host itself where it is alone.
  std::string OtherThan(const std::string& host);
  // What its table leaves to the scenario: hosts, and groups of them.
  void AddNamed(const sim::FaultInfo& kind, nlohmann::json& body);
  void AddActivation(const sim::FaultInfo& kind, nlohmann::json& entry);
  void AddPriorities(nlohmann::json& faults);
  void AddLate(const std::string& host, core::Duration from, core::Duration until,
               core::Duration by, nlohmann::json& faults);
  core::Duration Some(core::Duration least, core::Duration most);

  const Frame& frame_;
  Dice dice_;
  std::vector<std::set<std::uint32_t>> failing_;  // failing_[cluster]: who may
  std::vector<std::set<std::uint32_t>> lying_;    // the same, of those
  // hit_[cluster]: who does so in this draw, for the whole run.
  std::vector<std::set<std::uint32_t>> hit_;
  bool is_one_ = false;  // no other is added for its sake
};

}  // namespace lockstep::fuzz
