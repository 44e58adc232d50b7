// Integrity: see integrity.h.

#include "analysis/c3b/integrity.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"

namespace lockstep::analysis {
namespace {

using trace::Event;

// How many positions an RSM can have committed by `at`, be it limited in number or by a rate; see
// IntegrityChecker.
//   floor(rate * t * 1001/1000 / 1e12) + 1, with t = at + clock_ahead in ps
std::uint64_t MostCommitted(const Content& content, core::Instant at) {
  const std::uint64_t end = content.messages.value_or(kSeqLimit);
  if (!content.rate) return end;
  const absl::uint128 t_ps =
      absl::uint128(static_cast<std::uint64_t>(std::max<std::int64_t>(at.ps(), 0))) +
      static_cast<std::uint64_t>(content.clock_ahead.ps());
  const absl::uint128 stretched = t_ps + t_ps / 1000;
  const absl::uint128 whole = stretched / 1'000'000'000'000 * *content.rate;
  const absl::uint128 part = stretched % 1'000'000'000'000 * *content.rate / 1'000'000'000'000;
  return static_cast<std::uint64_t>(std::min(whole + part + 1, absl::uint128(end)));
}

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
  } else if (const std::uint64_t committed = MostCommitted(facts().stream().content, event.at);
             run->Last() >= committed) {
    Object(event.at, event.node, [&] {
      return absl::StrCat(Host(event.node), " delivers k′ ", run->Last(), " when no more than ",
                          committed, " can have been committed");
    });
  }
}

const Oracle kIntegrityOracle = {"I", &MakeStreamChecker<IntegrityChecker>};

}  // namespace lockstep::analysis
