// lockstep results FILE

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "analysis/results/results.h"
#include "analysis/results/sqlite.h"
#include "tools/lockstep/commands.h"
#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/program_name.h"
#include "tools/lockstep/quantity.h"
#include "tools/lockstep/remarks.h"
#include "tools/lockstep/reproduce.h"
#include "tools/lockstep/rows.h"

namespace lockstep::cli {
namespace {

using analysis::ResultsFile;

constexpr std::size_t kPointsShown = 40;  // without --all
constexpr std::size_t kErrorsShown = 5;   // the same

constexpr const char* kResultsTeaching =
    "Without a flag: what was run, what failed, and the mean of each point over its seeds with "
    "its\n"
    "95 % confidence interval. The file may be looked at while a sweep writes to it.\n"
    "\n"
    "Views (analysis/results/RESULTS.md has all columns):\n"
    "  results  a row for each run: parameters, seed, outcome, verdict, counts, metrics, digest\n"
    "  summary  a row for each point: of each metric METRIC, METRIC_ci95, METRIC_min, METRIC_max\n"
    "  timings  a row for each run: what differs from machine to machine\n"
    "\n"
    "Examples:\n"
    "  $0 results sweep.sqlite\n"
    "  $0 results sweep.sqlite --csv > runs.csv\n"
    "  $0 results sweep.sqlite --view summary --ndjson | jq .published_per_s\n"
    "  $0 results sweep.sqlite --sql \"SELECT * FROM results WHERE verdict = 'violated'\"\n"
    "  $0 results sweep.sqlite --sql - --csv < question.sql\n"
    "  $0 results sweep.sqlite --reproduce 17          # the same digest, by one command\n"
    "\n"
    "Notebooks read the file as it is:\n"
    "  pandas.read_sql('SELECT * FROM summary', sqlite3.connect('sweep.sqlite'))\n"
    "\n";

struct ResultsFlags {
  std::string file;
  std::string sql;
  std::string view;
  std::optional<std::uint64_t> run;
  bool as_csv = false;
  bool as_json = false;
  bool as_ndjson = false;
  bool shows_all = false;
};

// --- For people ---

using Rows = std::vector<std::vector<nlohmann::json>>;

absl::StatusOr<Rows> Ask(const ResultsFile& file, const std::string& sql) {
  Rows rows;
  const absl::Status asked = file.Query(sql, {[](const std::vector<std::string>&) { return true; },
                                              [&](const std::vector<nlohmann::json>& row) {
                                                rows.push_back(row);
                                                return true;
                                              }});
  if (!asked.ok()) return asked;
  return rows;
}

std::string Cell(const nlohmann::json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_null() ? "-" : value.dump();
}

// "judged 478, wall limit 2": counts of a column of `runs`.
absl::StatusOr<std::string> Counts(const ResultsFile& file, const std::string& column) {
  const auto rows = Ask(file, absl::StrCat("SELECT ", column, ", count(*) FROM runs WHERE ", column,
                                           " IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1"));
  if (!rows.ok()) return rows.status();
  std::vector<std::string> counts;
  for (const auto& row : *rows) counts.push_back(absl::StrCat(Cell(row[0]), " ", row[1].dump()));
  return absl::StrJoin(counts, ", ");
}

// A list of runs, cut unless all are wanted; empty where there are none.
absl::StatusOr<std::string> Listed(const ResultsFile& file, const std::string& title,
                                   const std::string& what, const std::string& where,
                                   bool shows_all) {
  const auto rows = Ask(file, absl::StrCat("SELECT run, point, seed, ", what, " FROM runs WHERE ",
                                           where, " ORDER BY run"));
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return std::string();
  std::string text = absl::StrCat("  ", rows->size(), " ", title, ":\n");
  const std::size_t shown = shows_all ? rows->size() : std::min(rows->size(), kErrorsShown);
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& row = (*rows)[i];
    absl::StrAppend(&text, "    run ", Cell(row[0]), " (point ", Cell(row[1]), ", seed ",
                    Cell(row[2]), "): ", Cell(row[3]), "\n");
  }
  if (shown < rows->size())
    absl::StrAppend(&text, "    ... and ", rows->size() - shown, " more: --all shows them\n");
  absl::StrAppend(&text, "    --reproduce RUN prints the command that makes one of them again\n");
  return text;
}

// The metrics to show: those that most are after, else the first there are.
absl::StatusOr<std::vector<std::string>> MainMetrics(const ResultsFile& file) {
  constexpr std::size_t kOthers = 4;
  std::vector<std::string> all;
  const absl::Status asked = file.Query("SELECT * FROM summary",
                                        {[&](const std::vector<std::string>& names) {
                                           for (const std::string& name : names)
                                             if (absl::EndsWith(name, "_ci95"))
                                               all.push_back(name.substr(0, name.size() - 5));
                                           return false;
                                         },
                                         [](const std::vector<nlohmann::json>&) { return false; }});
  if (!asked.ok()) return asked;
  std::vector<std::string> found;
  for (const char* const wanted :
       {"published_per_s", "delivered_per_s", "resends_per_message", "latency_p99_us"})
    if (std::find(all.begin(), all.end(), wanted) != all.end()) found.emplace_back(wanted);
  if (!found.empty()) return found;
  if (all.size() > kOthers) all.resize(kOthers);
  return all;
}

absl::StatusOr<std::string> SummaryTable(const ResultsFile& file, bool shows_all) {
  const auto metrics = MainMetrics(file);
  if (!metrics.ok()) return metrics.status();
  std::vector<std::string> head = {"point"};
  head.insert(head.end(), file.header().parameters.begin(), file.header().parameters.end());
  const std::size_t labels = head.size();
  for (const char* const count : {"runs", "failed", "unexpected"}) head.emplace_back(count);
  std::vector<std::string> columns;
  for (const std::string& name : head) columns.push_back(analysis::QuotedName(name));
  for (const std::string& metric : *metrics) {
    head.push_back(metric);
    columns.push_back(analysis::QuotedName(metric));
    columns.push_back(analysis::QuotedName(metric + "_ci95"));
  }
  const auto rows = Ask(
      file, absl::StrCat("SELECT ", absl::StrJoin(columns, ", "), " FROM summary ORDER BY point",
                         shows_all ? "" : absl::StrCat(" LIMIT ", kPointsShown)));
  if (!rows.ok()) return rows.status();
  std::vector<std::vector<std::string>> cells = {head};
  std::vector<std::vector<bool>> is_number(1, std::vector<bool>(head.size(), false));
  for (const auto& row : *rows) {
    std::vector<std::string> line;
    std::vector<bool> right;
    for (std::size_t i = 0; i < labels + 3; ++i) {
      line.push_back(Cell(row[i]));
      right.push_back(row[i].is_number());
    }
    for (std::size_t i = labels + 3; i < row.size(); i += 2) {
      const std::string unit = UnitOfMetric(head[labels + 3 + (i - labels - 3) / 2]);
      line.push_back(row[i].is_number() ? QuantityText(row[i].get<double>(), unit) : "-");
      if (row[i + 1].is_number())
        line.back() += " ± " + QuantityText(row[i + 1].get<double>(), unit);
      right.push_back(true);
    }
    cells.push_back(std::move(line));
    is_number.push_back(std::move(right));
  }
  return AlignedTable(cells, is_number);
}

absl::StatusOr<std::string> Overview(const ResultsFile& file, bool shows_all) {
  const analysis::ResultsHeader& header = file.header();
  const auto runs = Ask(file, "SELECT count(*) FROM runs");
  if (!runs.ok()) return runs.status();
  std::string text =
      absl::StrCat(header.name, ": ", Cell((*runs)[0][0]), " runs of at most ",
                   header.points * header.seeds, " (", header.points, " points, ", header.seeds,
                   " seeds each), by lockstep ", header.revision, "\n");
  if (header.shards > 1)
    absl::StrAppend(&text, "  shard ", header.shard, " of ", header.shards, ": `",
                    ProgramAsCalled(), " merge` joins them\n");
  for (const auto& [title, column] :
       {std::pair("outcomes", "outcome"), std::pair("verdicts", "verdict")}) {
    const auto counts = Counts(file, column);
    if (!counts.ok()) return counts.status();
    if (!counts->empty()) absl::StrAppend(&text, "  ", title, ": ", *counts, "\n");
  }
  const auto failed = Listed(file, "failed", "outcome || coalesce(': ' || error, '')",
                             "outcome <> 'judged'", shows_all);
  if (!failed.ok()) return failed.status();
  const auto unexpected = Listed(file, "not as expected", "verdict",
                                 "outcome = 'judged' AND as_expected = 0", shows_all);
  if (!unexpected.ok()) return unexpected.status();
  absl::StrAppend(&text, *failed, *unexpected);
  const auto thresholds = file.Thresholds();
  if (!thresholds.ok()) return thresholds.status();
  for (const analysis::ThresholdRow& row : *thresholds) {
    absl::StrAppend(
        &text, "  threshold ", row.group, ": ",
        row.last_holding ? absl::StrCat("holds up to point ", *row.last_holding) : "holds nowhere",
        row.first_failing ? absl::StrCat(", fails from point ", *row.first_failing)
                          : ", fails nowhere",
        "\n");
  }
  const auto table = SummaryTable(file, shows_all);
  if (!table.ok()) return table.status();
  absl::StrAppend(&text, "\n", *table);
  const auto points = Ask(file, "SELECT count(*) FROM points");
  if (!points.ok()) return points.status();
  const auto known = (*points)[0][0].get<std::size_t>();
  if (!shows_all && known > kPointsShown)
    absl::StrAppend(&text, "... and ", known - kPointsShown, " more points: --all shows them\n");
  return text;
}

// --- For programs ---

RowFormat FormatOf(const ResultsFlags& flags) {
  if (flags.as_csv) return RowFormat::kCsv;
  if (flags.as_json) return RowFormat::kJson;
  return flags.as_ndjson ? RowFormat::kNdjson : RowFormat::kTable;
}

absl::Status CheckFlags(const ResultsFlags& flags) {
  if (int{flags.as_csv} + int{flags.as_json} + int{flags.as_ndjson} > 1)
    return absl::InvalidArgumentError("want one of --csv, --json and --ndjson");
  if (!flags.sql.empty() && !flags.view.empty())
    return absl::InvalidArgumentError("want --sql or --view, not both");
  if (flags.run &&
      (!flags.sql.empty() || !flags.view.empty() || FormatOf(flags) != RowFormat::kTable))
    return absl::InvalidArgumentError("--reproduce prints a command; it goes with no other flag");
  return absl::OkStatus();
}

// What is asked; none where it is the overview.
std::optional<std::string> Question(const ResultsFlags& flags) {
  if (flags.sql == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  if (!flags.sql.empty()) return flags.sql;
  if (flags.view.empty() && FormatOf(flags) == RowFormat::kTable) return std::nullopt;
  if (flags.view == "summary") return "SELECT * FROM summary ORDER BY point";
  return absl::StrCat("SELECT * FROM ", flags.view.empty() ? "results" : flags.view,
                      " ORDER BY run");
}

absl::Status Show(const ResultsFlags& flags, const Additions& own) {
  if (absl::Status checked = CheckFlags(flags); !checked.ok()) return checked;
  const auto file = ResultsFile::OpenToRead(flags.file);
  if (!file.ok()) return file.status();
  IgnoreClosedPipes();
  if (flags.run) {
    const auto made = ReproductionOf(**file, *flags.run, own);
    if (!made.ok()) return made.status();
    PrintRemarks(made->remarks);
    std::fputs(made->command.c_str(), stdout);
    return absl::OkStatus();
  }
  const std::optional<std::string> question = Question(flags);
  if (!question) {
    const auto text = Overview(**file, flags.shows_all);
    if (text.ok()) std::fputs(text->c_str(), stdout);
    return text.status();
  }
  RowPrinter printer(FormatOf(flags), stdout);
  const absl::Status asked = (*file)->Query(
      *question, {[&](const std::vector<std::string>& names) { return printer.Columns(names); },
                  [&](const std::vector<nlohmann::json>& row) { return printer.Row(row); }});
  return asked.ok() ? printer.Finish() : asked;
}

}  // namespace

void AddResults(CLI::App& app, Call& call) {
  CLI::App* const command =
      app.add_subcommand("results", "Shows what a sweep has found, or answers SQL about it");
  const auto flags = std::make_shared<ResultsFlags>();
  command->add_option("file", flags->file, "Results file, as `$0 sweep` makes it")
      ->required()
      ->type_name("FILE");
  command->add_option("--sql", flags->sql, "Answers this query (- reads it from standard input)")
      ->type_name("QUERY");
  command->add_option("--view", flags->view, "Shows all of results, summary or timings")
      ->type_name("VIEW")
      ->check(CLI::IsMember({"results", "summary", "timings"}));
  command
      ->add_option("--reproduce", flags->run,
                   "Prints the shell command that makes this run again: `$0 run ... --set ...`")
      ->type_name("RUN");
  command->add_flag("--csv", flags->as_csv, "Prints comma-separated values");
  command->add_flag("--json", flags->as_json, "Prints an array of objects");
  command->add_flag("--ndjson", flags->as_ndjson, "Prints an object on each line");
  command->add_flag("--all", flags->shows_all, "Shows whole lists, however long");
  call.Teach(*command, kResultsTeaching, kReaderCodes);
  command->callback([flags, &call] {
    const absl::Status shown = Show(*flags, call.own);
    call.exit_code = shown.ok() ? int{kAsExpected} : ReportError(shown);
  });
}

}  // namespace lockstep::cli
