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
  CHECK(RateOf(Data("s", "10") + Data("u", "bps")) == 0);
  CHECK(RateOf(Data("raw", "7e6") + Data("s", "10") + Data("u", "G")) == 7'000'000);
}

TEST_CASE("graphml: labels that several nodes share are told apart by their ids") {
  const GraphFile graph = Parsed(Xml(Node("0", Data("l", "Paris")) + Node("1", Data("l", "Paris")) +
                                     Node("2", Data("l", "K&#246;ln &amp; Bonn")) + Link()),
                                 "x.graphml");
  CHECK(graph.nodes == std::vector<std::string>{"Paris#0", "Paris#1", "K\xC3\xB6ln & Bonn"});
  CHECK(Contains(graph.remarks[0], "told apart by their ids: Paris#0, Paris#1"));
  CHECK(Contains(ErrorOf(Xml(Node("0", Data("l", "1")) + Node("1")), "x.graphml"),
                 "x.graphml: two nodes would be called \"1\""));
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
  const std::string mixed =
      "<edge source=\"0\" target=\"1\" directed=\"true\"/><edge source=\"1\" target=\"0\"/>";
  CHECK(Contains(ErrorOf(Xml(Node("0") + Node("1") + mixed), "x.graphml"),
                 "some edges are directed and some are not"));
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
  CHECK(Contains(error, "--defaults delay=1ms): 0 - 1"));
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
  CHECK(Contains(ErrorOf("graph {\n a -- "), "x.dot: line 2: want DOT: "));
  CHECK(Contains(ErrorOf("nonsense"), "x.dot: line 1: want DOT: "));
  CHECK(Contains(ErrorOf(""), "x.dot: want DOT: "));
  CHECK(Contains(ErrorOf("graph {\n a; b;\n a -> b;\n}"), "x.dot: line 3: want DOT: Using ->"));
  CHECK(Contains(ErrorOf("graph {\n a -- b [x=-1.5];\n\n a ! b }"), "x.dot: line 4: want DOT: "));
  CHECK(
      Contains(ErrorOf("graph {\n a [x=\"1\" }\n"), "x.dot: line 2: want DOT: Wanted identifier"));
  CHECK(
      Contains(ErrorOf("graph {\n a \" }\n"), "x.dot: line 2: the string that begins here has no"));
  CHECK(Contains(ErrorOf("graph {\n\n /* }\n"), "x.dot: line 3: the comment that begins here has"));
  CHECK(Contains(ErrorOf("graph { a [x=<b>] }"), "x.dot: line 1: HTML strings (<...>) are not"));
  CHECK(Contains(ErrorOf("graph {}"), "x.dot: there is no node in it"));
  CHECK(Contains(ErrorOf("graph { a -- b [rate=\"0bps\"] }"), "the link a - b has the rate"));
  CHECK(Contains(ErrorOf("graph { a -- b [delay=\"-1ms\"] }"), "the link a - b has the delay"));
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
                 "README.md: want a file that ends in .graphml, .dot or .gv"));
  CHECK(sim::IsGraphFileName("a/b.gv"));
  CHECK_FALSE(sim::IsGraphFileName("a.json"));
}

TEST_CASE("graph file: rates are said in the largest unit that leaves a whole number") {
  CHECK(sim::FormatRate(10'000'000'000) == "10Gbps");
  CHECK(sim::FormatRate(2'500'000'000) == "2500Mbps");
  CHECK(sim::FormatRate(155'520'000) == "155520kbps");
  CHECK(sim::FormatRate(1) == "1bps");
}

}  // namespace lockstep::tests
