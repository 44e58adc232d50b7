// lockstep run SCENARIO

#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

#include "protocols/parameters/parameters.h"
#include "tools/lockstep/commands.h"
#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/interrupt.h"
#include "tools/lockstep/memory.h"
#include "tools/lockstep/output.h"
#include "tools/lockstep/overrides.h"
#include "tools/lockstep/remarks.h"
#include "tools/lockstep/report.h"
#include "tools/lockstep/runner.h"

namespace lockstep::cli {
namespace {

constexpr const char* kRunTeaching =
    "Prints throughput, what each oracle says, what each fault did, what was dropped and why, and "
    "the\n"
    "digest: the same scenario and seed give the same digest on every machine.\n"
    "\n"
    "--set changes one value for this run, by JSON pointer: /faults/- appends, /profile/... and\n"
    "/network/topology/graph/... reach into files that the scenario names.\n"
    "\n"
    "Examples:\n"
    "  $0 run scenarios/smoke/picsou.json\n"
    "  $0 run scenarios/smoke/picsou.json --set /clusters/0/size=7 --seed 3\n"
    "  $0 run scenarios/faults/crash.json --trace crash.jsonl   # judged again by `check`\n"
    "  $0 run scenarios/faults/loss.json --json | jq .drops\n"
    "\n";

struct RunFlags {
  std::string scenario;
  OverrideFlags overrides;
  std::string trace;
  bool has_detail = false;
  bool as_json = false;
  std::string memory;
};

// Whether the run fits into what the user allows, or else into what the system has.
absl::Status CheckMemoryOf(const Prepared& prepared, const std::string& allowed) {
  if (!allowed.empty()) {
    const absl::StatusOr<core::ByteCount> limit = ParseBytes(allowed);
    if (!limit.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("--memory: ", limit.status().message()));
    }
    return CheckMemory(prepared, *limit, "what --memory allows", "allow more with --memory");
  }
  const std::optional<core::ByteCount> available = AvailableMemory();
  if (!available) return absl::OkStatus();
  return CheckMemory(prepared, *available, "what is available",
                     "allow as much with --memory, if there is swap space");
}

int RunScenario(const RunFlags& flags, const Additions& own) {
  const auto overrides = ReadOverrides(flags.overrides);
  if (!overrides.ok()) return ReportError(overrides.status());
  const auto prepared = Prepare(flags.scenario, *overrides, own);
  if (!prepared.ok()) return ReportError(prepared.status());
  const absl::Status fits = CheckMemoryOf(*prepared, flags.memory);
  if (!fits.ok()) return ReportError(fits);
  if (absl::Status other = CheckNoInput(flags.trace, "--trace", prepared->scenario.files);
      !other.ok())
    return ReportError(other);
  PrintRemarks(prepared->scenario.remarks);
  NoteInterrupts();
  RunOptions options;
  options.trace_path = flags.trace;
  options.has_detail = flags.has_detail;
  options.shows_progress = true;
  const auto result = Run(*prepared, options);
  if (!result.ok()) return ReportError(result.status());
  // A trace on standard output is not to be mixed with the report.
  std::FILE* const out = flags.trace == "-" ? stderr : stdout;
  const std::string text = flags.as_json ? JsonText(result->summary) : Report(result->summary);
  Print(out, text);
  if (result->is_interrupted()) {
    PrintRemarks({"interrupted; the summary is of what was run"});
    return kInterrupted;
  }
  if (result->ending == RunEnding::kStuck) {
    PrintRemarks({result->failure + "; the summary is of what was run"});
    return result->verdict == analysis::Verdict::kViolated ? kViolated : kRunsFailed;
  }
  return CodeOf(result->verdict, result->is_as_expected);
}

}  // namespace

void AddRun(CLI::App& app, Call& call) {
  CLI::App* const command =
      app.add_subcommand("run", "Runs a scenario and judges it by the promises of its protocols");
  const auto flags = std::make_shared<RunFlags>();
  command->add_option("scenario", flags->scenario, "Scenario file (see scenarios/README.md)")
      ->required()
      ->type_name("FILE");
  AddOverrideFlags(*command, flags->overrides);
  command
      ->add_option("--trace", flags->trace,
                   "Writes the trace to FILE (.zst: packed; - for standard output)")
      ->type_name("FILE");
  command->add_flag("--detail", flags->has_detail,
                    "The trace holds every input and effect, not only what checkers want");
  command
      ->add_option("--memory", flags->memory,
                   "Refuses a run that needs more than this; default: what is available")
      ->type_name("SIZE");
  command->add_flag("--json", flags->as_json, "Prints the summary as JSON");
  call.Teach(*command, kRunTeaching,
             {kAsExpected, kInternalError, kBadInput, kViolated, kNotExercised, kUnknown,
              kHeldUnexpectedly, kInterrupted, kRunsFailed});
  command->callback([flags, &call] { call.exit_code = RunScenario(*flags, call.own); });
}

}  // namespace lockstep::cli
