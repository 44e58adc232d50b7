// Reading panels: see panel.h.

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "protocols/core/program.h"
#include "sim/scenario/name_search.h"
#include "tools/lockstep/panel.h"
#include "tools/sweep/plan.h"

namespace lockstep::cli {
namespace {

using nlohmann::json;

// A panel's sweep as it is written, and the file from which its names start.
struct SweepText {
  json document;
  std::string path;
};

absl::StatusOr<SweepText> ReadSweepText(Parameters& panel, bool is_quick) {
  const json* const sweep = panel.Raw("sweep");
  SweepText text{json(), panel.file()};
  if (sweep != nullptr && sweep->is_string()) {
    text.path = sim::ResolveName(text.path, sweep->get<std::string>());
    auto read = ReadJsonFile(text.path);
    if (!read.ok()) return read.status();
    text.document = *std::move(read);
  } else if (sweep != nullptr && sweep->is_object()) {
    text.document = *sweep;
  } else {
    panel.FailWanted("sweep", "a sweep, or the name of its file");
    return panel.Done();
  }
  for (const char* const key : {"changes", "quick"}) {
    const json* const patch = panel.Raw(key);
    if (patch == nullptr) continue;
    if (!patch->is_object()) {
      panel.FailWanted(key, "an object: what is different in the sweep");
      return panel.Done();
    }
    if (is_quick || std::string_view(key) != "quick") text.document.merge_patch(*patch);
  }
  return text;
}

using Wanted = std::map<std::string, std::vector<std::string>>;

// What a panel is made at where nobody says otherwise.
Wanted ReadPoints(Parameters& panel) {
  Wanted wanted;
  const json* const points = panel.Raw("points");
  if (points == nullptr) return wanted;
  const auto fail = [&] {
    panel.FailWanted("points", "axes of the sweep and the values that it is made at by default");
  };
  if (!points->is_object()) fail();
  for (const auto& [axis, values] : points->items()) {
    if (!values.is_array()) fail();
    for (const json& value : values)
      wanted[axis].push_back(value.is_string() ? value.get<std::string>() : value.dump());
  }
  return wanted;
}

// "n == 4 or n == 7"
std::string AnyOf(const std::string& axis, const std::vector<std::string>& values) {
  std::vector<std::string> formulas;
  for (const std::string& value : values) {
    double number = 0;
    formulas.push_back(absl::SimpleAtod(value, &number) ? absl::StrCat(axis, " == ", value)
                                                        : absl::StrCat(axis, " == '", value, "'"));
  }
  return absl::StrJoin(formulas, " or ");
}

bool IsValue(const sweep::AxisValue& value, const std::string& text) {
  double number = 0;
  if (value.number) return absl::SimpleAtod(text, &number) && number == *value.number;
  return value.shown.is_string() ? value.shown.get<std::string>() == text
                                 : value.shown.dump() == text;
}

std::string Shown(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// That the sweep has all values of its axes that are wanted, of which `where` tells who wants them.
absl::Status CheckWanted(const sweep::Sweep& sweep, const Wanted& wanted,
                         const std::string& where) {
  for (const sweep::Axis& axis : sweep.axes) {
    const auto found = wanted.find(axis.name);
    if (found == wanted.end()) continue;
    for (const std::string& text : found->second) {
      if (std::ranges::any_of(axis.values, [&](const auto& v) { return IsValue(v, text); }))
        continue;
      std::vector<std::string> there;
      for (const sweep::AxisValue& value : axis.values) there.push_back(Shown(value.shown));
      return absl::InvalidArgumentError(absl::StrCat(where, ": ", axis.name, " has no value ", text,
                                                     "; it has ", absl::StrJoin(there, ", ")));
    }
  }
  return absl::OkStatus();
}

// Leaves what is wanted of the points.
void Restrict(json& document, const Wanted& wanted) {
  if (wanted.empty()) return;
  json where = document.value("where", json::array());
  if (where.is_string()) where = json::array({where});
  const json axes = document.value("axes", json::array());
  for (const json& axis : axes) {
    const std::string name = axis.is_object() ? axis.value("name", "") : "";
    if (const auto found = wanted.find(name); found != wanted.end())
      where.push_back(AnyOf(name, found->second));
  }
  if (!where.empty()) document["where"] = where;
}

absl::StatusOr<Planned> ReadSweepOf(Parameters& panel, const FigureOptions& options) {
  auto text = ReadSweepText(panel, options.is_quick);
  if (!text.ok()) return text.status();
  // The quick form says itself which points it has.
  Wanted usual = ReadPoints(panel);
  if (options.is_quick || options.has_all) usual.clear();
  for (const auto& [axis, values] : options.points) usual.erase(axis);
  Restrict(text->document, usual);
  Restrict(text->document, options.points);
  if (options.seeds) {
    json& seeds = text->document["seeds"];
    (seeds.is_object() ? seeds["count"] : seeds) = *options.seeds;
  }
  json& set = text->document["set"];
  for (const auto& [pointer, value] : options.set) {
    if (set.contains(pointer)) continue;
    const json parsed = json::parse(value, nullptr, /*allow_exceptions=*/false);
    set[pointer] = parsed.is_discarded() ? json(value) : parsed;
  }
  if (set.is_null()) text->document.erase("set");
  const auto inner = [&](const absl::Status& status) {
    return absl::InvalidArgumentError(
        absl::StrCat(panel.file(), ": ", panel.pointer(), "/sweep: ", status.message()));
  };
  auto planned = PlanOf(text->document, text->path, options.own);
  if (!planned.ok()) {
    // What has none of the values that are wanted is told so, not that nothing is left.
    json whole = text->document;
    whole.erase("where");
    const auto full = PlanOf(whole, text->path, options.own);
    if (full.ok()) {
      absl::Status checked = CheckWanted(*full->sweep, options.points, "--points");
      if (!checked.ok()) return checked;
    }
    return inner(planned.status());
  }
  absl::Status checked = CheckWanted(*planned->sweep, options.points, "--points");
  if (checked.ok())
    checked =
        CheckWanted(*planned->sweep, usual, panel.file() + ": " + panel.pointer() + "/points");
  if (!checked.ok()) return checked;
  return planned;
}

std::vector<std::pair<double, std::string>> ReadQuantiles(Parameters& panel) {
  std::vector<std::pair<double, std::string>> quantiles;
  const json* const list = panel.Raw("quantiles");
  for (const json& pair : list == nullptr ? json::array() : *list) {
    const bool is_good =
        pair.is_array() && pair.size() == 2 && pair[0].is_number() && pair[1].is_string();
    if (!is_good) {
      panel.FailWanted("quantiles", "pairs such as [0.99, \"completion_p99_us\"]");
      return {};
    }
    quantiles.emplace_back(pair[0].get<double>(), pair[1].get<std::string>());
  }
  return quantiles;
}

// Adds the lines of an object of the reference.
void AddLines(Parameters& panel, const json& reference, const std::string& pointer, Panel& into) {
  const json* const found = FindAt(reference, pointer);
  const bool has_lines = found != nullptr && found->is_object() && found->contains("series");
  if (!has_lines) {
    return panel.FailWanted("reference", "a JSON pointer to an object with \"series\"");
  }
  for (const auto& [line, points] : (*found)["series"].items()) {
    for (const json& point : points) {
      const bool is_good =
          point.is_array() && point.size() == 2 && point[0].is_number() && point[1].is_number();
      if (!is_good) return panel.FailWanted("reference", "lines of pairs of numbers");
      into.reference[line].emplace_back(point[0].get<double>(), point[1].get<double>());
    }
  }
}

// Adds one number, which stands elsewhere in the reference than where this panel would have it.
void AddNumber(Parameters& panel, const json& reference, const json& entry, Panel& into) {
  const bool is_entry =
      entry.is_object() && entry.size() == 3 && entry.value("line", json()).is_string() &&
      entry.value("x", json()).is_number() && entry.value("at", json()).is_string();
  const json* const number = is_entry ? FindAt(reference, entry["at"].get<std::string>()) : nullptr;
  if (number == nullptr || !number->is_number()) {
    return panel.FailWanted("reference",
                            "JSON pointers to objects with \"series\", and {\"line\", \"x\", "
                            "\"at\": a JSON pointer to a number}");
  }
  into.reference[entry["line"].get<std::string>()].emplace_back(entry["x"].get<double>(),
                                                                number->get<double>());
}

void ReadReference(Parameters& panel, const json& reference, Panel& into) {
  const json* const given = panel.Raw("reference");
  if (given == nullptr) return;
  for (const json& entry : given->is_array() ? *given : json::array({*given})) {
    if (entry.is_string())
      AddLines(panel, reference, entry.get<std::string>(), into);
    else
      AddNumber(panel, reference, entry, into);
  }
}

// Without a run: {"line", "stake": [...], "messages"} each.
std::vector<Quantum> ReadQuanta(Parameters& panel) {
  std::vector<Quantum> quanta;
  for (Parameters& entry : panel.ObjectsOr("quanta")) {
    Quantum quantum;
    quantum.line = entry.String("line");
    quantum.messages = entry.Integer("messages", 1, 1U << 20);
    const json* const stake = entry.Raw("stake");
    const auto is_stake = [](const json& each) {
      return each.is_number_unsigned() && each >= 1 && each <= core::kStakeMost;
    };
    if (stake == nullptr || !stake->is_array() || stake->empty() ||
        !std::ranges::all_of(*stake, is_stake))
      entry.FailWanted("stake", "a list of whole numbers from 1 on, one for each replica");
    else
      quantum.stake = stake->get<std::vector<std::uint32_t>>();
    quanta.push_back(std::move(quantum));
  }
  return quanta;
}

// What x, y and lines are, against what the sweep has.
absl::Status CheckNames(Parameters& panel, const Panel& read) {
  const std::vector<std::string>& names = read.planned->plan.names();
  const auto check = [&](const char* key, const std::string& name) {
    if (std::find(names.begin(), names.end(), name) != names.end()) return;
    panel.FailWanted(key, absl::StrCat("parameters of the sweep: ", absl::StrJoin(names, ", ")));
  };
  for (const std::string& name : read.by) check("by", name);
  if (!read.is_quantiles()) check("x", read.x);
  if (read.is_quantiles() && read.quantiles.empty()) panel.FailWanted("y", "a formula");
  const sweep::Sweep& sweep = *read.planned->sweep;
  const std::vector<std::string> known = FormulaMetrics(read.planned->own);
  std::set<std::string, std::less<>> metrics(known.begin(), known.end());
  for (const auto& [metric, pointer] : sweep.record) metrics.insert(metric);
  const auto check_metric = [&](const char* key, const std::string& name) {
    if (!metrics.contains(name)) panel.Fail(key, "no metric is called \"" + name + "\"");
  };
  for (const auto& [share, metric] : read.quantiles) check_metric("quantiles", metric);
  for (const std::string& metric : read.also) check_metric("also", metric);
  if (read.y) {
    for (const std::string& name : read.y->names())
      if (std::find(names.begin(), names.end(), name) == names.end()) check_metric("y", name);
  }
  if (sweep.seeds.until || sweep.bisection)
    panel.Fail("sweep", "seeds \"until\" and \"bisect\" have no place in a figure");
  return panel.Done();
}

}  // namespace

absl::StatusOr<Panel> ReadPanel(Parameters& panel, const json& reference,
                                const FigureOptions& options) {
  Panel read;
  if (panel.Raw("quanta") != nullptr) {
    read.quanta = ReadQuanta(panel);
  } else {
    auto planned = ReadSweepOf(panel, options);
    if (!planned.ok()) return planned.status();
    read.planned = *std::move(planned);
  }
  read.name = panel.String("name");
  read.title = panel.String("title");
  read.x_title = panel.String("x_title");
  read.y_title = panel.String("y_title");
  read.has_log_x = panel.BoolOr("log_x", false);
  read.has_log_y = panel.BoolOr("log_y", false);
  const json* const also = panel.Raw("also");
  for (const json& name : also == nullptr ? json::array() : *also)
    if (name.is_string()) read.also.push_back(name.get<std::string>());
  const json* const by = panel.Raw("by");
  for (const json& name : by == nullptr ? json::array() : *by)
    if (name.is_string()) read.by.push_back(name.get<std::string>());
  read.x = panel.StringOr("x", "");
  if (const std::string formula = panel.StringOr("y", ""); !formula.empty()) {
    auto parsed = sweep::Expression::Parse(formula);
    if (!parsed.ok()) panel.Fail("y", std::string(parsed.status().message()));
    if (parsed.ok()) read.y = *std::move(parsed);
  }
  read.quantiles = ReadQuantiles(panel);
  ReadReference(panel, reference, read);
  if (const json* const within = panel.Raw("within"); within != nullptr) {
    if (!within->is_number() || within->get<double>() <= 1)
      panel.FailWanted("within", "a factor above 1");
    else
      read.within = within->get<double>();
  }
  read.is_bounded = panel.BoolOr("reference_is_bound", false);
  absl::Status checked = read.planned ? CheckNames(panel, read) : panel.Done();
  if (!checked.ok()) return checked;
  return read;
}

}  // namespace lockstep::cli
