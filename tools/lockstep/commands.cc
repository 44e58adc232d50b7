// The command line: see commands.h.

#include "tools/lockstep/commands.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <new>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "protocols/parameters/parameters.h"
#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/output.h"
#include "tools/lockstep/version.h"

namespace lockstep::cli {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  lockstep run scenarios/smoke/picsou.json\n"
    "  lockstep run scenarios/smoke/picsou.json --set /clusters/0/size=7 --trace run.jsonl\n"
    "  lockstep check run.jsonl --json | jq .verdict\n"
    "  lockstep validate my-scenario.json\n";

// CLI11 says of an unknown command only that one is wanted.
std::optional<std::string> UnknownCommand(const CLI::App& app,
                                          const std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments[0].empty() || arguments[0][0] == '-') return std::nullopt;
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    names.push_back(command->get_name());
  }
  if (std::find(names.begin(), names.end(), arguments[0]) != names.end()) return std::nullopt;
  const std::optional<std::string> nearest = Nearest(arguments[0], names);
  return absl::StrCat("unknown command \"", arguments[0], "\"",
                      nearest ? absl::StrCat("; did you mean \"", *nearest, "\"?") : "",
                      " Commands: ", absl::StrJoin(names, ", "));
}

}  // namespace

std::string ExitCodeTable() {
  std::string text = "Exit codes:\n";
  for (const ExitCodeMeaning& row : kExitCodes) {
    absl::StrAppendFormat(&text, "  %d  %s\n", static_cast<int>(row.code), row.meaning);
  }
  return text;
}

int ReportError(const absl::Status& status) {
  Print(stderr, absl::StrCat("lockstep: ", status.message(), "\n"));
  return absl::IsInternal(status) ? kInternalError : kBadInput;
}

namespace {

// Takes the places of standard streams that are closed, so that no file that is opened later gets
// one, and with it all that is printed.
void OpenStandardStreams() {
  int file = open("/dev/null", O_RDWR);
  while (file >= 0 && file <= STDERR_FILENO) file = open("/dev/null", O_RDWR);
  if (file >= 0) close(file);
}

// A failed CHECK, which has said what it is: the exit code of a bug, rather than that of a shell
// for a signal. Workers of a sweep die by the signal, which their parent tells.
void EndByBug(int) { _exit(kInternalError); }

// A report that nobody got is an error, unless its reader went away on purpose.
int FlushOutput(int exit_code) {
  errno = 0;
  const bool is_written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  struct stat output = {};
  const bool has_reader =
      fstat(STDOUT_FILENO, &output) == 0 && (S_ISFIFO(output.st_mode) || S_ISSOCK(output.st_mode));
  // Who failed for this reason has said so.
  if (is_written || has_reader || exit_code == kBadInput) return exit_code;
  const std::string why = errno == 0 ? "" : absl::StrCat(": ", std::strerror(errno));
  const int code =
      ReportError(absl::InvalidArgumentError("standard output cannot be written" + why));
  return exit_code == kAsExpected ? code : exit_code;
}

int RunCommand(const std::vector<std::string>& arguments) {
  CLI::App app("lockstep: a deterministic simulator for replication protocols", "lockstep");
  app.footer(absl::StrCat(kExamples, "\n", ExitCodeTable()));
  app.require_subcommand(1);
  app.set_version_flag("--version", absl::StrCat("lockstep ", Revision(), " (", Toolchain(), ")"));
  int exit_code = kAsExpected;
  AddRun(app, exit_code);
  AddCheck(app, exit_code);
  AddTrace(app, exit_code);
  AddRounds(app, exit_code);
  AddValidate(app, exit_code);
  AddSweep(app, exit_code);
  AddResults(app, exit_code);
  AddMerge(app, exit_code);
  AddCompare(app, exit_code);
  AddFigures(app, exit_code);
  AddFuzz(app, exit_code);
  AddTopology(app, exit_code);
  AddPlot(app, exit_code);
  AddList(app, exit_code);
  AddExplain(app, exit_code);
  // Alone it shows what there is; `help COMMAND` is `COMMAND --help`.
  if (arguments.empty() || arguments == std::vector<std::string>{"help"}) {
    std::fputs(app.help().c_str(), stdout);
    return kAsExpected;
  }
  std::vector<std::string> asked = arguments;
  if (asked[0] == "help") {
    asked.erase(asked.begin());
    asked.emplace_back("--help");
  }
  if (const auto unknown = UnknownCommand(app, asked)) {
    return ReportError(absl::InvalidArgumentError(*unknown));
  }
  // CLI11 takes the arguments from the back, and reports by exceptions, which stop here.
  std::vector<std::string> reversed(asked.rbegin(), asked.rend());
  try {
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kAsExpected : kBadInput;
  }
  return exit_code;
}

}  // namespace

int Main(const std::vector<std::string>& arguments) {
  OpenStandardStreams();
  // A limit on the size of files is an error to report, like a full disk.
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGABRT, EndByBug);
  try {
    return FlushOutput(RunCommand(arguments));
  } catch (const std::bad_alloc&) {
    std::fputs("lockstep: out of memory\n", stderr);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "lockstep: %s; this is a bug in lockstep\n", error.what());
  }
  return kInternalError;
}

}  // namespace lockstep::cli
