// Figures next to what was published: see plot_data.h.

#include "absl/strings/str_cat.h"

#include "tools/lockstep/plot_data.h"

namespace lockstep::cli {

using nlohmann::json;

absl::StatusOr<Picture> FigurePlotOf(const json& figure, const std::string& path) {
  Picture picture;
  picture.specification = "figure";
  picture.rows.columns = {"label", "which", "value", "low", "high"};
  const bool is_list = figure.is_array();
  for (const json& row : is_list ? figure : json::array()) {
    if (!row.is_object() || !row.contains("label") || !row.contains("simulated")) break;
    const double simulated = row["simulated"].get<double>();
    const double half = row.value("spread", 0.0) * simulated;
    picture.rows.rows.push_back(
        {row["label"], "simulated", simulated, simulated - half, simulated + half});
    if (row.contains("published"))
      picture.rows.rows.push_back({row["label"], "published", row["published"], json(), json()});
  }
  if (picture.rows.rows.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": want what `lockstep figures FIGURE --json` prints"));
  }
  return picture;
}

}  // namespace lockstep::cli
