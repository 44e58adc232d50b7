// SQLite's C API with owners: see sqlite.h.

#include "analysis/results/sqlite.h"

#include <cctype>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace lockstep::analysis {
namespace {

// Whether the system refused to let a file grow: no room, a quota, or a limit on its size.
bool IsFull(int code, int system_error) {
  if ((code & 0xFF) == SQLITE_FULL) return true;
  return (code & 0xFF) == SQLITE_IOERR &&
         (system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG);
}

// The last error of `database`, in our words. Of a COMMIT that fails, SQLite does not keep what the
// system said, but errno still has it, if it was zero before.
absl::Status ErrorOf(sqlite3* database, const std::string& path) {
  const int left_over = errno;
  const int code = sqlite3_extended_errcode(database);
  const int kept = sqlite3_system_errno(database);
  const int system_error = kept != 0 ? kept : left_over;
  std::string said = sqlite3_errmsg(database);
  const bool is_of_system = (code & 0xFF) == SQLITE_IOERR || (code & 0xFF) == SQLITE_CANTOPEN;
  if (is_of_system && system_error != 0) absl::StrAppend(&said, ": ", std::strerror(system_error));
  if (IsFull(code, system_error))
    return absl::ResourceExhaustedError(absl::StrCat(path, ": the disk is full"));
  switch (code & 0xFF) {
    case SQLITE_NOTADB:
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": is no SQLite file (", said, "); want one that a sweep has made"));
    case SQLITE_CORRUPT:
      return absl::DataLossError(
          absl::StrCat(path, ": is damaged (", said, "); take a copy, or run the sweep again"));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::UnavailableError(absl::StrCat(path, ": is in use by another program (", said,
                                                 "); let that end, and try again"));
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return absl::PermissionDeniedError(
          absl::StrCat(path, ": cannot be written (", said, "); make it and its folder writable"));
    case SQLITE_CANTOPEN:
      return absl::PermissionDeniedError(absl::StrCat(
          path, ": cannot be opened (", said, "); see that it and its folder are accessible"));
    case SQLITE_CONSTRAINT:
      return absl::AlreadyExistsError(absl::StrCat(path, ": ", said));
    case SQLITE_NOMEM:
      return absl::ResourceExhaustedError(absl::StrCat(path, ": ", said));
    case SQLITE_IOERR:
      return absl::DataLossError(absl::StrCat(path, ": ", said, "; see that its disk is healthy"));
    case SQLITE_MISUSE:
      return absl::InternalError(absl::StrCat(path, ": ", said));
    default:
      return absl::InvalidArgumentError(absl::StrCat(path, ": ", said));
  }
}

bool IsBlank(std::string_view text) {
  for (const char c : text)
    if (std::isspace(static_cast<unsigned char>(c)) == 0 && c != ';') return false;
  return true;
}

// A path in a "file:" name, where ?, # and % have meanings of their own.
std::string UriOf(const std::string& path) {
  return absl::StrCat("file:",
                      absl::StrReplaceAll(path, {{"%", "%25"}, {"?", "%3f"}, {"#", "%23"}}));
}

}  // namespace

void Statement::Bind(int parameter, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), parameter, value);
}
void Statement::Bind(int parameter, std::uint64_t value) {
  sqlite3_bind_int64(statement_.get(), parameter, static_cast<std::int64_t>(value));
}
void Statement::Bind(int parameter, double value) {
  sqlite3_bind_double(statement_.get(), parameter, value);
}
void Statement::Bind(int parameter, std::string_view value) {
  sqlite3_bind_text64(statement_.get(), parameter, value.data(), value.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
}

absl::StatusOr<bool> Statement::Step() {
  errno = 0;
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return ErrorOf(sqlite3_db_handle(statement_.get()), *path_);
}

void Statement::Reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

absl::Status Statement::Run() {
  absl::StatusOr<bool> is_row = Step();
  while (is_row.ok() && *is_row) is_row = Step();
  Reset();
  return is_row.status();
}

int Statement::columns() const { return sqlite3_column_count(statement_.get()); }
std::string Statement::ColumnName(int column) const {
  const char* const name = sqlite3_column_name(statement_.get(), column);
  return name == nullptr ? "" : name;
}
bool Statement::IsNull(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}
std::int64_t Statement::Integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}
std::uint64_t Statement::Unsigned(int column) const {
  return static_cast<std::uint64_t>(Integer(column));
}
double Statement::Real(int column) const { return sqlite3_column_double(statement_.get(), column); }
std::string_view Statement::Text(int column) const {
  const unsigned char* const text = sqlite3_column_text(statement_.get(), column);
  if (text == nullptr) return {};
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)};
}

nlohmann::json Statement::Value(int column) const {
  switch (sqlite3_column_type(statement_.get(), column)) {
    case SQLITE_INTEGER:
      return Integer(column);
    case SQLITE_FLOAT:
      return Real(column);
    case SQLITE_TEXT:
      return std::string(Text(column));
    case SQLITE_BLOB: {
      const auto* const bytes =
          static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
      const int size = sqlite3_column_bytes(statement_.get(), column);
      return absl::BytesToHexString({bytes, static_cast<std::size_t>(size)});
    }
    default:
      return nullptr;
  }
}

bool Statement::is_readonly() const { return sqlite3_stmt_readonly(statement_.get()) != 0; }

absl::StatusOr<Database> Database::Open(const std::string& path, Mode mode) {
  int flags = SQLITE_OPEN_URI | SQLITE_OPEN_EXRESCODE;
  std::string uri = UriOf(path);
  switch (mode) {
    case Mode::kRead:
      flags |= SQLITE_OPEN_READONLY;
      break;
    case Mode::kReadImmutable:
      flags |= SQLITE_OPEN_READONLY;
      uri += "?immutable=1";
      break;
    case Mode::kWrite:
      flags |= SQLITE_OPEN_READWRITE;
      break;
    case Mode::kCreate:
      flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
      break;
  }
  sqlite3* raw = nullptr;
  errno = 0;
  const int code = sqlite3_open_v2(uri.c_str(), &raw, flags, nullptr);
  if (raw == nullptr) return absl::ResourceExhaustedError(absl::StrCat(path, ": out of memory"));
  Database database(raw, std::make_shared<const std::string>(path));
  if (code != SQLITE_OK) return ErrorOf(raw, path);
  database.WaitForLocks(10'000);
  return database;
}

bool Database::is_readonly() const { return sqlite3_db_readonly(database_.get(), "main") != 0; }
bool Database::has_moved() const {
  int moved = 0;
  const int code = sqlite3_file_control(database_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  return code == SQLITE_OK && moved != 0;
}
bool Database::is_in_transaction() const { return sqlite3_get_autocommit(database_.get()) == 0; }
void Database::WaitForLocks(int milliseconds) {
  sqlite3_busy_timeout(database_.get(), milliseconds);
}

absl::Status Database::Execute(const std::string& sql) {
  errno = 0;
  if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK)
    return absl::OkStatus();
  return ErrorOf(database_.get(), *path_);
}

absl::StatusOr<Statement> Database::Prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const char* rest = nullptr;
  errno = 0;
  const int code =
      sqlite3_prepare_v2(database_.get(), sql.data(), static_cast<int>(sql.size()), &raw, &rest);
  Statement statement(raw, path_);
  if (code != SQLITE_OK) return ErrorOf(database_.get(), *path_);
  if (raw == nullptr) return absl::InvalidArgumentError(absl::StrCat(*path_, ": want SQL"));
  // What follows may be comments; SQLite tells by making nothing of it.
  const std::string_view left = sql.substr(static_cast<std::size_t>(rest - sql.data()));
  if (IsBlank(left)) return statement;
  sqlite3_stmt* second = nullptr;
  const bool is_comment =
      sqlite3_prepare_v2(database_.get(), left.data(), static_cast<int>(left.size()), &second,
                         nullptr) == SQLITE_OK &&
      second == nullptr;
  sqlite3_finalize(second);
  if (is_comment) return statement;
  return absl::InvalidArgumentError(absl::StrCat(*path_, ": want one SQL statement at a time"));
}

absl::StatusOr<nlohmann::json> Database::Ask(std::string_view sql) {
  absl::StatusOr<Statement> statement = Prepare(sql);
  if (!statement.ok()) return statement.status();
  const absl::StatusOr<bool> is_row = statement->Step();
  if (!is_row.ok()) return is_row.status();
  return *is_row ? statement->Value(0) : nlohmann::json();
}

absl::StatusOr<Transaction> Transaction::Begin(Database& database) {
  if (const absl::Status begun = database.Execute("BEGIN IMMEDIATE"); !begun.ok()) return begun;
  return Transaction(database);
}

Transaction::~Transaction() {
  if (database_ != nullptr && database_->is_in_transaction())
    database_->Execute("ROLLBACK").IgnoreError();
}

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

absl::Status Transaction::Commit() {
  const absl::Status done = database_->Execute("COMMIT");
  if (done.ok()) database_ = nullptr;
  return done;
}

std::string QuotedName(std::string_view name) {
  return absl::StrCat("\"", absl::StrReplaceAll(std::string(name), {{"\"", "\"\""}}), "\"");
}

}  // namespace lockstep::analysis
