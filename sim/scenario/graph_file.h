// Maps of networks, imported: GraphML (the Internet Topology Zoo's, yEd's, or any other), GML and
// Graphviz DOT.
//
// Attributes that are understood, in any case of their letters:
//   nodes  label; Latitude, Longitude (degrees)
//   edges  rate ("10Gbps"), else LinkSpeedRaw (bits per second), else LinkSpeed with LinkSpeedUnits
//          (G, M, Gbps, ...), else bandwidth, capacity, speed or label, if one reads as a rate
//          delay ("4ms"), else latency or label, if one reads as a time, else computed from where
//          the ends are (great_circle.h)
// `rate` and `delay`, so written, are ours: what they hold must be right. Others hold anything in
// real maps, so what cannot be read counts as missing, and is said in a remark; only a label says
// nothing. What is missing is assumed, where there is a default, and said in a remark.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "protocols/core/time.h"
#include "sim/net/topology.h"

namespace lockstep::sim {

struct LinkDefaults {
  std::optional<std::int64_t> rate_bps;
  std::optional<core::Duration> delay;
  // Directed edges are cables, too; two that differ in nothing but their direction are one.
  bool is_both_ways = false;
};

struct GraphFileLink {
  std::size_t from = 0;  // index into GraphFile::nodes
  std::size_t to = 0;
  bool is_one_way = false;
  std::int64_t rate_bps = 0;
  core::Duration delay;
  Origin rate_origin = Origin::kRead;
  Origin delay_origin = Origin::kRead;
};

struct GraphFile {
  // Names: the label; where several nodes share it, "label#id"; where there is none, the id.
  std::vector<std::string> nodes;
  std::vector<GraphFileLink> links;
  std::vector<std::string> remarks;  // "FILE: 3 of 11 links have no rate: ..."
};

// "2.5Gbps" is "2500Mbps": in the largest unit that leaves a whole number.
std::string FormatRate(std::int64_t rate_bps);

// By its ending: .graphml, .gml, .dot or .gv.
bool IsGraphFileName(std::string_view name);

// Errors: "FILE: what was wrong", with a line where the library says one.
absl::StatusOr<GraphFile> ReadGraphFile(const std::string& file, const LinkDefaults& defaults);
// The same for text that stands in for the file, whose ending says what it is.
absl::StatusOr<GraphFile> ParseGraphFile(const std::string& text, const std::string& file,
                                         const LinkDefaults& defaults);

}  // namespace lockstep::sim
