// Readers of maps, which throw nothing: nodes and edges with their attributes as texts. What they
// mean is graph_file.h's business.
//
// Errors: what was wrong, with "line N: " where it is known, without the name of the file. What a
// reader does and keeps is bounded by the size of its text, and by kLinksMax.

#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace lockstep::sim {

using Attributes = std::map<std::string, std::string>;

// A few characters of DOT can mean as many edges as there are pairs of nodes.
inline constexpr std::size_t kLinksMax = 1'000'000;

struct RawGraph {
  struct Node {
    std::string id;
    Attributes attributes;
  };
  struct Link {
    std::size_t from = 0;
    std::size_t to = 0;
    bool is_one_way = false;
    Attributes attributes;
  };
  std::vector<Node> nodes;
  std::vector<Link> links;
  std::vector<std::string> remarks;
};

// GraphML, from any writer: namespaces with or without a prefix, <default>s, edges with a direction
// of their own, nested graphs (whose nodes are nodes like others; a node that holds a graph, and at
// which no edge ends, is a frame around them). Where no attribute is a label, yEd's NodeLabel and
// EdgeLabel are; its Arrows say which way an edge goes.
absl::StatusOr<RawGraph> ReadGraphMl(const std::string& text);

// DOT, by Graphviz's grammar; `dir` says which way an edge goes, `strict` makes one of parallel
// edges. Of an HTML label its text is kept.
absl::StatusOr<RawGraph> ReadDot(std::string_view text);

// GML: nodes and edges of the first graph, with what is a number or a text in them.
absl::StatusOr<RawGraph> ReadGml(std::string_view text);

}  // namespace lockstep::sim
