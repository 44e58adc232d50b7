// No duplicate delivery: see duplicates.h.

#include "analysis/c3b/duplicates.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"

namespace lockstep::analysis {
namespace {

using trace::Event;
using trace::EventKind;

// The first number of `run` that is in none of `parts`, of which there is one.
std::uint64_t FirstOutside(const core::Run& run, const std::vector<core::Run>& parts) {
  for (std::uint64_t i = 0; i < run.count; ++i) {
    const std::uint64_t number = run.At(i);
    const bool is_inside = std::any_of(parts.begin(), parts.end(), [&](const core::Run& part) {
      return number >= part.first && number <= part.Last() &&
             (number - part.first) % part.stride == 0;
    });
    if (!is_inside) return number;
  }
  return run.first;
}

}  // namespace

DuplicateChecker::DuplicateChecker(std::shared_ptr<StreamFacts> facts)
    : StreamChecker("D", "no duplicate delivery", facts,
                    trace::Interest(Bit(EventKind::kRestart)).Add(core::NoteKind::kDelivered)),
      delivered_(facts->receivers().size, facts->NewSet()) {}

void DuplicateChecker::Judge(const Event& event) {
  if (!facts().receivers().Has(event.node) || !facts().IsSound(event.node)) return;
  core::SeqSet& delivered = delivered_[event.node.value() - facts().receivers().first.value()];
  if (event.kind == EventKind::kRestart) delivered = facts().NewSet();
  if (!event.Is(core::NoteKind::kDelivered)) return;
  SetExercised();
  const std::optional<core::Run> run = RunOf(event, facts().period());
  if (!run) {
    if (event.count < 2 || event.stride != 0) return;  // Not a run at all: integrity's business.
    Object(event.at, event.node, [&] {
      return absl::StrCat(Host(event.node), " delivers k′ ", event.value, " twice, in one note");
    });
    return;
  }
  const std::vector<core::Run> fresh = delivered.Insert(*run);
  std::uint64_t fresh_count = 0;
  for (const core::Run& part : fresh) fresh_count += part.count;
  if (fresh_count == run->count) return;
  Object(event.at, event.node, [&] {
    return absl::StrCat(Host(event.node), " delivers k′ ", FirstOutside(*run, fresh),
                        " a second time (", run->count - fresh_count, " such in this note)");
  });
}

const Oracle kDuplicateOracle = {"D", &MakeStreamChecker<DuplicateChecker>};

}  // namespace lockstep::analysis
