// Plans of sweeps: see sweep_plan.h.

#include "tools/lockstep/sweep_plan.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "analysis/metrics.h"
#include "protocols/catalog.h"
#include "protocols/catalog_list.h"
#include "protocols/parameters/parameters.h"
#include "sim/scenario/name_search.h"
#include "tools/lockstep/file_kind.h"
#include "tools/lockstep/runner.h"
#include "tools/lockstep/version.h"
#include "tools/sweep/base_scenario.h"

namespace lockstep::cli {
namespace {

// Refuses what is to be recorded from where no summary has anything.
absl::Status CheckRecords(const sweep::Sweep& sweep) {
  const std::vector<std::string> keys = SummaryKeys();
  for (const auto& [name, pointer] : sweep.record) {
    const std::string key = pointer.substr(0, pointer.find('/', 1)).substr(pointer.empty() ? 0 : 1);
    if (std::ranges::find(keys, key) != keys.end()) continue;
    const std::optional<std::string> nearest = Nearest(key, keys);
    return absl::InvalidArgumentError(
        absl::StrCat(sweep.path, ": /record/", EscapeForPointer(name),
                     ": leads nowhere: no summary has \"", key, "\"; ",
                     nearest ? absl::StrCat("did you mean \"", *nearest, "\"?")
                             : absl::StrCat("there are: ", absl::StrJoin(keys, ", "))));
  }
  return absl::OkStatus();
}

absl::StatusOr<Planned> PlanOf(absl::StatusOr<sweep::Sweep> sweep, const Additions& own) {
  if (!sweep.ok()) return sweep.status();
  if (absl::Status places = CheckRecords(*sweep); !places.ok()) return places;
  auto owned = std::make_unique<sweep::Sweep>(*std::move(sweep));
  absl::StatusOr<sweep::Plan> plan = sweep::Plan::Make(*owned);
  if (!plan.ok()) return plan.status();
  return Planned{std::move(owned), *std::move(plan), own};
}

}  // namespace

std::vector<std::string> FormulaMetrics(const Additions& own) {
  std::vector<std::string> names;
  for (const analysis::MetricInfo& metric : analysis::KnownMetrics(own.oracles))
    names.emplace_back(metric.name);
  std::vector<core::NoteSpec> notes = DeclaredNotes();
  for (const ProtocolEntry& entry : own.protocols) {
    const LayerInfo layer = ListProtocol(entry);
    notes.insert(notes.end(), layer.notes.begin(), layer.notes.end());
  }
  for (const core::NoteSpec& note : notes) {
    for (const std::string& name : analysis::NoteMetricNames(note.name))
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  return names;
}

absl::StatusOr<Planned> PlanOf(const nlohmann::json& document, const std::string& path,
                               const Additions& own) {
  if (absl::Status kind = CheckKind(document, "lockstep_sweep", path); !kind.ok()) return kind;
  nlohmann::json whole = document;
  if (absl::Status put = sweep::PutBaseScenario(path, whole); !put.ok()) return put;
  return PlanOf(sweep::ReadSweepDocument(whole, path, FormulaMetrics(own)), own);
}

absl::StatusOr<Planned> PlanOf(const std::string& given, const Additions& own) {
  const std::string path = sim::FindGiven(given);
  const absl::StatusOr<nlohmann::json> document = ReadJsonFile(path);
  if (!document.ok()) return document.status();
  return PlanOf(*document, path, own);
}

absl::StatusOr<Planned> PlanOf(const analysis::ResultsHeader& header, const std::string& path,
                               const Additions& own) {
  auto planned = PlanOf(sweep::ReadSweepDocument(header.sweep, path, FormulaMetrics(own)), own);
  if (!planned.ok()) return planned;
  // Points are numbered by the code: that of another revision may count others.
  if (planned->plan.points() == header.points && planned->sweep->seeds.count == header.seeds)
    return planned;
  return absl::FailedPreconditionError(absl::StrCat(
      path, ": has ", header.points, " points of ", header.seeds, " seeds by lockstep ",
      header.revision, ", but ", planned->plan.points(), " of ", planned->sweep->seeds.count,
      " by ", RevisionOf(own), "; use the one that made it"));
}

}  // namespace lockstep::cli
