// QUACK soundness and truthful acknowledgements: see acks.h.

#include "analysis/c3b/acks.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

#include "protocols/core/lane_line.h"

namespace lockstep::analysis {

using trace::Event;
using trace::EventKind;

QuackChecker::QuackChecker(std::shared_ptr<StreamFacts> facts)
    : StreamChecker("Q", "QUACK soundness", std::move(facts), Bit(EventKind::kNote)) {}

void QuackChecker::Judge(const Event& event) {
  if (event.kind == EventKind::kFaulty && facts().receivers().Has(event.node)) {
    // As good as one holder less for every QUACK so far, whoever held it.
    if (fewest_holders_ != ~std::uint64_t{0} && fewest_holders_ > 0) --fewest_holders_;
    if (fewest_holders_ == 0) SetUnsure();
  }
  if (event.kind == EventKind::kNote && event.note == core::NoteKind::kQuacked) JudgeQuack(event);
}

void QuackChecker::JudgeQuack(const Event& event) {
  const std::uint64_t quack = event.value;
  if (quack == 0 || !facts().senders().Has(event.node) || !facts().IsCorrect(event.node)) return;
  SetExercised();
  const core::Cluster& receivers = facts().receivers();
  std::uint64_t holders = 0;
  for (std::uint64_t i = 0; i < receivers.size; ++i) {
    // The set of a faulty receiver is empty.
    if (facts().Held(receivers.Replica(i)).Frontier() >= quack) ++holders;
  }
  if (holders == 0) {
    const std::uint64_t held = HeldTogether(quack);
    if (held < quack) {
      Object(event.at, event.node, [&] {
        return absl::StrCat(Host(event.node), " declares QUACK ", quack,
                            ", but no correct receiver holds k′ ", held);
      });
      return;
    }
  }
  fewest_holders_ = std::min(fewest_holders_, holders);
}

std::uint64_t QuackChecker::HeldTogether(std::uint64_t wanted) const {
  const core::Cluster& receivers = facts().receivers();
  std::uint64_t low = 0;
  for (std::uint64_t i = 0; i < receivers.size; ++i) {
    low = std::max(low, facts().Held(receivers.Replica(i)).Frontier());
  }
  core::SeqSet together(facts().period());
  together.Insert(core::Run{0, low, 1});
  for (std::uint64_t i = 0; i < receivers.size; ++i) {
    facts().Held(receivers.Replica(i)).ForEachHeld(low, wanted, [&](const core::Run& run) {
      together.Insert(run);
    });
  }
  return together.Frontier();
}

AckChecker::AckChecker(std::shared_ptr<StreamFacts> facts)
    : StreamChecker("A", "acknowledgement truthfulness", std::move(facts),
                    Bit(EventKind::kStated) | Bit(EventKind::kPhi)) {}

void AckChecker::Judge(const Event& event) {
  if (event.kind == EventKind::kPhi) OnPhi(event);
  if (event.kind != EventKind::kStated) return;
  awaited_ = 0;
  if (!facts().receivers().Has(event.node) || !facts().IsCorrect(event.node)) return;
  statement_ = event;
  awaited_ = event.detail;
  listed_.clear();
  if (awaited_ == 0) JudgeStatement();
}

void AckChecker::OnPhi(const Event& event) {
  // Most φ-runs that come by were heard, or stated by faulty nodes.
  if (awaited_ == 0 || event.node != statement_.node || event.peer != statement_.peer) return;
  --awaited_;
  if (const std::optional<core::Run> run = RunOf(event)) {
    listed_.push_back(*run);
  } else {
    Object(event.at, event.node, [&] {
      return absl::StrCat(Host(event.node), " lists what is no run of k′, from ", event.value);
    });
  }
  if (awaited_ == 0) JudgeStatement();
}

void AckChecker::JudgeStatement() {
  if (statement_.value > 0 || !listed_.empty()) SetExercised();
  const bool is_counter_true = JudgeCounter();
  const bool is_list_true = JudgeListed();
  if (is_counter_true && is_list_true) JudgeUnlisted();
}

bool AckChecker::JudgeCounter() {
  const core::NodeId node = statement_.node;
  const std::uint64_t frontier = facts().Held(node).Frontier();
  const std::uint64_t p = statement_.value;
  if (p == frontier) return true;
  Object(statement_.at, node, [&] {
    return p > frontier ? absl::StrCat(Host(node), " acknowledges ", p,
                                       ", but was never handed k′ ", frontier)
                        : absl::StrCat(Host(node), " acknowledges ", p, ", so denies k′ ", p,
                                       ", which it holds");
  });
  return false;
}

bool AckChecker::JudgeListed() {
  const core::SeqSet& held = facts().Held(statement_.node);
  ListPieces();
  if (held.ContainsEach(pieces_)) return true;
  for (const core::Run& run : listed_) {
    if (held.ContainsAll(run)) continue;
    Object(statement_.at, statement_.node, [&] {
      std::uint64_t i = 0;
      while (held.Contains(run.At(i))) ++i;
      return absl::StrCat(Host(statement_.node), " acknowledges k′ ", run.At(i),
                          " in its φ-list, but was never handed it");
    });
    return false;
  }
  return true;
}

void AckChecker::JudgeUnlisted() {
  const core::SeqSet& held = facts().Held(statement_.node);
  const std::uint64_t begin = statement_.value;
  const std::uint64_t end = std::min(statement_.digest, kSeqLimit);
  if (end <= begin || held.End() <= begin) return;
  std::uint64_t held_count = 0;
  held.ForEachHeld(begin, end, [&](const core::Run& run) { held_count += run.count; });
  // All that is listed is held, so the numbers of both tell whether all that is held is listed.
  if (CountListed(begin, end) == held_count) return;
  Object(statement_.at, statement_.node, [&] {
    core::SeqSet listed(facts().period());
    for (const core::Run& run : listed_) listed.Insert(run);
    std::uint64_t denied = end;
    held.ForEachHeld(begin, end, [&](const core::Run& run) {
      for (std::uint64_t i = 0; i < run.count && run.At(i) < denied; ++i) {
        if (!listed.Contains(run.At(i))) denied = run.At(i);
      }
    });
    return absl::StrCat(Host(statement_.node), " denies k′ ", denied,
                        " in its φ-list, but holds it");
  });
}

void AckChecker::ListPieces() {
  const core::LaneLine& line = facts().Held(statement_.node).line();
  pieces_.clear();
  for (const core::Run& run : listed_) {
    core::ForEachLane(run, line.lanes(),
                      [&](std::uint64_t lane, std::uint64_t begin, std::uint64_t end) {
                        pieces_.push_back({line.Begin(lane) + begin, line.Begin(lane) + end});
                      });
  }
  const auto by_begin = [](const auto& a, const auto& b) { return a.begin < b.begin; };
  if (!std::is_sorted(pieces_.begin(), pieces_.end(), by_begin)) {
    std::sort(pieces_.begin(), pieces_.end(), by_begin);
  }
}

std::uint64_t AckChecker::CountListed(std::uint64_t begin, std::uint64_t end) const {
  const core::LaneLine& line = facts().Held(statement_.node).line();
  const core::LaneLine::Cut low = line.CutAt(begin);
  const core::LaneLine::Cut high = line.CutAt(end);
  std::uint64_t count = 0;
  std::uint64_t counted_to = 0;
  for (const core::SeqSet::Stretch& piece : pieces_) {
    const std::uint64_t from = std::max({piece.begin, low.InLaneOf(piece.begin), counted_to});
    const std::uint64_t to = std::min(piece.end, high.InLaneOf(piece.begin));
    if (from >= to) continue;
    count += to - from;
    counted_to = to;
  }
  return count;
}

}  // namespace lockstep::analysis
