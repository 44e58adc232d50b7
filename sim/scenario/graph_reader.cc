// GraphML and DOT by way of Boost.Graph: see graph_reader.h.
//
// Boost's GraphML reader turns values into the types that the file declares, floating point among
// them, forgets the ids of nodes, and makes up nodes that edges name and nobody declares. So the
// XML is read first, by the parser that Boost's reader itself uses, and prepared: every attribute
// is a string, every node has its id as one, and ids are checked.

#include "sim/scenario/graph_reader.h"

#include <algorithm>
#include <exception>
#include <functional>
#include <set>
#include <sstream>
#include <typeinfo>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/graphml.hpp>
#include <boost/graph/graphviz.hpp>
#include <boost/property_map/dynamic_property_map.hpp>
#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>

#include "sim/scenario/graph_text.h"

namespace lockstep::sim {
namespace {

using boost::property_tree::ptree;

constexpr const char* kId = "lockstep.id";

struct Properties {
  Attributes attributes;
};
// Both keep their edges in the order of the file.
using Undirected =
    boost::adjacency_list<boost::vecS, boost::vecS, boost::undirectedS, Properties, Properties>;
using Directed =
    boost::adjacency_list<boost::vecS, boost::vecS, boost::bidirectionalS, Properties, Properties>;

// One attribute of all nodes (`Key` is a vertex) or all edges, kept with them as a text.
template <typename Graph, typename Key>
class AttributeMap final : public boost::dynamic_property_map {
 public:
  AttributeMap(Graph& graph, std::string name) : graph_(graph), name_(std::move(name)) {}
  boost::any get(const boost::any& key) override { return boost::any(get_string(key)); }
  std::string get_string(const boost::any& key) override {
    return graph_[boost::any_cast<Key>(key)].attributes[name_];
  }
  void put(const boost::any& key, const boost::any& value) override {
    graph_[boost::any_cast<Key>(key)].attributes[name_] = boost::any_cast<std::string>(value);
  }
  const std::type_info& key() const override { return typeid(Key); }
  const std::type_info& value() const override { return typeid(std::string); }

 private:
  Graph& graph_;
  std::string name_;
};

// Keeps every attribute that a reader comes upon; those of the graph itself are passed over.
template <typename Graph>
boost::dynamic_properties Keeper(Graph& graph) {
  using Vertex = typename Graph::vertex_descriptor;
  using Edge = typename Graph::edge_descriptor;
  return boost::dynamic_properties(
      [&graph](const std::string& name, const boost::any& key,
               const boost::any&) -> boost::shared_ptr<boost::dynamic_property_map> {
        if (key.type() == typeid(Vertex))
          return boost::make_shared<AttributeMap<Graph, Vertex>>(graph, name);
        if (key.type() == typeid(Edge))
          return boost::make_shared<AttributeMap<Graph, Edge>>(graph, name);
        return nullptr;
      });
}

template <typename Graph>
RawGraph RawOf(Graph& graph, bool is_directed) {
  RawGraph raw;
  raw.is_directed = is_directed;
  for (std::size_t i = 0; i < boost::num_vertices(graph); ++i) {
    Attributes& attributes = graph[i].attributes;
    std::string id = std::move(attributes[kId]);
    attributes.erase(kId);
    raw.nodes.push_back({std::move(id), std::move(attributes)});
  }
  for (auto [edge, end] = boost::edges(graph); edge != end; ++edge) {
    raw.links.push_back({boost::source(*edge, graph), boost::target(*edge, graph),
                         std::move(graph[*edge].attributes)});
  }
  return raw;
}

// --- GraphML ---

std::string AttributeOf(const ptree& element, const std::string& name) {
  const auto attributes = element.find("<xmlattr>");
  if (attributes == element.not_found()) return "";
  const auto found = attributes->second.find(name);
  return found == attributes->second.not_found() ? "" : found->second.data();
}

// What an error says of an edge whose end is not there.
std::string UnknownEnd(const ptree& edge, const std::string& end) {
  return absl::StrCat("the edge from \"", AttributeOf(edge, "source"), "\" to \"",
                      AttributeOf(edge, "target"), "\" ends at \"", end,
                      "\", which no <node> declares");
}

// Calls for each element below `root`, in order, those inside others included. Attributes, which
// the tree holds like elements, are none.
void ForEach(ptree& root, const std::function<void(const std::string&, ptree&)>& visit) {
  for (auto& [tag, element] : root) {
    if (tag == "<xmlattr>") continue;
    visit(tag, element);
    ForEach(element, visit);
  }
}

// What is wrong with an element; nothing if it is as it should be.
std::string WrongWith(const std::string& tag, const ptree& element,
                      const std::set<std::string>& keys, const std::set<std::string>& ids) {
  if (tag == "hyperedge") return "hyperedges are not supported";
  if (tag == "graph") {
    const std::string way = AttributeOf(element, "edgedefault");
    if (way.empty()) return R"(a <graph> has no "edgedefault": want "directed" or "undirected")";
    if (way != "directed" && way != "undirected")
      return absl::StrCat("a <graph> has the edgedefault \"", way,
                          "\": want \"directed\" or \"undirected\"");
  } else if (tag == "data") {
    const std::string key = AttributeOf(element, "key");
    if (keys.count(key) == 0)
      return absl::StrCat("a <data> has the key \"", key, "\", which no <key> declares");
  } else if (tag == "edge") {
    for (const char* end : {"source", "target"}) {
      const std::string id = AttributeOf(element, end);
      if (ids.count(id) == 0) return UnknownEnd(element, id);
    }
  }
  return "";
}

absl::Status Prepare(ptree& graphml, bool& is_directed) {
  std::set<std::string> ids;
  std::set<std::string> keys = {kId};
  std::string wrong;
  std::size_t graphs = 0;
  ForEach(graphml, [&](const std::string& tag, ptree& element) {
    if (tag == "key") {
      keys.insert(AttributeOf(element, "id"));
      element.put_child(ptree::path_type("<xmlattr>|attr.type", '|'), ptree("string"));
    } else if (tag == "graph") {
      if (graphs++ == 0) is_directed = AttributeOf(element, "edgedefault") == "directed";
    } else if (tag == "node") {
      const std::string id = AttributeOf(element, "id");
      if (id.empty() && wrong.empty()) wrong = "a <node> has no id";
      if (!ids.insert(id).second && wrong.empty())
        wrong = absl::StrCat("two nodes have the id \"", id, "\"");
      ptree data(id);
      data.put("<xmlattr>.key", kId);
      element.add_child("data", data);
    }
  });
  if (graphs == 0) return absl::InvalidArgumentError("there is no <graph> in it");
  ForEach(graphml, [&](const std::string& tag, ptree& element) {
    if (wrong.empty()) wrong = WrongWith(tag, element, keys, ids);
  });
  if (!wrong.empty()) return absl::InvalidArgumentError(wrong);
  ptree key;
  key.put_child(ptree::path_type("<xmlattr>|id", '|'), ptree(kId));
  key.put_child(ptree::path_type("<xmlattr>|for", '|'), ptree("node"));
  key.put_child(ptree::path_type("<xmlattr>|attr.name", '|'), ptree(kId));
  key.put_child(ptree::path_type("<xmlattr>|attr.type", '|'), ptree("string"));
  graphml.push_front({"key", key});
  return absl::OkStatus();
}

template <typename Graph>
RawGraph GraphMlAs(const std::string& text, bool is_directed) {
  Graph graph;
  boost::dynamic_properties keeper = Keeper(graph);
  std::istringstream in(text);
  boost::read_graphml(in, graph, keeper);
  return RawOf(graph, is_directed);
}

// --- DOT ---

template <typename Graph>
RawGraph DotAs(const std::string& text, bool is_directed) {
  Graph graph;
  boost::dynamic_properties keeper = Keeper(graph);
  boost::read_graphviz(text, graph, keeper, kId);
  return RawOf(graph, is_directed);
}

RawGraph DotOf(const std::string& text) {
  try {
    return DotAs<Undirected>(text, false);
  } catch (const boost::directed_graph_error&) {
    return DotAs<Directed>(text, true);  // It says "digraph".
  }
}

// What Boost says of so much of the text, unless that it goes on.
std::string DotErrorOf(const std::string& text) {
  try {
    DotOf(text);
  } catch (const std::exception& error) {
    const std::string why = error.what();
    const bool wants_more = absl::StrContains(why, "<eof>");
    return wants_more ? "" : why;
  }
  return "";
}

// "line N: " of the error `why`, which Boost does not tell: that of the first token with which the
// text is as wrong as all of it is. Nothing where looking for it would take long.
std::string WhereIs(const std::string& why, const DotText& dot) {
  constexpr std::size_t kSearched = std::size_t{1} << 20;
  if (dot.text.size() > kSearched || dot.ends.empty()) return "";
  const auto is_well = [&](std::size_t end) { return DotErrorOf(dot.text.substr(0, end)).empty(); };
  auto at = std::partition_point(dot.ends.begin(), dot.ends.end(), is_well);
  if (at == dot.ends.end()) --at;  // It ends too early.
  const bool is_it = absl::StrContains(why, "<eof>") || DotErrorOf(dot.text.substr(0, *at)) == why;
  return is_it ? absl::StrCat("line ", LineOf(dot.text, *at), ": ") : "";
}

}  // namespace

absl::StatusOr<RawGraph> ReadGraphMl(const std::string& text) {
  if (absl::Status status = CheckXmlDepth(text); !status.ok()) return status;
  try {
    namespace xml = boost::property_tree::xml_parser;
    ptree document;
    std::istringstream in(text);
    xml::read_xml(in, document, xml::no_comments | xml::trim_whitespace);
    const auto root = document.find("graphml");
    if (root == document.not_found())
      return absl::InvalidArgumentError("want GraphML, whose outermost element is <graphml>");
    bool is_directed = false;
    absl::Status status = Prepare(root->second, is_directed);
    if (!status.ok()) return status;
    std::ostringstream prepared;
    xml::write_xml(prepared, document);
    return is_directed ? GraphMlAs<Directed>(prepared.str(), true)
                       : GraphMlAs<Undirected>(prepared.str(), false);
  } catch (const boost::property_tree::xml_parser_error& error) {
    return absl::InvalidArgumentError(
        absl::StrCat("line ", error.line(), ": want XML: ", error.message()));
  } catch (const boost::undirected_graph_error&) {
    return absl::InvalidArgumentError("some edges are directed and some are not: want one kind");
  } catch (const boost::directed_graph_error&) {
    return absl::InvalidArgumentError("some edges are directed and some are not: want one kind");
  } catch (const std::exception& error) {
    return absl::InvalidArgumentError(absl::StrCat("want GraphML: ", error.what()));
  }
}

absl::StatusOr<RawGraph> ReadDot(const std::string& text) {
  const absl::StatusOr<DotText> dot = PrepareDot(text);
  if (!dot.ok()) return dot.status();
  try {
    return DotOf(dot->text);
  } catch (const std::exception& error) {
    const std::string why = error.what();
    return absl::InvalidArgumentError(absl::StrCat(WhereIs(why, *dot), "want DOT: ", why));
  }
}

}  // namespace lockstep::sim
