// Topologies in scenarios: what each form means, and what each bad one is told.

#include "sim/scenario/scenario_topology.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

#include "tests/support/json_schema.h"
#include "tests/support/process.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Duration;
using nlohmann::json;
using sim::Scenario;
using sim::Topology;

// Clusters a and b of three hosts each, over streams.
json Document(const json& topology, const json& attach = nullptr) {
  const json cluster = {{"name", "a"},
                        {"size", 3},
                        {"budget", {{"u", 1}, {"r", 0}}},
                        {"stack", json::array({{{"protocol", "pingpong"}}})}};
  json other = cluster;
  other["name"] = "b";
  json document = {{"lockstep", 1},
                   {"name", "x"},
                   {"why", "A test."},
                   {"run", {{"for", "1s"}, {"seed", 1}}},
                   {"profile", "profiles/gcp-c2-standard-8.json"},
                   {"clusters", {cluster, other}},
                   {"network",
                    {{"intra", {{"transport", "stream"}}},
                     {"cross", {{"transport", "stream"}}},
                     {"topology", topology}}}};
  if (!attach.is_null()) document["network"]["attach"] = attach;
  return document;
}

absl::StatusOr<Scenario> TryRead(const json& document) {
  return sim::ReadScenarioDocument(document, "scenarios/x.json");
}

Scenario Read(const json& document) {
  absl::StatusOr<Scenario> scenario = TryRead(document);
  REQUIRE_MESSAGE(scenario.ok(), std::string(scenario.status().message()));
  REQUIRE(scenario->network.topology.has_value());
  for (const json& shape : {document, scenario->document}) {
    const absl::Status status = tests::CheckSchema(shape, "scenarios/x.json");
    CHECK_MESSAGE(status.ok(), std::string(status.message()));
  }
  return *std::move(scenario);
}

std::string ErrorOf(const json& document) {
  const absl::StatusOr<Scenario> scenario = TryRead(document);
  if (scenario.ok()) return "none";
  const std::string message(scenario.status().message());
  const std::string file = "scenarios/x.json: ";
  CHECK(message.rfind(file, 0) == 0);
  return message.substr(file.size());
}

void CheckRefused(const json& document, const std::string& why) {
  const std::string error = ErrorOf(document);
  CAPTURE(why);
  CAPTURE(error);
  CHECK(error.rfind(why, 0) == 0);
}

std::string PlaceOf(const Topology& topology, std::uint32_t host) {
  return topology.vertices[SwitchOf(topology, host)].name;
}
std::vector<std::string> Places(const Scenario& scenario) {
  std::vector<std::string> places;
  for (std::uint32_t host = 0; host < scenario.network.topology->hosts; ++host)
    places.push_back(PlaceOf(*scenario.network.topology, host));
  return places;
}
const sim::Edge& EdgeOf(const Scenario& scenario, const std::string& name) {
  const std::vector<sim::Edge>& edges = scenario.network.topology->edges;
  const auto found = std::find_if(edges.begin(), edges.end(),
                                  [&](const sim::Edge& edge) { return edge.name == name; });
  REQUIRE_MESSAGE(found != edges.end(), name);
  return *found;
}

// A graph of two switches and a wire, with this changed.
json Graph(const json& link_changes = json::object()) {
  json link = {{"from", "x"}, {"to", "y"}, {"rate", "40Gbps"}, {"delay", "1ms"}};
  link.merge_patch(link_changes);
  return {{"graph", {{"switches", {{{"id", "x"}}, {{"id", "y"}}}}, {"links", {link}}}}};
}
const json kBoth = {{"a", "x"}, {"b", "y"}};

}  // namespace

TEST_CASE("topology: in a star every host is on the one switch, as the profile says") {
  const Scenario s = Read(Document({{"star", json::object()}}));
  const Topology& topology = *s.network.topology;
  CHECK(topology.hosts == 6);
  CHECK(topology.vertices.size() == 7);
  CHECK(topology.edges.size() == 12);
  CHECK(Places(s) == std::vector<std::string>(6, "switch"));
  const sim::Edge& up = EdgeOf(s, "a0->switch");
  CHECK(up.rate_bps == s.profile.nic.rate_bps);
  CHECK(up.queue == s.profile.nic.tx.bytes);
  CHECK(up.wire.delay == s.profile.wire.delay);
  CHECK(EdgeOf(s, "switch->b2").queue == s.profile.fabric.port_queue);
}

TEST_CASE("topology: two clusters have a switch each, and a trunk both ways") {
  const Scenario s = Read(Document(
      {{"clusters", {{"trunk", {{"rate", "100Gbps"}, {"delay", "1ms"}, {"loss", {1, 9}}}}}}}));
  CHECK(Places(s) == std::vector<std::string>{"a", "a", "a", "b", "b", "b"});
  for (const char* name : {"a->b", "b->a"}) {
    const sim::Edge& trunk = EdgeOf(s, name);
    CHECK(trunk.rate_bps == 100'000'000'000);
    CHECK(trunk.wire.delay == Duration::Milliseconds(1));
    CHECK(trunk.wire.loss.denominator == 9);
    CHECK(trunk.queue == s.profile.fabric.port_queue);
  }
  CheckRefused(Document({{"clusters", json::object()}}), "/network/topology/clusters/trunk");
}

TEST_CASE("topology: hosts are spread over leaves in turn, unless they are attached") {
  const json form = {{"leaf_spine", {{"leaves", 4}, {"spines", 2}}}};
  const Scenario s = Read(Document(form));
  CHECK(Places(s) ==
        std::vector<std::string>{"leaf0", "leaf1", "leaf2", "leaf3", "leaf0", "leaf1"});
  CHECK(s.network.topology->edges.size() == 12 + 2 * 4 * 2);
  CHECK(EdgeOf(s, "leaf3->spine1").rate_bps == s.profile.nic.rate_bps);
  const Scenario moved = Read(Document(form, {{"b", "leaf3"}, {"b1", "leaf0"}}));
  CHECK(Places(moved) ==
        std::vector<std::string>{"leaf0", "leaf1", "leaf2", "leaf3", "leaf0", "leaf3"});
  CheckRefused(Document({{"leaf_spine", {{"leaves", 0}, {"spines", 2}}}}),
               "/network/topology/leaf_spine/leaves");
  CheckRefused(Document({{"leaf_spine", {{"leaves", 2'000}, {"spines", 101}}}}),
               "/network/topology/leaf_spine/spines: want at most 200000 wires, which are leaves "
               "times spines, not 202000");
}

TEST_CASE("topology: sites are those that hosts are in, and those in transit") {
  const json link = {{"from", "us"}, {"to", "sea"}, {"rate", "1Gbps"}, {"delay", "70ms"}};
  json onward = link;
  onward["from"] = "sea";
  onward["to"] = "eu";
  const json form = {{"sites",
                      {{"of", {{"a", "us"}, {"b", "eu"}, {"b2", "us"}}},
                       {"transit", {"sea"}},
                       {"links", {link, onward}}}}};
  const Scenario s = [&] {
    json document = Document(form);
    document["network"]["cross"]["retransmit_after"] = "300ms";
    document["network"]["intra"]["retransmit_after"] = "300ms";
    return Read(document);
  }();
  CHECK(Places(s) == std::vector<std::string>{"us", "us", "us", "eu", "eu", "us"});
  CHECK(EdgeOf(s, "sea->us").wire.delay == Duration::Milliseconds(70));
  json stray = form;
  stray["sites"].erase("transit");
  CheckRefused(Document(stray), "/network/topology/sites/links/0/to: there is no switch \"sea\"");
  CheckRefused(Document(form, {{"a", "us"}}), "/network/attach: means nothing here");
}

TEST_CASE("topology: a graph says what there is of switches and wires") {
  json form = Graph({{"jitter", "2us"}, {"fec", "3us"}, {"queue", "1MiB"}, {"loss", {1, 100}}});
  form["graph"]["switches"][1] = {{"id", "y"},
                                  {"latency", "600ns"},
                                  {"forwarding", "cut_through"},
                                  {"buffer", "8MiB"},
                                  {"port_queue", "2MiB"}};
  const Scenario s = Read(Document(form, kBoth));
  const sim::Edge& wire = EdgeOf(s, "y->x");
  CHECK(wire.queue.value() == 1 << 20);
  CHECK(wire.wire.fec == Duration::Microseconds(3));
  CHECK_FALSE(wire.wire.jitter.is_constant());
  CHECK(wire.wire.loss.numerator == 1);
  CHECK(EdgeOf(s, "y->b0").queue.value() == 2 << 20);
  const sim::SwitchSpec& y = s.network.topology->vertices[7].forwarding;
  CHECK(y.is_cut_through);
  CHECK(y.latency.min() == Duration::Nanoseconds(600));
  CHECK(y.buffer.value() == 8 << 20);
  CHECK(s.network.topology->vertices[6].forwarding.buffer == s.profile.fabric.buffer);
}

TEST_CASE("topology: host_link says what is otherwise the profile's") {
  json document = Document({{"star", json::object()}});
  document["network"]["host_link"] = {
      {"rate", "1Gbps"}, {"delay", "3us"}, {"queue", "1MiB"}, {"loss", {1, 7}}};
  const Scenario s = Read(document);
  for (const char* name : {"a0->switch", "switch->a0"}) {
    CHECK(EdgeOf(s, name).rate_bps == 1'000'000'000);
    CHECK(EdgeOf(s, name).wire.delay == Duration::Microseconds(3));
    CHECK(EdgeOf(s, name).wire.loss.denominator == 7);
  }
  CHECK(EdgeOf(s, "switch->a0").queue.value() == 1 << 20);
  CHECK(EdgeOf(s, "a0->switch").queue == s.profile.nic.tx.bytes);  // The card's own.
}

TEST_CASE("topology: parallel wires have names of their own") {
  json form = Graph();
  form["graph"]["links"].push_back(form["graph"]["links"][0]);
  const Scenario s = Read(Document(form, kBoth));
  EdgeOf(s, "x->y");
  EdgeOf(s, "x->y#2");
}

TEST_CASE("topology: a map becomes a graph, so that the document needs no file") {
  json document = Document({{"file", "topologies/tiny-isp.graphml"},
                            {"defaults", {{"rate", "1Gbps"}, {"delay", "1ms"}}}},
                           {{"a", "Honolulu"}, {"b", "Chicago"}, {"b1", "Denver"}});
  const Scenario s = Read(document);
  CHECK(s.remarks.size() == 2);
  CHECK(EdgeOf(s, "Los Angeles->Denver").rate_origin == sim::Origin::kAssumed);
  CHECK(EdgeOf(s, "Los Angeles->Denver").delay_origin == sim::Origin::kComputed);
  const json& graph = s.document["network"]["topology"]["graph"];
  CHECK(graph["file"] == "topologies/tiny-isp.graphml");
  CHECK(graph["switches"].size() == 8);
  CHECK(graph["links"][5]["rate_from"] == "assumed");
  // The same world again, from what the first has become.
  const Scenario again = Read(s.document);
  CHECK(again.remarks.empty());
  CHECK(again.document == s.document);
  REQUIRE(again.network.topology->edges.size() == s.network.topology->edges.size());
  for (std::size_t i = 0; i < again.network.topology->edges.size(); ++i) {
    const sim::Edge& a = again.network.topology->edges[i];
    const sim::Edge& b = s.network.topology->edges[i];
    CHECK(a.name == b.name);
    CHECK(a.rate_bps == b.rate_bps);
    CHECK(a.wire.delay == b.wire.delay);
    CHECK(a.delay_origin == b.delay_origin);
  }
  document["network"]["topology"] = "topologies/three-cities.dot";
  document["network"]["attach"] = {{"a", "Zurich"}, {"b", "London"}};
  CHECK(Read(document).remarks.empty());
}

TEST_CASE("topology: a map's links and defaults can be set") {
  const auto read = [](const std::vector<sim::Override>& changes) {
    const auto scenario = sim::ReadScenario("scenarios/smoke/isp-map.json", changes);
    REQUIRE_MESSAGE(scenario.ok(), std::string(scenario.status().message()));
    return *scenario;
  };
  CHECK(EdgeOf(read({{"/network/topology/defaults/rate", "7Gbps"}}), "Chicago->5").rate_bps ==
        7'000'000'000);
  const Scenario s = read({{"/network/topology/graph/links/0/delay", "1ms"}});
  CHECK(EdgeOf(s, "Chicago->Seattle").wire.delay == Duration::Milliseconds(1));
  CHECK(s.remarks.size() == 2);
}

TEST_CASE("topology: what classes and topologies both would say is refused") {
  for (const char* key : {"delay", "delay_us", "jitter", "loss"}) {
    json document = Document({{"star", json::object()}});
    const json value = std::string(key) == "loss"       ? json{1, 2}
                       : std::string(key) == "delay_us" ? json(5)
                                                        : json("5us");
    document["network"]["cross"][key] = value;
    CAPTURE(key);
    CHECK(ErrorOf(document).find("comes from the topology") != std::string::npos);
    CHECK_FALSE(tests::CheckSchema(document, "x").ok());
  }
  json document = Document({{"star", json::object()}});
  document["network"].erase("topology");
  document["network"]["host_link"] = {{"rate", "1Gbps"}};
  CheckRefused(document, "/network/host_link: means nothing without /network/topology");
  CHECK_FALSE(tests::CheckSchema(document, "x").ok());
  document["network"].erase("host_link");
  CheckRefused(document, "/network/intra/delay: is missing; want a time");
  CHECK_FALSE(tests::CheckSchema(document, "x").ok());
}

TEST_CASE("topology: a form that is none is refused with those that there are") {
  CheckRefused(Document({{"stars", json::object()}}),
               "/network/topology/stars: is no topology; did you mean \"star\"?");
  CheckRefused(Document(json::object()),
               "/network/topology: want one of star, clusters, leaf_spine, sites, graph");
  CheckRefused(Document(7), "/network/topology: want an object such as {\"star\": {}}");
  json both = Graph();
  both["star"] = json::object();
  CheckRefused(Document(both), "/network/topology: want one of star");
}

TEST_CASE("topology: wires and switches that cannot be are refused where they stand") {
  const std::string link = "/network/topology/graph/links/0/";
  CheckRefused(Document(Graph({{"rate", "0bps"}}), kBoth), link + "rate");
  CheckRefused(Document(Graph({{"rate", "-1Gbps"}}), kBoth), link + "rate");
  CheckRefused(Document(Graph({{"rate", nullptr}}), kBoth), link + "rate");
  CheckRefused(Document(Graph({{"delay", "-1ms"}}), kBoth), link + "delay");
  CheckRefused(Document(Graph({{"to", "z"}}), kBoth),
               link + "to: there is no switch \"z\"; there are: x, y");
  CheckRefused(Document(Graph({{"to", "x"}}), kBoth), link + "to: want another switch than \"x\"");
  CheckRefused(Document(Graph({{"latency", "1ms"}}), kBoth), link + "latency: unknown key");
  json twice = Graph();
  twice["graph"]["switches"].push_back({{"id", "x"}});
  CheckRefused(Document(twice, kBoth),
               "/network/topology/graph/switches/2/id: another switch is called \"x\"");
  json host = Graph();
  host["graph"]["switches"].push_back({{"id", "a0"}});
  CheckRefused(Document(host, kBoth),
               "/network/topology: want switches that are not called like a host, as \"a0\"");
  CheckRefused(Document(Graph({{"delay", "900000s"}}), kBoth),
               "/network/topology: want delays of less than ten days");
}

TEST_CASE("topology: who is attached nowhere, or to nothing, is named") {
  CheckRefused(Document(Graph()),
               "/network/attach: want the switch of every cluster or host; of a0, a1, a2, b0, b1, "
               "b2 none is said; there are: x, y");
  CheckRefused(Document(Graph(), {{"a", "x"}, {"b1", "y"}}),
               "/network/attach: want the switch of every cluster or host; of b0, b2 none is said");
  CheckRefused(Document(Graph(), {{"a", "xx"}, {"b", "y"}}),
               "/network/attach/a: there is no switch \"xx\"; did you mean \"x\"?");
  CheckRefused(Document(Graph(), {{"a", "x"}, {"b", "y"}, {"c9", "y"}}),
               "/network/attach/c9: there is no cluster or host of this name");
}

TEST_CASE("topology: hosts that cannot reach each other are named, with the part one reaches") {
  json apart = Graph();
  apart["graph"]["switches"].push_back({{"id", "z"}});
  CheckRefused(
      Document(apart, {{"a", "x"}, {"b", "z"}}),
      "/network/topology: a0 at x cannot reach b0 at z: no route; the part that a0 reaches "
      "is: x, y");
  CheckRefused(
      Document(Graph({{"one_way", true}}), kBoth),
      "/network/topology: b0 at y cannot reach a0 at x: no route; the part that b0 reaches "
      "is: y");
}

TEST_CASE(
    "topology: a timeout below a round trip is refused with two hosts that are so far apart") {
  CheckRefused(Document(Graph({{"delay", "100ms"}}), kBoth),
               "/network/cross/retransmit_after: want more than a round trip, such as that of a0 "
               "and b2, 200ms, not 200ms");
  CHECK(ErrorOf(Document(Graph({{"delay", "99ms"}}), kBoth)) == "none");
}

TEST_CASE("topology: a segment that fits no queue on the way is refused") {
  CheckRefused(
      Document(Graph({{"queue", "10kB"}}), kBoth),
      "/network/intra/segment: want a segment that fits the queue of x->y with its headers");
  json form = Graph();
  form["graph"]["switches"][0]["buffer"] = "10kB";
  CheckRefused(Document(form, kBoth),
               "/network/intra/segment: want a segment that fits the buffer of x with its headers");
}

TEST_CASE("topology: a map that cannot be imported is refused with its name") {
  CheckRefused(Document("topologies/none.dot"),
               "/network/topology: scenarios/topologies/none.dot: cannot be read");
  CheckRefused(
      Document("topologies/tiny-isp.graphml"),
      "/network/topology: scenarios/topologies/tiny-isp.graphml: 2 of 9 links have no rate, "
      "and there is no default");
  CheckRefused(
      Document({{"file", "topologies/tiny-isp.graphml"}, {"defaults", {{"rate", "fast"}}}}),
      "/network/topology/defaults/rate");
  CheckRefused(Document({{"file", "topologies/tiny-isp.graphml"}, {"default", json::object()}}),
               "/network/topology/default: unknown key; did you mean \"defaults\"?");
}

}  // namespace lockstep::tests
