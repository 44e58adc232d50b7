// lockstep compare A B

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "analysis/metrics.h"
#include "analysis/results/compare.h"
#include "analysis/results/results.h"
#include "analysis/results/statistics.h"
#include "tools/lockstep/commands.h"
#include "tools/lockstep/compare_traces.h"
#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/output.h"
#include "tools/lockstep/quantity.h"

namespace lockstep::cli {
namespace {

using analysis::Comparison;

constexpr const char* kCompareTeaching =
    "A and B are files that `$0 sweep` wrote: of one sweep by two revisions, or of two "
    "sweeps\n"
    "that share points. Points are matched by their parameters, runs by parameters and seed.\n"
    "\n"
    "What it says, and what of it makes the exit code 10 (*):\n"
    "  digests   * differ with the same recipe: the code behaves differently\n"
    "              differ with another recipe: the scenario changed\n"
    "  verdicts  * verdict, outcome or expectation of a run changed, or what one oracle says (a "
    "run\n"
    "              that met a limit of its machine on one side counts: it may no longer end)\n"
    "  metrics   * a mean over seeds moved beyond noise\n"
    "              changed, noise unknown: a side has one seed; give both more\n"
    "            * same run, other number: equal digests, so it is the analysis that changed\n"
    "  speed       steps per second; for information\n"
    "\n"
    "Noise: Welch's t-test of the seeds' means, for each metric at each point that does not have\n"
    "equal digests throughout. All these tests together report a change where there is none with "
    "a\n"
    "probability of at most --alpha (Holm-Bonferroni: of m tests, the smallest p-value must be at\n"
    "most alpha / m, the next at most alpha / (m - 1), and so on to the first that is not). So "
    "the\n"
    "p-values shown are already multiplied. Fewer tests see smaller changes: name the metrics you\n"
    "care about. A metric that is the same for all seeds of both sides has no noise, and any "
    "change\n"
    "counts. Seeds are not paired: a change of the code reshuffles what a seed means.\n"
    "\n"
    "Of two traces (.zst and .gz, too) the first difference is shown: in the first line (not the\n"
    "revision, toolchain and path), in an event, with those before it, or in the last line. Any\n"
    "makes the exit code 10. A trace with --detail differs from one without.\n"
    "\n"
    "Examples:\n"
    "  $0 sweep loss.json --out before.sqlite     # then change the code, and build\n"
    "  $0 sweep loss.json --out after.sqlite\n"
    "  $0 compare before.sqlite after.sqlite\n"
    "  $0 compare before.sqlite after.sqlite --metric published_per_s --alpha 0.01\n"
    "  $0 compare before.sqlite after.sqlite --json | jq '.moved[] | {metric, relative}'\n"
    "  $0 compare before.sqlite after.sqlite || echo \"not the same\"\n"
    "  $0 compare seed-1.jsonl seed-2.jsonl\n"
    "\n";

constexpr std::size_t kFirst = 20;    // changes of a kind that are printed without --all
constexpr std::size_t kFirstFew = 3;  // examples of what is mostly a count

struct CompareFlags {
  std::string a;
  std::string b;
  analysis::CompareOptions options;
  bool as_json = false;
  bool is_all = false;
};

std::string ValueText(const nlohmann::json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string OrNone(const std::optional<double>& value) {
  return value ? absl::StrFormat("%.12g", *value) : "none";
}

std::string MeanText(const analysis::Mean& mean, const std::string& unit) {
  if (mean.count == 0) return "none";
  const std::optional<double> half = analysis::HalfWidth(mean);
  if (!half || *half == 0) return QuantityText(mean.mean, unit);
  return absl::StrCat(QuantityText(mean.mean, unit), " ± ", QuantityText(*half, unit));
}

// What a person reads, in the order of how much it matters.
class Text {
 public:
  Text(const Comparison& comparison, bool is_all) : comparison_(comparison), is_all_(is_all) {}

  std::string Write() {
    Files();
    Digests();
    Verdicts();
    OtherNumbers();
    Moved();
    Others();
    Speed();
    absl::StrAppend(&text_, comparison_.Differs() ? "changed\n" : "nothing changed\n");
    return std::move(text_);
  }

 private:
  template <typename... Args>
  void Line(const absl::FormatSpec<Args...>& format, const Args&... args) {
    absl::StrAppendFormat(&text_, format, args...);
    text_ += "\n";
  }

  // In the order of the sweep; the JSON of a point is sorted by name.
  static std::string PointText(const nlohmann::json& parameters,
                               const std::vector<std::string>& names) {
    std::vector<std::string> parts;
    for (const std::string& name : names) {
      const auto value = parameters.find(name);
      if (value != parameters.end()) parts.push_back(absl::StrCat(name, "=", ValueText(*value)));
    }
    return parts.empty() ? "(no parameters)" : absl::StrJoin(parts, " ");
  }
  std::string PointText(std::size_t point) const {
    return PointText(comparison_.points[point], comparison_.a.parameters);
  }
  std::string RunText(const analysis::RunKey& run) const {
    return absl::StrCat(PointText(run.point), " seed ", run.seed);
  }

  // Calls `line` for those to be printed, and says how many are not.
  template <typename Change, typename Print>
  void List(const std::vector<Change>& changes, std::size_t first, const Print& print) {
    const std::size_t shown = is_all_ ? changes.size() : std::min(first, changes.size());
    for (std::size_t i = 0; i < shown; ++i) print(changes[i]);
    if (shown < changes.size()) Line("  ... and %d more (--all)", changes.size() - shown);
  }

  void Files() {
    const analysis::SideSummary& a = comparison_.a;
    const analysis::SideSummary& b = comparison_.b;
    Line("A  %s (%s, revision %s)", a.name, a.sweep, a.revision);
    Line("B  %s (%s, revision %s)", b.name, b.sweep, b.revision);
    if (!comparison_.is_same_sweep)
      Line("the sweeps are not the same: what they share is compared");
    Line("points: %d in both; %d only in A, %d only in B", comparison_.points.size(),
         a.only_points.size(), b.only_points.size());
    for (const auto& [letter, side] : {std::pair{"A", &a}, std::pair{"B", &b}}) {
      List(side->only_points, kFirstFew, [&, l = letter, s = side](const nlohmann::json& point) {
        Line("  only in %s: %s", l, PointText(point, s->parameters));
      });
    }
    Line("runs: %d in both; at these points %d only in A, %d only in B", comparison_.runs,
         a.only_runs, b.only_runs);
    for (const auto& [letter, side] : {std::pair{"A", &a}, std::pair{"B", &b}}) {
      if (side->repeated_runs == 0) continue;
      Line("  %s: %d runs have the parameters and seed of an earlier one, and are left out", letter,
           side->repeated_runs);
    }
  }

  void Digests() {
    const std::uint64_t same_recipe = comparison_.DigestsOfSameRecipe();
    Line("digests: %d equal; %d differ with the same recipe, %d with another; %d cannot be told",
         comparison_.equal_digests, same_recipe, comparison_.digests.size() - same_recipe,
         comparison_.unknown_digests);
    DigestsOf(true, "the code behaves differently");
    DigestsOf(false, "the scenario changed");
  }
  void DigestsOf(bool is_same_recipe, const char* meaning) {
    std::vector<analysis::RunKey> runs;
    for (const analysis::DigestChange& change : comparison_.digests) {
      if (change.is_same_recipe == is_same_recipe) runs.push_back(change.run);
    }
    List(runs, kFirstFew,
         [&](const analysis::RunKey& run) { Line("  %s: %s", meaning, RunText(run)); });
  }

  void Verdicts() {
    Line("verdicts: %d changed", comparison_.verdicts.size());
    List(comparison_.verdicts, kFirst,
         [&](const analysis::VerdictChange& change) { Verdict(change); });
  }
  void Verdict(const analysis::VerdictChange& change) {
    const auto said = [](const analysis::Judgement& judgement) {
      const bool is_judged = judgement.outcome == analysis::Outcome::kJudged;
      return is_judged ? judgement.verdict : std::string(analysis::Name(judgement.outcome));
    };
    std::vector<std::string> remarks;
    for (const analysis::OracleChange& oracle : change.oracles) {
      remarks.push_back(absl::StrCat(oracle.oracle, " ", oracle.from, " -> ", oracle.to));
    }
    if (change.from.is_as_expected != change.to.is_as_expected) {
      remarks.push_back(change.to.is_as_expected ? "now as expected" : "no longer as expected");
    }
    if (change.is_same_digest) remarks.push_back("same run: the analysis changed");
    if (!change.is_same_recipe) remarks.push_back("another recipe");
    if (!change.to.error.empty()) remarks.push_back(change.to.error);
    Line("  %s: %s -> %s%s", RunText(change.run), said(change.from), said(change.to),
         remarks.empty() ? "" : absl::StrCat(" (", absl::StrJoin(remarks, "; "), ")"));
  }

  // A metric that is computed in another way changes in most runs: a line for each metric, with its
  // first run.
  void OtherNumbers() {
    if (comparison_.other_numbers.empty()) return;
    std::map<std::string, std::size_t> runs;
    std::vector<analysis::OtherNumber> firsts;
    for (const analysis::OtherNumber& other : comparison_.other_numbers) {
      if (++runs[other.metric] == 1) firsts.push_back(other);
    }
    Line("same run, other number: %d (the analysis changed)", comparison_.other_numbers.size());
    List(is_all_ ? comparison_.other_numbers : firsts, kFirst,
         [&](const analysis::OtherNumber& other) {
           const std::size_t more = is_all_ ? 0 : runs[other.metric] - 1;
           Line("  %s: %s %s -> %s%s", RunText(other.run), other.metric, OrNone(other.from),
                OrNone(other.to), more == 0 ? "" : absl::StrCat("; and in ", more, " more runs"));
         });
  }

  void Moved() {
    Line("metrics: %d moved beyond noise (%d tests; Welch, Holm, alpha %g)",
         comparison_.moved.size(), comparison_.tests, comparison_.alpha);
    List(comparison_.moved, kFirst, [&](const analysis::MetricChange& change) {
      Metric(change, change.p ? absl::StrFormat("%.1f standard errors, p %.2g",
                                                change.standard_errors.value_or(0), *change.p)
                              : "no noise");
    });
  }
  void Metric(const analysis::MetricChange& change, const std::string& remark) {
    const std::string relative =
        change.relative ? absl::StrFormat(" (%+.3g %%)", *change.relative * 100) : "";
    const std::string unit = UnitOfMetric(change.metric);
    Line("  %s: %s %s -> %s%s%s", PointText(change.point), change.metric,
         MeanText(change.from, unit), MeanText(change.to, unit), relative,
         remark.empty() ? "" : absl::StrCat("; ", remark));
  }

  void Others() {
    if (!comparison_.unknown_noise.empty()) {
      Line("changed, noise unknown (one seed): %d", comparison_.unknown_noise.size());
      List(comparison_.unknown_noise, kFirst,
           [&](const analysis::MetricChange& change) { Metric(change, ""); });
    }
    if (!comparison_.one_sided.empty()) {
      Line("measured on one side only: %d", comparison_.one_sided.size());
      List(comparison_.one_sided, kFirst,
           [&](const analysis::MetricChange& change) { Metric(change, ""); });
    }
    const auto unknown = [this](const char* letter, const std::vector<std::string>& names) {
      if (!names.empty()) Line("metrics only in %s: %s", letter, absl::StrJoin(names, ", "));
    };
    unknown("A", comparison_.a.only_metrics);
    unknown("B", comparison_.b.only_metrics);
  }

  void Speed() {
    const std::optional<double> a = comparison_.a.steps_per_s;
    const std::optional<double> b = comparison_.b.steps_per_s;
    if (!a || !b || *a <= 0) return;
    Line("speed: %.3g times the steps per second (%s -> %s)", *b / *a, ShortNumber(*a),
         ShortNumber(*b));
  }

  const Comparison& comparison_;
  const bool is_all_;
  std::string text_;
};

absl::StatusOr<analysis::Side> ReadFile(const std::string& path) {
  const auto file = analysis::ResultsFile::OpenToRead(path);
  if (!file.ok()) return file.status();
  return analysis::ReadSide(**file);
}

int CompareFiles(const CompareFlags& flags) {
  const bool is_trace = IsTraceFile(flags.a);
  if (is_trace != IsTraceFile(flags.b)) {
    return ReportError(absl::InvalidArgumentError(
        absl::StrCat(is_trace ? flags.a : flags.b, ": is a trace, and ",
                     is_trace ? flags.b : flags.a, " is none: want two traces or two results")));
  }
  if (is_trace) return CompareTraces(flags.a, flags.b, flags.as_json);
  const auto a = ReadFile(flags.a);
  if (!a.ok()) return ReportError(a.status());
  const auto b = ReadFile(flags.b);
  if (!b.ok()) return ReportError(b.status());
  const auto comparison = analysis::Compare(*a, *b, flags.options);
  if (!comparison.ok()) return ReportError(comparison.status());
  const auto replace = nlohmann::json::error_handler_t::replace;
  const std::string text = flags.as_json
                               ? analysis::ToJson(*comparison).dump(2, ' ', false, replace) + "\n"
                               : Text(*comparison, flags.is_all).Write();
  Print(stdout, text);
  return comparison->Differs() ? kDiffers : kAsExpected;
}

}  // namespace

void AddCompare(CLI::App& app, Call& call) {
  CLI::App* const command = app.add_subcommand(
      "compare",
      "Says what changed between the results of two revisions, and what is noise; or where two "
      "traces differ");
  const auto flags = std::make_shared<CompareFlags>();
  command->add_option("a", flags->a, "Results before, or a trace")->required()->type_name("FILE");
  command->add_option("b", flags->b, "Results after, or a trace")->required()->type_name("FILE");
  command
      ->add_option("--alpha", flags->options.alpha,
                   "How likely noise may be reported as a change, over all tests (0.05)")
      ->type_name("P");
  command
      ->add_option("--metric", flags->options.metrics,
                   "Compares this metric only; may be given again")
      ->type_name("NAME")
      ->take_all()
      ->expected(1);
  command->add_flag("--all", flags->is_all, "Prints every change, not only the first of each kind");
  command->add_flag("--json", flags->as_json, "Prints all of it as JSON");
  call.offers["compare --metric"] = [&call](const std::vector<std::string>&) {
    std::vector<std::pair<std::string, std::string>> names;
    for (const analysis::MetricInfo& metric : analysis::KnownMetrics(call.own.oracles))
      names.emplace_back(metric.name, metric.meaning);
    return names;
  };
  call.Teach(*command, kCompareTeaching, {kAsExpected, kInternalError, kBadInput, kDiffers});
  command->callback([flags, &call] { call.exit_code = CompareFiles(*flags); });
}

}  // namespace lockstep::cli
