// Pictures: see picture.h.

#include "tools/lockstep/picture.h"

#include <set>

#include "absl/strings/str_cat.h"

#include "protocols/parameters/parameters.h"
#include "tools/lockstep/picture_text.h"

namespace lockstep::cli {
namespace {

using nlohmann::json;

json ToJson(const DataTable& table) {
  json rows = json::array();
  for (const std::vector<json>& row : table.rows) {
    json object = json::object();
    for (std::size_t i = 0; i < table.columns.size(); ++i) object[table.columns[i]] = row[i];
    rows.push_back(std::move(object));
  }
  return rows;
}

// Puts values where their places are; the first place without one is an error.
absl::Status Fill(json& at, const std::map<std::string, json>& places,
                  std::set<std::string>& used) {
  if (at.is_string()) {
    const auto text = at.get<std::string>();
    if (text.empty() || text[0] != '$') return absl::OkStatus();
    const auto found = places.find(text.substr(1));
    if (found == places.end()) {
      return absl::InternalError(absl::StrCat("a picture says nothing of its place ", text));
    }
    used.insert(found->first);
    at = found->second;
    return absl::OkStatus();
  }
  if (!at.is_structured()) return absl::OkStatus();
  for (json& inside : at)
    if (absl::Status filled = Fill(inside, places, used); !filled.ok()) return filled;
  return absl::OkStatus();
}

// Gives the data of a part names that no other part has.
void Rename(json& at, const std::string& prefix) {
  if (!at.is_structured()) return;
  if (at.is_object() && at.contains("data") && at["data"].contains("name"))
    at["data"]["name"] = prefix + at["data"]["name"].get<std::string>();
  for (json& inside : at) Rename(inside, prefix);
}

absl::StatusOr<json> Combine(const Picture& picture) {
  const char* const direction = picture.is_column ? "vconcat" : "hconcat";
  json whole = {
      {"$schema", "https://vega.github.io/schema/vega-lite/v5.json"},
      {direction, json::array()},
      {"spacing", picture.is_column ? 14 : 40},
      {"resolve", {{"scale", {{"color", "independent"}, {"strokeDash", "independent"}}}}}};
  if (const auto title = picture.places.find("title"); title != picture.places.end()) {
    whole["title"] = {{"text", title->second}, {"anchor", "start"}};
    if (const auto subtitle = picture.places.find("subtitle"); subtitle != picture.places.end())
      whole["title"]["subtitle"] = subtitle->second;
  }
  for (std::size_t i = 0; i < picture.parts.size(); ++i) {
    auto part = ToSpecification(picture.parts[i]);
    if (!part.ok()) return part.status();
    const std::string prefix = absl::StrCat("part", i, ".");
    for (const auto& [name, rows] : (*part)["datasets"].items())
      whole["datasets"][prefix + name] = rows;
    for (const char* const key : {"config", "datasets", "$schema"}) {
      if (std::string_view(key) == "config") whole[key] = (*part)[key];
      part->erase(key);
    }
    Rename(*part, prefix);
    whole[direction].push_back(*std::move(part));
  }
  return whole;
}

}  // namespace

absl::StatusOr<json> ToSpecification(const Picture& picture) {
  if (!picture.parts.empty()) return Combine(picture);
  for (const PictureText& text : kPictureTexts) {
    if (text.name != picture.specification) continue;
    auto document = ParseJson(text.text, absl::StrCat(text.name, ".vl.json"));
    if (!document.ok()) return absl::InternalError(std::string(document.status().message()));
    std::set<std::string> used;
    if (absl::Status filled = Fill(*document, picture.places, used); !filled.ok()) return filled;
    for (const auto& [name, value] : picture.places) {
      if (!used.contains(name)) {
        return absl::InternalError(absl::StrCat(text.name, ".vl.json has no place $", name));
      }
    }
    (*document)["datasets"]["rows"] = ToJson(picture.rows);
    for (const auto& [name, table] : picture.more) (*document)["datasets"][name] = ToJson(table);
    return *document;
  }
  return absl::InternalError("no specification is called " + picture.specification);
}

}  // namespace lockstep::cli
