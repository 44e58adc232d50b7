// Boost.Graph's readers of GraphML and DOT, behind an interface that throws nothing: nodes and
// edges with their attributes as texts. What they mean is graph_file.h's business.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace lockstep::sim {

using Attributes = std::map<std::string, std::string>;

struct RawGraph {
  struct Node {
    std::string id;
    Attributes attributes;
  };
  struct Link {
    std::size_t from = 0;
    std::size_t to = 0;
    Attributes attributes;
  };
  bool is_directed = false;
  std::vector<Node> nodes;
  std::vector<Link> links;
};

// Errors: what was wrong, with "line N: " where it is known, without the name of the file.
absl::StatusOr<RawGraph> ReadGraphMl(const std::string& text);
absl::StatusOr<RawGraph> ReadDot(const std::string& text);

}  // namespace lockstep::sim
