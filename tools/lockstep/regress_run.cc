// The runs of regressions: see regress_run.h.

#include "tools/lockstep/regress_run.h"

#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "protocols/core/check.h"
#include "tools/lockstep/fresh_process.h"
#include "tools/lockstep/interrupt.h"
#include "tools/lockstep/runner.h"
#include "tools/sweep/engine.h"
#include "tools/sweep/pool.h"

namespace lockstep::cli {
namespace {

// The same run by a process that was begun anew. Workers are copies of one process: what depends on
// an address, such as the order of a hash table, is the same in all of them.
JudgedRun RunAgain(const Regression& regression, std::uint64_t seed) {
  const Ended ended =
      RunThisProgram({"run", "--json", absl::StrCat("--seed=", seed), "--", regression.path});
  const nlohmann::json summary =
      nlohmann::json::parse(ended.out, nullptr, /*allow_exceptions=*/false);
  if (summary.is_object() && !summary.value("interrupted", false)) return JudgedBy(summary);
  JudgedRun run;
  const std::string words(absl::StripTrailingAsciiWhitespace(ended.err));
  run.error = words.empty() ? absl::StrCat("run again: ended with code ", ended.exit_code)
                            : absl::StrCat("run again: ", words);
  return run;
}

class Runs {
 public:
  Runs(std::vector<Regression>& regressions, const RegressOptions& options, const Additions& own)
      : regressions_(regressions),
        options_(options),
        own_(own),
        pool_([this](const std::string& request) { return Encode(Make(request)); },
              {options.workers, options.wall_max, sweep::MemoryForEach(), {}}) {
    for (std::size_t i = 0; i < regressions_.size(); ++i)
      for (std::size_t j = 0; j < regressions_[i].runs.size(); ++j) places_.emplace_back(i, j);
  }

  absl::Status MakeAll() {
    constexpr std::chrono::milliseconds kPatience{100};
    std::size_t next = 0;
    while (!IsInterrupted()) {
      for (; next < places_.size() && pool_.HasIdle(); ++next) {
        const absl::Status status = pool_.Start(next, absl::StrCat(next));
        if (!status.ok()) return status;
      }
      if (pool_.busy() == 0) break;
      for (const sweep::WorkResult& result : pool_.Wait(kPatience)) Keep(result);
      if (options_.on_progress) options_.on_progress(places_.size(), done_, failed_);
    }
    return absl::OkStatus();
  }

 private:
  // In a worker.
  JudgedRun Make(const std::string& request) const {
    std::size_t place = 0;
    CHECK(absl::SimpleAtoi(request, &place));
    const Regression& regression = regressions_[places_[place].first];
    const RegressionRun& run = regression.runs[places_[place].second];
    if (run.kind == SeedKind::kAgain) return RunAgain(regression, run.seed);
    return RunAndJudge(regression.document, regression.path,
                       {{"/run/seed", absl::StrCat(run.seed)}}, RunOptions(), own_);
  }

  void Keep(const sweep::WorkResult& result) {
    const auto [i, j] = places_[static_cast<std::size_t>(result.id)];
    RegressionRun& run = regressions_[i].runs[j];
    JudgedRun judged;
    if (result.ending == sweep::WorkEnding::kAnswered) {
      judged = DecodeJudgedRun(result.answer);
    } else {
      judged.error = result.error;
    }
    // What ends the program may reach a worker, too: its run is lost, not at fault.
    if (IsInterrupted() && !judged.error.empty()) return;
    run.judged = std::move(judged);
    run.wall_s = std::chrono::duration<double>(result.wall).count();
    run.is_done = true;
    ++done_;
    const Fate fate = FateOf(regressions_[i], run);
    if (fate != Fate::kPassed && fate != Fate::kNotRun) ++failed_;
  }

  std::vector<Regression>& regressions_;
  const RegressOptions& options_;
  const Additions& own_;
  std::vector<std::pair<std::size_t, std::size_t>> places_;  // of runs: regression, and run of it
  std::size_t done_ = 0;
  std::size_t failed_ = 0;
  sweep::Pool pool_;
};

}  // namespace

absl::Status MakeRegressionRuns(std::vector<Regression>& regressions, const RegressOptions& options,
                                const Additions& own) {
  return Runs(regressions, options, own).MakeAll();
}

}  // namespace lockstep::cli
