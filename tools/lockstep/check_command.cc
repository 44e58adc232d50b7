// lockstep check TRACE

#include <cstdio>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"

#include "analysis/judge.h"
#include "analysis/recipe.h"
#include "sim/trace/json_lines.h"
#include "tools/lockstep/commands.h"
#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/report.h"

namespace lockstep::cli {
namespace {

constexpr const char* kTeaching =
    "A trace holds what the checkers want, and its own recipe: no other file is needed.\n"
    "\n"
    "Examples:\n"
    "  lockstep run scenarios/faults/crash.json --trace crash.jsonl\n"
    "  lockstep check crash.jsonl\n"
    "  lockstep check crash.jsonl --json | jq '.oracles[] | {oracle, stream, verdict}'\n"
    "\n";

struct CheckFlags {
  std::string trace;
  bool as_json = false;
};

int CheckTrace(const CheckFlags& flags) {
  auto reader = trace::TraceReader::Open(flags.trace);
  if (!reader.ok()) return ReportError(reader.status());
  const auto recipe = analysis::ReadRecipe(reader->recipe());
  if (!recipe.ok()) {
    return ReportError(
        absl::InvalidArgumentError(absl::StrCat(flags.trace, ":1: ", recipe.status().message())));
  }
  if (const absl::Status status = analysis::CheckPromises(*recipe); !status.ok()) {
    return ReportError(
        absl::InvalidArgumentError(absl::StrCat(flags.trace, ":1: ", status.message())));
  }
  analysis::Judge judge(*recipe);
  const auto footer = reader->Replay({&judge});
  if (!footer.ok()) return ReportError(footer.status());
  nlohmann::json summary = judge.Summary();
  for (const char* key : {"digest", "events"}) {
    if (footer->contains(key)) summary[key] = (*footer)[key];
  }
  const nlohmann::json& line = reader->recipe();
  if (line.contains("scenario") && line["scenario"].is_object()) {
    summary["name"] = line["scenario"].value("name", "");
  }
  summary["seed"] = recipe->seed;
  const std::string text = flags.as_json ? summary.dump(2) + "\n" : Report(summary);
  std::fputs(text.c_str(), stdout);
  const ExitCode code = CodeOf(judge.verdict(), judge.IsAsExpected());
  if (summary.value("is_complete", true)) return code;
  std::fputs("lockstep: the run was cut short; the summary is of what was run\n", stderr);
  return code == kAsExpected ? kInterrupted : code;
}

}  // namespace

void AddCheck(CLI::App& app, int& exit_code) {
  CLI::App* const command =
      app.add_subcommand("check", "Judges a trace as `run` judged the run that wrote it");
  const auto flags = std::make_shared<CheckFlags>();
  command->add_option("trace", flags->trace, "Trace file (- for standard input)")
      ->required()
      ->type_name("FILE");
  command->add_flag("--json", flags->as_json, "Prints the summary as JSON");
  command->footer(std::string(kTeaching) + ExitCodeTable());
  command->callback([flags, &exit_code] { exit_code = CheckTrace(*flags); });
}

}  // namespace lockstep::cli
