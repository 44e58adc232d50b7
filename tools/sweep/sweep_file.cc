// A sweep as data: see sweep_file.h.
//
// As in scenarios, values are read first and what they mean together is checked where they were
// read without an error. Names come in the order in which formulas may use them: axes, derived
// values, then what is measured.

#include "tools/sweep/sweep_file.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "analysis/results/results.h"
#include "analysis/verdict.h"
#include "protocols/parameters/key_reader.h"
#include "protocols/parameters/parameters.h"
#include "sim/scenario/name_search.h"
#include "sim/scenario/scenario.h"
#include "tools/sweep/base_scenario.h"
#include "tools/sweep/pointers.h"
#include "tools/sweep/sweep_keys.h"

namespace lockstep::sweep {
namespace {

using nlohmann::json;

constexpr std::size_t kNameMax = 64;
// They are columns: in the view `summary` each metric has four, of the 2000 that SQLite allows.
constexpr std::size_t kNamesMax = 400;

// What every run has beside its metrics, and what formulas over results may speak of.
constexpr std::array<std::string_view, 1> kCounts = {"events"};
using Names = std::vector<std::string>;

// Of a sweep that is being read.
struct Known {
  const Names& metrics;                      // of the caller
  std::map<std::string, std::string> taken;  // name in small letters -> what it is
  Names parameters;                          // axes, then derived values
  Names measured;                            // what formulas over results know beside those
};

// --- Names ---

bool IsName(std::string_view text) {
  const auto is_letter = [](char c) {
    return absl::ascii_isalpha(static_cast<unsigned char>(c)) || c == '_';
  };
  return !text.empty() && text.size() <= kNameMax && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

// Names of what already has one in every sweep.
Known KnownBefore(const Names& metrics) {
  Known known{metrics, {}, {}, metrics};
  for (const std::string& metric : metrics)
    known.taken.emplace(absl::AsciiStrToLower(metric), "a metric");
  for (const std::string_view count : kCounts) {
    known.taken.emplace(std::string(count), "a column of results");
    known.measured.emplace_back(count);
  }
  for (const std::string_view name : analysis::ResultColumns())
    known.taken.emplace(std::string(name), "a column of results");
  known.taken.emplace("first", "what formulas call the first value of a bisected axis");
  return known;
}

// Why nothing may be called `name`, else nothing; then it is `what`.
std::string TakeName(const std::string& name, const std::string& what, Known& known) {
  if (!IsName(name))
    return absl::StrCat("want a name of at most ", kNameMax,
                        " letters, digits and _, not beginning with a digit, not ",
                        Shown(json(name)));
  if (IsWordOfFormulas(name))
    return absl::StrCat("formulas read \"", name, "\" as a word of their own; want another name");
  const auto [taken, is_new] = known.taken.emplace(absl::AsciiStrToLower(name), what);
  if (!is_new)
    return absl::StrCat("\"", name, "\" is ", taken->second, " already; want another name");
  if (known.taken.size() > kNamesMax + known.metrics.size())
    return absl::StrCat("want at most ", kNamesMax, " names in all");
  return "";
}

// --- Formulas ---

// What formulas at some place may speak of.
struct Vocabulary {
  Names names;
  bool has_first = false;  // "first.METRIC", of what is measured
};

Vocabulary OverParameters(const Known& known) { return {known.parameters, false}; }
Vocabulary OverResults(const Known& known, bool has_first) {
  Vocabulary vocabulary{known.parameters, has_first};
  for (const std::string& name : known.measured) {
    vocabulary.names.push_back(name);
    if (has_first) vocabulary.names.push_back("first." + name);
  }
  return vocabulary;
}

// Parses, and refuses names that mean nothing here; gives what is wrong.
std::string ParseFormula(const json& text, const Vocabulary& vocabulary, Expression& formula) {
  if (!text.is_string())
    return absl::StrCat("want a formula in quotes, such as \"n >= 2u + r + 1\", not ", Shown(text));
  absl::StatusOr<Expression> parsed = Expression::Parse(text.get_ref<const std::string&>());
  if (!parsed.ok()) return std::string(parsed.status().message());
  for (const std::string& name : parsed->names()) {
    const Names& known = vocabulary.names;
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::optional<std::string> nearest = Nearest(name, known);
    const std::string instead = nearest ? absl::StrCat("did you mean \"", *nearest, "\"?")
                                : known.empty()
                                    ? "there are no names yet"
                                    : absl::StrCat("there are: ", absl::StrJoin(known, ", "));
    return absl::StrCat("\"", name, "\" is not known here; ", instead);
  }
  formula = *std::move(parsed);
  return "";
}

Expression ReadFormula(Parameters& reader, std::string_view key, const Vocabulary& vocabulary) {
  Expression formula;
  const json* text = reader.Raw(key);
  if (text == nullptr) {
    reader.FailWanted(key, "a formula in quotes");
    return formula;
  }
  if (const std::string wrong = ParseFormula(*text, vocabulary, formula); !wrong.empty())
    reader.Fail(key, wrong);
  return formula;
}

// --- What is varied ---

void ReadSampling(Parameters& reader, Sweep& sweep) {
  const json* sample = reader.Raw("sample");
  if (sample == nullptr) return;
  if (!sample->is_object()) {
    const bool is_zip = sample->is_string() && *sample == "zip";
    if (!is_zip && *sample != "grid")
      reader.FailWanted("sample",
                        "\"grid\", \"zip\", {\"random\": 100, \"seed\": 1} or "
                        "{\"latin_hypercube\": 100, \"seed\": 1}");
    if (is_zip) sweep.sampling = Sampling::kZip;
    return;
  }
  Parameters entry = reader.Object("sample");
  const bool is_random = entry.Has("random");
  if (is_random == entry.Has("latin_hypercube"))
    entry.Fail("", "want either \"random\" or \"latin_hypercube\"");
  SampleKeys said;
  KeyReader keys(entry);
  Describe(keys, is_random, said);
  sweep.sampling = is_random ? Sampling::kRandom : Sampling::kLatinHypercube;
  sweep.samples = is_random ? said.random : said.latin_hypercube;
  sweep.sampling_seed = said.seed;
}

void CheckNotSeed(Parameters& reader, std::string_view key, std::string_view pointer) {
  if (IsSeed(pointer))
    reader.Fail(key, "seeds are the sweep's own; want \"seeds\": {\"first\": 1, \"count\": 3}");
}

void ReadAxes(Parameters& reader, Known& known, Sweep& sweep) {
  const bool is_sampled =
      sweep.sampling == Sampling::kRandom || sweep.sampling == Sampling::kLatinHypercube;
  const AxisOptions options{is_sampled, sweep.sampling != Sampling::kGrid};
  std::vector<Parameters> entries = reader.ObjectsOr("axes");
  for (Parameters& entry : entries) {
    Axis axis = ReadAxis(entry, options);
    if (!entry.ok()) break;
    if (const std::string wrong = TakeName(axis.name, "an axis", known); !wrong.empty())
      entry.Fail("name", wrong);
    known.parameters.push_back(axis.name);
    const std::string_view place = entry.Has("at") ? "at" : "values";
    for (const AxisValue& value : axis.values)
      for (const sim::Override& change : value.changes) CheckNotSeed(entry, place, change.first);
    if (axis.range)
      for (const std::string& pointer : axis.range->at) CheckNotSeed(entry, place, pointer);
    sweep.axes.push_back(std::move(axis));
  }
  // All axes are known first: a condition may speak of later ones.
  for (std::size_t i = 0; i < sweep.axes.size() && reader.ok(); ++i)
    if (entries[i].Has("when"))
      sweep.axes[i].when = ReadFormula(entries[i], "when", OverParameters(known));
  if (is_sampled && entries.empty()) reader.FailWanted("axes", "at least one axis to draw from");
}

void ReadDerived(Parameters& reader, Known& known, Sweep& sweep) {
  for (Parameters& entry : reader.ObjectsOr("derive")) {
    Derived derived;
    derived.pointer = entry.pointer();
    KeyReader keys(entry);
    DescribeDerived(
        keys, [&] { derived.name = entry.String("name"); },
        [&] { derived.formula = ReadFormula(entry, "is", OverParameters(known)); },
        [&] { derived.at = ReadPointers(entry, "at"); });
    if (!entry.ok()) return;
    for (const std::string& pointer : derived.at) CheckNotSeed(entry, "at", pointer);
    if (const std::string wrong = TakeName(derived.name, "a derived value", known); !wrong.empty())
      entry.Fail("name", wrong);
    known.parameters.push_back(derived.name);
    sweep.derived.push_back(std::move(derived));
  }
}

void ReadWhere(Parameters& reader, const Known& known, Sweep& sweep) {
  const json* where = reader.Raw("where");
  if (where == nullptr) return;
  if (!where->is_array()) {
    reader.FailWanted("where", "an array of formulas, such as [\"n >= 2u + r + 1\"]");
    return;
  }
  for (const json& text : *where) {
    Expression& formula = sweep.where.emplace_back();
    const std::string wrong = ParseFormula(text, OverParameters(known), formula);
    if (!wrong.empty()) reader.FailInside("where", absl::StrCat(sweep.where.size() - 1), wrong);
  }
}

// Places that an axis or a derived value puts something at.
std::set<std::string> PlacesOf(const Axis& axis) {
  std::set<std::string> places;
  for (const AxisValue& value : axis.values)
    for (const sim::Override& change : value.changes) places.insert(change.first);
  if (axis.range) places.insert(axis.range->at.begin(), axis.range->at.end());
  return places;
}

bool IsAppend(const std::string& pointer) {
  return pointer.size() >= 2 && pointer.compare(pointer.size() - 2, 2, "/-") == 0;
}

// What one axis puts, another would put over: the results would be labelled with what never was.
void CheckPlaces(Parameters& reader, const Sweep& sweep) {
  std::map<std::string, std::string> owner;
  const auto claim = [&](const std::string& name, const std::string& key, std::size_t i,
                         const std::set<std::string>& places) {
    for (const std::string& pointer : places) {
      if (IsAppend(pointer)) continue;
      const auto [other, is_new] = owner.emplace(pointer, name);
      if (!is_new)
        reader.FailInside(key, absl::StrCat(i),
                          absl::StrCat("puts a value at ", pointer, ", as \"", other->second,
                                       "\" does; want one of them, or a \"when\""));
    }
  };
  for (std::size_t i = 0; i < sweep.axes.size(); ++i)
    if (!sweep.axes[i].when) claim(sweep.axes[i].name, "axes", i, PlacesOf(sweep.axes[i]));
  for (std::size_t i = 0; i < sweep.derived.size(); ++i)
    claim(sweep.derived[i].name, "derive", i,
          {sweep.derived[i].at.begin(), sweep.derived[i].at.end()});
}

// An axis that changes nothing, and from which nothing is derived, is a forgotten "at".
void CheckAxesMatter(Parameters& reader, const Sweep& sweep) {
  std::set<std::string> used;
  const auto use = [&](const Expression& formula) {
    used.insert(formula.names().begin(), formula.names().end());
  };
  for (const Derived& derived : sweep.derived) use(derived.formula);
  for (const Axis& axis : sweep.axes)
    if (axis.when) use(*axis.when);
  for (std::size_t i = 0; i < sweep.axes.size(); ++i)
    if (PlacesOf(sweep.axes[i]).empty() && !used.contains(sweep.axes[i].name))
      reader.FailInside("axes", absl::StrCat(i),
                        "changes nothing; want \"at\", or a \"derive\" that uses it");
}

// --- How often ---

// The seed of the base scenario, after the changes for every run; none where there is no good one.
std::optional<std::uint64_t> SeedOfBase(const Sweep& sweep) {
  json run = json::object();
  if (sweep.base.is_object() && sweep.base.contains("run")) run["run"] = sweep.base["run"];
  for (const sim::Override& change : sweep.set)
    if (change.first == "/run" || IsSeed(change.first)) sim::Apply(change, run).IgnoreError();
  if (!run.contains("run") || !run["run"].is_object() || !run["run"].contains("seed"))
    return std::nullopt;
  const json& seed = run["run"]["seed"];
  if (!seed.is_number_integer() || seed < 0) return std::nullopt;
  return seed.get<std::uint64_t>();
}

// "2%" or a number.
void ReadWithin(Parameters& until, StopRule& rule) {
  const json* within = until.Raw("within");
  if (within != nullptr && within->is_number()) rule.half_width = within->get<double>();
  if (within != nullptr && within->is_string()) {
    const auto& text = within->get_ref<const std::string&>();
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, rule.half_width, std::chars_format::fixed);
    if (read.ec != std::errc() || read.ptr + 1 != end || *read.ptr != '%') rule.half_width = 0;
    rule.half_width /= 100;
    rule.is_relative = true;
  }
  if (!(rule.half_width > 0) || !std::isfinite(rule.half_width))
    until.FailWanted("within",
                     "half of the interval's width: a share of the mean such as \"2%\", or a "
                     "number above zero");
}

StopRule ReadStopRule(Parameters until, const Known& known, std::uint64_t count) {
  StopRule rule;
  KeyReader keys(until);
  DescribeUntil(
      keys, count, [&] { ReadWithin(until, rule); }, rule);
  const Names& measured = known.measured;
  if (until.ok() && std::find(measured.begin(), measured.end(), rule.metric) == measured.end()) {
    const std::optional<std::string> nearest = Nearest(rule.metric, measured);
    until.Fail("metric",
               absl::StrCat("there is no metric \"", rule.metric, "\"; ",
                            nearest ? absl::StrCat("did you mean \"", *nearest, "\"?")
                                    : absl::StrCat("there are: ", absl::StrJoin(measured, ", "))));
  }
  if (until.ok() && rule.least > count)
    until.Fail("", absl::StrCat("wants a \"count\" of seeds of at least ", rule.least));
  return rule;
}

void ReadSeeds(Parameters& reader, const Known& known, Sweep& sweep) {
  const json* value = reader.Raw("seeds");
  std::optional<std::uint64_t> first = SeedOfBase(sweep);
  if (value != nullptr && value->is_object()) {
    Parameters entry = reader.Object("seeds");
    KeyReader keys(entry);
    DescribeSeeds(keys, first, sweep.seeds.count, [&] {
      sweep.seeds.until = ReadStopRule(entry.Object("until"), known, sweep.seeds.count);
    });
  } else if (value != nullptr) {
    const bool is_count = value->is_number_integer();
    if (!is_count) reader.FailWanted("seeds", "a number of seeds, or {\"first\": 1, \"count\": 3}");
    if (is_count) sweep.seeds.count = reader.Integer("seeds", 1, kRunsMax);
  }
  if (!reader.ok()) return;
  if (!first) {
    reader.Fail("seeds",
                "the base scenario has no seed at /run/seed; want {\"first\": 1, \"count\": 3}");
    return;
  }
  sweep.seeds.first = *first;
  if (*first > kSeedMax || sweep.seeds.count - 1 > kSeedMax - *first)
    reader.Fail("seeds", absl::StrCat("want seeds of at most ", kSeedMax, ", not ",
                                      sweep.seeds.count, " of them from ", *first, " on"));
}

// --- Bisection ---

// The names that change with the bisected axis.
std::set<std::string> ChangingWith(const Axis& axis, const Sweep& sweep) {
  std::set<std::string> changing = {axis.name};
  for (const Derived& derived : sweep.derived)
    for (const std::string& name : derived.formula.names())
      if (changing.contains(name)) changing.insert(derived.name);
  return changing;
}

void ReadBisection(Parameters& reader, const Known& known, Sweep& sweep) {
  std::optional<Parameters> entry = reader.ObjectOr("bisect");
  if (!entry) return;
  Bisection bisection;
  std::string name;
  KeyReader keys(*entry);
  DescribeBisection(keys, name, [&] {
    bisection.holds = ReadFormula(*entry, "holds", OverResults(known, /*has_first=*/true));
  });
  if (!entry->ok()) return;
  if (sweep.sampling != Sampling::kGrid) {
    reader.Fail("bisect", "wants \"sample\": \"grid\", so that all else stays the same");
    return;
  }
  Names names;
  for (const Axis& axis : sweep.axes) names.push_back(axis.name);
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    const std::optional<std::string> nearest = Nearest(name, names);
    entry->Fail("axis", absl::StrCat("there is no axis \"", name, "\"; ",
                                     nearest ? absl::StrCat("did you mean \"", *nearest, "\"?")
                                             : "there are: " + absl::StrJoin(names, ", ")));
    return;
  }
  bisection.axis = static_cast<std::size_t>(found - names.begin());
  if (sweep.axes[bisection.axis].values.size() < 2)
    entry->Fail("axis", absl::StrCat("\"", name, "\" has one value; want two or more"));
  const std::set<std::string> changing = ChangingWith(sweep.axes[bisection.axis], sweep);
  for (std::size_t i = 0; i < sweep.where.size(); ++i)
    for (const std::string& used : sweep.where[i].names())
      if (changing.contains(used))
        reader.FailInside("where", absl::StrCat(i),
                          absl::StrCat("may not use \"", used,
                                       "\": it changes along the bisected axis, which is looked "
                                       "at from its first value to its last"));
  sweep.bisection = std::move(bisection);
}

// --- Limits, records, expectations ---

void ReadLimits(Parameters& reader, Limits& limits) {
  limits.wall = core::Duration::Seconds(600);
  std::optional<Parameters> entry = reader.ObjectOr("limits");
  if (!entry) return;
  KeyReader keys(*entry);
  Describe(keys, limits);
}

void ReadRecord(Parameters& reader, Known& known, Sweep& sweep) {
  const json* record = reader.Raw("record");
  if (record == nullptr) return;
  if (!record->is_object()) {
    reader.FailWanted("record", "an object of names and JSON pointers into a run's summary");
    return;
  }
  for (const auto& [name, pointer] : record->items()) {
    const std::string inside = EscapeForPointer(name);
    if (const std::string wrong = TakeName(name, "recorded", known); !wrong.empty())
      reader.FailInside("record", inside, wrong);
    if (!pointer.is_string() || !IsPointer(pointer.get_ref<const std::string&>())) {
      reader.FailInside("record", inside,
                        absl::StrCat("want a JSON pointer into a run's summary, such as "
                                     "\"/streams/0/as_published/messages_per_s\", not ",
                                     Shown(pointer)));
      return;
    }
    known.measured.push_back(name);
    sweep.record.emplace_back(name, pointer.get<std::string>());
  }
}

std::vector<std::string> ReadVerdicts(Parameters& entry) {
  std::vector<std::string> verdicts;
  const json value = *entry.Raw("verdict");
  const auto fail = [&] {
    entry.FailWanted("verdict",
                     absl::StrCat("one of \"",
                                  absl::StrJoin(analysis::kVerdictNames, "\", \"",
                                                [](std::string* out, std::string_view name) {
                                                  out->append(name);
                                                }),
                                  "\", or an array of them"));
    return std::vector<std::string>();
  };
  const json list = value.is_array() ? value : json::array({value});
  for (const json& name : list) {
    const auto verdict = name.is_string() ? analysis::VerdictNamed(name.get<std::string>())
                                          : std::optional<analysis::Verdict>();
    if (!verdict) return fail();
    verdicts.emplace_back(analysis::Name(*verdict));  // As rows have it.
  }
  return verdicts.empty() ? fail() : verdicts;
}

void ReadExpectations(Parameters& reader, const Known& known, Sweep& sweep) {
  for (Parameters& entry : reader.ObjectsOr("expect")) {
    Expectation expectation;
    expectation.pointer = entry.pointer();
    KeyReader keys(entry);
    DescribeExpectation(
        keys, [&] { expectation.verdicts = ReadVerdicts(entry); },
        [&] {
          expectation.that = ReadFormula(entry, "that", OverResults(known, /*has_first=*/false));
        },
        [&] { expectation.when = ReadFormula(entry, "when", OverParameters(known)); },
        expectation.why);
    if (entry.Has("verdict") == entry.Has("that"))
      entry.Fail("", "want either \"verdict\" or \"that\"");
    sweep.expect.push_back(std::move(expectation));
  }
}

// --- All of it ---

void CheckSize(Parameters& reader, const Sweep& sweep) {
  if (sweep.sampling == Sampling::kZip)
    for (std::size_t i = 1; i < sweep.axes.size(); ++i)
      if (sweep.axes[i].values.size() != sweep.axes[0].values.size())
        reader.FailInside(
            "axes", absl::StrCat(i),
            absl::StrCat("a zip wants as many values as \"", sweep.axes[0].name, "\" has, ",
                         sweep.axes[0].values.size(), ", not ", sweep.axes[i].values.size()));
  if (!reader.ok()) return;
  const std::uint64_t points = Candidates(sweep);
  if (points > kPointsMax)
    reader.Fail("axes", absl::StrCat("want a grid of at most ", kPointsMax,
                                     " points; {\"random\": N} draws some of them"));
  if (reader.ok() && sweep.seeds.count > kRunsMax / points)
    reader.Fail("seeds", absl::StrCat("want at most ", kRunsMax, " runs in all, which is ",
                                      kRunsMax / points, " for each of ", points, " points"));
}

void ReadScenarioOf(Parameters scenario, const std::string& path, Sweep& sweep) {
  const std::string name = scenario.StringOr("path", "");
  sweep.base_path = name.empty() ? path : sim::ResolveName(path, name);
  scenario.Raw("files");
  const json* document = scenario.Raw("document");
  if (document == nullptr) {
    scenario.FailWanted("document", "the base scenario, as ReadSweep puts it there");
  } else {
    sweep.base = *document;
  }
}

}  // namespace

std::uint64_t Candidates(const Sweep& sweep) {
  if (sweep.samples > 0) return sweep.samples;
  if (sweep.sampling == Sampling::kZip) return sweep.axes.empty() ? 1 : sweep.axes[0].values.size();
  std::uint64_t points = 1;
  for (const Axis& axis : sweep.axes) {
    points *= axis.values.size();
    if (points > kPointsMax) return kPointsMax + 1;  // Before it overflows.
  }
  return points;
}

absl::StatusOr<Sweep> ReadSweepDocument(const json& document, const std::string& path,
                                        const std::vector<std::string>& metrics) {
  Sweep sweep;
  sweep.document = document;
  sweep.path = path;
  Parameters reader(document, path, "");
  reader.StringOr("$schema", "");
  reader.Integer("lockstep_sweep", 1, 1);
  sweep.name = reader.String("name");
  sweep.why = reader.String("why");
  ReadScenarioOf(reader.Object("scenario"), path, sweep);
  sweep.set = ReadChanges(reader, "set");

  Known known = KnownBefore(metrics);
  ReadSampling(reader, sweep);
  ReadAxes(reader, known, sweep);
  ReadDerived(reader, known, sweep);
  ReadWhere(reader, known, sweep);
  ReadRecord(reader, known, sweep);
  ReadSeeds(reader, known, sweep);
  ReadBisection(reader, known, sweep);
  ReadLimits(reader, sweep.limits);
  ReadExpectations(reader, known, sweep);
  if (reader.ok()) CheckAxesMatter(reader, sweep);
  if (reader.ok()) CheckPlaces(reader, sweep);
  if (reader.ok()) CheckSize(reader, sweep);
  if (absl::Status status = reader.Done(); !status.ok()) return status;
  return sweep;
}

absl::StatusOr<Sweep> ReadSweep(const std::string& path, const std::vector<std::string>& metrics) {
  absl::StatusOr<json> document = ReadJsonFile(path);
  if (!document.ok()) return document.status();
  if (absl::Status status = PutBaseScenario(path, *document); !status.ok()) return status;
  return ReadSweepDocument(*document, path, metrics);
}

}  // namespace lockstep::sweep
