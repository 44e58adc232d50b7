// A trace as rates over time: see plot_data.h.

#include <algorithm>
#include <array>
#include <memory>
#include <set>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "analysis/activity.h"
#include "analysis/recipe.h"
#include "protocols/parameters/parameters.h"
#include "sim/trace/json_lines.h"
#include "tools/lockstep/plot_data.h"
#include "tools/lockstep/plot_window.h"

namespace lockstep::cli {
namespace {

using analysis::Activity;
using nlohmann::json;
using Quantity = Activity::Quantity;

constexpr std::array<std::string_view, Activity::kQuantities> kNames = {
    "messages", "resends", "requests", "commits", "violations", "notes"};

std::string NameOf(Quantity quantity) {
  return std::string(kNames[static_cast<std::size_t>(quantity)]);
}
std::string UnitOf(Quantity quantity) { return NameOf(quantity) + "/s"; }

double Microseconds(core::Instant at) { return static_cast<double>(at.ps()) / 1e6; }

// A run as its axis shows it.
struct Clock {
  const char* unit = "us";
  double us = 1;  // how many of them it is

  explicit Clock(core::Instant until) {
    constexpr double kLong = 5'000;
    if (Microseconds(until) >= kLong * 1'000) {
      unit = "s";
      us = 1e6;
    } else if (Microseconds(until) >= kLong) {
      unit = "ms";
      us = 1e3;
    }
  }
  double At(core::Instant at) const { return Microseconds(at) / us; }
  // An expression of Vega's that gives a column of microseconds in this unit.
  std::string Of(const std::string& column) const {
    return absl::StrFormat("datum.%s / %.0f", column, us);
  }
};

// What a plot is of.
struct Shown {
  std::string name;  // of the scenario, or of the file
  std::shared_ptr<const analysis::Recipe> recipe;
  PlotWindow window;
  Clock clock;
};

// --- Which rates ---

// Those of what the run is about; notes only where they are asked for, or are all there is.
std::vector<Activity::Rates> Choose(const std::vector<Activity::Rates>& all,
                                    const std::vector<std::string>& notes) {
  std::set<Quantity> there;
  for (const Activity::Rates& rates : all) there.insert(rates.quantity);
  const auto is_shown = [&](const Activity::Rates& rates) {
    const bool is_asked = std::ranges::find(notes, rates.of) != notes.end();
    switch (rates.quantity) {
      // The log under a stream is no news, but what it is made of.
      case Quantity::kCommits:
        return !there.contains(Quantity::kMessages);
      case Quantity::kNotes:
        return is_asked || (notes.empty() && there.size() == 1);
      default:
        return true;
    }
  };
  std::vector<Activity::Rates> chosen;
  std::ranges::copy_if(all, std::back_inserter(chosen), is_shown);
  return chosen;
}

absl::Status CheckNotes(const trace::NoteNames& names, const analysis::Recipe& recipe,
                        const std::vector<std::string>& notes) {
  std::vector<std::string> known = recipe.notes;
  for (const core::NoteSpec& spec : core::kSharedNotes) known.emplace_back(spec.name);
  for (const std::string& note : notes) {
    if (names.Named(note)) continue;
    const std::optional<std::string> nearest = Nearest(note, known);
    return absl::InvalidArgumentError(
        absl::StrCat("--notes: no note is called \"", note, "\"; ",
                     nearest ? absl::StrCat("did you mean \"", *nearest, "\"? It") : "it", " has ",
                     absl::StrJoin(known, ", ")));
  }
  return absl::OkStatus();
}

// --- What is drawn ---

DataTable RowsOf(const Activity& activity, const std::vector<Activity::Rates>& all,
                 Quantity quantity) {
  DataTable table;
  table.columns = {"time_us", "quantity", "unit", "of", "what", "per_s"};
  for (const Activity::Rates& rates : all) {
    if (rates.quantity != quantity) continue;
    for (std::size_t bin = 0; bin < rates.per_s.size(); ++bin) {
      const std::optional<double> per_s = rates.per_s[bin];
      table.rows.push_back({Microseconds(activity.BinBegin(bin)), NameOf(quantity),
                            UnitOf(quantity), rates.of, rates.what, per_s ? json(*per_s) : json()});
    }
  }
  return table;
}

// What is shaded. At least a bit of it is seen.
DataTable BandsOf(const Activity& activity, const Shown& shown) {
  DataTable table;
  table.columns = {"name", "kind", "from_us", "until_us"};
  const auto add = [&](const std::string& name, const char* kind, core::Instant from,
                       core::Instant until) {
    const core::Instant begin = std::max(from, shown.window.from);
    const core::Instant end = std::min(until, shown.window.until);
    if (begin < shown.window.until && until >= shown.window.from && begin <= end)
      table.rows.push_back({name, kind, Microseconds(begin), Microseconds(end)});
  };
  const core::Instant warmup = shown.recipe->warmup;
  if (warmup > core::Instant()) add("warm-up, not measured", "warm-up", core::Instant(), warmup);
  for (const Activity::Band& band : activity.Bands())
    add(band.name, "fault", band.from, band.until);
  return table;
}

// Where a band ends on the picture: what is over at once is seen, too.
std::string EndOf(const Shown& shown) {
  const double least_us =
      static_cast<double>((shown.window.until - shown.window.from).ps()) / 1e6 / 400;
  return absl::StrFormat("max(datum.until_us, datum.from_us + %.9g) / %.0f", least_us,
                         shown.clock.us);
}

json DomainOf(const Shown& shown) {
  return json::array({shown.clock.At(shown.window.from), shown.clock.At(shown.window.until)});
}

// A row for each fault; those beyond what a picture has room for are counted.
Picture BandsPicture(const DataTable& bands, const Shown& shown, std::size_t& hidden) {
  constexpr std::size_t kMostRows = 12;
  Picture picture;
  picture.specification = "bands";
  picture.places = {
      {"domain", DomainOf(shown)}, {"from", shown.clock.Of("from_us")}, {"until", EndOf(shown)}};
  picture.rows.columns = bands.columns;
  std::set<json> names;
  std::set<json> left_out;
  for (const std::vector<json>& row : bands.rows) {
    if (names.size() < kMostRows) names.insert(row[0]);
    if (names.contains(row[0])) {
      picture.rows.rows.push_back(row);
    } else {
      left_out.insert(row[0]);
    }
  }
  hidden = left_out.size();
  return picture;
}

// How a panel of rates differs from the others of its picture.
struct Place {
  Quantity quantity;
  bool is_last = false;     // tells what the axis of time means
  json colors;              // whose: all of the picture
  bool has_legend = false;  // tells what colours mean
};

Picture RatesPicture(DataTable rows, const DataTable& bands, const Place& place,
                     const Shown& shown) {
  Picture picture;
  picture.specification = "rates";
  picture.rows = std::move(rows);
  picture.more["bands"] = bands;
  std::set<json> what;
  for (const std::vector<json>& row : picture.rows.rows) what.insert(row[4]);
  // In the middle of the bin of which it is.
  const double middle_us = static_cast<double>(shown.window.bin.ps()) / 2e6;
  constexpr std::size_t kColors = 10;
  const bool is_main =
      place.quantity == Quantity::kMessages || place.quantity == Quantity::kRequests;
  picture.places = {
      {"height", is_main ? 170 : 110},
      {"at", absl::StrFormat("(datum.time_us + %.9g) / %.0f", middle_us, shown.clock.us)},
      {"from", shown.clock.Of("from_us")},
      {"until", EndOf(shown)},
      {"domain", DomainOf(shown)},
      {"x_title", place.is_last ? json(absl::StrCat("time (", shown.clock.unit, ")")) : json()},
      {"y_title", UnitOf(place.quantity)},
      {"colors",
       {{"scheme", place.colors.size() > kColors ? "tableau20" : "tableau10"},
        {"domain", place.colors}}},
      {"legend", place.has_legend ? json{{"labelLimit", 240}} : json()},
      {"whats", what.size() > 1 ? json{"delivered", "published"} : json{*what.begin()}},
      {"dashes", what.size() > 1 ? json{{1, 0}, {4, 3}} : json{json{1, 0}}},
      {"what_legend", what.size() > 1 ? json::object() : json()}};
  return picture;
}

// What the colours of a panel are of: streams, clusters or kinds of notes, which no panel mixes.
int FamilyOf(Quantity quantity) {
  switch (quantity) {
    case Quantity::kMessages:
    case Quantity::kResends:
      return 0;
    case Quantity::kRequests:
    case Quantity::kCommits:
    case Quantity::kViolations:
      return 1;
    case Quantity::kNotes:
      break;
  }
  return 2;
}

// Each once, over all panels of the family.
json ColorsOf(const std::vector<Activity::Rates>& chosen, Quantity quantity) {
  json colors = json::array();
  for (const Activity::Rates& rates : chosen) {
    if (FamilyOf(rates.quantity) != FamilyOf(quantity)) continue;
    if (std::ranges::find(colors, json(rates.of)) == colors.end()) colors.push_back(rates.of);
  }
  return colors;
}

// In the first panel of the family.
bool HasLegend(const std::vector<Activity::Rates>& chosen, Quantity quantity) {
  const auto first =
      std::ranges::find(chosen, FamilyOf(quantity),
                        [](const Activity::Rates& rates) { return FamilyOf(rates.quantity); });
  return first->quantity == quantity;
}

std::vector<std::string> Remarks(const Activity& activity, const Shown& shown) {
  std::vector<std::string> remarks;
  if (activity.is_cut_short()) {
    remarks.push_back(
        absl::StrFormat("the run was cut short at %.6g %s of %.6g; --until shows what there is",
                        shown.clock.At(activity.end()), shown.clock.unit,
                        shown.clock.At(core::Instant() + shown.recipe->run_for)));
  }
  return remarks;
}

absl::StatusOr<Picture> PictureOf(const Activity& activity, const Shown& shown,
                                  const std::vector<std::string>& notes) {
  const std::vector<Activity::Rates> chosen = Choose(activity.All(), notes);
  if (chosen.empty()) return absl::InvalidArgumentError("no node has noted anything in it");
  const DataTable bands = BandsOf(activity, shown);
  Picture picture;
  picture.is_column = true;
  picture.remarks = Remarks(activity, shown);
  std::vector<std::string> lines = {"bins of " + FormatDuration(shown.window.bin)};
  if (!bands.rows.empty()) {
    std::size_t hidden = 0;
    picture.parts.push_back(BandsPicture(bands, shown, hidden));
    if (hidden > 0) absl::StrAppend(&lines[0], "; ", hidden, " more faults are shaded");
  }
  lines.insert(lines.end(), picture.remarks.begin(), picture.remarks.end());
  for (std::size_t i = 0; i < Activity::kQuantities; ++i) {
    const auto quantity = static_cast<Quantity>(i);
    DataTable rows = RowsOf(activity, chosen, quantity);
    if (rows.rows.empty()) continue;
    const Place place = {quantity, quantity == chosen.back().quantity, ColorsOf(chosen, quantity),
                         HasLegend(chosen, quantity)};
    picture.rows.columns = rows.columns;
    picture.rows.rows.insert(picture.rows.rows.end(), rows.rows.begin(), rows.rows.end());
    picture.parts.push_back(RatesPicture(std::move(rows), bands, place, shown));
  }
  picture.places["title"] = absl::StrCat(shown.name, " (seed ", shown.recipe->seed, ")");
  picture.places["subtitle"] = lines;
  return picture;
}

}  // namespace

absl::StatusOr<Picture> ActivityOf(const TraceFile& file, const TraceOptions& options,
                                   const std::vector<std::string>& notes) {
  auto reader = trace::TraceReader::Open(file.path, file.taken);
  if (!reader.ok()) return reader.status();
  auto recipe = analysis::ReadRecipe(reader->recipe());
  if (!recipe.ok())
    return absl::InvalidArgumentError(absl::StrCat(file.path, ":1: ", recipe.status().message()));
  if (absl::Status known = CheckNotes(reader->notes(), *recipe, notes); !known.ok()) return known;
  const auto window = PlotWindowOf(*recipe, options);
  if (!window.ok()) return window.status();
  const Shown shown = {TitleOf(reader->recipe(), file.path),
                       std::make_shared<const analysis::Recipe>(*std::move(recipe)), *window,
                       Clock(window->until)};
  Activity activity(shown.recipe, {window->bin, window->from, window->until});
  if (const auto footer = reader->Replay({&activity}); !footer.ok()) return footer.status();
  auto picture = PictureOf(activity, shown, notes);
  if (!picture.ok())
    return absl::InvalidArgumentError(absl::StrCat(file.path, ": ", picture.status().message()));
  return picture;
}

}  // namespace lockstep::cli
