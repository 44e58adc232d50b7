// One run from a scenario file to a judged summary: what every subcommand that runs something
// calls.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

#include "analysis/recipe.h"
#include "analysis/verdict.h"
#include "protocols/catalog.h"
#include "sim/scenario.h"

namespace lockstep::cli {

// A scenario that passed all checks, with the program that it runs.
struct Prepared {
  sim::Scenario scenario;
  std::unique_ptr<CatalogProgram> program;
  analysis::Recipe recipe;
};

// Reads, validates and compiles; errors name file, place and what was wanted. `more_protocols` may
// be named by the scenario beside those of the catalogue.
absl::StatusOr<Prepared> Prepare(const std::string& path,
                                 const std::vector<sim::Override>& overrides,
                                 const std::vector<ProtocolEntry>& more_protocols = {});

struct RunOptions {
  std::string trace_path;   // empty: no trace
  bool has_detail = false;  // all events, not only the default ones
  bool shows_progress = false;
};

struct RunResult {
  nlohmann::json summary;
  analysis::Verdict verdict = analysis::Verdict::kUnknown;
  bool is_as_expected = false;
  bool is_interrupted = false;
};

// Runs to the end, or until IsInterrupted().
absl::StatusOr<RunResult> Run(const Prepared& prepared, const RunOptions& options);

// The first line of the trace of such a run.
nlohmann::json FirstLine(const Prepared& prepared);

}  // namespace lockstep::cli
