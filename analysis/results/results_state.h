// What an open results file holds; shared by those who write it and those who read it.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "analysis/results/file_lock.h"
#include "analysis/results/results.h"
#include "analysis/results/sqlite.h"

namespace lockstep::analysis {

struct ResultsFile::State {
  std::string path;
  bool is_writable = false;
  ResultsHeader header;
  // The lock outlives the database, which outlives its transaction and statements.
  std::optional<FileLock> lock;
  std::optional<Database> database;
  std::optional<Transaction> transaction;
  std::optional<Statement> add_point;
  std::optional<Statement> add_run;
  std::optional<Statement> add_speed;
  std::optional<Statement> add_metrics;  // none where a column has come since
  std::map<std::string, int> metrics;    // column to parameter of add_metrics, from 2
  std::optional<Statement> find_run;     // none where a column has come since
  std::vector<std::string> found;        // the metrics that find_run reads, in order
  std::uint64_t runs_saved = 0;          // committed
  std::uint64_t runs_open = 0;           // added since
  absl::Status failure;                  // of the first write that failed

  // Makes the file `partial`, with tables, views and `header`, and closes it again.
  absl::Status MakeTables(const std::string& partial);
  // Opens `path`, whose lock is ours, and loads what is above.
  absl::Status OpenForWriting();
  // Reads what `header` is to hold.
  absl::Status LoadHeader();
  absl::Status SaveHeader();
  // The metrics that have a column now, in order of the table: a reader's file may get more.
  absl::StatusOr<std::vector<std::string>> MetricColumns();
  absl::Status PrepareFind();
  absl::Status LoadMetrics();

  // Begins a transaction where there is none. Errors: closed, read only, or failed before.
  absl::Status BeginWriting();
  absl::Status WriteRun(const RunRow& run);
  absl::Status WriteMetrics(const RunRow& run);
  absl::Status AddColumns(const RunRow& run);
  // Takes back what was not committed; nothing can be written any more.
  absl::Status Fail(const absl::Status& why);
  // Leaves one plain file, if nobody is reading it, and gives the lock back.
  void Release();
};

}  // namespace lockstep::analysis
