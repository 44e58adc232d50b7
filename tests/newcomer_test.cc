// The first hour of a user, as a script does it: tests/newcomer.sh.

#include <algorithm>
#include <regex>
#include <set>
#include <string>

#include "tests/support/process.h"
#include "tests/support/text.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

const std::string kScript = std::string(LOCKSTEP_SOURCE_DIR) + "/tests/newcomer.sh";

// The subcommands that a text calls: "lockstep run", "$lockstep" run.
std::set<std::string> Called(const std::string& text) {
  static const std::regex kCall(R"(lockstep(?:"|')? ([a-z]+))");
  std::set<std::string> called;
  for (std::sregex_iterator at(text.begin(), text.end(), kCall), end; at != end; ++at)
    called.insert((*at)[1]);
  return called;
}

}  // namespace

TEST_CASE("newcomer: the first hour goes as the README says, in a folder of one's own") {
  const Finished hour = Process({kScript, LOCKSTEP_BINARY}).Wait();
  CHECK_MESSAGE(hour.exit_code == 0, hour.err);
  Has(hour.out, "newcomer: all steps went as the README says");
}

TEST_CASE("newcomer: a step that goes otherwise ends the hour") {
  // `true` does nothing, and says that all is well.
  const Finished hour = Process({kScript, "/bin/true"}).Wait();
  CHECK(hour.exit_code == 1);
  Has(hour.err, "the program alone shows its commands: FAILED");
}

TEST_CASE("newcomer: the hour has every command that the README's examples call") {
  const std::string readme = ReadText(std::string(LOCKSTEP_SOURCE_DIR) + "/README.md");
  const std::set<std::string> walked = Called(ReadText(kScript));
  std::size_t blocks = 0;
  for (std::size_t at = readme.find("```sh"); at != std::string::npos;
       at = readme.find("```sh", at + 5), ++blocks) {
    const std::string block = readme.substr(at, readme.find("\n```", at) - at);
    static const std::regex kLine(R"(build/release/lockstep ([a-z]+))");
    for (std::sregex_iterator call(block.begin(), block.end(), kLine), end; call != end; ++call)
      // Figures are the demo's: they take longer.
      if ((*call)[1] != "figures") CHECK_MESSAGE(walked.contains((*call)[1]), (*call)[1].str());
  }
  CHECK(blocks >= 4);
}

}  // namespace lockstep::tests
