// Bounded memory: see outstanding.h.

#include "analysis/c3b/outstanding.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace lockstep::analysis {

using trace::Event;
using trace::EventKind;

OutstandingChecker::OutstandingChecker(std::shared_ptr<StreamFacts> facts, std::uint64_t limit)
    : StreamChecker("M", "bounded memory", facts,
                    trace::Interest(Bit(EventKind::kRestart))
                        .Add(core::NoteKind::kQuacked)
                        .Add(core::Fact::kCarries, trace::Phase::kSent)),
      limit_(limit),
      quacked_(facts->senders().size) {}

void OutstandingChecker::Judge(const Event& event) {
  if (!facts().senders().Has(event.node) || !facts().IsCorrect(event.node)) return;
  std::uint64_t& quacked = quacked_[event.node.value() - facts().senders().first.value()];
  if (event.kind == EventKind::kRestart) {
    quacked = 0;
    return;
  }
  if (event.Is(core::NoteKind::kQuacked)) {
    quacked = std::max(quacked, event.value);
    return;
  }
  if (!facts().IsAcross(event.node, event.peer)) return;
  const std::optional<core::Run> run = RunOf(event, facts().period());
  if (!run || run->count == 0) return;  // Integrity's business.
  SetExercised();
  const std::uint64_t kept = run->Last() + 1 - std::min(quacked, run->Last() + 1);
  if (kept <= limit_) return;
  Object(event.at, event.node, [&] {
    return absl::StrCat(Host(event.node), " sends k′ ", run->Last(), " where its QUACK is ",
                        quacked, ": it has ", kept, " messages to keep, and ", limit_,
                        " are allowed");
  });
}

namespace {

// {"limit": messages}
absl::StatusOr<std::unique_ptr<Checker>> MakeOutstanding(const Charge& charge) {
  const absl::StatusOr<std::shared_ptr<StreamFacts>> facts = FactsFor(charge);
  if (!facts.ok()) return facts.status();
  const nlohmann::json limit = charge.promise.parameters.value("limit", nlohmann::json());
  if (!limit.is_number_unsigned() || limit == 0)
    return absl::InvalidArgumentError(R"(want the parameter "limit", a whole number above zero)");
  return std::make_unique<OutstandingChecker>(*facts, limit.get<std::uint64_t>());
}

}  // namespace

const Oracle kOutstandingOracle = {"M", &MakeOutstanding};

}  // namespace lockstep::analysis
