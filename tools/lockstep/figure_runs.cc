// The runs of figures: see figure_runs.h.

#include "tools/lockstep/figure_runs.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"

#include "tools/lockstep/interrupt.h"
#include "tools/lockstep/sweep_progress.h"
#include "tools/lockstep/sweep_results.h"
#include "tools/lockstep/sweep_run.h"
#include "tools/sweep/engine.h"

namespace lockstep::cli {

absl::Status FigureFolder::Make() const {
  if (out_.empty() && !scratch_.is_there())
    return absl::UnavailableError("no folder for temporary files can be made; --out names one");
  std::error_code failed;
  if (!out_.empty()) std::filesystem::create_directories(out_, failed);
  if (failed)
    return absl::UnavailableError(absl::StrCat(out_, ": cannot be made: ", failed.message()));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<analysis::RunRow>> MakeRuns(const Planned& planned,
                                                       const FigureRuns& how,
                                                       const std::string& base,
                                                       const std::string& shown) {
  auto file = OpenResults(base + ".sqlite", /*is_resumed=*/true, HeaderOf(planned, sweep::Shard()));
  if (!file.ok()) return file.status();
  SweepProgress progress(shown);
  sweep::EngineOptions options;
  options.workers = how.jobs;
  options.is_interrupted = [] { return IsInterrupted(); };
  options.on_progress = [&](const sweep::Tally& tally) {
    if (!how.is_quiet) progress.Show(tally);
  };
  const auto tally =
      sweep::RunSweep(planned.plan, RunnerOf(*planned.sweep, planned.own), options, **file);
  progress.Clear();
  if (!tally.ok()) return tally.status();
  std::vector<analysis::RunRow> rows;
  absl::Status read = (*file)->ForEachRun([&](const analysis::RunRow& row) {
    rows.push_back(row);
    return true;
  });
  read.Update((*file)->Close());
  if (!read.ok()) return read;
  return rows;
}

}  // namespace lockstep::cli
