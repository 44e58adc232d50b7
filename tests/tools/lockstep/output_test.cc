// What leaves the program, and what it must not write over.

#include "tools/lockstep/output.h"

#include <filesystem>
#include <string>
#include <sys/resource.h>

#include "absl/strings/str_cat.h"

#include "tests/support/process.h"
#include "tests/support/text.h"
#include "tools/lockstep/exit_code.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

const std::string kPing = "scenarios/smoke/one-shot.json";

}  // namespace

TEST_CASE(
    "output: control characters of a name do not reach a terminal, and what is printed stays") {
  CHECK(cli::Printable("a\tb\nc\x1b[31m\x7f\r") == "a\tb\nc\\x1b[31m\\x7f\\x0d");
  CHECK(cli::Printable("\xc2\x9b"
                       "2J \xc3\xa4 \xe2\x82\xac") == "\\u009b2J \xc3\xa4 \xe2\x82\xac");
  CheckRefused(Lockstep({"run", "no\x1b[2Jfile.json"}), "no\\x1b[2Jfile.json: cannot be read");
  const Finished named = Lockstep({"run", kPing, "--set=/name=\"x\\u001b[31my\""});
  CHECK(named.out.find('\x1b') == std::string::npos);
}

TEST_CASE("output: a name that is no UTF-8 does not break JSON") {
  const TemporaryFolder folder;
  const std::string path = folder.Write("s\xff.json", ReadText(kPing));
  const Finished run = Lockstep({"run", path, "--json", "--trace", folder.File("t\xfe.jsonl")});
  CHECK(run.exit_code == cli::kAsExpected);
  CHECK(nlohmann::json::accept(run.out));
  CHECK(Lockstep({"check", folder.File("t\xfe.jsonl"), "--json"}).exit_code == cli::kAsExpected);
}

TEST_CASE("output: a trace does not replace what the run reads, under whatever name") {
  const TemporaryFolder folder;
  const std::string text = ReadText(kPing);
  const std::string path = folder.Write("s.json", text);
  CheckRefused(Lockstep({"run", path, "--trace", path}), "--trace would replace it");
  std::filesystem::create_symlink("s.json", folder.File("link.jsonl"));
  CheckRefused(Lockstep({"run", path, "--trace", folder.File("link.jsonl")}), "would replace it");
  const std::string profile =
      folder.Write("p.json", ReadText("scenarios/profiles/gcp-c2-standard-8.json"));
  CheckRefused(Lockstep({"run", path, "--set=/profile=\"p.json\"", "--trace", profile}),
               "p.json: is read here");
  CHECK(ReadText(path) == text);
}

TEST_CASE("output: a limit on the size of files is told like a full disk, and leaves nothing") {
  const TemporaryFolder folder;
  const std::string trace = folder.File("t.jsonl");
  rlimit before = {};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  const rlimit small = {20'000, before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  const Finished run = Lockstep({"run", kPing, "--detail", "--trace", trace});
  REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
  CHECK(run.exit_code == cli::kBadInput);
  Has(run.err, "t.jsonl: cannot write: File too large");
  CHECK(std::filesystem::is_empty(folder.File(".")));
}

}  // namespace lockstep::tests
