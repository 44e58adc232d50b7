// Throughput floor: see throughput_floor.h.

#include "analysis/c3b/throughput_floor.h"

#include <utility>

#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace lockstep::analysis {

using trace::Event;
using trace::EventKind;

ThroughputChecker::ThroughputChecker(std::shared_ptr<StreamFacts> facts, std::uint64_t floor_per_s)
    : StreamChecker("T", "throughput floor", facts,
                    trace::Interest(Bit(EventKind::kEnd)).Add(core::NoteKind::kDelivered)),
      floor_per_s_(floor_per_s),
      delivered_(facts->NewSet()) {}

void ThroughputChecker::Judge(const Event& event) {
  if (event.kind == EventKind::kEnd) {
    if (event.value == 0) end_ = event.at;  // Else it was cut short.
    return;
  }
  if (!facts().receivers().Has(event.node) || !facts().IsCorrect(event.node)) return;
  const std::optional<core::Run> run = RunOf(event, facts().period());
  if (!run) return;  // Integrity's business.
  for (const core::Run& fresh : delivered_.Insert(*run))
    if (event.at >= facts().recipe().warmup) measured_ += fresh.count;
}

void ThroughputChecker::Finish() {
  if (!end_ || *end_ <= facts().recipe().warmup) return;  // Nothing was measured.
  SetExercised();
  const absl::int128 span = (*end_ - facts().recipe().warmup).ps();
  const auto rate = static_cast<std::uint64_t>(absl::int128(measured_) * 1'000'000'000'000 / span);
  if (rate >= floor_per_s_) return;
  Object(*end_, std::nullopt, [&] {
    return absl::StrCat(rate, " messages were delivered a second, and at least ", floor_per_s_,
                        " were to be");
  });
}

namespace {

// {"floor_per_s": messages}
absl::StatusOr<std::unique_ptr<Checker>> MakeThroughput(const Charge& charge) {
  const absl::StatusOr<std::shared_ptr<StreamFacts>> facts = FactsFor(charge);
  if (!facts.ok()) return facts.status();
  const nlohmann::json floor = charge.promise.parameters.value("floor_per_s", nlohmann::json());
  if (!floor.is_number_unsigned() || floor == 0) {
    return absl::InvalidArgumentError(
        R"(want the parameter "floor_per_s", a whole number above zero)");
  }
  return std::make_unique<ThroughputChecker>(*facts, floor.get<std::uint64_t>());
}

}  // namespace

const Oracle kThroughputOracle = {"T", &MakeThroughput};

}  // namespace lockstep::analysis
