// Results files: what goes in comes out, whatever happens to the writer.

#include "analysis/results/results.h"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <limits>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "absl/strings/str_cat.h"

#include "analysis/results/sqlite.h"
#include "tests/analysis/results/small_results.h"
#include "tests/support/process.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using analysis::Database;
using analysis::Outcome;
using analysis::ResultsFile;
using analysis::RunRow;
using nlohmann::json;

void Refused(const absl::Status& status, const std::string& why) {
  CAPTURE(why);
  CHECK_FALSE(status.ok());
  const std::string message(status.message());
  CAPTURE(message);
  const bool says_so = message.find(why) != std::string::npos;
  CHECK(says_so);
}

void Fine(const absl::Status& status) { CHECK_MESSAGE(status.ok(), std::string(status.message())); }

std::unique_ptr<ResultsFile> Made(const std::string& path) {
  auto file = ResultsFile::Create(path, SmallHeader());
  REQUIRE_MESSAGE(file.ok(), std::string(file.status().message()));
  return *std::move(file);
}

std::unique_ptr<ResultsFile> Opened(const std::string& path) {
  auto file = ResultsFile::OpenToRead(path);
  REQUIRE_MESSAGE(file.ok(), std::string(file.status().message()));
  return *std::move(file);
}

std::unique_ptr<ResultsFile> Resumed(const std::string& path) {
  auto file = ResultsFile::OpenToWrite(path);
  REQUIRE_MESSAGE(file.ok(), std::string(file.status().message()));
  return *std::move(file);
}

// A closed file with all points, and the first `runs` runs.
void MakeSmall(const std::string& path, std::uint64_t runs = 6) {
  const auto file = Made(path);
  for (std::uint64_t point = 0; point < 3; ++point) Fine(file->Add(SmallPoint(point)));
  for (std::uint64_t run = 0; run < runs; ++run) Fine(file->Add(SmallRun(run)));
  Fine(file->Close());
}

struct Table {
  std::vector<std::string> columns;
  std::vector<std::vector<json>> rows;
  absl::Status status;
};

Table Ask(const ResultsFile& file, const std::string& sql) {
  Table table;
  table.status = file.Query(sql, {[&](const std::vector<std::string>& names) {
                                    table.columns = names;
                                    return true;
                                  },
                                  [&](const std::vector<json>& row) {
                                    table.rows.push_back(row);
                                    return true;
                                  }});
  return table;
}

json One(const ResultsFile& file, const std::string& sql) {
  const Table table = Ask(file, sql);
  CHECK_MESSAGE(table.status.ok(), std::string(table.status.message()));
  REQUIRE(table.rows.size() == 1);
  return table.rows[0][0];
}

void Change(const std::string& path, const std::string& sql) {
  auto database = Database::Open(path, Database::Mode::kCreate);
  REQUIRE(database.ok());
  Fine(database->Execute(sql));
}

// Runs `work` in a process of its own, which `work` ends; how it ended.
template <typename Work>
int InChild(const Work& work) {
  const pid_t child = fork();
  if (child == 0) {
    work();
    _exit(99);
  }
  int how = 0;
  waitpid(child, &how, 0);
  return how;
}

// Becomes nobody, for whom folders can be read-only, if we are somebody who may.
bool BecomesNobody() { return geteuid() != 0 || seteuid(65534) == 0; }

}  // namespace

TEST_CASE("results: a file gives back what was put into it") {
  const TemporaryFolder folder;
  const std::string path = folder.File("a.sqlite");
  const auto file = Made(path);
  Fine(file->Add(SmallPoint(1)));
  RunRow poor;
  poor.run = 5;
  poor.outcome = Outcome::kMemoryLimit;
  poor.error = "more than 100 MB";
  poor.metrics = {{"nan", std::nan("")}, {"inf", std::numeric_limits<double>::infinity()}};
  Fine(file->Add(poor));
  Fine(file->Add(SmallRun(3)));
  Fine(file->SetThresholds({{0, 4, std::nullopt}, {1, std::nullopt, 2}}));
  Fine(file->Close());
  Refused(file->Add(SmallRun(4)), "is closed");

  const auto read = Opened(path);
  CHECK(read->header().sweep == SmallHeader().sweep);
  CHECK(read->header().parameters == SmallHeader().parameters);
  CHECK(read->header().revision == "abc123");
  CHECK(read->header().seeds == 2);
  const auto points = read->Points();
  REQUIRE(points.ok());
  CHECK((*points)[0].parameters == SmallPoint(1).parameters);
  std::vector<RunRow> runs;
  Fine(read->ForEachRun([&](const RunRow& run) {
    runs.push_back(run);
    return true;
  }));
  REQUIRE(runs.size() == 2);
  const RunRow want = SmallRun(3);
  CHECK(runs[0].run == want.run);
  CHECK(runs[0].outcome == want.outcome);
  CHECK(runs[0].digest == want.digest);
  CHECK(runs[0].events == want.events);
  CHECK(runs[0].oracles == want.oracles);
  CHECK(runs[0].receipts == want.receipts);
  CHECK(runs[0].simulated_ps == want.simulated_ps);
  CHECK(runs[0].steps == want.steps);
  CHECK(runs[0].metrics == want.metrics);
  CHECK(runs[1].outcome == Outcome::kMemoryLimit);
  CHECK(runs[1].error == poor.error);
  CHECK(runs[1].oracles.is_null());
  CHECK(runs[1].metrics.empty());
  const auto thresholds = read->Thresholds();
  REQUIRE(thresholds.ok());
  CHECK((*thresholds)[0].last_holding == 4);
  CHECK_FALSE((*thresholds)[1].last_holding.has_value());
  CHECK((*thresholds)[1].first_failing == 2);
}

TEST_CASE("results: every outcome has a name that reads back") {
  for (const Outcome outcome :
       {Outcome::kJudged, Outcome::kRefused, Outcome::kWallLimit, Outcome::kTimeLimit,
        Outcome::kEventLimit, Outcome::kMemoryLimit, Outcome::kCrashed})
    CHECK(analysis::OutcomeNamed(analysis::Name(outcome)) == outcome);
  CHECK_FALSE(analysis::OutcomeNamed("tired").has_value());
}

TEST_CASE("results: a run or point that is there already is refused, and replaced if asked") {
  const TemporaryFolder folder;
  const auto file = Made(folder.File("a.sqlite"));
  Fine(file->Add(SmallPoint(0)));
  Refused(file->Add(SmallPoint(0)), "point 0 is there already");
  Fine(file->Add(SmallRun(0)));
  Refused(file->Add(SmallRun(0)), "run 0 is there already");
  RunRow other = SmallRun(0);
  other.verdict = "violated";
  Fine(file->Replace(other));
  Fine(file->Commit());
  CHECK(One(*file, "SELECT count(*) FROM runs") == 1);
  CHECK(One(*file, "SELECT verdict FROM runs") == "violated");
  CHECK(One(*file, "SELECT count(*) FROM metrics") == 1);
}

TEST_CASE("results: columns of views do not depend on the order in which metrics come") {
  const TemporaryFolder folder;
  const auto columns = [&](const std::string& name, const std::vector<std::string>& metrics) {
    const auto file = Made(folder.File(name));
    std::uint64_t number = 0;
    for (const std::string& metric : metrics) {
      RunRow run = SmallRun(number++);
      run.metrics = {{metric, 1.0}};
      Fine(file->Add(run));
      Fine(file->Commit());
    }
    return std::pair(Ask(*file, "SELECT * FROM results").columns,
                     Ask(*file, "SELECT * FROM summary").columns);
  };
  const auto first = columns("a.sqlite", {"b", "a", "c \"quoted\""});
  CHECK(first == columns("b.sqlite", {"c \"quoted\"", "b", "a"}));
  const std::vector<std::string> want = {
      "run",         "point",        "n",       "protocol", "seed",         "outcome", "verdict",
      "as_expected", "events",       "a",       "b",        "c \"quoted\"", "digest",  "recipe",
      "error",       "simulated_ps", "oracles", "receipts"};
  CHECK(first.first == want);
}

TEST_CASE("results: a metric with the name of a parameter gives way, and of `run` is refused") {
  const TemporaryFolder folder;
  const auto file = Made(folder.File("a.sqlite"));
  RunRow run = SmallRun(0);
  run.metrics = {{"n", 17.0}};
  Fine(file->Add(SmallPoint(0)));
  Fine(file->Add(run));
  Fine(file->Commit());
  CHECK(One(*file, "SELECT n FROM results") == 4);
  CHECK(One(*file, "SELECT n_metric FROM results") == 17.0);
  CHECK(One(*file, "SELECT n_metric FROM summary") == 17.0);
  RunRow bad = SmallRun(1);
  bad.metrics = {{"Run", 1.0}};
  Refused(file->Add(bad), "metric \"Run\"; give it another name");
  CHECK(One(*file, "SELECT count(*) FROM runs") == 1);
}

TEST_CASE("results: summary gives mean and interval over the judged seeds of a point") {
  const TemporaryFolder folder;
  const auto file = Made(folder.File("a.sqlite"));
  for (std::uint64_t point = 0; point < 3; ++point) Fine(file->Add(SmallPoint(point)));
  // 1e9 + {1, 2, 3}: a difference of sums of squares would lose the variance.
  for (std::uint64_t i = 0; i < 4; ++i) {
    RunRow run = SmallRun(i);
    run.point = 0;
    run.metrics = {{"resends", 5}, {"m", 1e9 + static_cast<double>(i) + 1}};
    if (i == 3) run.outcome = Outcome::kCrashed;
    run.is_as_expected = i != 2 && i != 3;
    Fine(file->Add(run));
  }
  RunRow alone = SmallRun(4);
  alone.point = 1;
  Fine(file->Add(alone));
  Fine(file->Commit());
  const Table table = Ask(*file,
                          "SELECT runs, judged, failed, unexpected, m, m_ci95, m_min, m_max, "
                          "resends, resends_ci95 FROM summary ORDER BY point");
  Fine(table.status);
  REQUIRE(table.rows.size() == 3);
  const std::vector<json>& row = table.rows[0];
  CHECK(row[0] == 4);
  CHECK(row[1] == 3);
  CHECK(row[2] == 1);
  CHECK(row[3] == 2);
  CHECK(row[4] == 1e9 + 2);
  // t(0.975, 2) = 4.302653 (any table of Student's t); the standard error is 1 / sqrt(3).
  CHECK(row[5].get<double>() == doctest::Approx(4.302653 / std::sqrt(3.0)).epsilon(1e-6));
  CHECK(row[6] == 1e9 + 1);
  CHECK(row[7] == 1e9 + 3);
  CHECK(row[8] == 5);
  CHECK(row[9] == 0.0);
  CHECK(table.rows[1][0] == 1);
  CHECK(table.rows[1][5].is_null());  // A single seed has no interval.
  CHECK(table.rows[2][0] == 0);
  CHECK(One(*file, "SELECT t FROM student_t WHERE df = 1").get<double>() ==
        doctest::Approx(12.7062047));
  CHECK(One(*file, "SELECT count(*) FROM student_t") == 201);
}

TEST_CASE("results: parameters and metrics may be called as what the views compute with") {
  const TemporaryFolder folder;
  analysis::ResultsHeader header = SmallHeader();
  header.parameters = {"m0", "n1", "t", "means"};
  auto file = ResultsFile::Create(folder.File("a.sqlite"), header);
  Fine(file.status());
  Fine((*file)->Add({0, {{"m0", 1}, {"n1", 2}, {"t", 3}, {"means", 4}}}));
  for (const std::uint64_t seed : {0U, 1U}) {
    RunRow run = SmallRun(seed);
    run.metrics = {{"l0", seed}, {"s0", 5}, {"df", 6}};
    Fine((*file)->Add(run));
  }
  Fine((*file)->Commit());
  CHECK(One(**file, "SELECT m0 + 10 * n1 + 100 * t + 1000 * means FROM summary") == 4321);
  CHECK(One(**file, "SELECT l0 + 10 * s0 + 100 * df FROM summary") == 650.5);
  CHECK(One(**file, "SELECT count(*) FROM results WHERE n1 = 2") == 2);
}

TEST_CASE("results: views have room for all metrics that a sweep may record") {
  const TemporaryFolder folder;
  const auto file = Made(folder.File("a.sqlite"));
  Fine(file->Add(SmallPoint(0)));
  RunRow run = SmallRun(0);
  // 400 names (tools/sweep/sweep_file.cc) beside those that lockstep knows itself.
  for (int i = 0; i < 450; ++i) run.metrics["m" + std::to_string(i)] = i;
  Fine(file->Add(run));
  Fine(file->Commit());
  CHECK(One(*file, "SELECT m449 FROM summary") == 449);
  CHECK(One(*file, "SELECT m449 FROM results") == 449);
}

TEST_CASE("results: timings are a view of their own") {
  const TemporaryFolder folder;
  MakeSmall(folder.File("a.sqlite"), 1);
  const auto file = Opened(folder.File("a.sqlite"));
  // 1000 events and 2 s in 500 us.
  CHECK(One(*file, "SELECT events_per_s FROM timings").get<double>() == doctest::Approx(2e6));
  CHECK(One(*file, "SELECT simulated_s_per_s FROM timings").get<double>() == doctest::Approx(4e3));
  for (const std::string& column : Ask(*file, "SELECT * FROM results").columns)
    CHECK(column != "wall_us");
}

TEST_CASE("results: one plain file remains, readable in a folder that nobody can write") {
  const TemporaryFolder folder;
  const std::string path = folder.File("a.sqlite");
  MakeSmall(path);
  CHECK(std::distance(std::filesystem::directory_iterator(folder.File(".")), {}) == 1);
  // As a writer leaves it that could not go back from WAL mode.
  std::filesystem::create_directory(folder.File("closed"));
  const std::string wal = folder.File("closed/wal.sqlite");
  std::filesystem::copy_file(path, wal);
  Change(wal, "PRAGMA journal_mode = WAL");
  CHECK_FALSE(std::filesystem::exists(wal + "-wal"));
  std::filesystem::copy_file(path, folder.File("closed/plain.sqlite"));
  chmod(folder.File(".").c_str(), 0755);
  chmod(folder.File("closed").c_str(), 0555);
  const int how = InChild([&] {
    if (!BecomesNobody()) _exit(1);
    const auto plain = ResultsFile::OpenToRead(folder.File("closed/plain.sqlite"));
    const auto read = ResultsFile::OpenToRead(wal);
    if (!plain.ok() || !read.ok() || !(*read)->FindRun(3)->has_value()) _exit(2);
    if (absl::IsPermissionDenied(ResultsFile::OpenToWrite(wal).status())) _exit(0);
    _exit(3);
  });
  CHECK(WEXITSTATUS(how) == 0);
  chmod(folder.File("closed").c_str(), 0755);
}

TEST_CASE("results: reading never changes a file, whatever SQL is asked") {
  const TemporaryFolder folder;
  const std::string path = folder.File("a.sqlite");
  MakeSmall(path);
  const std::string before = ReadText(path);
  const auto file = Opened(path);
  const std::string other = folder.File("b.sqlite");
  for (const std::string sql :
       {"DELETE FROM runs", "DROP VIEW summary", "CREATE TABLE x (y)", "UPDATE runs SET seed = 1",
        "PRAGMA user_version = 9", "VACUUM", "PRAGMA journal_mode = WAL"})
    Ask(*file, sql).status.IgnoreError();
  Refused(Ask(*file, "DELETE FROM runs").status, "want SQL that reads");
  Refused(Ask(*file, "VACUUM INTO '" + other + "'").status, "");
  CHECK_FALSE(std::filesystem::exists(other));
  Refused(Ask(*file, "SELECT 1; DELETE FROM runs").status, "want one SQL statement");
  Refused(Ask(*file, "SELEC").status, "syntax error");
  Refused(Ask(*file, " ").status, "want SQL");
  CHECK(One(*file, "SELECT count(*) FROM runs; -- all\n") == 6);
  CHECK(ReadText(path) == before);
  const auto writer = Resumed(path);
  Refused(Ask(*writer, "DELETE FROM runs").status, "want SQL that reads");
}

TEST_CASE("results: what cannot be opened says why") {
  const TemporaryFolder folder;
  const auto refuse = [](const std::string& path, const std::string& why) {
    Refused(ResultsFile::OpenToRead(path).status(), path + ": " + why);
    Refused(ResultsFile::OpenToWrite(path).status(), path + ": " + why);
    CHECK_FALSE(std::filesystem::exists(path + ".lock"));
  };
  refuse(folder.File("none.sqlite"), "cannot be read: No such file");
  refuse(folder.File("."), "is a folder");
  refuse(folder.Write("text.sqlite", "hello"), "is not a results file");
  refuse(folder.Write("empty.sqlite", ""), "is not a results file");
  Change(folder.File("other.sqlite"), "CREATE TABLE t (x)");
  refuse(folder.File("other.sqlite"), "is an SQLite file, but not a results file");
  MakeSmall(folder.File("newer.sqlite"));
  Change(folder.File("newer.sqlite"), "PRAGMA user_version = 3");
  refuse(folder.File("newer.sqlite"),
         "was written by a newer lockstep (results format 3; this one knows 2)");
  MakeSmall(folder.File("torn.sqlite"));
  std::filesystem::resize_file(folder.File("torn.sqlite"), 4096);
  refuse(folder.File("torn.sqlite"), "is damaged");
  MakeSmall(folder.File("bare.sqlite"));
  Change(folder.File("bare.sqlite"), "DELETE FROM meta WHERE key = 'shards'");
  refuse(folder.File("bare.sqlite"), "is damaged (meta lacks shards)");
}

TEST_CASE("results: what cannot be created says why, and leaves nothing behind") {
  const TemporaryFolder folder;
  const std::string path = folder.File("a.sqlite");
  MakeSmall(path);
  Refused(ResultsFile::Create(path, SmallHeader()).status(), path + ": is there already");
  CHECK(Opened(path)->FindRun(5)->has_value());
  const std::string nowhere = folder.File("no/a.sqlite");
  Refused(ResultsFile::Create(nowhere, SmallHeader()).status(), nowhere + ": cannot be created");
  for (const auto& [parameters, why] :
       {std::pair<std::vector<std::string>, std::string>{{"Seed"}, "cannot be called \"Seed\""},
        {{"a", "A"}, "two parameters are called \"A\""},
        {{""}, "cannot be called \"\""}}) {
    analysis::ResultsHeader header = SmallHeader();
    header.parameters = parameters;
    Refused(ResultsFile::Create(folder.File("b.sqlite"), header).status(), why);
  }
  chmod(folder.File(".").c_str(), 0555);
  const int how = InChild([&] {
    if (!BecomesNobody()) _exit(1);
    const auto made = ResultsFile::Create(folder.File("b.sqlite"), SmallHeader());
    _exit(absl::IsPermissionDenied(made.status()) ? 0 : 2);
  });
  CHECK(WEXITSTATUS(how) == 0);
  chmod(folder.File(".").c_str(), 0755);
  CHECK(std::distance(std::filesystem::directory_iterator(folder.File(".")), {}) == 1);
}

TEST_CASE("results: two sweeps cannot write to one file, but anybody may read meanwhile") {
  const TemporaryFolder folder;
  const std::string path = folder.File("a.sqlite");
  auto file = Made(path);
  Fine(file->Add(SmallRun(0)));
  Fine(file->Commit());
  Fine(file->Add(SmallRun(1)));
  CHECK(One(*Opened(path), "SELECT count(*) FROM results") == 1);
  const std::string self = absl::StrCat("another sweep (process ", getpid(), " on ");
  const int how = InChild([&] {
    const auto again = ResultsFile::OpenToWrite(path);
    const std::string message(again.status().message());
    _exit(!again.ok() && message.find(self) != std::string::npos ? 0 : 1);
  });
  CHECK(WEXITSTATUS(how) == 0);
  Refused(ResultsFile::Create(path, SmallHeader()).status(), self);
  Fine(file->Close());
  CHECK_FALSE(std::filesystem::exists(path + ".lock"));
  const auto next = Resumed(path);
  Fine(next->Add(SmallRun(2)));
  Fine(next->Close());
  CHECK(One(*Opened(path), "SELECT count(*) FROM results") == 3);
}

TEST_CASE("results: a file that is removed or replaced while it is written is an error") {
  const TemporaryFolder folder;
  for (const bool is_replaced : {false, true}) {
    CAPTURE(is_replaced);
    const std::string path = folder.File(is_replaced ? "replaced" : "removed");
    const auto file = Made(path);
    Fine(file->Add(SmallPoint(0)));
    Fine(file->Commit());
    std::filesystem::rename(path, path + ".moved");
    if (is_replaced) MakeSmall(path + ".new");
    if (is_replaced) std::filesystem::rename(path + ".new", path);
    Fine(file->Add(SmallRun(0)));
    const absl::Status committed = file->Commit();
    CHECK(absl::IsDataLoss(committed));
    CHECK(std::string(committed.message()).find("removed, moved or replaced") != std::string::npos);
    CHECK_FALSE(file->Close().ok());
  }
}

TEST_CASE("results: a writer killed by SIGKILL loses what was not committed, and only that") {
  const TemporaryFolder folder;
  const std::string path = folder.File("a.sqlite");
  int ready[2];
  int leash[2];  // The worker lives until we close it.
  REQUIRE(pipe(ready) == 0);
  REQUIRE(pipe(leash) == 0);
  const int how = InChild([&] {
    auto file = ResultsFile::Create(path, SmallHeader());
    for (std::uint64_t run = 0; run < 4; ++run) (*file)->Add(SmallRun(run)).IgnoreError();
    (*file)->Commit().IgnoreError();
    (*file)->Add(SmallRun(4)).IgnoreError();
    // A worker that outlives us, and must not keep the lock.
    if (fork() == 0) {
      (*file)->ForgetInChild();
      close(leash[1]);
      char byte = 'r';
      if (write(ready[1], &byte, 1) != 1) _exit(1);
      _exit(read(leash[0], &byte, 1) == 0 ? 0 : 1);
    }
    char byte = 0;
    if (read(ready[0], &byte, 1) != 1) _exit(1);
    kill(getpid(), SIGKILL);
  });
  CHECK(WTERMSIG(how) == SIGKILL);
  CHECK(std::filesystem::exists(path + ".lock"));
  CHECK(One(*Opened(path), "SELECT count(*) FROM results") == 4);
  const auto file = Resumed(path);
  for (const int end : {ready[0], ready[1], leash[0], leash[1]}) close(end);
  CHECK_FALSE(file->FindRun(4)->has_value());
  Fine(file->Add(SmallRun(4)));
  Fine(file->Close());
  CHECK_FALSE(std::filesystem::exists(path + ".lock"));
  CHECK(One(*Opened(path), "SELECT count(*) FROM results") == 5);
}

TEST_CASE("results: a full disk is told, and nothing committed is lost") {
  const TemporaryFolder folder;
  const std::string path = folder.File("a.sqlite");
  MakeSmall(path, 4);
  // Stands in for a disk without room: no file may grow beyond 300 kB.
  const int how = InChild([&] {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {300'000, 300'000};
    setrlimit(RLIMIT_FSIZE, &limit);
    auto file = ResultsFile::OpenToWrite(path);
    if (!file.ok()) _exit(1);
    absl::Status added;
    std::uint64_t run = 4;
    for (; added.ok() && run < 10'000; ++run) {
      added = (*file)->Add(SmallRun(run));
      if (added.ok() && run % 10 == 3) added = (*file)->Commit();
    }
    const std::string message(added.message());
    const bool is_told =
        message.find(path + ": the disk is full; ") == 0 &&
        message.find(" runs are saved; make room and go on with --resume") != std::string::npos;
    if (!is_told) _exit(2);
    if ((*file)->Add(SmallRun(20'000)) != added || (*file)->Commit() != added) _exit(3);
    if ((*file)->Close() != added) _exit(4);
    _exit(0);
  });
  CHECK(WEXITSTATUS(how) == 0);
  const auto file = Resumed(path);
  const auto saved = One(*file, "SELECT count(*) FROM runs").get<std::uint64_t>();
  CHECK(saved >= 14);
  CHECK(saved % 10 == 4);
  Fine(file->Add(SmallRun(saved)));
  Fine(file->Close());
  const std::string none = folder.File("b.sqlite");
  const int refused = InChild([&] {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {8'000, 8'000};
    setrlimit(RLIMIT_FSIZE, &limit);
    const auto made = ResultsFile::Create(none, SmallHeader());
    _exit(absl::IsResourceExhausted(made.status()) ? 0 : 1);
  });
  CHECK(WEXITSTATUS(refused) == 0);
  for (const auto& entry : std::filesystem::directory_iterator(folder.File(".")))
    CHECK(entry.path().filename() == "a.sqlite");
}

TEST_CASE("results: what is rolled back leaves no columns either") {
  const TemporaryFolder folder;
  const auto file = Made(folder.File("a.sqlite"));
  Fine(file->Add(SmallRun(0)));
  Fine(file->Rollback());
  CHECK(Ask(*file, "SELECT * FROM metrics").columns.size() == 1);
  Fine(file->Add(SmallRun(0)));
  Fine(file->Commit());
  CHECK(file->FindRun(0)->value().metrics == SmallRun(0).metrics);
}

TEST_CASE("results: a run takes less than 2 kB") {
  const TemporaryFolder folder;
  const std::string path = folder.File("a.sqlite");
  constexpr std::uint64_t kRuns = 2000;
  const auto file = Made(path);
  const auto empty = static_cast<double>(std::filesystem::file_size(path));
  for (std::uint64_t number = 0; number < kRuns; ++number) {
    RunRow run = SmallRun(number);
    run.oracles = {{"I", "holds"}, {"D", "holds"}, {"N", "holds"}, {"B", "not exercised"}};
    for (int i = 0; i < 30; ++i) run.metrics[absl::StrCat("metric_", i)] = 1.0 / (i + 3);
    Fine(file->Add(run));
  }
  Fine(file->Close());
  const double bytes = static_cast<double>(std::filesystem::file_size(path)) - empty;
  CHECK(bytes / kRuns < 1000);
}

}  // namespace lockstep::tests
