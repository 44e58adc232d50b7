// Pictures: a specification in Vega-Lite and the rows that it shows.
//
// Specifications stand in analysis/report/*.vl.json. They name their data ("rows", ...), and have
// places, texts that begin with "$", for what depends on the data, such as the title of an axis.

#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

namespace lockstep::cli {

struct DataTable {
  std::vector<std::string> columns;
  std::vector<std::vector<nlohmann::json>> rows;  // null, numbers and strings
};

struct Picture {
  std::string specification;                     // its name: "timeline"
  std::map<std::string, nlohmann::json> places;  // what stands for "$NAME"
  DataTable rows;                                // the data called "rows", which --csv shows
  std::map<std::string, DataTable> more;         // further data by name
  // Pictures beside each other, which have no parts: then there is nothing else but the places
  // "title" and "subtitle" of all of them, which may be missing. `rows` is what --csv shows.
  std::vector<Picture> parts;
  bool is_column = false;  // the parts stand below each other
  // What whoever reads the data has to know, a sentence each.
  std::vector<std::string> remarks;
};

// The specification with its places filled and its data inside: one document, which any renderer of
// Vega-Lite takes. Places without a value, and values without a place, are bugs of ours.
absl::StatusOr<nlohmann::json> ToSpecification(const Picture& picture);

}  // namespace lockstep::cli
