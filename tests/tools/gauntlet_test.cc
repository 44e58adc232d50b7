// Patches that break protocols on purpose: that tools/gauntlet can take them up. To build and run
// them takes it many minutes, so that is no test.

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/text.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

namespace fs = std::filesystem;

const std::string kRoot = LOCKSTEP_SOURCE_DIR;

Finished Check(const std::string& mutants) {
  return Process({kRoot + "/tools/gauntlet", "--check", "--mutants", mutants}).Wait();
}

// A patch of the first line of LICENSE, whatever that says.
std::string PatchOf(const std::string& head, const std::string& first_line) {
  return head + "--- a/LICENSE\n+++ b/LICENSE\n@@ -1,1 +1,1 @@\n-" + first_line + "\n+broken\n";
}

std::string FirstLine() {
  const std::string text = ReadText(kRoot + "/LICENSE");
  return text.substr(0, text.find('\n'));
}

const std::string kHead = "Breaks: a line\nOracle: Q\nExposed-by: fuzz picsou\n\n";

}  // namespace

TEST_CASE("gauntlet: every patch says what it must, and applies to this tree") {
  const Finished check = Check(kRoot + "/tests/mutants");
  CHECK_MESSAGE(check.exit_code == 0, check.err);
}

TEST_CASE("gauntlet: there are mutants of every protocol, and harmless patches beside some") {
  std::set<std::string> mutants;
  std::vector<std::string> harmless;
  for (const auto& entry : fs::directory_iterator(kRoot + "/tests/mutants")) {
    const std::string name = entry.path().stem().string();
    const std::size_t mark = name.find(".harmless");
    if (mark == std::string::npos) {
      mutants.insert(name);
    } else {
      harmless.push_back(name.substr(0, mark));
    }
  }
  CHECK(mutants.size() >= 20);
  CHECK(harmless.size() >= 5);
  for (const std::string& name : harmless) CHECK_MESSAGE(mutants.contains(name), name);
  for (const std::string protocol :
       {"picsou-", "all-to-all-", "one-shot-", "otu-", "kafka-", "chora-"}) {
    const auto first = mutants.lower_bound(protocol);
    CHECK_MESSAGE((first != mutants.end() && first->starts_with(protocol)), protocol);
  }
}

TEST_CASE("gauntlet: a patch that does not apply is refused by its name") {
  const TemporaryFolder folder;
  folder.Write("good.patch", PatchOf(kHead, FirstLine()));
  CHECK(Check(folder.File("")).exit_code == 0);
  folder.Write("stale.patch", PatchOf(kHead, FirstLine() + " of last year"));
  const Finished stale = Check(folder.File(""));
  CHECK(stale.exit_code == 2);
  Has(stale.err, "stale.patch no longer applies");
}

TEST_CASE("gauntlet: a patch whose head lacks a line, or has one that is none, is refused") {
  struct Wrong {
    const char* name;
    const char* head;
    const char* error;
  };
  const Wrong wrong[] = {
      {"a.patch", "Breaks: a line\nExposed-by: fuzz picsou\n", "no line \"Oracle: ...\""},
      {"a.patch", "Oracle: Q\nExposed-by: fuzz picsou\n", "no line \"Breaks: ...\""},
      {"a.patch", "Breaks: a line\nOracle: Q\n", "no line \"Exposed-by: ...\""},
      {"a.harmless.patch", "Exposed-by: fuzz picsou\n", "no line \"Keeps: ...\""},
      {"a.patch", "Breaks: a\nOracel: Q\nOracle: Q\nExposed-by: fuzz picsou\n", "Oracel: Q"},
      {"a.patch", "Breaks: a\nOracle: Q\nExposed-by: scenarios/nowhere.json\n",
       "no scenario scenarios/nowhere.json"},
      {"a.patch", "Breaks: a\nOracle: Q\nExposed-by: run picsou\n", "not \"run picsou\""}};
  for (const Wrong& each : wrong) {
    const TemporaryFolder folder;
    folder.Write(each.name, PatchOf(each.head, FirstLine()));
    const Finished check = Check(folder.File(""));
    CHECK_MESSAGE(check.exit_code == 2, each.head);
    Has(check.err, each.error);
  }
}

TEST_CASE("gauntlet: what it is asked for and has not is refused with exit code 2") {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--mutants", "/nowhere"},
        {"--only", "nobody", "--check"},
        {"--time", "soon", "--check"},
        {"--quickly"}}) {
    std::vector<std::string> command = {kRoot + "/tools/gauntlet"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const Finished refused = Process(command).Wait();
    CHECK_MESSAGE(refused.exit_code == 2, arguments[0]);
    Has(refused.err, "gauntlet: ");
  }
}

}  // namespace lockstep::tests
