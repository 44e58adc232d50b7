// What is installed, as its user meets it: moved elsewhere, without the tree that it came from.
//
// Each test installs what this build has made into a folder of its own.

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "tests/support/process.h"
#include "tests/support/text.h"
#include "tools/lockstep/exit_code.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

namespace fs = std::filesystem;

Finished Shell(const std::string& script) { return Process({"/bin/sh", "-c", script}).Wait(); }
bool HasProgram(const std::string& name) { return Shell("command -v " + name).exit_code == 0; }

void Succeed(const std::string& script) {
  const Finished done = Shell(script);
  REQUIRE_MESSAGE(done.exit_code == 0, script, "\n", done.out, done.err);
}

// An installation that was moved after it was made; without "dev", the program alone.
class Installed {
 public:
  explicit Installed(bool has_dev) {
    const std::string what = has_dev ? "" : " --component runtime";
    Succeed(absl::StrCat("cmake --install " LOCKSTEP_BUILD_DIR " --prefix ", folder_.File("first"),
                         what));
    fs::rename(folder_.File("first"), prefix());
    fs::create_directory(folder());
  }
  std::string prefix() const { return folder_.File("moved"); }
  std::string program() const { return prefix() + "/bin/lockstep"; }
  // An empty one, far from the tree.
  std::string folder() const { return folder_.File("elsewhere"); }
  Finished In(const std::string& script) const {
    return Shell(absl::StrCat("cd ", folder(), " && ", script));
  }
  Finished Lockstep(const std::string& arguments) const { return In(program() + " " + arguments); }

 private:
  TemporaryFolder folder_;
};

// The value of a variable of the build that this test is of.
std::string OfBuild(const std::string& variable) {
  for (const std::string& line : std::vector<std::string>(
           absl::StrSplit(ReadText(LOCKSTEP_BUILD_DIR "/CMakeCache.txt"), '\n')))
    if (line.rfind(variable + ":", 0) == 0) return line.substr(line.find('=') + 1);
  return "";
}

// The README's example as a project of its own, built against what is installed.
void BuildHeartbeat(const Installed& installed) {
  const std::string own = installed.folder();
  for (const char* file :
       {"heartbeat.h", "heartbeat_entry.h", "heart_oracle.h", "main.cc", "CMakeLists.txt"})
    fs::copy_file(fs::path(LOCKSTEP_README_DIR) / file, fs::path(own) / file);
  fs::copy_file(LOCKSTEP_README_DIR "/scenarios/heartbeat.json", own + "/heartbeat.json");
  Succeed(absl::StrCat(
      "cmake -S ", own, " -B ", own, "/build -G Ninja -DCMAKE_PREFIX_PATH=", installed.prefix(),
      " -DCMAKE_CXX_COMPILER=", OfBuild("CMAKE_CXX_COMPILER"),
      " '-DCMAKE_CXX_FLAGS=", OfBuild("CMAKE_CXX_FLAGS"), "' && cmake --build ", own, "/build"));
}

void CheckItIsJudged(const Installed& installed) {
  const Finished run = installed.In("build/heartbeat run heartbeat.json --trace t.jsonl");
  CHECK_MESSAGE(run.exit_code == cli::kAsExpected, run.out, run.err);
  Has(run.out, "HB");
  const Finished check = installed.In("build/heartbeat check t.jsonl --json");
  CHECK_MESSAGE(check.exit_code == cli::kAsExpected, check.err);
  Has(check.out, "\"oracle\": \"HB\"");
  // Lockstep itself has no such oracle.
  CHECK(installed.Lockstep("check t.jsonl").exit_code == cli::kBadInput);
}

void CheckItIsKnown(const Installed& installed) {
  Has(installed.In("build/heartbeat list protocols heartbeat").out, "From one beat to the next.");
  Has(installed.In("build/heartbeat list notes heard").out, "by heartbeat");
  Has(installed.In("build/heartbeat list oracles HB").out, "each correct heart");
  Has(installed.In("build/heartbeat explain heartbeat").out, "hears who else is");
  Has(installed.In("build/heartbeat complete -- list protocols hea").out, "heartbeat\t");
  Has(installed.In("build/heartbeat --version").out, "heartbeat: lockstep ");
  const Finished refused = installed.In(
      "build/heartbeat validate heartbeat.json --set /clusters/0/stack/0/perod='\"1ms\"'");
  CHECK(refused.exit_code == cli::kBadInput);
  Has(refused.err, "heartbeat: heartbeat.json");
  Has(refused.err, "\"period\"");
}

void CheckItIsCalledByItsName(const Installed& installed) {
  Has(installed.In("build/heartbeat run --help").out, "\n  build/heartbeat run scenarios/");
  Has(installed.In("PATH=build:$PATH; heartbeat run --help").out, "\n  heartbeat run scenarios/");
  Has(installed.In("build/heartbeat run nothing").err, "heartbeat: nothing: cannot be read");
  CHECK(fs::exists(installed.folder() + "/build/described/heartbeat.man"));
  // What its own code is, no revision of lockstep says.
  const auto revision = [&](const std::string& program) {
    const Finished shown = installed.In(program + " --version");
    const std::size_t begin = shown.out.find("lockstep ") + 9;
    return shown.out.substr(begin, shown.out.find(' ', begin) - begin);
  };
  const std::string own = revision("build/heartbeat");
  CHECK(own.rfind(revision(installed.program()) + "+", 0) == 0);
  Has(installed.In("build/heartbeat validate heartbeat.json --json").out,
      "\"revision\": \"" + own + "\"");
}

// Without the link that its build made, it finds what is installed where data is looked for.
void CheckItStandsAlone(const Installed& installed) {
  const std::string alone = "mkdir alone && cp build/heartbeat alone && alone/heartbeat";
  CHECK(installed.In(alone + " validate heartbeat.json").exit_code == cli::kBadInput);
  const Finished found = installed.In("XDG_DATA_DIRS=/nowhere:" + installed.prefix() +
                                      "/share alone/heartbeat validate heartbeat.json");
  CHECK_MESSAGE(found.exit_code == cli::kAsExpected, found.err);
}

// Its notes are metrics, and a run of a sweep is made again by the command that is printed.
void CheckItIsSwept(const Installed& installed) {
  Succeed(absl::StrCat("cat > ", installed.folder(), R"(/beats.json <<'END'
{ "lockstep_sweep": 1, "name": "beats", "why": "Two runs.", "scenario": "heartbeat.json",
  "axes": [ { "name": "n", "at": "/clusters/0/size", "values": [5, 7] } ], "seeds": 1,
  "expect": [ { "verdict": "holds" }, { "that": "notes_heard_per_s > 0" } ] }
END)"));
  const Finished sweep = installed.In("build/heartbeat sweep beats.json --out beats.sqlite");
  CHECK_MESSAGE(sweep.exit_code == cli::kAsExpected, sweep.out, sweep.err);
  Has(sweep.out, "build/heartbeat results beats.sqlite");
  const Finished again = installed.In(
      "build/heartbeat results beats.sqlite --reproduce 1 > again && cd / && sh $OLDPWD/again");
  CHECK_MESSAGE(again.exit_code == cli::kAsExpected, again.err);
}

TEST_CASE("install: an own protocol outside the tree becomes a program with every command") {
  const Installed installed(/*has_dev=*/true);
  BuildHeartbeat(installed);
  CheckItIsJudged(installed);
  CheckItIsKnown(installed);
  CheckItIsCalledByItsName(installed);
  CheckItIsSwept(installed);
  CheckItStandsAlone(installed);
}

TEST_CASE("install: the program finds its scenarios by name wherever it was moved to") {
  const Installed installed(/*has_dev=*/false);
  CHECK_FALSE(fs::exists(installed.prefix() + "/include"));
  for (const char* name : {"smoke/pingpong.json", "scenarios/smoke/pingpong.json"}) {
    const Finished run = installed.Lockstep(absl::StrCat("validate ", name));
    CHECK_MESSAGE(run.exit_code == cli::kAsExpected, run.err);
  }
  CHECK(installed.Lockstep("run smoke/picsou.json").exit_code == cli::kAsExpected);
  CHECK(installed.Lockstep("sweep sweeps/loss-that-costs-a-tenth.json --dry-run").exit_code == 0);
  CHECK(installed.Lockstep("list profiles").exit_code == cli::kAsExpected);
  // Nothing but what lies in the scenarios goes by such a name.
  for (const char* name : {"smoke/nothing.json", "../../../bin/lockstep", "profiles"})
    CHECK(installed.Lockstep(absl::StrCat("validate ", name)).exit_code == cli::kBadInput);
  for (const char* file : {"schema.json", "sweep.schema.json", "README.md"})
    CHECK(fs::exists(installed.prefix() + "/share/lockstep/scenarios/" + file));
  for (const char* file : {"README.md", "LICENSE", "sim/trace/FORMAT.md", "analysis/GLOSSARY.md"})
    CHECK(fs::exists(installed.prefix() + "/share/doc/lockstep/" + file));
}

TEST_CASE("install: no file names the folder that it was built in") {
  const Installed installed(/*has_dev=*/true);
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(installed.prefix())) {
    if (!entry.is_regular_file()) continue;
    ++files;
    CHECK_MESSAGE(ReadText(entry.path().string()).find(LOCKSTEP_BUILD_DIR) == std::string::npos,
                  entry.path().string());
  }
  CHECK(files > 100);
}

TEST_CASE("install: shells complete words by the scripts that are installed") {
  const Installed installed(/*has_dev=*/false);
  const std::string share = installed.prefix() + "/share/";
  const std::string bash = share + "bash-completion/completions/lockstep";
  const std::string zsh = share + "zsh/site-functions/_lockstep";
  const std::string fish = share + "fish/vendor_completions.d/lockstep.fish";
  for (const std::string& script : {bash, zsh, fish}) REQUIRE(fs::exists(script));
  if (HasProgram("zsh")) CHECK(Shell("zsh -n " + zsh).exit_code == 0);
  if (HasProgram("fish")) CHECK(Shell("fish -n " + fish).exit_code == 0);
  if (!HasProgram("bash")) return;
  CHECK(Shell("bash -n " + bash).exit_code == 0);

  // What bash would offer for the last of these words.
  const auto offered = [&](const std::string& words) {
    const std::string script = installed.folder() + "/ask";
    Succeed(absl::StrCat("cat > ", script, " <<'END'\nsource ", bash, "\nCOMP_WORDS=(",
                         installed.program(), " ", words,
                         ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_lockstep ",
                         installed.program(), "\nprintf '%s\\n' \"${COMPREPLY[@]}\"\nEND"));
    return installed.In("bash ask").out;
  };
  CHECK(offered("ru") == "run\n");
  CHECK(offered("run --mem") == "--memory\n");
  CHECK(offered("check --model = r") == "register\n");
  CHECK(offered("list faults silen") == "silent\n");
  CHECK(offered("explain QUA") == "QUACK\n");
  CHECK(offered("fuzz cho") == "chora\n");
  CHECK(offered("validate as") == "ask\n");
  CHECK(offered("nonsense --wh") == "\n");
}

TEST_CASE("install: the manual page has what help has, and renders without a warning") {
  const Installed installed(/*has_dev=*/false);
  const std::string page = installed.prefix() + "/share/man/man1/lockstep.1";
  const std::string text = ReadText(page);
  for (const char* part : {".SH NAME\nlockstep \\- ", ".SH SYNOPSIS\n", ".SH COMMANDS\n",
                           ".SS \"lockstep run [OPTIONS] scenario\"\n", ".SH EXIT STATUS\n"})
    Has(text, part);
  // Every option of every command.
  for (const char* option :
       {"\\-\\-unfold", "\\-\\-retry", "\\-\\-reproduce", "\\-\\-linearizable"})
    Has(text, option);
  CHECK(text.find("$0") == std::string::npos);
  if (HasProgram("groff")) {
    const Finished shown = Shell("groff -man -Tutf8 -ww " + page);
    CHECK(shown.exit_code == 0);
    CHECK(shown.err == "");
    Has(shown.out, "Ends with 0, 1, 2.");
  }
  if (HasProgram("mandoc")) {
    // A page has no date of its own: it would not be made again.
    const Finished lint = Shell("mandoc -T lint -W warning " + page + " | grep -v 'missing date'");
    CHECK(lint.out == "");
  }
}

}  // namespace
}  // namespace lockstep::tests
