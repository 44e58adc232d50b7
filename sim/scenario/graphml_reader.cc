// GraphML, by the XML parser of Boost.PropertyTree: see graph_reader.h.

#include <exception>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>

#include "sim/scenario/graph_reader.h"
#include "sim/scenario/graph_text.h"

namespace lockstep::sim {
namespace {

using boost::property_tree::ptree;

// Where the parser keeps the attributes of an element, among what is in the element.
constexpr const char* kAttributes = "<xmlattr>";

std::string AttributeOf(const ptree& element, const std::string& name) {
  const auto attributes = element.find(kAttributes);
  if (attributes == element.not_found()) return "";
  const auto found = attributes->second.find(name);
  return found == attributes->second.not_found() ? "" : found->second.data();
}

// "NodeLabel" of "y:NodeLabel".
std::string_view LocalName(std::string_view tag) {
  const std::size_t colon = tag.find(':');
  return colon == std::string_view::npos ? tag : tag.substr(colon + 1);
}

// The first element of that name below `element`, at any depth, which has what `is_it` wants.
template <typename IsIt>
const ptree* FindBelow(const ptree& element, std::string_view name, IsIt is_it) {
  for (const auto& [tag, child] : element) {
    if (tag == kAttributes) continue;
    if (LocalName(tag) == name && is_it(child)) return &child;
    if (const ptree* found = FindBelow(child, name, is_it)) return found;
  }
  return nullptr;
}

std::string Stripped(const std::string& text) {
  return std::string(absl::StripAsciiWhitespace(text));
}

// What a <key> declares.
struct Key {
  std::string name;
  bool is_of_nodes = true;
  bool is_of_edges = true;
  std::optional<std::string> by_default;
};

// One file as it is read: keys first, then the graph with all nodes, then edges, whose ends may
// stand anywhere.
class GraphMlReader {
 public:
  absl::StatusOr<RawGraph> Read(const ptree& graphml) {
    for (const auto& [tag, element] : graphml)
      if (LocalName(tag) == "key") AddKey(element);
    std::size_t graphs = 0;
    for (const auto& [tag, element] : graphml) {
      if (LocalName(tag) != "graph") continue;
      if (graphs++ > 0) return Wrong("there are several <graph>s side by side in it: want one");
      if (absl::Status status = ReadGraph(element); !status.ok()) return status;
    }
    if (graphs == 0) return Wrong("there is no <graph> in it");
    for (const Edge& edge : edges_)
      if (absl::Status status = AddLink(edge); !status.ok()) return status;
    LeaveOutFrames();
    return std::move(graph_);
  }

 private:
  struct Edge {
    const ptree* element;
    bool is_directed;  // by the graph that it stands in
  };

  static absl::Status Wrong(const std::string& what) { return absl::InvalidArgumentError(what); }

  void AddKey(const ptree& element) {
    Key key;
    const std::string of = AttributeOf(element, "for");
    key.is_of_nodes = of.empty() || of == "all" || of == "node";
    key.is_of_edges = of.empty() || of == "all" || of == "edge";
    const std::string id = AttributeOf(element, "id");
    key.name = AttributeOf(element, "attr.name");
    // yEd's graphics have no name, and are no attribute.
    if (key.name.empty() && AttributeOf(element, "yfiles.type").empty()) key.name = id;
    for (const auto& [tag, child] : element)
      if (LocalName(tag) == "default") key.by_default = child.data();
    keys_[id] = std::move(key);
  }

  absl::Status ReadGraph(const ptree& element) {
    const std::string way = AttributeOf(element, "edgedefault");
    if (way.empty())
      return Wrong(R"(a <graph> has no "edgedefault": want "directed" or "undirected")");
    if (way != "directed" && way != "undirected")
      return Wrong(absl::StrCat("a <graph> has the edgedefault \"", way,
                                "\": want \"directed\" or \"undirected\""));
    for (const auto& [tag, child] : element) {
      const std::string_view name = LocalName(tag);
      absl::Status status;
      if (name == "hyperedge") status = Wrong("hyperedges are not supported");
      if (name == "node") status = AddNode(child);
      if (name == "edge") edges_.push_back({&child, way == "directed"});
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status AddNode(const ptree& element) {
    const std::string id = AttributeOf(element, "id");
    if (id.empty()) return Wrong("a <node> has no id");
    if (!index_.emplace(id, graph_.nodes.size()).second)
      return Wrong(absl::StrCat("two nodes have the id \"", id, "\""));
    auto attributes = AttributesOf(element, &Key::is_of_nodes, "NodeLabel");
    if (!attributes.ok()) return attributes.status();
    graph_.nodes.push_back({id, *std::move(attributes)});
    is_frame_.push_back(false);
    for (const auto& [tag, child] : element) {
      if (LocalName(tag) != "graph") continue;
      is_frame_[index_[id]] = true;
      if (absl::Status status = ReadGraph(child); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::StatusOr<Attributes> AttributesOf(const ptree& element, bool Key::*is_of_it,
                                          std::string_view label) const {
    Attributes attributes;
    for (const auto& [id, key] : keys_)
      if (key.*is_of_it && key.by_default && !key.name.empty())
        attributes[key.name] = *key.by_default;
    std::string drawn;
    for (const auto& [tag, data] : element) {
      if (LocalName(tag) != "data") continue;
      const std::string id = AttributeOf(data, "key");
      const auto key = keys_.find(id);
      if (key == keys_.end())
        return Wrong(absl::StrCat("a <data> has the key \"", id, "\", which no <key> declares"));
      if (!key->second.name.empty()) attributes[key->second.name] = data.data();
      const ptree* text = FindBelow(
          data, label, [](const ptree& found) { return !Stripped(found.data()).empty(); });
      if (text != nullptr && drawn.empty()) drawn = Stripped(text->data());
    }
    if (!drawn.empty() && Stripped(attributes["label"]).empty()) attributes["label"] = drawn;
    return attributes;
  }

  absl::StatusOr<std::size_t> EndOf(const ptree& edge, const char* end) const {
    const std::string id = AttributeOf(edge, end);
    const auto found = index_.find(id);
    if (found != index_.end()) return found->second;
    return Wrong(absl::StrCat("the edge from \"", AttributeOf(edge, "source"), "\" to \"",
                              AttributeOf(edge, "target"), "\" ends at \"", id,
                              "\", which no <node> declares"));
  }

  absl::Status AddLink(const Edge& edge) {
    const auto from = EndOf(*edge.element, "source");
    if (!from.ok()) return from.status();
    const auto to = EndOf(*edge.element, "target");
    if (!to.ok()) return to.status();
    auto attributes = AttributesOf(*edge.element, &Key::is_of_edges, "EdgeLabel");
    if (!attributes.ok()) return attributes.status();
    RawGraph::Link link{*from, *to, edge.is_directed, *std::move(attributes)};
    const ptree* arrows = FindBelow(*edge.element, "Arrows", [](const ptree&) { return true; });
    if (const std::string own = AttributeOf(*edge.element, "directed"); !own.empty()) {
      link.is_one_way = own == "true";
    } else if (arrows != nullptr) {
      const bool at_source = AttributeOf(*arrows, "source") != "none";
      const bool at_target = AttributeOf(*arrows, "target") != "none";
      link.is_one_way = at_source != at_target;
      if (at_source && !at_target) std::swap(link.from, link.to);
    }
    has_edge_.insert({*from, *to});
    graph_.links.push_back(std::move(link));
    return absl::OkStatus();
  }

  // A node that holds others, and that nothing is connected to, is no switch.
  void LeaveOutFrames() {
    std::vector<std::size_t> now(graph_.nodes.size());
    std::vector<RawGraph::Node> kept;
    std::vector<std::string> left_out;
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      now[i] = kept.size();
      if (is_frame_[i] && has_edge_.count(i) == 0)
        left_out.push_back(graph_.nodes[i].id);
      else
        kept.push_back(std::move(graph_.nodes[i]));
    }
    graph_.nodes = std::move(kept);
    for (RawGraph::Link& link : graph_.links) {
      link.from = now[link.from];
      link.to = now[link.to];
    }
    if (left_out.empty()) return;
    constexpr std::size_t kShown = 8;
    const std::size_t more = left_out.size() - std::min(left_out.size(), kShown);
    left_out.resize(left_out.size() - more);
    graph_.remarks.push_back(
        absl::StrCat("nodes that only hold others are left out: ", absl::StrJoin(left_out, ", "),
                     more > 0 ? absl::StrCat(" and ", more, " more") : ""));
  }

  RawGraph graph_;
  std::map<std::string, Key> keys_;
  std::map<std::string, std::size_t> index_;  // of a node, by its id
  std::vector<bool> is_frame_;                // is_frame_[node]: it holds a graph
  std::set<std::size_t> has_edge_;
  std::vector<Edge> edges_;
};

}  // namespace

absl::StatusOr<RawGraph> ReadGraphMl(const std::string& text) {
  if (absl::Status status = CheckXmlDepth(text); !status.ok()) return status;
  try {
    namespace xml = boost::property_tree::xml_parser;
    ptree document;
    std::istringstream in(text);
    xml::read_xml(in, document, xml::no_comments | xml::trim_whitespace);
    for (const auto& [tag, element] : document)
      if (LocalName(tag) == "graphml") return GraphMlReader().Read(element);
    return absl::InvalidArgumentError("want GraphML, whose outermost element is <graphml>");
  } catch (const boost::property_tree::xml_parser_error& error) {
    return absl::InvalidArgumentError(
        absl::StrCat("line ", error.line(), ": want XML: ", error.message()));
  } catch (const std::exception& error) {
    return absl::InvalidArgumentError(absl::StrCat("want GraphML: ", error.what()));
  }
}

}  // namespace lockstep::sim
