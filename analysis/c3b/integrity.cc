// Integrity: see integrity.h.

#include "analysis/c3b/integrity.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace lockstep::analysis {
namespace {

using trace::Event;

std::string Numbers(const core::Run& run) {
  if (run.count == 1) return absl::StrCat("k′ ", run.first);
  return absl::StrCat(run.count, " messages, k′ ", run.first, " to ", run.Last(), " by ",
                      run.stride, ",");
}

}  // namespace

IntegrityChecker::IntegrityChecker(std::shared_ptr<StreamFacts> facts)
    : StreamChecker("I", "integrity", std::move(facts),
                    trace::Interest().Add(core::NoteKind::kDelivered)) {}

void IntegrityChecker::Judge(const Event& event) {
  if (!facts().IsSound(event.node)) return;
  if (!facts().receivers().Has(event.node)) return;
  SetExercised();
  const std::optional<core::Run> run = RunOf(event, facts().period());
  if (!run) {
    Object(event.at, event.node, [&] {
      return absl::StrCat(Host(event.node), " delivers what is no run of k′, from ", event.value);
    });
  } else if (!facts().IsAuthentic(*run, event.digest)) {
    Object(event.at, event.node, [&] {
      return absl::StrCat(Host(event.node), " delivers ", Numbers(*run),
                          " with another content than was committed");
    });
  } else if (const std::uint64_t committed =
                 std::min(CommittedBy(facts().stream().content, event.at) + 1,
                          facts().stream().content.messages.value_or(kSeqLimit));
             run->Last() >= committed) {
    Object(event.at, event.node, [&] {
      return absl::StrCat(Host(event.node), " delivers k′ ", run->Last(), " when no more than ",
                          committed, " can have been committed");
    });
  }
}

const Oracle kIntegrityOracle = {"I", &MakeStreamChecker<IntegrityChecker>};

}  // namespace lockstep::analysis
