// What names of files mean that stand in files.

#include "sim/scenario/name_search.h"

#include <filesystem>
#include <string>
#include <sys/stat.h>

#include "tests/support/process.h"
#include "tests/support/text.h"
#include "tools/lockstep/exit_code.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {

namespace fs = std::filesystem;

TEST_CASE("names: beside the file first, then in the folder scenarios above, then the program's") {
  const TemporaryFolder folder;
  const std::string root = folder.File("scenarios");
  fs::create_directories(root + "/mine/profiles");
  fs::create_directories(root + "/profiles");
  const std::string path = root + "/mine/s.json";
  // None is there but the program's own.
  const std::string own = sim::ResolveName(path, "profiles/gcp-c2-standard-8.json");
  CHECK(own != root + "/profiles/gcp-c2-standard-8.json");
  Has(own, "/scenarios/profiles/gcp-c2-standard-8.json");
  const std::string above = folder.Write("scenarios/profiles/gcp-c2-standard-8.json", "{}");
  CHECK(sim::ResolveName(path, "profiles/gcp-c2-standard-8.json") == above);
  const std::string beside = folder.Write("scenarios/mine/profiles/gcp-c2-standard-8.json", "{}");
  CHECK(sim::ResolveName(path, "profiles/gcp-c2-standard-8.json") == beside);
  CHECK(sim::ResolveName(path, "/dev/null") == "/dev/null");
}

TEST_CASE(
    "names: a scenario works wherever it is copied to, and who is missing says where it was "
    "sought") {
  const TemporaryFolder folder;
  const std::string copy = folder.Write("copy.json", ReadText("scenarios/smoke/one-shot.json"));
  CHECK(Lockstep({"validate", copy}).exit_code == cli::kAsExpected);
  const Finished piped = Lockstep({"validate", "-"});
  CHECK(piped.exit_code == cli::kBadInput);  // Standard input is empty here.
  const Finished missing = Lockstep({"validate", copy, "--set=/profile=\"profiles/none.json\""});
  CHECK(missing.exit_code == cli::kBadInput);
  Has(missing.err, "/profile: " + folder.File("profiles/none.json") + ": cannot be read");
  Has(missing.err, "(looked for " + folder.File("profiles/none.json") + " and ");
  Has(missing.err, "/scenarios/profiles/none.json)");
}

TEST_CASE("names: a profile that can be read but once is refused") {
  const TemporaryFolder folder;
  const std::string pipe = folder.File("pipe");
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  CheckRefused(
      Lockstep({"validate", "scenarios/smoke/one-shot.json", "--set=/profile=\"" + pipe + "\""}),
      "/profile: want a regular file, and " + pipe + " is a pipe");
}

}  // namespace lockstep::tests
