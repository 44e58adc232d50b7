// Hostile traces: whatever hands and accidents make of one, every command that reads it ends, in
// bounded memory, with a verdict or an error that names the file.
//
// LOCKSTEP_MUTATIONS=5000 makes so many of each trace instead of a few, from LOCKSTEP_FIRST on.

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "tests/support/mutations.h"
#include "tests/support/process.h"
#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/program.h"
#include "tools/lockstep/program_name.h"
#include "tools/lockstep/runner.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

std::uint64_t FromEnvironment(const char* name, std::uint64_t or_else) {
  const char* const text = std::getenv(name);
  std::uint64_t number = or_else;
  if (text != nullptr) REQUIRE(absl::SimpleAtoi(text, &number));
  return number;
}

// Far more than any of these traces needs, and far less than a hostile number asks for.
void LimitThisProcess() {
  constexpr rlim_t kMemory = rlim_t{1} << 30;
  constexpr rlim_t kCpuSeconds = 60;
  const rlimit none = {0, 0};
  const rlimit memory = {kMemory, kMemory};
  const rlimit cpu = {kCpuSeconds, kCpuSeconds};
  setrlimit(RLIMIT_CORE, &none);
#if !defined(__SANITIZE_ADDRESS__)
  setrlimit(RLIMIT_AS, &memory);
#endif
  setrlimit(RLIMIT_CPU, &cpu);
}

using Command = std::vector<std::string>;

// What is wrong with how a command ended; empty where nothing is.
std::string Objection(const Command& command, int code, const std::string& errors,
                      const std::string& path) {
  const std::string what = absl::StrCat(command[0], " ended with ", code, ": ", errors);
  if (code == cli::kInternalError || code > cli::kIncomplete) return what;
  const bool is_named = errors.find(path) != std::string::npos ||
                        errors.find(cli::ProgramName() + ": --") == 0;  // of what the user asked for
  return code == cli::kBadInput && !is_named ? what : "";
}

// In a process of its own: reads mutations of seeds [first, last) by each command. Says in `report`
// which it is at, and what is wrong.
[[noreturn]] void ReadMutations(const std::vector<std::string>& lines,
                                const std::vector<Command>& commands, std::uint64_t first,
                                std::uint64_t last, const TemporaryFolder& folder) {
  LimitThisProcess();
  const std::string report = folder.File("report");
  const std::string path = folder.File("mutated");
  const std::string errors = folder.File("errors");
  if (std::freopen("/dev/null", "w", stdout) == nullptr) _exit(3);
  for (std::uint64_t seed = first; seed < last; ++seed) {
    folder.Write("mutated", Mutated(lines, seed));
    for (Command command : commands) {
      folder.Write("report", absl::StrCat("seed ", seed, ", ", command[0]));
      for (std::string& word : command)
        if (word == "FILE") word = path;
      if (std::freopen(errors.c_str(), "w", stderr) == nullptr) _exit(3);
      std::vector<const char*> words = {"lockstep"};
      for (const std::string& word : command) words.push_back(word.c_str());
      const int code = cli::Main(static_cast<int>(words.size()), words.data());
      std::fflush(stderr);
      const std::string objection = Objection(command, code, ReadText(errors), path);
      if (objection.empty()) continue;
      folder.Write("report", absl::StrCat("seed ", seed, ": ", objection));
      _exit(1);
    }
  }
  _exit(0);
}

void ExpectRead(const std::vector<std::string>& lines, const std::vector<Command>& commands) {
  constexpr std::uint64_t kBatch = 20;
  const std::uint64_t first = FromEnvironment("LOCKSTEP_FIRST", 1);
  const std::uint64_t end = first + FromEnvironment("LOCKSTEP_MUTATIONS", 40);
  for (std::uint64_t at = first; at < end; at += kBatch) {
    const TemporaryFolder folder;
    std::fflush(stdout);
    std::fflush(stderr);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) ReadMutations(lines, commands, at, std::min(at + kBatch, end), folder);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    const bool is_good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    const std::string report = ReadText(folder.File("report"));
    CHECK_MESSAGE(is_good, report << " (status " << status << ")");
  }
}

std::vector<std::string> LinesOfRun(const std::string& scenario, const std::string& run_for,
                                    bool has_detail) {
  const TemporaryFolder folder;
  auto prepared = cli::Prepare(scenario, {{"/run/for", absl::StrCat("\"", run_for, "\"")}});
  REQUIRE_MESSAGE(prepared.ok(), std::string(prepared.status().message()));
  cli::RunOptions options;
  options.trace_path = folder.File("t");
  options.has_detail = has_detail;
  REQUIRE(cli::Run(*prepared, options).ok());
  return LinesToMutate(folder.File("t"));
}

const std::vector<Command> kReaders = {{"check", "FILE"},
                                       {"trace", "FILE"},
                                       {"plot", "FILE", "--csv"},
                                       {"plot", "timeline", "FILE", "--csv"}};

}  // namespace

TEST_CASE("hostile traces: mutations of ping-pong end in a verdict or an error") {
  for (const bool has_detail : {false, true})
    ExpectRead(LinesOfRun("scenarios/smoke/pingpong.json", "50ms", has_detail), kReaders);
}

TEST_CASE("hostile traces: mutations of Picsou end in a verdict or an error") {
  for (const bool has_detail : {false, true})
    ExpectRead(LinesOfRun("scenarios/smoke/picsou.json", "300ms", has_detail), kReaders);
}

TEST_CASE("hostile traces: mutations of Chora-R end in a verdict or an error") {
  std::vector<Command> commands = kReaders;
  commands.push_back({"rounds", "FILE"});
  for (const bool has_detail : {false, true})
    ExpectRead(LinesOfRun("scenarios/smoke/chora-clients.json", "30ms", has_detail), commands);
}

TEST_CASE("hostile traces: two that are compared end in an answer or an error") {
  const std::vector<std::string> lines =
      LinesOfRun("scenarios/smoke/picsou.json", "300ms", /*has_detail=*/false);
  ExpectRead(lines, {{"compare", "FILE", "FILE"}});
}

}  // namespace lockstep::tests
