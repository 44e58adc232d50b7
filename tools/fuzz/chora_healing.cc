// Whether a cluster has recovered: see chora_healing.h.

#include "tools/fuzz/chora_healing.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "protocols/chora/notes.h"
#include "protocols/core/log_notes.h"
#include "protocols/core/note.h"

namespace lockstep::fuzz {
namespace {

// Whoever restarts does so within as many rounds after the healing.
constexpr std::int64_t kCalmLeast = 64;
// That must be decided of what began after it.
constexpr std::uint64_t kRoundsMore = 30;

}  // namespace

trace::Interest HealingWatch::Wants() const {
  return trace::Interest(Bit(trace::EventKind::kCrash) | Bit(trace::EventKind::kRestart))
      .Add(core::NoteKind::kCommitted)
      .Add(core::NoteKind::kInstalled)
      .Add(core::NoteKind::kRejoined)
      .Add(core::NoteKind::kMalformed)
      .Add(chora::kConflict)
      .Add(core::kLanes)
      .Add(chora::kResolved)
      .Add(chora::kRoundComplete)
      .Add(chora::kRoundSkipped);
}

void HealingWatch::OnEvent(const trace::Event& event) {
  if (event.node.value() >= hosts_.size()) return;
  Host& host = hosts_[event.node.value()];
  if (event.kind == trace::EventKind::kCrash) {
    host = {false, false, 0};
  } else if (event.kind == trace::EventKind::kRestart) {
    host.is_up = true;
  } else if (event.Is(core::NoteKind::kRejoined)) {
    host.has_rejoined = is_rejoined_ = true;
  } else if (event.Is(core::NoteKind::kInstalled)) {
    host.next = event.value;
    is_installed_ = true;
  } else if (event.Is(core::NoteKind::kCommitted)) {
    host.next = event.value + event.count;
  } else if (event.Is(core::NoteKind::kMalformed) || event.Is(chora::kConflict)) {
    if (!wrong_.empty()) return;
    const char* what = event.Is(chora::kConflict) ? "decides something else than before in round "
                                                  : "calls malformed what came from host ";
    const std::uint64_t of = event.Is(chora::kConflict) ? event.value : event.peer.value();
    wrong_ = absl::StrCat("a", event.node.value(), " ", what, of);
  } else if (event.Is(core::kLanes)) {
    is_relaned_ = true;
  } else if (event.Is(chora::kResolved)) {
    const std::uint64_t ballot = event.detail / 64;
    is_resolved_ |= ballot == 1;
    is_contested_ |= ballot > 1;
  } else if (event.at <= draw_.heal) {
    round_ = std::max(round_, event.run().Last());
  }
}

std::vector<std::string> HealingWatch::Reached() const {
  std::vector<std::string> reached;
  if (is_resolved_) reached.emplace_back("ballot 1");
  if (is_contested_) reached.emplace_back("ballot 2 on");
  if (is_installed_) reached.emplace_back("installed");
  if (is_relaned_) reached.emplace_back("lanes");
  if (is_rejoined_) reached.emplace_back("rejoined");
  return reached;
}

std::string HealingWatch::WhyNot(core::Instant now) const {
  if (now < draw_.heal + draw_.interval * kCalmLeast) return "it is too early to tell";
  const auto at_heal =
      static_cast<std::uint64_t>((draw_.heal - draw_.first_round).ps() / draw_.interval.ps());
  const std::uint64_t round = std::max(at_heal, round_) + kRoundsMore;
  for (std::size_t i = 0; i < hosts_.size(); ++i) {
    const Host& host = hosts_[i];
    if (!host.is_up) continue;
    if (!host.has_rejoined) return absl::StrCat("a", i, " has not rejoined");
    if (host.next < round * hosts_.size())
      return absl::StrCat("a", i, " has committed up to round ", host.next / hosts_.size(),
                          ", and not up to ", round);
  }
  return "";
}

}  // namespace lockstep::fuzz
