// The command line: see commands.h.

#include "tools/lockstep/commands.h"

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/version.h"

namespace lockstep::cli {
namespace {

std::string ExitCodeTable() {
  std::string text = "Exit codes:\n";
  for (const ExitCodeMeaning& row : kExitCodes) {
    absl::StrAppendFormat(&text, "  %d  %s\n", static_cast<int>(row.code), row.meaning);
  }
  return text;
}

constexpr const char* kExamples =
    "Examples:\n"
    "  lockstep run scenarios/smoke/picsou.json\n"
    "  lockstep run scenarios/smoke/picsou.json --set /clusters/0/size=7 --trace run.jsonl\n"
    "  lockstep check run.jsonl --json | jq .verdict\n"
    "  lockstep validate my-scenario.json\n";

}  // namespace

int ReportError(const absl::Status& status) {
  absl::FPrintF(stderr, "lockstep: %s\n", std::string(status.message()));
  return absl::IsInternal(status) ? kInternalError : kBadInput;
}

int Main(const std::vector<std::string>& arguments) {
  CLI::App app("lockstep: a deterministic simulator for replication protocols", "lockstep");
  app.footer(absl::StrCat(kExamples, "\n", ExitCodeTable()));
  app.require_subcommand(1);
  app.set_version_flag("--version", absl::StrCat("lockstep ", Revision(), " (", Toolchain(), ")"));
  int exit_code = kAsExpected;
  AddRun(app, exit_code);
  AddCheck(app, exit_code);
  AddValidate(app, exit_code);
  AddFigures(app, exit_code);
  // CLI11 takes the arguments from the back, and reports by exceptions, which stop here.
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kAsExpected : kBadInput;
  }
  return exit_code;
}

}  // namespace lockstep::cli
