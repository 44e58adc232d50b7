// lockstep results and merge, as a user starts them.

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <sstream>
#include <string>
#include <sys/wait.h>
#include <vector>

#include "nlohmann/json.hpp"

#include "analysis/results/results.h"
#include "tests/analysis/results/small_results.h"
#include "tests/support/process.h"
#include "tests/support/text.h"
#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/rows.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using analysis::ResultsFile;
using analysis::ResultsHeader;
using analysis::RunRow;
using nlohmann::json;

void MakeFile(const std::string& path, const std::vector<RunRow>& runs,
              const ResultsHeader& header = SmallHeader()) {
  auto file = ResultsFile::Create(path, header);
  REQUIRE(file.ok());
  for (std::uint64_t point = 0; point < 3; ++point) CHECK((*file)->Add(SmallPoint(point)).ok());
  for (const RunRow& run : runs) CHECK((*file)->Add(run).ok());
  CHECK((*file)->Close().ok());
}

// `command` in a shell, by whose end it is judged.
std::string Shell(const std::string& command, int& exit_code) {
  std::FILE* const pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string out;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) out += static_cast<char>(c);
  exit_code = WEXITSTATUS(pclose(pipe));
  return out;
}

}  // namespace

TEST_CASE("results command: what was run, what failed, and the means of each point") {
  const TemporaryFolder folder;
  const std::string path = folder.File("a.sqlite");
  RunRow wrong = SmallRun(2);
  wrong.verdict = "violated";
  wrong.is_as_expected = false;
  std::vector<RunRow> runs = {SmallRun(0), SmallRun(1), wrong};
  RunRow crashed = SmallRun(3);
  crashed.outcome = analysis::Outcome::kCrashed;
  crashed.error = "signal 11";
  runs.push_back(crashed);
  MakeFile(path, runs);
  const Finished run = Lockstep({"results", path});
  CHECK(run.exit_code == cli::kAsExpected);
  Has(run.out, "small: 4 runs of at most 6 (3 points, 2 seeds each), by lockstep abc123\n");
  Has(run.out, "outcomes: judged 3, crashed 1\n");
  Has(run.out, "1 failed:\n    run 3 (point 1, seed 1): crashed: signal 11\n");
  Has(run.out, "1 not as expected:\n    run 2 (point 1, seed 0): violated\n");
  Has(run.out, "point  n  protocol  runs  failed  unexpected  published_per_s  latency_p99_us\n");
  // Runs 0 and 1 publish 100 and 101: t(0.975, 1) * sqrt(0.5 / 2) = 6.35.
  Has(run.out, "    0  4  picsou       2       0           0       100 ± 6.35   7.5 us ± 0 us\n");
  Has(run.out, "    2  6  picsou       0       0           0                -               -\n");
}

TEST_CASE("results command: views and queries as CSV, JSON and a table") {
  const TemporaryFolder folder;
  const std::string path = folder.File("a.sqlite");
  MakeFile(path, {SmallRun(0), SmallRun(1)});
  const Finished csv = Lockstep({"results", path, "--csv"});
  CHECK(csv.exit_code == cli::kAsExpected);
  Has(csv.out, "run,point,n,protocol,seed,outcome,verdict,as_expected,events,");
  Has(csv.out, "\n0,0,4,picsou,0,judged,holds,1,1000,7.5,100,");
  Has(csv.out, R"(,"{""I"":""holds""}",)");
  const json all = json::parse(Lockstep({"results", path, "--json"}).out, nullptr, false);
  REQUIRE(all.size() == 2);
  CHECK(all[1]["digest"] == SmallRun(1).digest);
  CHECK(all[1]["error"].is_null());
  std::istringstream lines(Lockstep({"results", path, "--view", "summary", "--ndjson"}).out);
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count)
    CHECK(json::parse(line, nullptr, false)["point"] == count);
  CHECK(count == 3);
  CHECK(Lockstep({"results", path, "--json", "--sql", "SELECT 1 WHERE 0"}).out == "[]\n");
  CHECK(Lockstep({"results", path, "--sql", "SELECT seed, outcome FROM runs"}).out ==
        "seed  outcome\n   0  judged\n   1  judged\n");
  Has(Lockstep({"results", path, "--view", "timings"}).out, "simulated_s_per_s\n");
  int exit_code = -1;
  const std::string piped =
      Shell("echo 'SELECT count(*) AS runs FROM runs' | " LOCKSTEP_BINARY " results " + path +
                " --sql - --csv",
            exit_code);
  CHECK(piped == "runs\n2\n");
}

TEST_CASE("results command: CSV quotes what would be misread") {
  const TemporaryFolder folder;
  const std::string path = folder.File("a.sqlite");
  MakeFile(path, {});
  const std::string sql =
      "SELECT 'a,b' AS \"x,\"\"y\"\"\", 'say \"hi\"', 'two' || char(10) || 'lines', '' AS empty, "
      "NULL AS none, 0.1 AS real, x'00ff' AS bytes, 1e300 AS large, -3 AS small";
  CHECK(Lockstep({"results", path, "--csv", "--sql", sql}).out ==
        "\"x,\"\"y\"\"\",\"'say \"\"hi\"\"'\",'two' || char(10) || 'lines',empty,none,real,bytes,"
        "large,small\n\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",\"\",,0.1,00ff,1e+300,-3\n");
}

TEST_CASE("results command: bad input is refused with what is wrong") {
  const TemporaryFolder folder;
  const std::string path = folder.File("a.sqlite");
  MakeFile(path, {SmallRun(0)});
  CheckRefused(Lockstep({"results", path, "--sql", "SELECT nonsense FROM runs"}),
               "no such column: nonsense");
  CheckRefused(Lockstep({"results", path, "--sql", "DELETE FROM runs"}), "want SQL that reads");
  CheckRefused(Lockstep({"results", path, "--csv", "--json"}),
               "want one of --csv, --json and --ndjson");
  CheckRefused(Lockstep({"results", path, "--sql", "SELECT 1", "--view", "summary"}), "not both");
  CheckRefused(Lockstep({"results", path, "--view", "other"}), "--view");
  CheckRefused(Lockstep({"results", folder.File("none")}), "none: cannot be read");
  CheckRefused(Lockstep({"results", "README.md"}), "README.md: is not a results file");
  CheckRefused(Lockstep({"results"}), "file is required");
}

TEST_CASE("results command: a reader that goes away ends it quietly") {
  const TemporaryFolder folder;
  const std::string path = folder.File("a.sqlite");
  MakeFile(path, {SmallRun(0)});
  const std::string sql =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000000) SELECT i FROM "
      "n";
  int exit_code = -1;
  const std::string out = Shell("bash -c '" LOCKSTEP_BINARY " results " + path + " --csv --sql \"" +
                                    sql + "\" 2>&1 | head -n 2; exit ${PIPESTATUS[0]}'",
                                exit_code);
  CHECK(out == "i\n1\n");
  CHECK(exit_code == cli::kAsExpected);
  CHECK(Shell(LOCKSTEP_BINARY " results " + path + " --csv 2>&1 >/dev/full", exit_code) ==
        "lockstep: standard output: cannot be written: No space left on device\n");
  CHECK(exit_code == cli::kBadInput);
}

TEST_CASE("merge command: joins shards, says what is missing, and does it again") {
  const TemporaryFolder folder;
  ResultsHeader shard = SmallHeader();
  shard.shards = 3;
  const std::string out = folder.File("all.sqlite");
  const auto part = [&](std::uint64_t i, const std::vector<RunRow>& runs) {
    shard.shard = i;
    MakeFile(folder.File(std::to_string(i)), runs, shard);
    return folder.File(std::to_string(i));
  };
  const std::string one = part(1, {SmallRun(0), SmallRun(3)});
  const std::string two = part(2, {SmallRun(1)});
  const std::string three = part(3, {SmallRun(2), SmallRun(5)});
  const std::string mine = folder.Write("all.sqlite.merging", "somebody else's");
  const Finished first = Lockstep({"merge", out, one, two});
  CHECK(first.exit_code == cli::kIncomplete);
  Has(first.out, one + " (shard 1 of 3): 2 runs added, 0 known\n");
  Has(first.out, "missing: 3 runs; there are 3 of at most 6\n");
  Has(first.out, " sweep FILE --shard 2/3` makes 1 of them\n");
  Has(first.out, " sweep FILE --shard 3/3` makes 2 of them\n");
  CHECK(ReadText(mine) == "somebody else's");
  std::filesystem::remove(two);
  part(2, {SmallRun(1), SmallRun(4)});
  const Finished second = Lockstep({"merge", out, three, two, one});
  CHECK(second.exit_code == cli::kAsExpected);
  Has(second.out, two + " (shard 2 of 3): 1 runs added, 1 known\n");
  Has(second.out, "complete: 6 runs\n");
  CHECK((*ResultsFile::OpenToRead(out))->header().shards == 1);
}

TEST_CASE("merge command: what is refused leaves nothing behind") {
  const TemporaryFolder folder;
  const std::string out = folder.File("all.sqlite");
  MakeFile(folder.File("a"), {SmallRun(0)});
  RunRow other = SmallRun(0);
  other.digest = "other";
  MakeFile(folder.File("b"), {other});
  const Finished run = Lockstep({"merge", out, folder.File("a"), folder.File("b")});
  CHECK(run.exit_code == cli::kBadInput);
  Has(run.err, "run 0 has not the same result in " + out + " (digest 0000");
  for (const auto& entry : std::filesystem::directory_iterator(folder.File(".")))
    CHECK(entry.path().filename().string().size() == 1);
  CheckRefused(Lockstep({"merge", folder.File("a"), folder.File("a")}),
               "is the file to merge into");
  CheckRefused(Lockstep({"merge", out, folder.File("none")}), "none: cannot be read");
  CheckRefused(Lockstep({"merge", folder.Write("text", "x"), folder.File("a")}),
               "is not a results file");
  CheckRefused(Lockstep({"merge", out}), "in is required");
}

TEST_CASE("merge command: points that this revision would number otherwise are refused") {
  const TemporaryFolder folder;
  ResultsHeader header = SmallHeader();
  header.points = 4;
  MakeFile(folder.File("a"), {SmallRun(0)}, header);
  const Finished run = Lockstep({"merge", folder.File("all"), folder.File("a")});
  CHECK(run.exit_code == cli::kBadInput);
  Has(run.err, "has 4 points of 2 seeds by lockstep abc123, but 3 of 2 by ");
  CHECK_FALSE(std::filesystem::exists(folder.File("all")));
}

TEST_CASE("merge command: where seeds depend on results, it knows what they ask for") {
  const TemporaryFolder folder;
  ResultsHeader header = SmallHeader();
  header.seeds = 20;
  header.sweep["seeds"] = {{"first", 0},
                           {"count", 20},
                           {"until", {{"metric", "published_per_s"}, {"within", 5}, {"least", 2}}}};
  // Point 0: the interval of 100 and 101 is 6.4 to either side. Nothing of points 1 and 2.
  RunRow second = SmallRun(1);
  MakeFile(folder.File("a"), {SmallRun(0), second}, header);
  const Finished wide = Lockstep({"merge", folder.File("wide"), folder.File("a")});
  CHECK(wide.exit_code == cli::kIncomplete);
  Has(wide.out, "missing: 5 runs; there are 2 of at most 60\n");
  // The interval of 100 and 100.5 is 3.2: enough.
  second.metrics["published_per_s"] = 100.5;
  MakeFile(folder.File("b"), {SmallRun(0), second}, header);
  const Finished narrow = Lockstep({"merge", folder.File("narrow"), folder.File("b")});
  Has(narrow.out, "missing: 4 runs; there are 2 of at most 60\n");
}

TEST_CASE("rows: columns are as wide as their characters, numbers stand to the right") {
  CHECK(cli::AlignedTable({{"a", "name"}, {"1 ± 2", "ü"}, {"33", "long"}},
                          {{false, false}, {true, false}, {true, false}}) ==
        "    a  name\n1 ± 2  ü\n   33  long\n");
}

}  // namespace lockstep::tests
