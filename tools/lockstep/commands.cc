// The command line: see commands.h.

#include "tools/lockstep/commands.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <memory>
#include <new>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "analysis/oracles.h"
#include "protocols/catalog_list.h"
#include "protocols/parameters/parameters.h"
#include "tools/lockstep/completion.h"
#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/output.h"
#include "tools/lockstep/program_name.h"
#include "tools/lockstep/version.h"

namespace lockstep::cli {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  $0 run scenarios/smoke/picsou.json\n"
    "  $0 run scenarios/smoke/picsou.json --set /clusters/0/size=7 --trace run.jsonl\n"
    "  $0 check run.jsonl --json | jq .verdict\n"
    "  $0 validate my-scenario.json\n";

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

void Call::Teach(CLI::App& command, const std::string& text, const std::vector<ExitCode>& codes) {
  command.footer(text);
  exit_codes[command.get_name()] = codes;
}

absl::Status CheckAdditions(const Additions& own) {
  const auto again = [](const std::vector<std::string_view>& names) {
    std::set<std::string_view> seen;
    const auto twice = std::find_if(names.begin(), names.end(), [&](std::string_view name) {
      return !seen.insert(name).second;
    });
    return twice == names.end() ? "" : std::string(*twice);
  };
  std::vector<std::string_view> protocols;
  for (const ProtocolEntry& entry : ProtocolEntries(own.protocols)) protocols.push_back(entry.name);
  if (const std::string name = again(protocols); !name.empty())
    return absl::InternalError(
        absl::StrCat("this program has two protocols that are called \"", name, "\""));
  std::vector<std::string_view> letters;
  for (const std::span<const analysis::Oracle* const> table :
       {analysis::Oracles(), std::span<const analysis::Oracle* const>(own.oracles)})
    for (const analysis::Oracle* oracle : table) letters.push_back(oracle->letter);
  if (const std::string letter = again(letters); !letter.empty())
    return absl::InternalError(
        absl::StrCat("this program has two oracles that are called \"", letter, "\""));
  return absl::OkStatus();
}

int ReportError(const absl::Status& status) {
  Print(stderr, absl::StrCat(ProgramName(), ": ", status.message(), "\n"));
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

// Help that names the program as it was called, and the codes that a command may end with.
class NamingFormatter : public CLI::Formatter {
 public:
  explicit NamingFormatter(const Call& call) : call_(call) {}

  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override {
    return AsCalled(CLI::Formatter::make_help(app, std::move(name), mode));
  }
  std::string make_footer(const CLI::App* app) const override {
    return absl::StrCat(app->get_footer(), CodesOf(*app));
  }

 private:
  // Those that it may end with; of the program itself, all.
  std::string CodesOf(const CLI::App& command) const {
    const auto codes = call_.exit_codes.find(command.get_name());
    const bool is_all = command.get_parent() == nullptr;
    std::string text = "Exit codes:\n";
    for (const ExitCodeMeaning& row : kExitCodes) {
      const bool has_it =
          codes != call_.exit_codes.end() &&
          std::find(codes->second.begin(), codes->second.end(), row.code) != codes->second.end();
      if (is_all || has_it) absl::StrAppendFormat(&text, "  %d  %s\n", int{row.code}, row.meaning);
    }
    return is_all || codes != call_.exit_codes.end() ? text + "\n" : "";
  }

  const Call& call_;
};

// "lockstep 1234 (g++ 12)"; of another program, also what it is and what it has.
std::string Version(const Additions& own) {
  std::string version = absl::StrCat("lockstep ", RevisionOf(own), " (", Toolchain(), ")");
  std::vector<std::string> names;
  for (const ProtocolEntry& entry : own.protocols) names.emplace_back(entry.name);
  return names.empty()
             ? version
             : absl::StrCat(ProgramName(), ": ", version, ", with ", absl::StrJoin(names, ", "));
}

int RunCommand(const std::vector<std::string>& arguments, const Additions& own) {
  if (absl::Status status = CheckAdditions(own); !status.ok()) return ReportError(status);
  CLI::App app(absl::StrCat(ProgramName(), ": a deterministic simulator for replication protocols"),
               ProgramAsCalled());
  Call call{own};
  app.formatter(std::make_shared<NamingFormatter>(call));
  app.footer(absl::StrCat(kExamples, "\n"));
  app.require_subcommand(1);
  app.set_version_flag("--version", Version(own));
  AddRun(app, call);
  AddCheck(app, call);
  AddTrace(app, call);
  AddRounds(app, call);
  AddValidate(app, call);
  AddSweep(app, call);
  AddResults(app, call);
  AddMerge(app, call);
  AddCompare(app, call);
  AddFigures(app, call);
  AddCalibrate(app, call);
  AddFuzz(app, call);
  AddReplay(app, call);
  AddRegress(app, call);
  AddShrink(app, call);
  AddTopology(app, call);
  AddPlot(app, call);
  AddList(app, call);
  AddExplain(app, call);
  AddCompletions(app, call);
  AddMan(app, call);
  // Asked by the scripts of shells alone.
  if (!arguments.empty() && arguments[0] == "complete") {
    const std::ptrdiff_t words = arguments.size() > 1 && arguments[1] == "--" ? 2 : 1;
    Print(stdout, Completions(app, call, {arguments.begin() + words, arguments.end()}));
    return kAsExpected;
  }
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
  return call.exit_code;
}

}  // namespace

int Main(int argc, const char* const* argv, const Additions& own) {
  OpenStandardStreams();
  // A limit on the size of files is an error to report, like a full disk.
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGABRT, EndByBug);
  const std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  try {
    return FlushOutput(RunCommand(arguments, own));
  } catch (const std::bad_alloc&) {
    std::fputs((ProgramName() + ": out of memory\n").c_str(), stderr);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s; this is a bug in lockstep\n", ProgramName().c_str(),
                 error.what());
  }
  return kInternalError;
}

}  // namespace lockstep::cli
