// The ghost log of slots: see slot_ledger.h.

#include "analysis/smr/slot_ledger.h"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "analysis/smr/unfolded.h"
#include "protocols/core/log_notes.h"
namespace lockstep::analysis {

using core::Fact;
using trace::Event;
using trace::Phase;

namespace {

constexpr std::uint64_t BitOf(std::uint32_t i) { return std::uint64_t{1} << i; }
constexpr bool Has(std::uint64_t mask, std::uint32_t i) { return (mask >> i & 1) != 0; }

// The value that a fact tells: 1 is the batch.
constexpr std::size_t ValueOf(const Event& event) { return event.votes.ones & 1; }

BallotSaid& BallotOf(SlotSaid& slot, std::uint64_t ballot) {
  for (BallotSaid& said : slot.ballots) {
    if (said.ballot == ballot) return said;
  }
  slot.ballots.push_back({ballot, {}, {}});
  return slot.ballots.back();
}

}  // namespace

SlotLedger::SlotLedger(const core::Cluster& cluster, const Rules& rules, core::Instant heal)
    : cluster_(cluster),
      rules_(rules),
      heal_(heal),
      rows_(kKept),
      slots_(kKept * rules.lanes),
      votes_(kKept * cluster.size),
      acted_by_(cluster.size),
      forgotten_end_(cluster.size),
      said_at_(cluster.size),
      kept_of_(cluster.size) {}

trace::Interest SlotLedger::Wants() const { return Keeps().Add(Fact::kVotes, Phase::kSent); }

trace::Interest SlotLedger::Keeps() const {
  return trace::Interest(Bit(trace::EventKind::kRestart))
      .Add(core::kLanes)
      .Add(Fact::kRequests, Phase::kSent)
      .Add(Fact::kProposes, Phase::kSent)
      .Add(Fact::kPromises, Phase::kSent)
      .Add(Fact::kAccepts, Phase::kSent)
      .Add(Fact::kDecides, Phase::kSent)
      .Add(Fact::kProposes, Phase::kHanded)
      .Add(Fact::kDecides, Phase::kHanded);
}

void SlotLedger::OnEvent(const Event& event) {
  if (!cluster_.Has(event.node)) return;
  if (event.kind == trace::EventKind::kFact) {
    if (event.phase == Phase::kSent) {
      OnSaid(event);
    } else if (event.digest != 0) {
      OnHanded(event);
    }
  } else if (event.Is(core::kLanes)) {
    NoteLanes(event);
  } else if (event.kind == trace::EventKind::kRestart) {
    const std::uint32_t replica = event.node.value() - cluster_.first.value();
    forgotten_end_[replica] = acted_by_[replica];
  }
}

SlotSaid* SlotLedger::Find(SlotName name) {
  const bool is_kept = name.round >= begin_ && name.round < end_ && name.lane < rules_.lanes;
  return is_kept ? &At(name) : nullptr;
}

bool SlotLedger::Reach(std::uint64_t round) {
  if (round < begin_) return false;
  if (round < end_) return true;
  if (round >= end_ + kRowsMax) {  // A leap: nothing of what is kept is near.
    begin_ = end_ = round;
  }
  for (; end_ <= round; ++end_) {
    if (end_ - begin_ == rows_) {
      if (begin_ >= released_ && rows_ < kRowsMax) {
        Grow();
      } else {
        ++begin_;
      }
    }
    Clear(end_);
  }
  return true;
}

void SlotLedger::Clear(std::uint64_t round) {
  const std::size_t place = PlaceOf(round);
  for (std::size_t i = place * rules_.lanes; i < (place + 1) * rules_.lanes; ++i) {
    SlotSaid& slot = slots_[i];
    slot.is_proposed = false;
    slot.digest = slot.holders = 0;
    slot.deciders[0] = slot.deciders[1] = 0;
    slot.ballots.clear();
    slot.requests.clear();
  }
  std::fill_n(votes_.begin() + static_cast<std::ptrdiff_t>(place * cluster_.size), cluster_.size,
              core::Mask());
}

void SlotLedger::Grow() {
  const std::size_t before = rows_;
  std::vector<SlotSaid> slots(2 * before * rules_.lanes);
  std::vector<core::Mask> votes(2 * before * cluster_.size);
  for (std::uint64_t round = begin_; round < end_; ++round) {
    const std::size_t from = round & (before - 1);
    const std::size_t to = round & (2 * before - 1);
    for (std::size_t i = 0; i < rules_.lanes; ++i) {
      slots[to * rules_.lanes + i] = std::move(slots_[from * rules_.lanes + i]);
    }
    for (std::size_t i = 0; i < cluster_.size; ++i) {
      votes[to * cluster_.size + i] = votes_[from * cluster_.size + i];
    }
  }
  rows_ = 2 * before;
  slots_ = std::move(slots);
  votes_ = std::move(votes);
}

void SlotLedger::OnSaid(const Event& event) {
  const std::uint32_t replica = event.node.value() - cluster_.first.value();
  switch (event.fact) {
    case Fact::kRequests:
      if (requests_of_ != event.message) requests_.clear();
      requests_of_ = event.message;
      requests_.push_back({event.detail, event.value, event.further});
      return;
    case Fact::kVotes:
      OnVotes(event, replica);
      return;
    case Fact::kPromises:
      MarkActed(event, replica);
      return;
    case Fact::kProposes:
    case Fact::kAccepts:
    case Fact::kDecides:
      break;
    default:
      return;
  }
  const auto lane = static_cast<std::uint32_t>(event.detail);
  if (lane >= rules_.lanes) return;
  const bool is_own = (rules_.lanes == 1 || lane == replica) && event.votes.known == 0;
  const bool is_passed_on = event.fact == Fact::kProposes && event.further == 0 && !is_own;
  if (event.fact != Fact::kDecides && !is_passed_on) MarkActed(event, replica);
  for (std::uint64_t i = 0; i < Unfolded(event); ++i) {
    const SlotName name{event.run().At(i), lane};
    if (is_passed_on || !Reach(name.round)) continue;
    if (event.fact == Fact::kProposes) {
      SayProposal(event, replica, name);
    } else if (event.fact == Fact::kAccepts) {
      SayAtBallot(event, replica, name, Act::kAcceptance);
    } else {
      At(name).deciders[ValueOf(event)] |= BitOf(replica);
    }
  }
}

void SlotLedger::OnHanded(const Event& event) {
  const std::uint32_t replica = event.node.value() - cluster_.first.value();
  const auto lane = static_cast<std::uint32_t>(event.detail);
  if (lane >= rules_.lanes) return;
  for (std::uint64_t i = 0; i < Unfolded(event); ++i) {
    const SlotName name{event.run().At(i), lane};
    if (Reach(name.round)) At(name).holders |= BitOf(replica);
  }
}

bool SlotLedger::MarkActed(const Event& event, std::uint32_t replica) {
  if (event.count == 0) return false;
  const bool is_forgotten = event.value < forgotten_end_[replica];
  if (is_forgotten) {
    for (Watcher* watcher : watchers_) {
      watcher->OnForgottenAct(event, replica, forgotten_end_[replica] - 1);
    }
  }
  said_at_[replica] = event.at;
  const std::uint64_t end = event.run().Last() + 1;
  const bool is_further = end > acted_by_[replica];
  acted_by_[replica] = std::max(acted_by_[replica], end);
  if (event.at <= heal_) acted_by_heal_ = std::max(acted_by_heal_, end);
  has_statements_ = true;
  return is_forgotten || is_further;
}

void SlotLedger::OnVotes(const Event& event, std::uint32_t voter) {
  const std::uint64_t end = end_;
  bool is_new = MarkActed(event, voter);
  for (std::uint64_t i = 0; i < Unfolded(event); ++i)
    is_new = SayVotes(event, voter, event.run().At(i)) || is_new;
  if (trace_ == nullptr) return;
  if (!is_new && end == end_ && kept_of_[voter] == event.message) return;
  kept_of_[voter] = event.message;
  trace_->OnEvent(event);
}

bool SlotLedger::SayVotes(const Event& event, std::uint32_t voter, std::uint64_t round) {
  if (!Reach(round)) return false;
  core::Mask& before = votes_[PlaceOf(round) * cluster_.size + voter];
  const core::Mask said = {event.votes.known << event.detail, event.votes.ones << event.detail};
  const std::uint64_t fresh = said.known & ~before.known;
  const std::uint64_t other = said.known & before.known & (said.ones ^ before.ones);
  if ((fresh | other) == 0) return false;  // It says it again, as it does for a while.
  before.known |= fresh;
  before.ones |= fresh & said.ones;
  for (std::uint64_t left = fresh | other; left != 0; left &= left - 1) {
    const SlotName name{round, static_cast<std::uint32_t>(std::countr_zero(left))};
    if (name.lane >= rules_.lanes) break;
    for (Watcher* watcher : watchers_) {
      if (Has(other, name.lane)) watcher->OnContradiction(event, voter, name, Act::kVote);
      if (Has(fresh & said.ones, name.lane) && !Has(At(name).holders, voter)) {
        watcher->OnUnheld(event, voter, name, Act::kVote);
      }
    }
  }
  return true;
}

void SlotLedger::SayProposal(const Event& event, std::uint32_t replica, SlotName name) {
  if (event.further == 0) {
    SayOwnProposal(event, replica, name);
    return;
  }
  if (event.digest != 0) At(name).holders |= BitOf(replica);
  SayAtBallot(event, replica, name, Act::kProposal);
}

void SlotLedger::SayOwnProposal(const Event& event, std::uint32_t owner, SlotName name) {
  SlotSaid& slot = At(name);
  core::Mask& votes = votes_[PlaceOf(name.round) * cluster_.size + owner];
  const bool is_other = slot.is_proposed && slot.digest != event.digest;
  const bool is_against = Has(votes.known & ~votes.ones, name.lane);
  if (is_other || is_against) {
    for (Watcher* watcher : watchers_) {
      watcher->OnContradiction(event, owner, name, Act::kProposal);
    }
  }
  slot.holders |= BitOf(owner);
  // To propose is to vote for it.
  if (!is_against) {
    votes.known |= BitOf(name.lane);
    votes.ones |= BitOf(name.lane);
  }
  if (slot.is_proposed) return;
  slot.is_proposed = true;
  slot.digest = event.digest;
  if (requests_of_ == event.message) slot.requests.swap(requests_);
  requests_.clear();
  requests_of_ = trace::MessageId();
}

void SlotLedger::SayAtBallot(const Event& event, std::uint32_t replica, SlotName name, Act act) {
  SlotSaid& slot = At(name);
  BallotSaid& said = BallotOf(slot, event.further);
  const std::size_t value = ValueOf(event);
  const std::uint64_t bit = BitOf(replica);
  auto& by = act == Act::kProposal ? said.proposed_by : said.accepted_by;
  const bool is_other = (by[1 - value] & bit) != 0;
  const bool is_unheld = value == 1 && !Has(slot.holders, replica);
  for (Watcher* watcher : watchers_) {
    if (is_other) watcher->OnContradiction(event, replica, name, act);
    if (is_unheld && (by[1] & bit) == 0) watcher->OnUnheld(event, replica, name, act);
  }
  if (!is_other) by[value] |= bit;
}

void SlotLedger::NoteLanes(const Event& event) {
  const auto at = std::lower_bound(
      lane_changes_.begin(), lane_changes_.end(), event.value,
      [](const LaneChange& change, std::uint64_t since) { return change.since < since; });
  if (at != lane_changes_.end() && at->since == event.value) {
    at->active &= event.detail;  // Where they differ, nothing is asked of the lane.
    return;
  }
  lane_changes_.insert(at, {event.value, event.detail});
  // Those before the last one that holds where all that is kept begins.
  while (lane_changes_.size() > 1 && lane_changes_[1].since <= begin_) {
    lane_changes_.erase(lane_changes_.begin());
  }
}

bool SlotLedger::IsActive(SlotName name) const {
  bool is_active = true;
  for (const LaneChange& change : lane_changes_) {
    if (change.since > name.round) break;
    is_active = Has(change.active, name.lane);
  }
  return is_active;
}

absl::StatusOr<std::shared_ptr<SlotLedger>> SlotLedgerFor(const Charge& charge, Names also) {
  if (charge.promise.scope.kind != Scope::Kind::kCluster) {
    return absl::InvalidArgumentError("want {\"cluster\": ...} as what it is about");
  }
  const core::Cluster& cluster = charge.recipe->cluster(core::ClusterId(charge.promise.scope.id));
  if (cluster.size > SlotLedger::kReplicasMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("want a cluster of at most ", SlotLedger::kReplicasMax, " replicas"));
  }
  SlotLedger::Rules rules;
  for (const auto& [name, value] : charge.promise.parameters.items()) {
    if (!value.is_number_integer() || value < 0) {
      return absl::InvalidArgumentError(absl::StrCat("want a number as \"", name, "\""));
    }
    const auto number = value.get<std::uint64_t>();
    if (std::ranges::find(also, name) != also.end()) continue;
    if (name == "lanes" && number >= 1 && number <= SlotLedger::kReplicasMax) {
      rules.lanes = static_cast<std::uint32_t>(number);
    } else if (name == "accepts_by_proposing") {
      rules.accepts_by_proposing = number;
    } else {
      return absl::InvalidArgumentError(
          "want the parameters \"lanes\", from 1 to 64, and \"accepts_by_proposing\", a ballot");
    }
  }
  auto ledger = charge.shared.Get<SlotLedger>(charge.promise.scope, [&] {
    return std::make_shared<SlotLedger>(cluster, rules, charge.recipe->heal);
  });
  if (ledger->rules() != rules) {
    return absl::InvalidArgumentError("want the parameters of the other promises of this cluster");
  }
  return ledger;
}

}  // namespace lockstep::analysis
