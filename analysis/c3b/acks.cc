// Truthful acknowledgements: see acks.h.

#include "analysis/c3b/acks.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"

namespace lockstep::analysis {

using trace::Event;

namespace {

bool IsIn(std::uint64_t number, const core::Run& run) {
  return run.count > 0 && number >= run.first && number <= run.Last() &&
         (number - run.first) % run.stride == 0;
}

// The part of a run in [begin, end).
core::Run Within(const core::Run& run, std::uint64_t begin, std::uint64_t end) {
  const auto index_of = [&](std::uint64_t number) {
    return number <= run.first
               ? 0
               : std::min(run.count, (number - run.first + run.stride - 1) / run.stride);
  };
  const std::uint64_t low = index_of(begin);
  return run.Part(low, std::max(low, index_of(end)) - low);
}

}  // namespace

AckChecker::AckChecker(std::shared_ptr<StreamFacts> facts)
    : StreamChecker("A", "acknowledgement truthfulness", std::move(facts),
                    trace::Interest()
                        .Add(core::Fact::kStates, trace::Phase::kSent)
                        .Add(core::NoteKind::kStands)
                        .Add(core::NoteKind::kSkipped)),
      stands_(this->facts().receivers().size) {}

void AckChecker::Judge(const Event& event) {
  if (event.kind == trace::EventKind::kNote) return TakeNote(event);
  JudgeStatement(event);
}

void AckChecker::TakeNote(const Event& note) {
  if (!facts().receivers().Has(note.node)) return;
  if (note.Is(core::NoteKind::kStands)) {
    constexpr std::size_t kLately = 64;
    auto& stands = stands_[note.node.value() - facts().receivers().first.value()];
    if (stands.size() == kLately) stands.pop_front();
    stands.push_back(note.value);
  }
  std::erase_if(pending_, [&](const Pending& pending) {
    if (pending.node != note.node) return false;
    if (note.Is(core::NoteKind::kStands)) return pending.p == note.value;
    // It had gone past what it claims to have, as far as that is known to be safe.
    return pending.p > pending.frontier && facts().Held(note.node).Contains(pending.frontier) &&
           IsIn(pending.frontier, note.run());
  });
}

void AckChecker::ObjectToCounter(const Pending& pending) {
  const std::uint64_t p = pending.p;
  Object(pending.at, pending.node, [&] {
    return p > pending.frontier ? absl::StrCat(Host(pending.node), " acknowledges ", p,
                                               ", but was never handed k′ ", pending.frontier)
                                : absl::StrCat(Host(pending.node), " acknowledges ", p,
                                               ", so denies k′ ", p, ", which it holds");
  });
}

void AckChecker::Finish() {
  for (const Pending& pending : pending_) ObjectToCounter(pending);
  pending_.clear();
}

void AckChecker::JudgeStatement(const Event& statement) {
  if (!facts().receivers().Has(statement.node) || !facts().IsCorrect(statement.node)) return;
  if (statement.value > 0 || !statement.runs.empty()) SetExercised();
  const bool is_list = TakeList(statement);
  if (!TakeExcuses(statement)) {
    SetUnsure();
    return;
  }
  const bool is_counter_true = JudgeCounter(statement);
  const bool is_list_true = is_list && JudgeListed(statement);
  if (is_counter_true && is_list_true) JudgeUnlisted(statement);
}

bool AckChecker::TakeList(const Event& statement) {
  listed_.clear();
  for (const core::Run& listed : statement.runs) {
    if (const std::optional<core::Run> run = Plausible(listed, facts().period())) {
      listed_.push_back(*run);
      continue;
    }
    Object(statement.at, statement.node, [&] {
      return absl::StrCat(Host(statement.node), " lists what is no run of k′, from ", listed.first);
    });
  }
  return listed_.size() == statement.runs.size();
}

bool AckChecker::TakeExcuses(const Event& statement) {
  excused_.clear();
  const auto age_ps = static_cast<std::int64_t>(statement.detail);
  if (age_ps <= 0 || age_ps > statement.at.ps()) return age_ps == 0;
  auto since =
      facts().HeldSince(statement.node, core::Instant::FromPicoseconds(statement.at.ps() - age_ps));
  if (since) excused_ = *std::move(since);
  return since.has_value();
}

bool AckChecker::JudgeCounter(const Event& statement) {
  const core::NodeId node = statement.node;
  const std::uint64_t frontier = facts().Held(node).Frontier();
  const std::uint64_t p = statement.value;
  const bool is_excused = p < frontier && std::ranges::any_of(excused_, [&](const core::Run& run) {
                            return IsIn(p, run);
                          });
  const auto& stands = stands_[node.value() - facts().receivers().first.value()];
  const bool is_standing =
      p < frontier && statement.runs.empty() && std::ranges::find(stands, p) != stands.end();
  if (p == frontier || is_excused || is_standing) return true;
  constexpr std::size_t kPendingMost = 1024;
  const Pending pending{statement.at, node, p, frontier};
  const bool may_be_excused = p > frontier || statement.runs.empty();
  if (may_be_excused && pending_.size() < kPendingMost) {
    pending_.push_back(pending);
  } else {
    ObjectToCounter(pending);
  }
  return false;
}

bool AckChecker::JudgeListed(const Event& statement) {
  const core::SeqSet& held = facts().Held(statement.node);
  ListPieces(statement, /*with_excused=*/false);
  if (held.ContainsEach(pieces_)) return true;
  for (const core::Run& run : listed_) {
    if (held.ContainsAll(run)) continue;
    Object(statement.at, statement.node, [&] {
      std::uint64_t i = 0;
      while (held.Contains(run.At(i))) ++i;
      return absl::StrCat(Host(statement.node), " acknowledges k′ ", run.At(i),
                          " in its φ-list, but was never handed it");
    });
    return false;
  }
  return true;
}

void AckChecker::JudgeUnlisted(const Event& statement) {
  const core::SeqSet& held = facts().Held(statement.node);
  const std::uint64_t begin = statement.value;
  const std::uint64_t end = std::min(statement.further, kSeqLimit);
  if (end <= begin || held.End() <= begin) return;
  // Below its frontier all is held; a statement that is excused may begin there.
  const std::uint64_t above = std::clamp(held.Frontier(), begin, end);
  std::uint64_t held_count = above - begin;
  held.ForEachHeld(above, end, [&](const core::Run& run) { held_count += run.count; });
  // All that is listed or excused is held, so the numbers tell whether that is all that is held.
  if (!excused_.empty()) ListPieces(statement, /*with_excused=*/true);
  if (CountListed(statement.node, begin, end) == held_count) return;
  Object(statement.at, statement.node, [&] {
    core::SeqSet listed = facts().NewSet();
    for (const core::Run& run : listed_) listed.Insert(run);
    for (const core::Run& run : excused_) listed.Insert(run);
    std::uint64_t denied = begin;
    while (denied < above && listed.Contains(denied)) ++denied;
    if (denied == above) denied = end;
    held.ForEachHeld(above, end, [&](const core::Run& run) {
      for (std::uint64_t i = 0; i < run.count && run.At(i) < denied; ++i) {
        if (!listed.Contains(run.At(i))) denied = run.At(i);
      }
    });
    return absl::StrCat(Host(statement.node), " denies k′ ", denied,
                        " in its φ-list, but holds it");
  });
}

void AckChecker::ListPieces(const Event& statement, bool with_excused) {
  const core::LaneLine& line = facts().Held(statement.node).line();
  pieces_.clear();
  const auto add = [&](const core::Run& run) {
    core::ForEachLane(run, line.lanes(),
                      [&](std::uint64_t lane, std::uint64_t begin, std::uint64_t end) {
                        pieces_.push_back({line.Begin(lane) + begin, line.Begin(lane) + end});
                      });
  };
  for (const core::Run& run : listed_) add(run);
  // Most of what came since lies beyond what the list speaks of.
  for (const core::Run& run : excused_)
    if (with_excused) add(Within(run, statement.value, statement.further));
  const auto by_begin = [](const auto& a, const auto& b) { return a.begin < b.begin; };
  if (!std::is_sorted(pieces_.begin(), pieces_.end(), by_begin)) {
    std::sort(pieces_.begin(), pieces_.end(), by_begin);
  }
}

std::uint64_t AckChecker::CountListed(core::NodeId node, std::uint64_t begin,
                                      std::uint64_t end) const {
  const core::LaneLine& line = facts().Held(node).line();
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

const Oracle kAckOracle = {"A", &MakeStreamChecker<AckChecker>};

}  // namespace lockstep::analysis
