// One run from a scenario file to a judged summary: what every subcommand that runs something
// calls.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

#include "analysis/oracle.h"
#include "analysis/recipe.h"
#include "analysis/verdict.h"
#include "protocols/catalog.h"
#include "protocols/core/time.h"
#include "sim/scenario/scenario.h"
#include "sim/trace/sink.h"
#include "tools/lockstep/program.h"

namespace lockstep::cli {

// A scenario that passed all checks, with the program that it runs.
struct Prepared {
  sim::Scenario scenario;
  std::unique_ptr<CatalogProgram> program;
  analysis::Recipe recipe;
  Additions own;  // that it was prepared with
};

// Reads, validates and compiles; errors name file, place and what was wanted. `own` is what the
// scenario may name, and its protocols may promise, beside what lockstep has.
absl::StatusOr<Prepared> Prepare(const std::string& path,
                                 const std::vector<sim::Override>& overrides,
                                 const Additions& own = {});

// The same for a scenario that is no file: `path` is where its relative names start from.
absl::StatusOr<Prepared> PrepareDocument(nlohmann::json document, const std::string& path,
                                         const std::vector<sim::Override>& overrides,
                                         const Additions& own = {});

struct RunOptions {
  std::string trace_path;   // empty: no trace
  bool has_detail = false;  // all events, not only the default ones
  bool shows_progress = false;
  // Where to stop before the end.
  std::optional<core::Duration> simulated_max = std::nullopt;
  std::optional<std::uint64_t> events_max =
      std::nullopt;  // looked at now and then, so some more may happen
  // A node that is called more often than that at one instant is stuck.
  std::uint64_t calls_at_once_max = 10'000'000;
  std::vector<trace::Sink*> listeners = {};  // that are told of the run, too; they outlive it
};

enum class RunEnding : std::uint8_t { kComplete, kInterrupted, kSimulatedMax, kEventsMax, kStuck };

struct RunResult {
  nlohmann::json summary;
  analysis::Verdict verdict = analysis::Verdict::kUnknown;
  bool is_as_expected = false;
  RunEnding ending = RunEnding::kComplete;
  std::string failure;  // of kStuck: who, and when
  bool is_interrupted() const { return ending == RunEnding::kInterrupted; }
};

// Runs to the end, to a limit of the options, until IsInterrupted(), or until a node makes no
// progress in simulated time. What was judged by then is the verdict; of a run that is stuck it is
// never as expected, and the summary has what went wrong as "failure".
absl::StatusOr<RunResult> Run(const Prepared& prepared, const RunOptions& options);

// Every key that the summary of a run may have at its top.
std::vector<std::string> SummaryKeys();

// The first line of the trace of such a run.
nlohmann::json FirstLine(const Prepared& prepared);

}  // namespace lockstep::cli
