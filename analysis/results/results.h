// The results of a sweep: one SQLite file, one row for each run.
//
// analysis/results/RESULTS.md documents the tables and views, which notebooks read as they are. The
// file is in WAL mode while a sweep writes to it, so that it can be read meanwhile; what was
// committed survives a crash of the writer. One writer at a time, by a lock on "FILE.lock" that the
// system gives back when the writer dies.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

namespace lockstep::analysis {

// How a run ended.
enum class Outcome : std::uint8_t {
  kJudged,       // ran to its end, and has a verdict
  kRefused,      // its scenario is wrong: bad parameters
  kWallLimit,    // took too much real time
  kTimeLimit,    // reached the limit of simulated time before its end
  kEventLimit,   // more events than allowed
  kMemoryLimit,  // more memory than allowed
  kCrashed,      // a signal, an assertion, an exception
};
// "judged", "refused", "wall limit", ...
std::string_view Name(Outcome outcome);
std::optional<Outcome> OutcomeNamed(std::string_view name);
// Whether the machine ended the run, rather than anything that is a function of the run: the same
// one may end otherwise elsewhere, and is cut at another event each time.
bool IsByMachine(Outcome outcome);

struct RunRow {
  std::uint64_t run = 0;  // unique in the sweep
  std::uint64_t point = 0;
  std::uint64_t seed = 0;
  Outcome outcome = Outcome::kCrashed;
  std::string error;  // of what was not judged
  // 16 hex digits over the scenario as run: tells whether inputs changed, where digests differ.
  std::string recipe;
  std::string digest;                   // 32 hex digits; of stopped runs: up to there
  std::optional<std::uint64_t> events;  // that the digest covers
  std::string verdict;                  // "holds", ...; empty where there is none
  bool is_as_expected = false;          // by its scenario, or by what the sweep says instead
  nlohmann::json oracles;               // {"I": "holds", ...}: the worst over streams
  nlohmann::json receipts;              // [{"id", "kind", "touched", "changed"}, ...]
  std::optional<std::int64_t> simulated_ps;
  // Speed: what differs from machine to machine, and is left out of comparisons.
  std::int64_t wall_us = 0;
  std::optional<std::uint64_t> steps;      // entries of the event queue
  std::optional<std::uint64_t> memory_kb;  // greatest resident size
  std::map<std::string, double> metrics;
};

// Metrics and the number of events, by name: what formulas over results see.
std::map<std::string, double> NumbersOf(const RunRow& row);

struct PointRow {
  std::uint64_t point = 0;
  // {name: number, string or bool}, a column each. SQLite knows no bool: they come back as 0 and 1.
  nlohmann::json parameters;
};

// Columns that every results file has, in small letters: no parameter may be called so.
const std::vector<std::string_view>& ResultColumns();

// What a results file is about; a sweep resumes only into a file that says the same.
struct ResultsHeader {
  nlohmann::json sweep;                 // the sweep's whole document
  std::string name;                     // of the sweep
  std::vector<std::string> parameters;  // names, in order: the columns of `points`
  std::string revision;                 // of lockstep
  std::string toolchain;
  std::uint64_t shard = 1;  // from 1
  std::uint64_t shards = 1;
  std::uint64_t points = 0;  // of the whole sweep
  std::uint64_t seeds = 1;   // of each point, at most
  // The sweep file, as an absolute path on the machine that made this one: where the names of
  // scenarios start from. Tells sweeps apart no more than the machine does; may be empty.
  std::string file;
};

// The value found for one group of a bisected sweep.
struct ThresholdRow {
  std::uint64_t group = 0;
  std::optional<std::uint64_t> last_holding;   // point; none: it holds at no value
  std::optional<std::uint64_t> first_failing;  // point; none: it holds at all values
};

class ResultsFile {
 public:
  // Makes a new file; one that is there already is an error.
  static absl::StatusOr<std::unique_ptr<ResultsFile>> Create(const std::string& path,
                                                             const ResultsHeader& header);
  // Opens one to go on with it.
  static absl::StatusOr<std::unique_ptr<ResultsFile>> OpenToWrite(const std::string& path);
  // Opens one to read; never changes it, whatever SQL it is asked.
  static absl::StatusOr<std::unique_ptr<ResultsFile>> OpenToRead(const std::string& path);
  ~ResultsFile();
  ResultsFile(const ResultsFile&) = delete;
  ResultsFile& operator=(const ResultsFile&) = delete;

  const ResultsHeader& header() const;
  const std::string& path() const;

  // Adds to the open transaction, beginning one where there is none. A point or run that is there
  // already is an error, which leaves the rest as it was; after any other error what was not
  // committed is taken back, and all that follows gets the same error. Columns for metrics are
  // added as they come; what is not finite is left out.
  absl::Status Add(const PointRow& point);
  absl::Status Add(const RunRow& run);
  // The same, in place of the row of this run, if there is one.
  absl::Status Replace(const RunRow& run);
  // Replaces what there is.
  absl::Status SetThresholds(const std::vector<ThresholdRow>& thresholds);
  // Says that it holds the whole sweep from now on: shard 1 of 1.
  absl::Status DeclareWhole();
  absl::Status Commit();
  // Takes back what was not committed.
  absl::Status Rollback();
  // Commits, brings the views up to date, and leaves a single file that is no longer in WAL mode
  // (unless somebody is reading it, or the disk is full: see HasRowsBeside).
  absl::Status Close();
  // Once closed: whether rows stand in "FILE-wal" only, so that FILE alone is not all.
  bool HasRowsBeside() const;
  // In a process that was forked off: lets go of the file without touching it, so that the writer's
  // lock ends with the writer. Nothing else may be called on it there.
  void ForgetInChild();

  absl::StatusOr<std::optional<RunRow>> FindRun(std::uint64_t run) const;
  // In order of `run`. A visitor that returns false ends it.
  absl::Status ForEachRun(const std::function<bool(const RunRow&)>& visit) const;
  absl::StatusOr<std::vector<PointRow>> Points() const;
  absl::StatusOr<std::vector<ThresholdRow>> Thresholds() const;

  // Answers any one statement of SQL that reads: column names first, then each row. Values are
  // JSON: null, numbers, strings (bytes as hex digits). A callback that returns false ends it.
  struct Answer {
    std::function<bool(const std::vector<std::string>&)> on_columns;
    std::function<bool(const std::vector<nlohmann::json>&)> on_row;
  };
  absl::Status Query(const std::string& sql, const Answer& answer) const;

 private:
  struct State;
  explicit ResultsFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// What a merge did.
struct Merged {
  std::uint64_t added = 0;
  std::uint64_t known = 0;  // runs that were there already, with the same results
};
// Adds what `from` has to `into`, in one transaction. A run that the machine ended (wall limit,
// memory limit, crash) says nothing about the run: one that ended by itself takes its place, which
// counts as added, and is never replaced by it. Of thresholds, those of `into` stay. Errors:
// another sweep, another revision, or the same run with another result (which names both digests).
absl::StatusOr<Merged> Merge(ResultsFile& into, const ResultsFile& from);

}  // namespace lockstep::analysis
