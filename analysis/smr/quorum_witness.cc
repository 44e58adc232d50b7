// Quorum witnesses: see quorum_witness.h.

#include "analysis/smr/quorum_witness.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "analysis/smr/unfolded.h"

namespace lockstep::analysis {
namespace {

constexpr std::array kQuorumWitnessCounts = {
    CountInfo{"slots_committed", "slots", "of active lanes, or with a batch; each once", ""},
    CountInfo{"slots_empty", "slots", "of these, for nothing or with a batch of no requests", ""},
};

}  // namespace

QuorumWitnessChecker::QuorumWitnessChecker(std::shared_ptr<const Recipe> recipe,
                                           core::ClusterId cluster,
                                           std::shared_ptr<SlotLedger> slots)
    : ClusterChecker("V", "quorum witness", std::move(recipe), cluster,
                     trace::Interest().Add(core::NoteKind::kCommitted)),
      slots_(std::move(slots)) {
  slots_->Watch(this);
}

void QuorumWitnessChecker::Judge(const trace::Event& event) {
  for (std::uint64_t i = 0; i < Unfolded(event); ++i) {
    if (event.value + i < judged_end_) continue;
    JudgeSlot(event, slots_->SlotAt(event.value + i), i < 64 && (event.detail >> i & 1) != 0);
  }
  judged_end_ = std::max(judged_end_, event.value + event.count);
}

void QuorumWitnessChecker::JudgeSlot(const trace::Event& event, SlotName name, bool is_batch) {
  if (!is_batch && !slots_->IsActive(name)) return;
  const SlotSaid* const slot = slots_->Find(name);
  if (slot == nullptr && slots_->IsForgotten(name.round)) return SetUnsure();
  SetExercised();
  const SlotSaid none;
  const SlotSaid& said = slot == nullptr ? none : *slot;
  ++committed_;
  if (!is_batch || said.requests.empty()) ++empty_;
  if (!IsWitnessed(said, name, IndexOf(event.node), is_batch)) {
    Object(event.at, event.node, [&] {
      return absl::StrCat(Host(event.node), " commits ", is_batch ? "the batch" : "nothing",
                          " in round ", name.round, ", lane ", name.lane, ", to which no ",
                          quorum(), " replicas have agreed");
    });
  }
  // Who made it holds it, also where nobody heard of it.
  const std::uint64_t owner = IsMute(name.lane) ? std::uint64_t{1} << name.lane : 0;
  const int holders = std::popcount(said.holders | owner);
  if (is_batch && static_cast<std::uint64_t>(holders) < quorum()) {
    Object(event.at, event.node, [&] {
      return absl::StrCat(Host(event.node), " commits the batch of round ", name.round, ", lane ",
                          name.lane, ", which only ", holders, " replicas hold");
    });
  }
}

QuorumWitnessChecker::Witnesses QuorumWitnessChecker::VotersFor(SlotName name) const {
  Witnesses voters;
  for (std::uint32_t i = 0; i < cluster().size; ++i) {
    const core::Mask votes = slots_->VotesOf(name.round, i);
    if ((votes.known >> name.lane & 1) == 0) continue;
    ((votes.ones >> name.lane & 1) != 0 ? voters.by : voters.against) |= std::uint64_t{1} << i;
  }
  return voters;
}

bool QuorumWitnessChecker::IsQuorum(const Witnesses& witnesses, std::uint64_t silent) const {
  const auto count = static_cast<std::uint64_t>(std::popcount(witnesses.by));
  if (count >= quorum()) return true;
  return count + 1 == quorum() && (silent & ~witnesses.by & ~witnesses.against) != 0;
}

bool QuorumWitnessChecker::IsWitnessed(const SlotSaid& slot, SlotName name, std::uint32_t committer,
                                       bool is_batch) const {
  const std::size_t value = is_batch ? 1 : 0;
  const std::uint64_t deciders = (std::uint64_t{1} << committer) | slot.deciders[value];
  if (is_batch && slots_->Find(name) != nullptr && IsQuorum(VotersFor(name), deciders)) return true;
  return std::ranges::any_of(slot.ballots, [&](const BallotSaid& said) {
    Witnesses acceptors{said.accepted_by[value], said.accepted_by[1 - value]};
    if (said.ballot <= slots_->rules().accepts_by_proposing) {
      acceptors.by |= said.proposed_by[value];
    }
    return IsQuorum(acceptors, deciders);
  });
}

void QuorumWitnessChecker::OnUnheld(const trace::Event& event, std::uint32_t replica, SlotName name,
                                    SlotLedger::Act act) {
  if (!IsAnswerable(event.node)) return;
  if (name.lane == replica && IsMute(replica)) return;  // It made it, and nobody heard of it.
  Object(event.at, event.node, [&] {
    const char* const does = act == SlotLedger::Act::kVote ? " votes for" : " accepts";
    return absl::StrCat(Host(event.node), does, " the batch of round ", name.round, ", lane ",
                        name.lane, ", which it has not been handed");
  });
}

const Oracle kQuorumWitnessOracle = {"V", &MakeSlotChecker<QuorumWitnessChecker>,
                                     kQuorumWitnessCounts};

}  // namespace lockstep::analysis
