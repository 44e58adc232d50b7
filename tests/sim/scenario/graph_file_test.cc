// Maps: what is read from them, what is computed, what is assumed, and what is refused.

#include "sim/scenario/graph_file.h"

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

#include "sim/scenario/great_circle.h"
#include "tests/support/process.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Duration;
using sim::GraphFile;
using sim::LinkDefaults;
using sim::Origin;

const LinkDefaults kDefaults = {10'000'000'000, Duration::Milliseconds(5)};

GraphFile Parsed(const std::string& text, const std::string& file = "x.dot",
                 const LinkDefaults& defaults = kDefaults) {
  const auto graph = sim::ParseGraphFile(text, file, defaults);
  REQUIRE_MESSAGE(graph.ok(), std::string(graph.status().message()));
  return *graph;
}

std::string ErrorOf(const std::string& text, const std::string& file = "x.dot",
                    const LinkDefaults& defaults = kDefaults) {
  const auto graph = sim::ParseGraphFile(text, file, defaults);
  return graph.ok() ? "none" : std::string(graph.status().message());
}

bool Contains(const std::string& text, const std::string& part) {
  CAPTURE(text);
  CAPTURE(part);
  return text.find(part) != std::string::npos;
}

// A GraphML file with these keys, nodes and edges.
std::string Xml(const std::string& inside, const std::string& default_way = "undirected") {
  return absl::StrCat(
      "<graphml><key id=\"l\" for=\"node\" attr.name=\"label\" attr.type=\"string\"/>"
      "<key id=\"la\" for=\"node\" attr.name=\"Latitude\" attr.type=\"double\"/>"
      "<key id=\"lo\" for=\"node\" attr.name=\"Longitude\" attr.type=\"double\"/>"
      "<key id=\"raw\" for=\"edge\" attr.name=\"LinkSpeedRaw\" attr.type=\"double\"/>"
      "<key id=\"s\" for=\"edge\" attr.name=\"LinkSpeed\" attr.type=\"string\"/>"
      "<key id=\"u\" for=\"edge\" attr.name=\"LinkSpeedUnits\" attr.type=\"string\"/>"
      "<graph edgedefault=\"",
      default_way, "\">", inside, "</graph></graphml>");
}
std::string Node(const std::string& id, const std::string& data = "") {
  return absl::StrCat("<node id=\"", id, "\">", data, "</node>");
}
std::string Link(const std::string& data = "", const std::string& from = "0",
                 const std::string& to = "1") {
  return absl::StrCat("<edge source=\"", from, "\" target=\"", to, "\">", data, "</edge>");
}
std::string Data(const std::string& key, const std::string& value) {
  return absl::StrCat("<data key=\"", key, "\">", value, "</data>");
}
std::int64_t RateOf(const std::string& data) {
  const GraphFile graph = Parsed(Xml(Node("0") + Node("1") + Link(data)), "x.graphml");
  return graph.links[0].rate_origin == Origin::kRead ? graph.links[0].rate_bps : 0;
}

}  // namespace

TEST_CASE("graphml: a map of the Topology Zoo's form is read as far as it says anything") {
  const auto graph = sim::ReadGraphFile("scenarios/topologies/tiny-isp.graphml", kDefaults);
  REQUIRE_MESSAGE(graph.ok(), std::string(graph.status().message()));
  REQUIRE(graph->nodes.size() == 8);
  CHECK(graph->nodes[0] == "Seattle");
  CHECK(graph->nodes[5] == "5");  // It has no label.
  REQUIRE(graph->links.size() == 9);
  const auto& first = graph->links[0];
  CHECK(first.from == 0);
  CHECK(first.to == 1);
  CHECK_FALSE(first.is_one_way);
  CHECK(first.rate_bps == 10'000'000'000);
  CHECK(first.rate_origin == Origin::kRead);
  CHECK(first.delay_origin == Origin::kComputed);
  CHECK(first.delay == sim::LightTime({476'062'100, -1'223'320'700}, {418'500'300, -876'500'500}));
  CHECK(graph->links[2].rate_bps == 2'500'000'000);  // LinkSpeed 2.5, units G.
  CHECK(graph->links[4].rate_bps == 622'000'000);
  CHECK(graph->links[5].rate_origin == Origin::kAssumed);
  CHECK(graph->links[7].delay_origin == Origin::kAssumed);
  CHECK(graph->links[7].delay == Duration::Milliseconds(5));
  CHECK(graph->remarks ==
        std::vector<std::string>{
            "scenarios/topologies/tiny-isp.graphml: 2 of 9 links have no rate: 10Gbps is assumed; "
            "they are: Los Angeles - Denver, Chicago - 5",
            "scenarios/topologies/tiny-isp.graphml: 2 of 9 links have no delay: 5ms is assumed; "
            "they are: Chicago - 5, 5 - New York"});
}

TEST_CASE("graphml: rates are whole bits per second, however they are written") {
  CHECK(RateOf(Data("raw", "1.0E10")) == 10'000'000'000);
  CHECK(RateOf(Data("raw", "155520000.0")) == 155'520'000);
  CHECK(RateOf(Data("raw", "1.5")) == 2);
  CHECK(RateOf(Data("raw", "2.5e-3")) == 0);  // Nothing is no rate.
  CHECK(RateOf(Data("raw", "1e99")) == 0);
  CHECK(RateOf(Data("raw", "-5")) == 0);
  CHECK(RateOf(Data("s", "2.488") + Data("u", "G")) == 2'488'000'000);
  CHECK(RateOf(Data("s", "&lt;10") + Data("u", "G")) == 0);
  CHECK(RateOf(Data("s", "10")) == 0);  // Of what?
  for (const std::string unit : {"G", "Gbps", "Gb/s", "Gbit/s"})
    CHECK(RateOf(Data("s", "10") + Data("u", unit)) == 10'000'000'000);
  CHECK(RateOf(Data("s", "10") + Data("u", "Mbps")) == 10'000'000);
  CHECK(RateOf(Data("s", "10") + Data("u", "bps")) == 10);
  CHECK(RateOf(Data("s", "10") + Data("u", "Gb")) == 10'000'000'000);
  CHECK(RateOf(Data("s", "10") + Data("u", "furlongs")) == 0);
  CHECK(RateOf(Data("raw", "7e6") + Data("s", "10") + Data("u", "G")) == 7'000'000);
}

TEST_CASE("graphml: labels that several nodes share are told apart by their ids") {
  const GraphFile graph = Parsed(Xml(Node("0", Data("l", "Paris")) + Node("1", Data("l", "Paris")) +
                                     Node("2", Data("l", "K&#246;ln &amp; Bonn")) + Link()),
                                 "x.graphml");
  CHECK(graph.nodes == std::vector<std::string>{"Paris#0", "Paris#1", "K\xC3\xB6ln & Bonn"});
  CHECK(Contains(graph.remarks[0], "told apart by their ids: Paris#0, Paris#1"));
  // A label may be another node's id.
  CHECK(Parsed(Xml(Node("0", Data("l", "1")) + Node("1")), "x.graphml").nodes ==
        std::vector<std::string>{"1#0", "1"});
  CHECK(Contains(ErrorOf(Xml(Node("0", Data("l", "1")) + Node("1") + Node("1#0")), "x.graphml"),
                 "x.graphml: two nodes would be called \"1#0\""));
}

TEST_CASE("graphml: a place that is none on Earth is left out, and said to be") {
  for (const std::string latitude : {"91", "NaN", ""}) {
    const std::string place = Data("la", latitude) + Data("lo", "0");
    const GraphFile graph = Parsed(Xml(Node("0", place) + Node("1")), "x.graphml");
    CHECK(graph.remarks ==
          std::vector<std::string>{"x.graphml: places that are none on Earth, in degrees, are left "
                                   "out: 0"});
  }
}

TEST_CASE("graph file: control characters become blanks wherever they would be shown") {
  CHECK(
      Parsed(Xml(Node("0", Data("l", "a&#27;[31m\x7F!")) + Node("\x1B", "")), "x.graphml").nodes ==
      std::vector<std::string>{"a [31m !", " "});
  CHECK(Parsed("graph { \"a\x1B\" [label=\"b\nc\"]; \"d\x07\" }").nodes ==
        std::vector<std::string>{"b c", "d "});
  for (const std::string& error :
       {ErrorOf("graph { a -- b [rate=\"\x1B\"] }"), ErrorOf("graph { \x1B }"),
        ErrorOf(Xml(Link("", "\x1B")), "x.graphml")})
    CHECK(error.find('\x1B') == std::string::npos);
}

TEST_CASE("graphml: directed edges go one way") {
  const GraphFile graph = Parsed(Xml(Node("0") + Node("1") + Link(), "directed"), "x.graphml");
  CHECK(graph.links[0].is_one_way);
  CHECK(Contains(graph.remarks[0], "they are: 0 -> 1") == false);
  CHECK(Contains(graph.remarks[0], "it is: 0 -> 1"));
  const GraphFile mixed = Parsed(
      Xml(Node("0") + Node("1") +
          "<edge source=\"0\" target=\"1\" directed=\"true\"/><edge source=\"1\" target=\"0\"/>"),
      "x.graphml");
  CHECK(mixed.links[0].is_one_way);
  CHECK_FALSE(mixed.links[1].is_one_way);
}

TEST_CASE("graph file: cables that are drawn as arrows can be told to go both ways") {
  const auto one_way = [](const GraphFile& graph) {
    for (const std::string& remark : graph.remarks)
      if (Contains(remark, "every link goes one way")) return true;
    return false;
  };
  const std::string arrows = "digraph { a -> b; b -> c }";
  CHECK(one_way(Parsed(arrows)));
  CHECK_FALSE(one_way(Parsed("digraph { a -> b; b -> a }")));
  CHECK_FALSE(one_way(Parsed("digraph { a -> b; b -> c [dir=none] }")));
  LinkDefaults cables = kDefaults;
  cables.is_both_ways = true;
  const GraphFile graph = Parsed(arrows, "x.dot", cables);
  CHECK_FALSE(one_way(graph));
  REQUIRE(graph.links.size() == 2);
  CHECK_FALSE(graph.links[0].is_one_way);
  // Drawn once for each direction, it is one cable; two cables stay two, and so do unlike ones.
  CHECK(Parsed("digraph { a -> b; b -> a }", "x.dot", cables).links.size() == 1);
  CHECK(Parsed("digraph { a -> b; a -> b; b -> a; b -> a }", "x.dot", cables).links.size() == 2);
  CHECK(Parsed("digraph { a -> b [rate=\"1Gbps\"]; b -> a }", "x.dot", cables).links.size() == 2);
}

TEST_CASE("graphml: nodes of nested graphs are nodes, and a frame around them is none") {
  const std::string inner = "<graph edgedefault=\"directed\">" + Node("p1") + Node("p2") +
                            Link("", "p1", "p2") + "</graph>";
  const GraphFile graph =
      Parsed(Xml(Node("paris", Data("l", "Paris") + inner) + Node("rome") + Link("", "p2", "rome")),
             "x.graphml");
  CHECK(graph.nodes == std::vector<std::string>{"p1", "p2", "rome"});
  REQUIRE(graph.links.size() == 2);
  CHECK(graph.links[0].to == 1);
  CHECK(graph.links[0].is_one_way);
  CHECK(graph.links[1].from == 1);
  CHECK(graph.links[1].to == 2);
  CHECK_FALSE(graph.links[1].is_one_way);
  CHECK(Contains(graph.remarks.at(2), "nodes that only hold others are left out: paris"));
  // An edge may end at a group: then it is a node, too.
  CHECK(Parsed(Xml(Node("paris", inner) + Node("rome") + Link("", "paris", "rome")), "x.graphml")
            .nodes.size() == 4);
  CHECK(
      Contains(ErrorOf("<graphml><graph edgedefault=\"directed\"/><graph edgedefault=\"directed\"/>"
                       "</graphml>",
                       "x.graphml"),
               "several <graph>s side by side"));
}

TEST_CASE("graphml: other writers' files: prefixes, keys for all, and what yEd draws") {
  const GraphFile prefixed = Parsed(
      "<g:graphml xmlns:g=\"http://graphml.graphdrawing.org/xmlns\"><g:key id=\"rate\"/>"
      "<g:key id=\"d\" attr.name=\"delay\"><g:default>3ms</g:default></g:key>"
      "<g:graph edgedefault=\"undirected\"><g:edge source=\"0\" target=\"1\"><g:data "
      "key=\"rate\">40 Gbit/s</g:data></g:edge><g:node id=\"0\"/><g:node id=\"1\"/></g:graph>"
      "</g:graphml>",
      "x.graphml");
  REQUIRE(prefixed.links.size() == 1);
  CHECK(prefixed.links[0].rate_bps == 40'000'000'000);
  CHECK(prefixed.links[0].delay == Duration::Milliseconds(3));
  CHECK(prefixed.remarks.empty());

  const std::string drawn =
      "<graphml xmlns:y=\"y\"><key for=\"node\" id=\"d6\" yfiles.type=\"nodegraphics\"/>"
      "<key for=\"edge\" id=\"d9\" yfiles.type=\"edgegraphics\"/><graph edgedefault=\"directed\">"
      "<node id=\"n0\"><data key=\"d6\"><y:ShapeNode><y:NodeLabel> Paris <y:LabelModel/>"
      "</y:NodeLabel></y:ShapeNode></data></node><node id=\"n1\"/>"
      "<edge source=\"n0\" target=\"n1\"><data key=\"d9\"><y:PolyLineEdge><y:Arrows "
      "source=\"none\" "
      "target=\"none\"/><y:EdgeLabel>10 Gbps</y:EdgeLabel></y:PolyLineEdge></data></edge>"
      "<edge source=\"n0\" target=\"n1\"><data key=\"d9\"><y:Arrows source=\"standard\" "
      "target=\"none\"/></data></edge></graph></graphml>";
  const GraphFile yed = Parsed(drawn, "x.graphml");
  CHECK(yed.nodes == std::vector<std::string>{"Paris", "n1"});
  REQUIRE(yed.links.size() == 2);
  CHECK_FALSE(yed.links[0].is_one_way);
  CHECK(yed.links[0].rate_bps == 10'000'000'000);
  CHECK(yed.links[0].rate_origin == Origin::kRead);
  CHECK(yed.links[1].is_one_way);
  CHECK(yed.links[1].from == 1);
}

TEST_CASE(
    "graph file: a number in a spelling that cannot be read is said, not replaced in silence") {
  const GraphFile graph =
      Parsed("graph { a -- b [latency=5, bandwidth=fast]; b -- c [label=\"old cable\"] }");
  CHECK(Contains(graph.remarks.at(2), "rates that cannot be read are passed over"));
  CHECK(Contains(graph.remarks.at(2), ": a - b (bandwidth \"fast\")"));
  CHECK(Contains(graph.remarks.at(3), "delays that cannot be read"));
  CHECK(Contains(graph.remarks.at(3), ": a - b (latency \"5\")"));
  CHECK(graph.remarks.size() == 4);
}

TEST_CASE("gml: nodes and edges of a graph, with texts, numbers and lists") {
  const std::string map =
      "Creator \"me\"\n# a remark\ngraph [\n directed 0\n node [ id 0 label \"K&#246;ln &amp; "
      "Bonn\" "
      "Latitude 50.9 Longitude 6.9 graphics [ x 1.0 ] ]\n node [ id 1 label \"Paris\" ]\n"
      " edge [ source 0 target 1 LinkSpeed \"10\" LinkSpeedUnits \"G\" delay \"4ms\" ]\n]\n";
  const GraphFile graph = Parsed(map, "x.gml");
  CHECK(graph.nodes == std::vector<std::string>{"K\xC3\xB6ln & Bonn", "Paris"});
  REQUIRE(graph.links.size() == 1);
  CHECK_FALSE(graph.links[0].is_one_way);
  CHECK(graph.links[0].rate_bps == 10'000'000'000);
  CHECK(graph.links[0].delay == Duration::Milliseconds(4));
  CHECK(graph.remarks.empty());
  CHECK(Contains(ErrorOf("graph [\n node [ id 0 ]\n edge [ source 0 target 7 ] ]", "x.gml"),
                 "x.gml: line 3: an edge ends at \"7\", which no node has as id"));
  CHECK(Contains(ErrorOf("graph [\n node [ id 0 ]", "x.gml"), "line 2: want GML: want ]"));
  CHECK(Contains(ErrorOf("nodes 3", "x.gml"), "want GML, in which there is"));
  std::string deep = "graph ";
  for (int i = 0; i < 100'000; ++i) deep += "[ a ";
  CHECK(Contains(ErrorOf(deep, "x.gml"), "nested deeper than 64"));
}

TEST_CASE("graphml: a link from a node to itself is left out, and said to be") {
  const GraphFile graph =
      Parsed(Xml(Node("0") + Node("1") + Link() + Link("", "1", "1")), "x.graphml");
  CHECK(graph.links.size() == 1);
  CHECK(Contains(graph.remarks.back(), "links from a node to itself are left out: 1"));
}

TEST_CASE("graphml: what is no map is refused with what is wrong") {
  const auto refused = [](const std::string& text, const std::string& why) {
    return Contains(ErrorOf(text, "x.graphml"), "x.graphml: " + why);
  };
  CHECK(refused("<graphml>\n<graph>\n", "line 3: want XML: "));
  CHECK(refused("", "want GraphML, whose outermost element is <graphml>"));
  CHECK(refused("<svg/>", "want GraphML, whose outermost element is <graphml>"));
  CHECK(refused("<graphml/>", "there is no <graph> in it"));
  CHECK(refused(Xml(""), "there is no node in it"));
  CHECK(refused(Xml(Node("0") + Node("0")), "two nodes have the id \"0\""));
  CHECK(refused(Xml("<node/>"), "a <node> has no id"));
  CHECK(refused(Xml(Node("0") + Link("", "0", "9")),
                "the edge from \"0\" to \"9\" ends at \"9\", which no <node> declares"));
  CHECK(refused(Xml(Node("0") + Node("1") + Link(Data("nokey", "1"))),
                "a <data> has the key \"nokey\", which no <key> declares"));
  CHECK(refused("<graphml><graph><node id=\"0\"/></graph></graphml>",
                "a <graph> has no \"edgedefault\": want \"directed\" or \"undirected\""));
  CHECK(refused(Xml(Node("0"), "both"), "a <graph> has the edgedefault \"both\": want "));
  CHECK(refused(Xml(Node("0") + "<hyperedge><endpoint node=\"0\"/></hyperedge>"),
                "hyperedges are not supported"));
  CHECK(refused(Xml(Node("0", Data("l", "\xFF"))), "want UTF-8"));
  const std::string wrong_default =
      "<graphml><key id=\"r\" for=\"edge\" attr.name=\"rate\" attr.type=\"string\">"
      "<default>fast</default></key><graph edgedefault=\"undirected\"><node id=\"0\"/>"
      "<node id=\"1\"/><edge source=\"0\" target=\"1\"/></graph></graphml>";
  CHECK(refused(wrong_default, "the link 0 - 1 has the rate \"fast\"; want a rate"));
}

TEST_CASE("graphml: what nobody says and no default says is an error that names the links") {
  const std::string map = Xml(Node("0") + Node("1") + Link());
  CHECK(
      Contains(ErrorOf(map, "x.graphml", {}), "1 of 1 links has no rate, and there is no default"));
  const std::string error = ErrorOf(map, "x.graphml", {1'000, std::nullopt});
  CHECK(Contains(error, "1 of 1 links has no delay, and there is no default"));
  CHECK(Contains(error, "--defaults delay=1ms`): 0 - 1"));
}

TEST_CASE("dot: attributes are ours, or others' where they can be read") {
  const auto graph = sim::ReadGraphFile("scenarios/topologies/three-cities.dot", {});
  REQUIRE_MESSAGE(graph.ok(), std::string(graph.status().message()));
  CHECK(graph->remarks.empty());
  REQUIRE(graph->links.size() == 4);
  CHECK(graph->nodes[graph->links[1].to] == "AMS-IX");
  CHECK(graph->links[0].delay == Duration::Microseconds(3'500));
  CHECK(graph->links[1].rate_bps == 100'000'000'000);
  CHECK(graph->links[1].delay == Duration::Milliseconds(4));
  CHECK(graph->links[2].delay == Duration::Microseconds(2'500));
  CHECK(graph->links[3].delay == Duration::Microseconds(1'800));
}

TEST_CASE("dot: a digraph goes one way, and parallel edges stay two") {
  const GraphFile graph = Parsed("digraph { a -> b [delay=\"1ms\"]; a -> b; b -> a }");
  REQUIRE(graph.links.size() == 3);
  CHECK(graph.links[0].is_one_way);
  CHECK(graph.links[0].delay == Duration::Milliseconds(1));
  CHECK(graph.links[1].delay == Duration::Milliseconds(5));
  CHECK(Parsed("graph { a -- b -- c; c -- subgraph ends { d; e } }").links.size() == 4);
}

TEST_CASE("dot: what is no graph is refused with what is wrong") {
  CHECK(Contains(ErrorOf("graph {\n a -- "), "x.dot: line 2: want DOT: want a node or a subgraph"));
  CHECK(Contains(ErrorOf("nonsense"), "x.dot: line 1: want DOT: want graph or digraph"));
  CHECK(Contains(ErrorOf(""), "x.dot: line 1: want DOT: "));
  CHECK(Contains(ErrorOf("graph {\n a; b;\n a -> b;\n}"),
                 "x.dot: line 3: want DOT: want -- in a graph, got \"->\""));
  CHECK(Contains(ErrorOf("graph {\n a -- b [x=-1.5];\n\n a ! b }"),
                 "x.dot: line 4: want DOT: '!' can only stand in quotes"));
  CHECK(Contains(ErrorOf("graph {\n a [x=\"1\" }\n"),
                 "x.dot: line 2: want DOT: want the name of an attribute, or ], got \"}\""));
  CHECK(
      Contains(ErrorOf("graph {\n a \" }\n"), "x.dot: line 2: the string that begins here has no"));
  CHECK(Contains(ErrorOf("graph {\n\n /* }\n"), "x.dot: line 3: the comment that begins here has"));
  CHECK(Contains(ErrorOf("graph { a [x=<b] }"), "x.dot: line 1: the HTML text that begins here"));
  CHECK(Contains(ErrorOf("graph { a } b"), "want nothing after the graph's }"));
  CHECK(Contains(ErrorOf("graph {}"), "x.dot: there is no node in it"));
  CHECK(Contains(ErrorOf("graph { a -- b [rate=\"0bps\"] }"), "the link a - b has the rate"));
  CHECK(Contains(ErrorOf("graph { a -- b [delay=\"-1ms\"] }"), "the link a - b has the delay"));
}

TEST_CASE("dot: by Graphviz's grammar") {
  // Remarks from a preprocessor or by hand, a byte order mark, ids in any script, HTML.
  const GraphFile map = Parsed(
      "\xef\xbb\xbf# made by hand\nstrict graph \"n\" {\n  # cables\n  node [shape=box];\n"
      "  rankdir=LR; Z\xc3\xbcrich [label=<<b>Z\xc3\xbcrich</b> &amp; Zug>];\n"
      "  Z\xc3\xbcrich -- Bern:e:w [bandwidth=\"1e9bps\"]\n"
      "  Bern -- Z\xc3\xbcrich [latency=\"2 msec\"]; 4 -- -.5 # the end\n}");
  CHECK(map.nodes == std::vector<std::string>{"Z\xc3\xbcrich & Zug", "Bern", "4", "-.5"});
  // Strict: both lines are of one edge.
  REQUIRE(map.links.size() == 2);
  CHECK(map.links[0].rate_bps == 1'000'000'000);
  CHECK(map.links[0].delay == Duration::Milliseconds(2));

  const GraphFile ways = Parsed(
      "digraph { edge [dir=both]; a -> b; b -> c [dir=back]; c -> d [dir=forward]; a -> c "
      "[dir=none] }");
  CHECK_FALSE(ways.links[0].is_one_way);
  CHECK(ways.links[1].is_one_way);
  CHECK(ways.links[1].from == 2);
  CHECK(ways.links[2].is_one_way);
  CHECK(ways.links[2].from == 2);
  CHECK_FALSE(ways.links[3].is_one_way);

  // Attributes of edges hold in their subgraph; a label may be what another node is called.
  const GraphFile inner = Parsed(
      "graph { subgraph x { edge [delay=\"1ms\"]; a -- b } b -- c; c [label=a]; d "
      "[label=\"\\N\\nx\"] "
      "subgraph x -- d }");
  CHECK(inner.links[0].delay == Duration::Milliseconds(1));
  CHECK(inner.links[1].delay == Duration::Milliseconds(5));
  CHECK(inner.nodes == std::vector<std::string>{"a", "b", "a#c", "d x"});
  CHECK(inner.links.size() == 4);
}

TEST_CASE("dot: a few characters that mean more edges than anybody draws are refused") {
  std::string many = "graph { subgraph x {";
  for (int i = 0; i < 2'000; ++i) absl::StrAppend(&many, " n", i);
  CHECK(Contains(ErrorOf(many + "} subgraph x -- subgraph x }"), "more than 1000000 edges"));
  many += "}";
  for (int i = 0; i < 2'000; ++i) many += " subgraph x";
  CHECK(Contains(ErrorOf(many + "}"), "more than 1000000 edges"));
}

TEST_CASE("dot: a subgraph in an edge needs no keyword") {
  CHECK(Parsed("graph { c -- {d e} [delay=\"1ms\"]; }").links.size() == 2);
  CHECK(Parsed("graph { {a b} -- {c {d}}; {e} {f} }").links.size() == 4);
  CHECK(Parsed("graph { a -- Subgraph x {b} -- subgraph \"y\" + \"z\" {c} }").links.size() == 2);
  CHECK(Parsed("graph { a [x=\"{ -- {\"]; /* { */ a -- b // -- {\n# {\n }").links.size() == 1);
}

TEST_CASE("graph file: what is nested deeper than anybody writes is refused, not recursed into") {
  const auto repeated = [](const std::string& part, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += part;
    return all;
  };
  for (const std::string open : {"subgraph {", "{", "subgraph x {", "\na -- {"}) {
    CHECK(Contains(ErrorOf("graph { " + repeated(open, 200'000)), ": nested deeper than 64"));
    const std::string most =
        "graph { " + repeated(open, 63) + "a -- b" + repeated("}", 64) + repeated(" // {\n", 100);
    CHECK(Parsed(most).links.size() >= 1);
  }
  CHECK(Contains(ErrorOf("<graphml>\n" + repeated("<graph>", 200'000), "x.graphml"),
                 "x.graphml: line 2: nested deeper than 64"));
  CHECK(Contains(ErrorOf(repeated("<a b='/>' c=\"/>\">", 200'000), "x.graphml"), "deeper than 64"));
  const std::string flat = repeated("<!-- <a> --><?a <a>?><a b='>'/><a><![CDATA[<a>]]></a>", 100);
  CHECK(Parsed("<!DOCTYPE a [<!ELEMENT a>]>" + Xml(Node("0") + flat), "x.graphml").nodes.size() ==
        1);
}

TEST_CASE("graph file: every part of a file is read or refused, and nothing is thrown") {
  for (const std::string file :
       {"scenarios/topologies/tiny-isp.graphml", "scenarios/topologies/three-cities.dot"}) {
    const std::string text = ReadText(file);
    int read = 0;
    for (std::size_t size = 0; size < text.size(); size += 5) {
      std::string damaged = text;
      damaged[size] = '"';
      for (const std::string& part : {text.substr(0, size), text.substr(size), damaged}) {
        const auto graph = sim::ParseGraphFile(part, file, kDefaults);
        if (graph.ok())
          ++read;
        else
          CHECK(std::string(graph.status().message()).rfind(file + ": ", 0) == 0);
      }
    }
    CHECK(read > 0);
  }
}

TEST_CASE("graph file: a file that is not there, or is called otherwise, is refused") {
  CHECK(Contains(std::string(sim::ReadGraphFile("no/such.dot", {}).status().message()),
                 "no/such.dot: cannot be read: No such file or directory"));
  const TemporaryFolder folder;
  const std::string file = folder.File("folder.graphml");
  REQUIRE(std::filesystem::create_directory(file));
  CHECK(std::string(sim::ReadGraphFile(file, {}).status().message()) ==
        file + ": cannot be read: Is a directory");
  CHECK(Contains(std::string(sim::ReadGraphFile("README.md", {}).status().message()),
                 "README.md: want a map, whose name ends in .graphml, .gml, .dot or .gv"));
  CHECK(sim::IsGraphFileName("a/b.gv"));
  CHECK_FALSE(sim::IsGraphFileName("a.json"));
}

TEST_CASE("graph file: rates are said in the largest unit that leaves a whole number") {
  CHECK(sim::FormatRate(10'000'000'000) == "10Gbps");
  CHECK(sim::FormatRate(2'500'000'000) == "2500Mbps");
  CHECK(sim::FormatRate(155'520'000) == "155520kbps");
  CHECK(sim::FormatRate(1) == "1bps");
}

TEST_CASE(
    "graph file: attributes are known in any case of their letters, capacities and speeds too") {
  const GraphFile graph = Parsed(
      "graph { a [latitude=1, LONGITUDE=1]; b [Latitude=2, Longitude=2]; c;\n"
      "  a -- b [Capacity=\"100Mbit\"]; b -- c [speed=\"10G\", Delay=\"5ms\"]; }");
  CHECK(graph.links[0].rate_bps == 100'000'000);
  CHECK(graph.links[0].delay_origin == Origin::kComputed);
  CHECK(graph.links[1].rate_bps == 10'000'000'000);
  CHECK(graph.links[1].delay == Duration::Milliseconds(5));
  // What stands there in our own spelling goes before.
  CHECK(Parsed("graph { a -- b [RATE=\"1Gbps\", rate=\"2Gbps\", delay=\"1ms\"] }")
            .links[0]
            .rate_bps == 2'000'000'000);
  const GraphFile foreign =
      Parsed("graph { a -- b [Rate=often, Delay=none] }", "x.dot", {1'000'000, Duration()});
  CHECK(Contains(foreign.remarks.at(2), "a - b (rate \"often\")"));
  CHECK(foreign.links[0].rate_bps == 1'000'000);
}

}  // namespace lockstep::tests
