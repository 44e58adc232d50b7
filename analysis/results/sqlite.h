// SQLite's C API with owners and errors of ours.
//
// Errors name the file, say what SQLite said, and what can be done. Knows nothing of sweeps;
// results.h does.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"
#include "sqlite3.h"

namespace lockstep::analysis {

// One prepared statement. It must not outlive its database.
class Statement {
 public:
  // Parameters are numbered from 1. Text is not copied: it must stay until the statement is reset.
  // What was not bound since the last Reset is NULL.
  void Bind(int parameter, std::int64_t value);
  void Bind(int parameter, std::uint64_t value);
  void Bind(int parameter, double value);
  void Bind(int parameter, std::string_view value);

  // True: there is a row to look at. False: that was all.
  absl::StatusOr<bool> Step();
  void Reset();
  // Steps to the end and resets, whether it succeeded or not.
  absl::Status Run();

  // Columns are numbered from 0. They are read as SQLite converts them: NULL is 0 or empty.
  int columns() const;
  std::string ColumnName(int column) const;
  bool IsNull(int column) const;
  std::int64_t Integer(int column) const;
  std::uint64_t Unsigned(int column) const;
  double Real(int column) const;
  std::string_view Text(int column) const;  // until the next step
  // Null, a number or a string; bytes as hex digits.
  nlohmann::json Value(int column) const;

  // Whether it leaves every database as it is.
  bool is_readonly() const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  Statement(sqlite3_stmt* statement, std::shared_ptr<const std::string> path)
      : statement_(statement), path_(std::move(path)) {}

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  std::shared_ptr<const std::string> path_;
};

class Database {
 public:
  enum class Mode : std::uint8_t {
    kRead,
    kReadImmutable,  // takes no lock and looks at no journal: for files that nobody can write
    kWrite,
    kCreate,
  };
  static absl::StatusOr<Database> Open(const std::string& path, Mode mode);

  const std::string& path() const { return *path_; }
  bool is_readonly() const;
  // Whether its name is no longer that of the open file: it was removed, or another put there.
  bool has_moved() const;
  bool is_in_transaction() const;

  // How long to wait for locks of other processes.
  void WaitForLocks(int milliseconds);

  // Runs statements that answer nothing.
  absl::Status Execute(const std::string& sql);
  // Prepares one statement; more than one, or none, is an error.
  absl::StatusOr<Statement> Prepare(std::string_view sql);
  // The first column of the first row of what `sql` answers; null where there is no row.
  absl::StatusOr<nlohmann::json> Ask(std::string_view sql);

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  };
  Database(sqlite3* database, std::shared_ptr<const std::string> path)
      : database_(database), path_(std::move(path)) {}

  std::unique_ptr<sqlite3, Close> database_;
  std::shared_ptr<const std::string> path_;
};

// Rolls back what was not committed.
class Transaction {
 public:
  static absl::StatusOr<Transaction> Begin(Database& database);
  ~Transaction();
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;

  absl::Status Commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}

  Database* database_;
};

// `name` in double quotes, as SQL wants identifiers.
std::string QuotedName(std::string_view name);

}  // namespace lockstep::analysis
