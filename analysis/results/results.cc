// Making and filling a results file: see results.h. What reads it is in results_read.cc.
//
// A new file is made whole under another name before it gets its own, so that no crash leaves half
// a file. It is written in WAL mode with synchronous=NORMAL: a commit survives the death of the
// process, and all but the last ones that of the machine.

#include "analysis/results/results.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "analysis/results/results_files.h"
#include "analysis/results/results_schema.h"
#include "analysis/results/results_state.h"
#include "sim/trace/file_beside.h"

namespace lockstep::analysis {
namespace {

constexpr int kPatienceAtCloseMs = 200;

// Bools as 0 and 1, which SQL and notebooks count with.
void BindParameter(Statement& statement, int at, const nlohmann::json& value) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  if (value.is_boolean()) {
    statement.Bind(at, std::int64_t{value.get<bool>()});
  } else if (value.is_number_float() ||
             (value.is_number_unsigned() && value.get<std::uint64_t>() > kMost)) {
    statement.Bind(at, value.get<double>());
  } else if (value.is_number()) {
    statement.Bind(at, value.get<std::int64_t>());
  } else if (value.is_string()) {
    statement.Bind(at, std::string_view(value.get_ref<const std::string&>()));
  }
}

}  // namespace

std::string_view Name(Outcome outcome) {
  switch (outcome) {
    case Outcome::kJudged:
      return "judged";
    case Outcome::kRefused:
      return "refused";
    case Outcome::kWallLimit:
      return "wall limit";
    case Outcome::kTimeLimit:
      return "time limit";
    case Outcome::kEventLimit:
      return "event limit";
    case Outcome::kMemoryLimit:
      return "memory limit";
    case Outcome::kCrashed:
      return "crashed";
  }
  return "";
}

std::optional<Outcome> OutcomeNamed(std::string_view name) {
  for (const Outcome outcome :
       {Outcome::kJudged, Outcome::kRefused, Outcome::kWallLimit, Outcome::kTimeLimit,
        Outcome::kEventLimit, Outcome::kMemoryLimit, Outcome::kCrashed})
    if (Name(outcome) == name) return outcome;
  return std::nullopt;
}

std::map<std::string, double> NumbersOf(const RunRow& row) {
  std::map<std::string, double> numbers = row.metrics;
  if (row.events) numbers["events"] = static_cast<double>(*row.events);
  return numbers;
}

bool IsByMachine(Outcome outcome) {
  return outcome == Outcome::kWallLimit || outcome == Outcome::kMemoryLimit ||
         outcome == Outcome::kCrashed;
}

// --- The state of a file that is written ---

absl::Status ResultsFile::State::SaveHeader() {
  absl::StatusOr<Statement> put =
      database->Prepare("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)");
  if (!put.ok()) return put.status();
  const auto save = [&](std::string_view key, const auto& value) {
    put->Bind(1, key);
    put->Bind(2, value);
    return put->Run();
  };
  const std::string sweep =
      header.sweep.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  const std::string parameters = nlohmann::json(header.parameters).dump();
  absl::Status saved;
  saved.Update(save("sweep", std::string_view(sweep)));
  saved.Update(save("name", std::string_view(header.name)));
  saved.Update(save("parameters", std::string_view(parameters)));
  saved.Update(save("file", std::string_view(header.file)));
  saved.Update(save("revision", std::string_view(header.revision)));
  saved.Update(save("toolchain", std::string_view(header.toolchain)));
  saved.Update(save("shard", header.shard));
  saved.Update(save("shards", header.shards));
  saved.Update(save("points", header.points));
  saved.Update(save("seeds", header.seeds));
  saved.Update(
      save("about", std::string_view("Results of a lockstep sweep: see the views results, "
                                     "summary and timings, and analysis/results/RESULTS.md.")));
  return saved;
}

absl::Status ResultsFile::State::LoadMetrics() {
  const absl::StatusOr<std::vector<std::string>> columns = MetricColumns();
  if (!columns.ok()) return columns.status();
  metrics.clear();
  for (std::size_t i = 0; i < columns->size(); ++i)
    metrics[(*columns)[i]] = static_cast<int>(i) + 2;
  add_metrics.reset();
  find_run.reset();
  return absl::OkStatus();
}

absl::Status ResultsFile::State::BeginWriting() {
  if (!failure.ok()) return failure;
  if (!database || !is_writable)
    return absl::FailedPreconditionError(
        absl::StrCat(path, database ? ": is open for reading only" : ": is closed"));
  if (transaction) return absl::OkStatus();
  absl::StatusOr<Transaction> begun = Transaction::Begin(*database);
  if (!begun.ok()) return Fail(begun.status());
  transaction.emplace(*std::move(begun));
  return absl::OkStatus();
}

absl::Status ResultsFile::State::Fail(const absl::Status& why) {
  transaction.reset();
  runs_open = 0;
  failure = why;
  if (absl::IsResourceExhausted(why))
    failure =
        absl::ResourceExhaustedError(absl::StrCat(std::string(why.message()), "; ", runs_saved,
                                                  " runs are saved; make room and go on "
                                                  "with --resume"));
  return failure;
}

absl::Status ResultsFile::State::AddColumns(const RunRow& run) {
  bool is_changed = false;
  for (const auto& [name, value] : run.metrics) {
    if (metrics.contains(name) || !std::isfinite(value)) continue;
    const absl::Status added = database->Execute(
        absl::StrCat("ALTER TABLE metrics ADD COLUMN ", QuotedName(name), " REAL"));
    if (!added.ok())
      return absl::Status(added.code(), absl::StrCat(std::string(added.message()), " (metric \"",
                                                     name, "\"; give it another name)"));
    const int parameter = static_cast<int>(metrics.size()) + 2;
    metrics[name] = parameter;
    is_changed = true;
  }
  if (!is_changed) return absl::OkStatus();
  add_metrics.reset();
  find_run.reset();
  std::vector<std::string> names;
  for (const auto& [name, parameter] : metrics) names.push_back(name);
  return database->Execute(ViewsSql(header.parameters, names));
}

absl::Status ResultsFile::State::WriteMetrics(const RunRow& run) {
  if (absl::Status added = AddColumns(run); !added.ok()) return added;
  if (!add_metrics) {
    std::vector<std::string_view> columns(metrics.size() + 1);
    columns[0] = "run";
    for (const auto& [name, parameter] : metrics)
      columns[static_cast<std::size_t>(parameter) - 1] = name;
    absl::StatusOr<Statement> prepared = database->Prepare(InsertSql("metrics", columns));
    if (!prepared.ok()) return prepared.status();
    add_metrics.emplace(*std::move(prepared));
  }
  add_metrics->Bind(1, run.run);
  for (const auto& [name, value] : run.metrics)
    if (std::isfinite(value)) add_metrics->Bind(metrics.find(name)->second, value);
  return add_metrics->Run();
}

absl::Status ResultsFile::State::WriteRun(const RunRow& run) {
  const auto text = [](const nlohmann::json& json) {
    return json.empty() ? std::string()
                        : json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  };
  const std::string oracles = text(run.oracles);
  const std::string receipts = text(run.receipts);
  int at = 0;
  // What is not bound is NULL.
  const auto bind = [&](const auto& value) { add_run->Bind(++at, value); };
  const auto bind_text = [&](std::string_view value) {
    ++at;
    if (!value.empty()) add_run->Bind(at, value);
  };
  const auto bind_optional = [&](const auto& value) {
    ++at;
    if (value) add_run->Bind(at, *value);
  };
  bind(run.run);
  bind(run.point);
  bind(run.seed);
  bind(Name(run.outcome));
  bind_text(run.error);
  bind_text(run.recipe);
  bind_text(run.digest);
  bind_optional(run.events);
  bind_text(run.verdict);
  bind(std::int64_t{run.is_as_expected});
  bind_text(oracles);
  bind_text(receipts);
  bind_optional(run.simulated_ps);
  return add_run->Run();
}

void ResultsFile::State::Release() {
  transaction.reset();
  add_point.reset();
  add_run.reset();
  add_speed.reset();
  add_metrics.reset();
  find_run.reset();
  if (database && is_writable) {
    // Where somebody is reading, the file stays in WAL mode, which is as safe.
    database->WaitForLocks(kPatienceAtCloseMs);
    database->Execute("PRAGMA wal_checkpoint(TRUNCATE)").IgnoreError();
    database->Execute("PRAGMA journal_mode = DELETE").IgnoreError();
  }
  database.reset();
  lock.reset();
}

absl::Status ResultsFile::State::MakeTables(const std::string& partial) {
  absl::StatusOr<Database> opened = Database::Open(partial, Database::Mode::kCreate);
  if (!opened.ok()) return opened.status();
  database.emplace(*std::move(opened));
  absl::StatusOr<Transaction> begun = Transaction::Begin(*database);
  if (!begun.ok()) return begun.status();
  absl::Status made = database->Execute(TablesSql(header.parameters));
  if (made.ok()) made = database->Execute(ViewsSql(header.parameters, {}));
  if (made.ok()) made = SaveHeader();
  return made.ok() ? begun->Commit() : made;
}

absl::Status ResultsFile::State::OpenForWriting() {
  absl::StatusOr<Database> opened = Database::Open(path, Database::Mode::kWrite);
  if (!opened.ok()) return opened.status();
  database.emplace(*std::move(opened));
  if (database->is_readonly())
    return absl::PermissionDeniedError(
        absl::StrCat(path, ": cannot be written; make it writable, or choose another file"));
  const absl::StatusOr<nlohmann::json> mode = database->Ask("PRAGMA journal_mode = WAL");
  if (!mode.ok()) return mode.status();
  if (*mode != "wal")
    return absl::FailedPreconditionError(absl::StrCat(
        path, ": SQLite cannot write a log beside it; choose a folder on a local disk"));
  absl::Status loaded = database->Execute("PRAGMA synchronous = NORMAL");
  if (loaded.ok()) loaded = LoadHeader();
  if (loaded.ok()) loaded = LoadMetrics();
  if (!loaded.ok()) return loaded;
  const absl::StatusOr<nlohmann::json> runs = database->Ask("SELECT count(*) FROM runs");
  if (!runs.ok()) return runs.status();
  runs_saved = runs->get<std::uint64_t>();
  is_writable = true;
  return absl::OkStatus();
}

// --- Opening ---

ResultsFile::ResultsFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
ResultsFile::~ResultsFile() {
  if (state_ != nullptr) state_->Release();
}
const ResultsHeader& ResultsFile::header() const { return state_->header; }
const std::string& ResultsFile::path() const { return state_->path; }

absl::StatusOr<std::unique_ptr<ResultsFile>> ResultsFile::Create(const std::string& path,
                                                                 const ResultsHeader& header) {
  if (absl::Status checked = CheckParameters(path, header.parameters); !checked.ok())
    return checked;
  absl::StatusOr<FileLock> lock = FileLock::Take(path);
  if (!lock.ok()) return lock.status();
  if (IsThere(path)) return AlreadyThere(path);
  if (absl::Status free = CheckBeside(path, /*is_new=*/true); !free.ok()) return free;
  auto state = std::make_unique<State>();
  state->path = path;
  state->header = header;
  state->lock.emplace(*std::move(lock));
  const absl::StatusOr<std::string> beside = trace::MakeBeside(path, "new");
  if (!beside.ok()) return beside.status();
  const std::string& partial = *beside;
  absl::Status made = state->MakeTables(partial);
  state->database.reset();
  if (made.ok()) made = Publish(partial, path);
  if (!made.ok()) {
    Remove(partial);
    return absl::Status(made.code(),
                        absl::StrReplaceAll(std::string(made.message()), {{partial, path}}));
  }
  if (absl::Status opened = state->OpenForWriting(); !opened.ok()) {
    state->database.reset();
    Remove(path);
    return opened;
  }
  return absl::WrapUnique(new ResultsFile(std::move(state)));
}

absl::StatusOr<std::unique_ptr<ResultsFile>> ResultsFile::OpenToWrite(const std::string& path) {
  if (absl::Status checked = CheckFormat(path); !checked.ok()) return checked;
  if (absl::Status own = CheckBeside(path, /*is_new=*/false); !own.ok()) return own;
  absl::StatusOr<FileLock> lock = FileLock::Take(path);
  if (!lock.ok()) return lock.status();
  auto state = std::make_unique<State>();
  state->path = path;
  state->lock.emplace(*std::move(lock));
  if (absl::Status opened = state->OpenForWriting(); !opened.ok()) return opened;
  return absl::WrapUnique(new ResultsFile(std::move(state)));
}

absl::StatusOr<std::unique_ptr<ResultsFile>> ResultsFile::OpenToRead(const std::string& path) {
  if (absl::Status checked = CheckFormat(path); !checked.ok()) return checked;
  if (absl::Status own = CheckBeside(path, /*is_new=*/false); !own.ok()) return own;
  auto state = std::make_unique<State>();
  state->path = path;
  absl::StatusOr<Database> opened = Database::Open(path, Database::Mode::kRead);
  if (!opened.ok()) return opened.status();
  absl::StatusOr<nlohmann::json> probe = opened->Ask("SELECT count(*) FROM sqlite_master");
  if (absl::IsPermissionDenied(probe.status())) {
    // Of a file in WAL mode, SQLite wants to make two more beside it, even to read. Where nothing
    // waits in the log, the file alone is all there is.
    if (HasLog(path))
      return absl::PermissionDeniedError(absl::StrCat(
          path, ": was not closed by the sweep that wrote it, and its folder cannot be written; ",
          "copy it to another folder together with ", path, "-wal"));
    opened = Database::Open(path, Database::Mode::kReadImmutable);
    if (!opened.ok()) return opened.status();
  }
  state->database.emplace(*std::move(opened));
  if (absl::Status loaded = state->LoadHeader(); !loaded.ok()) return loaded;
  return absl::WrapUnique(new ResultsFile(std::move(state)));
}

// --- Writing ---

absl::Status ResultsFile::Add(const PointRow& point) {
  State& state = *state_;
  if (absl::Status begun = state.BeginWriting(); !begun.ok()) return begun;
  if (!state.add_point) {
    std::vector<std::string_view> columns = {"point"};
    for (const std::string& name : state.header.parameters) columns.push_back(name);
    absl::StatusOr<Statement> prepared = state.database->Prepare(InsertSql("points", columns));
    if (!prepared.ok()) return state.Fail(prepared.status());
    state.add_point.emplace(*std::move(prepared));
  }
  for (const auto& [name, value] : point.parameters.items())
    if (std::find(state.header.parameters.begin(), state.header.parameters.end(), name) ==
        state.header.parameters.end())
      return absl::InvalidArgumentError(absl::StrCat(state.path, ": point ", point.point,
                                                     ": no parameter is called \"", name, "\""));
  state.add_point->Bind(1, point.point);
  int at = 1;
  for (const std::string& name : state.header.parameters) {
    ++at;
    const auto value = point.parameters.find(name);
    if (value != point.parameters.end()) BindParameter(*state.add_point, at, *value);
  }
  const absl::Status added = state.add_point->Run();
  if (absl::IsAlreadyExists(added))
    return absl::AlreadyExistsError(
        absl::StrCat(state.path, ": point ", point.point, " is there already"));
  return added.ok() ? added : state.Fail(added);
}

absl::Status ResultsFile::Add(const RunRow& run) {
  State& state = *state_;
  if (absl::Status begun = state.BeginWriting(); !begun.ok()) return begun;
  if (!state.add_run) {
    absl::StatusOr<Statement> add_run = state.database->Prepare(InsertSql("runs", RunColumns()));
    if (!add_run.ok()) return state.Fail(add_run.status());
    absl::StatusOr<Statement> speed = state.database->Prepare(InsertSql("speed", SpeedColumns()));
    if (!speed.ok()) return state.Fail(speed.status());
    state.add_run.emplace(*std::move(add_run));
    state.add_speed.emplace(*std::move(speed));
  }
  absl::Status added = state.WriteRun(run);
  if (absl::IsAlreadyExists(added))
    return absl::AlreadyExistsError(
        absl::StrCat(state.path, ": run ", run.run, " is there already"));
  if (added.ok()) added = state.WriteMetrics(run);
  if (!added.ok()) return state.Fail(added);
  Statement& speed = *state.add_speed;
  speed.Bind(1, run.run);
  speed.Bind(2, run.wall_us);
  if (run.steps) speed.Bind(3, *run.steps);
  if (run.memory_kb) speed.Bind(4, *run.memory_kb);
  added = speed.Run();
  if (!added.ok()) return state.Fail(added);
  ++state.runs_open;
  return added;
}

absl::Status ResultsFile::Replace(const RunRow& run) {
  State& state = *state_;
  if (absl::Status begun = state.BeginWriting(); !begun.ok()) return begun;
  for (const char* const table : {"runs", "metrics", "speed"}) {
    const absl::Status removed =
        state.database->Execute(absl::StrCat("DELETE FROM ", table, " WHERE run = ", run.run));
    if (!removed.ok()) return state.Fail(removed);
  }
  return Add(run);
}

absl::Status ResultsFile::SetThresholds(const std::vector<ThresholdRow>& thresholds) {
  State& state = *state_;
  if (absl::Status begun = state.BeginWriting(); !begun.ok()) return begun;
  if (const absl::Status removed = state.database->Execute("DELETE FROM thresholds"); !removed.ok())
    return state.Fail(removed);
  absl::StatusOr<Statement> add =
      state.database->Prepare(InsertSql("thresholds", {"grp", "last_holding", "first_failing"}));
  if (!add.ok()) return state.Fail(add.status());
  for (const ThresholdRow& row : thresholds) {
    add->Bind(1, row.group);
    if (row.last_holding) add->Bind(2, *row.last_holding);
    if (row.first_failing) add->Bind(3, *row.first_failing);
    if (const absl::Status added = add->Run(); !added.ok()) return state.Fail(added);
  }
  return absl::OkStatus();
}

absl::Status ResultsFile::DeclareWhole() {
  State& state = *state_;
  if (absl::Status begun = state.BeginWriting(); !begun.ok()) return begun;
  state.header.shard = 1;
  state.header.shards = 1;
  const absl::Status saved = state.SaveHeader();
  return saved.ok() ? saved : state.Fail(saved);
}

absl::Status ResultsFile::Commit() {
  State& state = *state_;
  if (!state.failure.ok()) return state.failure;
  if (!state.transaction) return absl::OkStatus();
  const absl::Status done = state.transaction->Commit();
  if (!done.ok()) return state.Fail(done);
  // What nobody can open any more must not look saved.
  if (state.database->has_moved()) {
    return state.Fail(absl::DataLossError(absl::StrCat(
        state.path, ": was removed, moved or replaced while it was written; what it had is where ",
        "it went")));
  }
  state.transaction.reset();
  state.runs_saved += std::exchange(state.runs_open, 0);
  return absl::OkStatus();
}

absl::Status ResultsFile::Rollback() {
  State& state = *state_;
  if (!state.failure.ok()) return state.failure;
  if (!state.transaction) return absl::OkStatus();
  state.transaction.reset();
  state.runs_open = 0;
  absl::Status loaded = state.LoadHeader();
  if (loaded.ok()) loaded = state.LoadMetrics();
  return loaded.ok() ? loaded : state.Fail(loaded);
}

absl::Status ResultsFile::Close() {
  const absl::Status done = Commit();
  state_->Release();
  return done;
}

bool ResultsFile::HasRowsBeside() const { return HasLog(state_->path); }

void ResultsFile::ForgetInChild() {
  if (state_->lock) state_->lock->ForgetInChild();
  // SQLite must not be called in a child, not even to close: what it holds is left as it is.
  static_cast<void>(state_.release());
}

}  // namespace lockstep::analysis
