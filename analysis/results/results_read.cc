// Reading a results file: see results.h.

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "analysis/results/results.h"
#include "analysis/results/results_schema.h"
#include "analysis/results/results_state.h"

namespace lockstep::analysis {
namespace {

absl::Status Damaged(const std::string& path, const std::string& what) {
  return absl::DataLossError(
      absl::StrCat(path, ": is damaged (", what, "); take a copy, or run the sweep again"));
}

// A text that is JSON, or none.
nlohmann::json JsonIn(std::string_view text) {
  if (text.empty()) return nullptr;
  return nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
}

// "SELECT runs..., speed..., metrics...": what RunIn reads.
std::string SelectRuns(const std::vector<std::string>& metrics) {
  std::vector<std::string> columns;
  for (const std::string_view column : RunColumns())
    columns.push_back("runs." + QuotedName(column));
  for (const std::string_view column : {"wall_us", "steps", "memory_kb"})
    columns.push_back("speed." + QuotedName(column));
  for (const std::string& metric : metrics) columns.push_back("metrics." + QuotedName(metric));
  return absl::StrCat("SELECT ", absl::StrJoin(columns, ", "),
                      " FROM runs LEFT JOIN speed ON speed.run = runs.run"
                      " LEFT JOIN metrics ON metrics.run = runs.run");
}

// The row that `statement`, prepared by SelectRuns, stands at.
RunRow RunIn(const Statement& statement, const std::vector<std::string>& metrics) {
  RunRow run;
  int at = -1;
  const auto next_unsigned = [&] { return statement.Unsigned(++at); };
  const auto next_text = [&] { return std::string(statement.Text(++at)); };
  const auto next_optional = [&]() -> std::optional<std::uint64_t> {
    ++at;
    if (statement.IsNull(at)) return std::nullopt;
    return statement.Unsigned(at);
  };
  run.run = next_unsigned();
  run.point = next_unsigned();
  run.seed = next_unsigned();
  run.outcome = OutcomeNamed(next_text()).value_or(Outcome::kCrashed);
  run.error = next_text();
  run.recipe = next_text();
  run.digest = next_text();
  run.events = next_optional();
  run.verdict = next_text();
  run.is_as_expected = next_unsigned() != 0;
  run.oracles = JsonIn(next_text());
  run.receipts = JsonIn(next_text());
  if (const auto simulated = next_optional())
    run.simulated_ps = static_cast<std::int64_t>(*simulated);
  run.wall_us = statement.Integer(++at);
  run.steps = next_optional();
  run.memory_kb = next_optional();
  for (const std::string& metric : metrics) {
    ++at;
    if (!statement.IsNull(at))
      run.metrics.emplace_hint(run.metrics.end(), metric, statement.Real(at));
  }
  return run;
}

}  // namespace

absl::Status ResultsFile::State::LoadHeader() {
  absl::StatusOr<Statement> rows = database->Prepare("SELECT key, value FROM meta");
  if (!rows.ok()) return rows.status();
  std::map<std::string, nlohmann::json> values;
  absl::StatusOr<bool> is_row = rows->Step();
  for (; is_row.ok() && *is_row; is_row = rows->Step())
    values[std::string(rows->Text(0))] = rows->Value(1);
  if (!is_row.ok()) return is_row.status();
  std::string missing;
  const auto number = [&](const char* key) -> std::uint64_t {
    const nlohmann::json& value = values[key];
    if (!value.is_number_integer()) missing = key;
    return value.is_number_integer() ? value.get<std::uint64_t>() : 0;
  };
  const auto text = [&](const char* key) -> std::string {
    const nlohmann::json& value = values[key];
    if (!value.is_string()) missing = key;
    return value.is_string() ? value.get<std::string>() : "";
  };
  header.sweep = JsonIn(text("sweep"));
  if (values["file"].is_string()) header.file = values["file"].get<std::string>();
  header.name = text("name");
  header.revision = text("revision");
  header.toolchain = text("toolchain");
  header.shard = number("shard");
  header.shards = number("shards");
  header.points = number("points");
  header.seeds = number("seeds");
  header.parameters.clear();
  const nlohmann::json parameters = JsonIn(text("parameters"));
  if (!parameters.is_array() || header.sweep.is_discarded()) missing = "parameters or sweep";
  for (const nlohmann::json& name : parameters)
    if (name.is_string()) header.parameters.push_back(name.get<std::string>());
  return missing.empty() ? absl::OkStatus() : Damaged(path, absl::StrCat("meta lacks ", missing));
}

absl::StatusOr<std::vector<std::string>> ResultsFile::State::MetricColumns() {
  if (!database) return absl::FailedPreconditionError(absl::StrCat(path, ": is closed"));
  // Preparing reads the table's columns without a look at its rows.
  absl::StatusOr<Statement> table = database->Prepare("SELECT * FROM metrics");
  if (!table.ok()) return table.status();
  std::vector<std::string> columns;
  for (int i = 1; i < table->columns(); ++i) columns.push_back(table->ColumnName(i));
  return columns;
}

absl::Status ResultsFile::State::PrepareFind() {
  // Only a writer knows when a column comes.
  if (find_run && is_writable) return absl::OkStatus();
  absl::StatusOr<std::vector<std::string>> columns = MetricColumns();
  if (!columns.ok()) return columns.status();
  absl::StatusOr<Statement> prepared =
      database->Prepare(SelectRuns(*columns) + " WHERE runs.run = ?");
  if (!prepared.ok()) return prepared.status();
  find_run.emplace(*std::move(prepared));
  found = *std::move(columns);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<RunRow>> ResultsFile::FindRun(std::uint64_t run) const {
  if (absl::Status prepared = state_->PrepareFind(); !prepared.ok()) return prepared;
  Statement& find = *state_->find_run;
  find.Bind(1, run);
  const absl::StatusOr<bool> is_row = find.Step();
  std::optional<RunRow> row;
  if (is_row.ok() && *is_row) row = RunIn(find, state_->found);
  find.Reset();
  if (!is_row.ok()) return is_row.status();
  return row;
}

absl::Status ResultsFile::ForEachRun(const std::function<bool(const RunRow&)>& visit) const {
  const auto metrics = state_->MetricColumns();
  if (!metrics.ok()) return metrics.status();
  absl::StatusOr<Statement> rows =
      state_->database->Prepare(SelectRuns(*metrics) + " ORDER BY runs.run");
  if (!rows.ok()) return rows.status();
  absl::StatusOr<bool> is_row = rows->Step();
  for (; is_row.ok() && *is_row; is_row = rows->Step())
    if (!visit(RunIn(*rows, *metrics))) return absl::OkStatus();
  return is_row.status();
}

absl::StatusOr<std::vector<PointRow>> ResultsFile::Points() const {
  if (!state_->database)
    return absl::FailedPreconditionError(absl::StrCat(state_->path, ": is closed"));
  absl::StatusOr<Statement> rows = state_->database->Prepare("SELECT * FROM points ORDER BY point");
  if (!rows.ok()) return rows.status();
  std::vector<PointRow> points;
  absl::StatusOr<bool> is_row = rows->Step();
  for (; is_row.ok() && *is_row; is_row = rows->Step()) {
    PointRow point;
    point.point = rows->Unsigned(0);
    point.parameters = nlohmann::json::object();
    for (int i = 1; i < rows->columns(); ++i)
      if (!rows->IsNull(i)) point.parameters[rows->ColumnName(i)] = rows->Value(i);
    points.push_back(std::move(point));
  }
  if (!is_row.ok()) return is_row.status();
  return points;
}

absl::StatusOr<std::vector<ThresholdRow>> ResultsFile::Thresholds() const {
  if (!state_->database)
    return absl::FailedPreconditionError(absl::StrCat(state_->path, ": is closed"));
  absl::StatusOr<Statement> rows = state_->database->Prepare(
      "SELECT grp, last_holding, first_failing FROM thresholds ORDER BY grp");
  if (!rows.ok()) return rows.status();
  std::vector<ThresholdRow> thresholds;
  absl::StatusOr<bool> is_row = rows->Step();
  for (; is_row.ok() && *is_row; is_row = rows->Step()) {
    ThresholdRow row;
    row.group = rows->Unsigned(0);
    if (!rows->IsNull(1)) row.last_holding = rows->Unsigned(1);
    if (!rows->IsNull(2)) row.first_failing = rows->Unsigned(2);
    thresholds.push_back(row);
  }
  if (!is_row.ok()) return is_row.status();
  return thresholds;
}

absl::Status ResultsFile::Query(const std::string& sql, const Answer& answer) const {
  if (!state_->database)
    return absl::FailedPreconditionError(absl::StrCat(state_->path, ": is closed"));
  absl::StatusOr<Statement> rows = state_->database->Prepare(sql);
  if (!rows.ok()) return rows.status();
  if (!rows->is_readonly())
    return absl::InvalidArgumentError(absl::StrCat(
        state_->path, ": want SQL that reads, such as SELECT; results are not to be changed"));
  std::vector<std::string> names;
  for (int i = 0; i < rows->columns(); ++i) names.push_back(rows->ColumnName(i));
  if (!answer.on_columns(names)) return absl::OkStatus();
  std::vector<nlohmann::json> row(names.size());
  absl::StatusOr<bool> is_row = rows->Step();
  for (; is_row.ok() && *is_row; is_row = rows->Step()) {
    for (std::size_t i = 0; i < row.size(); ++i) row[i] = rows->Value(static_cast<int>(i));
    if (!answer.on_row(row)) return absl::OkStatus();
  }
  return is_row.status();
}

}  // namespace lockstep::analysis
