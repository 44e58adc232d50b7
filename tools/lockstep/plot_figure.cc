// Figures next to what was published: see plot_data.h.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "tools/lockstep/panel.h"
#include "tools/lockstep/plot_data.h"
#include "tools/lockstep/program_name.h"

namespace lockstep::cli {
namespace {

using nlohmann::json;

// Of a figure that has rows.
Picture RowsPicture(const json& rows) {
  Picture picture;
  picture.specification = "figure";
  picture.rows.columns = {"label", "which", "value", "low", "high"};
  for (const json& row : rows) {
    const bool is_row = row.is_object() && row.value("label", json()).is_string() &&
                        row.value("simulated", json()).is_number();
    if (!is_row) return {};
    const double simulated = row["simulated"].get<double>();
    const double half = row.value("spread", 0.0) * simulated;
    picture.rows.rows.push_back(
        {row["label"], "simulated", simulated, simulated - half, simulated + half});
    if (row.contains("published"))
      picture.rows.rows.push_back({row["label"], "published", row["published"], json(), json()});
  }
  return picture;
}

// A text, also where something else stands there.
std::string TextAt(const json& object, const char* key) {
  const json text = object.value(key, json());
  return text.is_string() ? text.get<std::string>() : "";
}

// What points have beside y.
std::vector<std::string> AlsoOf(const json& panels) {
  std::vector<std::string> also;
  for (const json& panel : panels) {
    if (!panel.is_object()) continue;
    for (const json& metric : panel.value("also", json::array())) {
      const std::string name = metric.is_string() ? metric.get<std::string>() : "";
      if (!name.empty() && std::ranges::find(also, name) == also.end()) also.push_back(name);
    }
  }
  return also;
}

// Of one panel; without rows where it is none.
Picture PanelPicture(const json& panel, const std::vector<std::string>& also) {
  Picture picture;
  if (!panel.is_object() || !panel.value("points", json()).is_array()) return picture;
  const bool has_log_y = panel.value("log_y", json(false)) == json(true);
  const bool is_quantiles = TextAt(panel, "kind") == "quantiles";
  picture.specification = is_quantiles ? "quantiles" : "lines";
  for (const char* const key : {"title", "x_title", "y_title"})
    picture.places[key] = TextAt(panel, key);
  // What a quantile leaves above it is what is drawn.
  if (is_quantiles) {
    picture.places["x_title"] = absl::StrCat(TextAt(panel, "x_title"), " above");
  } else {
    picture.places["is_shown"] = has_log_y ? "datum.y > 0" : "true";
    picture.places["is_at_foot"] = has_log_y ? "datum.y <= 0" : "false";
    picture.places["y_scale"] = {{"type", has_log_y ? "log" : "linear"}};
    const bool has_log_x = panel.value("log_x", json(false)) == json(true);
    picture.places["x_scale"] = {{"type", has_log_x ? "log" : "linear"}, {"zero", false}};
    picture.places["y_axis"] = has_log_y ? json{{"format", ".0e"}} : json::object();
  }
  picture.rows.columns = PointColumns(also);
  for (const json& point : panel["points"]) {
    if (!point.is_object()) return {};
    picture.rows.rows.push_back(PointCells(panel, point, also));
  }
  return picture;
}

Picture PanelsPicture(const json& panels) {
  Picture picture;
  const std::vector<std::string> also = AlsoOf(panels);
  for (const json& panel : panels) {
    Picture part = PanelPicture(panel, also);
    if (part.rows.rows.empty()) return {};
    picture.rows.columns = part.rows.columns;
    picture.rows.rows.insert(picture.rows.rows.end(), part.rows.rows.begin(), part.rows.rows.end());
    picture.parts.push_back(std::move(part));
  }
  return picture;
}

}  // namespace

absl::StatusOr<Picture> FigurePlotOf(const json& figure, const std::string& path) {
  const bool has_panels = figure.is_object() && figure.value("panels", json()).is_array();
  Picture picture = has_panels ? PanelsPicture(figure["panels"])
                               : RowsPicture(figure.is_array() ? figure : json::array());
  if (picture.rows.rows.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": want what `", ProgramAsCalled(), " figures FIGURE --json` prints"));
  }
  return picture;
}

}  // namespace lockstep::cli
