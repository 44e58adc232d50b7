// DOT, by Graphviz's grammar: see graph_reader.h.

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "sim/scenario/dot_lexer.h"
#include "sim/scenario/graph_reader.h"
#include "sim/scenario/graph_text.h"

namespace lockstep::sim {
namespace {

// Of an HTML label what would be read: the text without tags.
std::string HtmlText(std::string_view html) {
  std::string text;
  for (std::size_t at = 0; at < html.size(); ++at) {
    if (html[at] != '<') {
      text += html[at];
      continue;
    }
    text += ' ';
    at = std::min(html.find('>', at), html.size() - 1);
  }
  absl::RemoveExtraAsciiWhitespace(&text);
  return WithoutEntities(text);
}

// A label's line ends and its escapes: \n, \l and \r, \N for the name, \\ for a backslash.
std::string LabelText(std::string_view label, const std::string& name) {
  std::string text;
  for (std::size_t i = 0; i < label.size(); ++i) {
    const char next = label[i] == '\\' && i + 1 < label.size() ? label[i + 1] : '\0';
    if (next == 'n' || next == 'l' || next == 'r')
      text += ' ';
    else if (next == 'N')
      text += name;
    else if (next == '\\')
      text += '\\';
    else
      text += label[i];
    if (next == 'n' || next == 'l' || next == 'r' || next == 'N' || next == '\\') ++i;
  }
  return text;
}

class DotParser {
 public:
  explicit DotParser(std::string_view text) : text_(text), lexer_(text) {}

  absl::StatusOr<RawGraph> Read() {
    Advance();
    is_strict_ = TakeKeyword("strict");
    is_directed_ = token_.IsKeyword("digraph");
    if (!TakeKeyword("digraph") && !TakeKeyword("graph"))
      Fail("want graph or digraph, maybe after strict");
    if (IsId()) TakeId();
    Want("{");
    Statements(Scope(), 0);
    Want("}");
    if (status_.ok() && token_.kind != DotToken::Kind::kEnd)
      Fail("want nothing after the graph's }");
    if (!status_.ok()) return status_;
    for (RawGraph::Node& node : graph_.nodes)
      if (const auto label = node.attributes.find("label"); label != node.attributes.end())
        label->second = LabelText(label->second, node.id);
    return std::move(graph_);
  }

 private:
  using Nodes = std::vector<std::size_t>;  // without repetition

  // What nodes and edges have that are made here. A subgraph begins with what is around it.
  struct Scope {
    Attributes node;
    Attributes edge;
  };

  // --- Tokens. After an error the rest is passed over. ---

  void Advance() {
    if (!status_.ok()) {
      token_ = DotToken();
      return;
    }
    absl::StatusOr<DotToken> next = lexer_.Next();
    if (next.ok()) {
      token_ = *std::move(next);
      return;
    }
    status_ = next.status();
    token_ = DotToken();
  }
  void Fail(const std::string& what) {
    if (status_.ok()) {
      const std::string got = token_.kind == DotToken::Kind::kEnd
                                  ? "the end of the text"
                                  : absl::StrCat("\"", token_.text, "\"");
      status_ = WrongAt(text_, token_.at, absl::StrCat("want DOT: ", what, ", got ", got));
    }
    token_ = DotToken();
  }
  bool Take(std::string_view mark) {
    if (!token_.Is(mark)) return false;
    Advance();
    return true;
  }
  void Want(std::string_view mark) {
    if (!Take(mark)) Fail(absl::StrCat("want ", std::string(mark)));
  }
  bool TakeKeyword(std::string_view word) {
    if (!token_.IsKeyword(word)) return false;
    Advance();
    return true;
  }
  bool IsId() const { return token_.kind == DotToken::Kind::kId; }

  // Texts with + between them are one.
  DotToken TakeId() {
    DotToken id = std::move(token_);
    Advance();
    while (id.is_quoted && token_.Is("+")) {
      Advance();
      if (!IsId()) {
        Fail("want a text after +");
        return id;
      }
      id.text += token_.text;
      Advance();
    }
    return id;
  }

  // --- Grammar ---

  // Those of a graph or subgraph; all nodes that stand in it.
  Nodes Statements(Scope scope, std::size_t depth) {
    Nodes nodes;
    if (depth > kNestedMax - 1) {
      if (status_.ok()) status_ = NestedTooDeep(text_, token_.at);
      token_ = DotToken();
    }
    while (status_.ok() && token_.kind != DotToken::Kind::kEnd && !token_.Is("}")) {
      Statement(scope, depth, nodes);
      while (Take(";") || Take(",")) {
      }
    }
    return Unique(std::move(nodes));
  }

  void Statement(Scope& scope, std::size_t depth, Nodes& nodes) {
    if (TakeKeyword("graph")) return static_cast<void>(AttributeLists());
    if (TakeKeyword("node")) return Merge(AttributeLists(), scope.node);
    if (TakeKeyword("edge")) return Merge(AttributeLists(), scope.edge);
    const bool is_group = token_.Is("{") || token_.IsKeyword("subgraph");
    if (!is_group && !IsId()) return Fail("want a node, an edge, a subgraph or }");
    Nodes from;
    if (is_group) {
      from = Group(scope, depth);
    } else {
      const DotToken id = TakeId();
      // An attribute of the graph around.
      if (Take("=")) {
        if (!IsId()) return Fail("want a value after =");
        TakeId();
        return;
      }
      from = {NodeOf(id, scope)};
      Port();
    }
    Extend(nodes, from);
    if (!token_.Is("--") && !token_.Is("->")) {
      if (is_group || !status_.ok()) return;
      return Merge(AttributeLists(), graph_.nodes[from.front()].attributes);
    }
    EdgeRest(scope, depth, nodes, std::move(from));
  }

  // What follows the first end of an edge: further ends, and attributes for all edges between.
  void EdgeRest(const Scope& scope, std::size_t depth, Nodes& nodes, Nodes from) {
    std::vector<std::pair<Nodes, Nodes>> pairs;
    const std::size_t at = token_.at;
    while (token_.Is("--") || token_.Is("->")) {
      if (token_.Is("->") != is_directed_)
        return Fail(is_directed_ ? "want -> in a digraph" : "want -- in a graph");
      Advance();
      Nodes to;
      if (token_.Is("{") || token_.IsKeyword("subgraph")) {
        to = Group(scope, depth);
      } else if (IsId()) {
        to = {NodeOf(TakeId(), scope)};
        Port();
      } else {
        return Fail("want a node or a subgraph at the end of an edge");
      }
      Extend(nodes, to);
      pairs.emplace_back(std::move(from), to);
      from = std::move(to);
    }
    Attributes attributes = scope.edge;
    Merge(AttributeLists(), attributes);
    for (const auto& [tails, heads] : pairs) {
      if (!Spend(tails.size() * heads.size(), at)) return;
      for (const std::size_t tail : tails)
        for (const std::size_t head : heads) AddLink(tail, head, attributes);
    }
  }

  // A subgraph, with or without the keyword and a name; a name alone means the one that had it.
  Nodes Group(const Scope& scope, std::size_t depth) {
    std::string name;
    if (TakeKeyword("subgraph") && IsId()) name = TakeId().text;
    if (!name.empty() && !token_.Is("{"))
      return Spend(groups_[name].size(), token_.at) ? groups_[name] : Nodes();
    Want("{");
    Nodes nodes = Statements(scope, depth + 1);
    Want("}");
    if (!name.empty()) {
      Extend(groups_[name], nodes);
      groups_[name] = Unique(std::move(groups_[name]));
    }
    return nodes;
  }

  // ":port", ":port:compass": where an edge is drawn.
  void Port() {
    while (Take(":")) {
      if (!IsId()) return Fail("want the name of a port after :");
      TakeId();
    }
  }

  Attributes AttributeLists() {
    Attributes attributes;
    while (Take("[")) {
      while (IsId()) {
        const std::string name = TakeId().text;
        std::string value = "true";
        if (Take("=")) {
          if (!IsId()) Fail("want a value after =");
          const DotToken given = TakeId();
          value = given.is_html ? HtmlText(given.text) : given.text;
        }
        attributes[name] = value;
        if (!Take(";")) Take(",");
      }
      if (status_.ok() && !token_.Is("]")) Fail("want the name of an attribute, or ]");
      Take("]");
    }
    return attributes;
  }

  // --- The graph ---

  // False, with an error, where a few characters mean more than anybody draws: the product of two
  // subgraphs, or one named again and again.
  bool Spend(std::size_t work, std::size_t at) {
    if (work <= work_left_) {
      work_left_ -= work;
      return true;
    }
    if (status_.ok()) status_ = WrongAt(text_, at, absl::StrCat("more than ", kLinksMax, " edges"));
    token_ = DotToken();
    return false;
  }
  static Nodes Unique(Nodes nodes) {
    std::set<std::size_t> seen;
    std::erase_if(nodes, [&](std::size_t node) { return !seen.insert(node).second; });
    return nodes;
  }
  static void Extend(Nodes& nodes, const Nodes& more) {
    nodes.insert(nodes.end(), more.begin(), more.end());
  }
  static void Merge(Attributes from, Attributes& into) {
    for (auto& [name, value] : from) into[name] = std::move(value);
  }

  std::size_t NodeOf(const DotToken& id, const Scope& scope) {
    const auto [found, is_new] = index_.emplace(id.text, graph_.nodes.size());
    if (is_new) graph_.nodes.push_back({id.text, scope.node});
    return found->second;
  }

  void AddLink(std::size_t tail, std::size_t head, const Attributes& attributes) {
    RawGraph::Link link{tail, head, is_directed_, attributes};
    if (is_strict_) {
      const bool is_swapped = !is_directed_ && head < tail;
      const auto ends = is_swapped ? std::pair(head, tail) : std::pair(tail, head);
      const auto [known, is_new] = between_.emplace(ends, graph_.links.size());
      if (!is_new) {
        RawGraph::Link& first = graph_.links[known->second];
        Merge(attributes, first.attributes);
        Orient(first);
        return;
      }
    }
    Orient(link);
    graph_.links.push_back(std::move(link));
  }

  static void Orient(RawGraph::Link& link) {
    const auto dir = link.attributes.find("dir");
    if (dir == link.attributes.end()) return;
    const std::string way = absl::AsciiStrToLower(dir->second);
    if (way == "none" || way == "both") link.is_one_way = false;
    if (way == "forward" || way == "back") link.is_one_way = true;
    if (way == "back") std::swap(link.from, link.to);
    link.attributes.erase(dir);
  }

  std::string_view text_;
  DotLexer lexer_;
  DotToken token_;
  absl::Status status_;
  bool is_strict_ = false;
  bool is_directed_ = false;
  std::size_t work_left_ = kLinksMax;
  RawGraph graph_;
  std::map<std::string, std::size_t> index_;  // of a node, by its name
  std::map<std::string, Nodes> groups_;       // of a subgraph, by its name
  std::map<std::pair<std::size_t, std::size_t>, std::size_t> between_;  // in a strict graph
};

}  // namespace

absl::StatusOr<RawGraph> ReadDot(std::string_view text) { return DotParser(text).Read(); }

}  // namespace lockstep::sim
