// Merging results: idempotent, in one piece, and never two truths about one run.

#include <filesystem>
#include <string>

#include "analysis/results/results.h"
#include "tests/analysis/results/small_results.h"
#include "tests/support/process.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using analysis::Merge;
using analysis::Merged;
using analysis::Outcome;
using analysis::ResultsFile;
using analysis::ResultsHeader;
using analysis::RunRow;

std::unique_ptr<ResultsFile> Made(const std::string& path, const std::vector<RunRow>& runs,
                                  const ResultsHeader& header = SmallHeader()) {
  auto file = ResultsFile::Create(path, header);
  REQUIRE(file.ok());
  for (const RunRow& run : runs) {
    if ((*file)->Add(SmallPoint(run.point)).ok()) CHECK((*file)->Commit().ok());
    CHECK((*file)->Add(run).ok());
  }
  CHECK((*file)->Commit().ok());
  return *std::move(file);
}

Merged Joined(ResultsFile& into, const ResultsFile& from) {
  const auto merged = Merge(into, from);
  REQUIRE_MESSAGE(merged.ok(), std::string(merged.status().message()));
  return *merged;
}

void Refused(const absl::Status& status, const std::string& why) {
  CAPTURE(why);
  const std::string message(status.message());
  CAPTURE(message);
  const bool says_so = !status.ok() && message.find(why) != std::string::npos;
  CHECK(says_so);
}

RunRow Ended(std::uint64_t number, Outcome outcome) {
  RunRow run = SmallRun(number);
  run.outcome = outcome;
  run.digest = "half";
  run.verdict = "";
  run.metrics.clear();
  return run;
}

std::uint64_t CountOf(const ResultsFile& file) {
  std::uint64_t count = 0;
  CHECK(file.ForEachRun([&](const RunRow&) {
              ++count;
              return true;
            })
            .ok());
  return count;
}

}  // namespace

TEST_CASE("merge: adds what is missing, and doing it again changes nothing") {
  const TemporaryFolder folder;
  ResultsHeader shard = SmallHeader();
  shard.shards = 2;
  const auto a = Made(folder.File("a.sqlite"), {SmallRun(0), SmallRun(1), SmallRun(4)}, shard);
  shard.shard = 2;
  const auto b = Made(folder.File("b.sqlite"), {SmallRun(2), SmallRun(3)}, shard);
  const auto whole = Made(folder.File("whole.sqlite"), {});
  CHECK(Joined(*whole, *a).added == 3);
  CHECK(Joined(*whole, *b).added == 2);
  for (const auto* from : {&a, &b, &a}) {
    const Merged again = Joined(*whole, **from);
    CHECK(again.added == 0);
    CHECK(again.known == CountOf(**from));
  }
  CHECK(whole->Points()->size() == 3);
  CHECK(whole->FindRun(4)->value().metrics == SmallRun(4).metrics);
  // Into one of the shards: it is a shard no longer.
  CHECK(Joined(*a, *b).added == 2);
  CHECK(a->header().shards == 1);
  CHECK(a->Close().ok());
  CHECK((*ResultsFile::OpenToRead(folder.File("a.sqlite")))->header().shards == 1);
}

TEST_CASE("merge: the same run with another result is refused, and nothing is merged") {
  const TemporaryFolder folder;
  int number = 0;
  const auto refuse = [&](const RunRow& other, const std::string& why) {
    const std::string name = std::to_string(number++);
    const auto into = Made(folder.File(name + "into.sqlite"), {SmallRun(1)});
    const auto from = Made(folder.File(name + "from.sqlite"), {SmallRun(0), other, SmallRun(4)});
    Refused(Merge(*into, *from).status(), why);
    CHECK(CountOf(*into) == 1);
    CHECK(into->Points()->size() == 1);
    CHECK(into->Add(SmallRun(5)).ok());
    CHECK(into->Close().ok());
  };
  RunRow run = SmallRun(1);
  run.digest = "other";
  refuse(run, "run 1 has not the same result in ");
  refuse(run, "(digest 00000000000000000000000000000002) and in ");
  refuse(run, "(digest other): digests ");
  run = SmallRun(1);
  run.outcome = Outcome::kRefused;
  refuse(run, "outcomes judged and refused");
  run = SmallRun(1);
  run.metrics["latency_p99_us"] = 8;
  refuse(run, "metrics latency_p99_us 7.5 and 8");
  run = SmallRun(1);
  run.metrics["further"] = 8;
  refuse(run, "other metrics");
}

TEST_CASE("merge: speed is no result") {
  const TemporaryFolder folder;
  RunRow slow = SmallRun(1);
  slow.wall_us *= 10;
  slow.memory_kb = 5;
  const auto into = Made(folder.File("a.sqlite"), {SmallRun(1)});
  CHECK(Joined(*into, *Made(folder.File("b.sqlite"), {slow})).known == 1);
  CHECK(into->FindRun(1)->value().wall_us == SmallRun(1).wall_us);
}

TEST_CASE("merge: a run that its machine ended gives way to one that ended by itself") {
  const TemporaryFolder folder;
  int number = 0;
  for (const Outcome outcome : {Outcome::kWallLimit, Outcome::kMemoryLimit, Outcome::kCrashed}) {
    const std::string name = std::to_string(number++);
    const auto ended = Made(folder.File(name + "a.sqlite"), {Ended(1, outcome)});
    const auto judged = Made(folder.File(name + "b.sqlite"), {SmallRun(1)});
    CHECK(Joined(*judged, *ended).known == 1);
    CHECK(judged->FindRun(1)->value().outcome == Outcome::kJudged);
    CHECK(Joined(*ended, *judged).added == 1);
    CHECK(ended->FindRun(1)->value().digest == SmallRun(1).digest);
    CHECK(CountOf(*ended) == 1);
  }
  // An end that belongs to the run is one like any other.
  const auto limited = Made(folder.File("a.sqlite"), {Ended(1, Outcome::kEventLimit)});
  Refused(Merge(*limited, *Made(folder.File("b.sqlite"), {SmallRun(1)})).status(), "digests half");
}

TEST_CASE("merge: another sweep, revision or point is refused") {
  const TemporaryFolder folder;
  const auto into = Made(folder.File("a.sqlite"), {SmallRun(0)});
  ResultsHeader other = SmallHeader();
  other.sweep["name"] = "large";
  Refused(Merge(*into, *Made(folder.File("b.sqlite"), {}, other)).status(), "is of another sweep");
  other = SmallHeader();
  other.revision = "def456";
  Refused(Merge(*into, *Made(folder.File("c.sqlite"), {}, other)).status(),
          "was made by lockstep def456");
  const auto moved = Made(folder.File("d.sqlite"), {});
  CHECK(moved->Add({0, {{"n", 5}}}).ok());
  CHECK(moved->Commit().ok());
  Refused(Merge(*into, *moved).status(), "point 0 is {\"n\":5}");
}

TEST_CASE("merge: thresholds of groups that are missing come along") {
  const TemporaryFolder folder;
  const auto into = Made(folder.File("a.sqlite"), {});
  const auto from = Made(folder.File("b.sqlite"), {});
  CHECK(into->SetThresholds({{0, 1, 2}}).ok());
  CHECK(from->SetThresholds({{0, 3, 4}, {1, 5, std::nullopt}}).ok());
  Joined(*into, *from);
  const auto thresholds = into->Thresholds();
  REQUIRE(thresholds->size() == 2);
  CHECK((*thresholds)[0].last_holding == 1);
  CHECK((*thresholds)[1].last_holding == 5);
}

}  // namespace lockstep::tests
