// lockstep topology, as a user starts it.

#include <sstream>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"

#include "tests/support/process.h"
#include "tests/support/text.h"
#include "tools/lockstep/exit_code.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using nlohmann::json;

const std::string kScenario = "scenarios/smoke/isp-map.json";
const std::string kMap = "scenarios/topologies/tiny-isp.graphml";
const std::string kDefaults = "--defaults=rate=10Gbps,delay=5ms";

// Characters, not bytes.
std::size_t LongestLine(const std::string& text) {
  std::istringstream lines(text);
  std::size_t longest = 0;
  for (std::string line; std::getline(lines, line);) {
    std::size_t width = 0;
    for (const char c : line) width += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
    longest = std::max(longest, width);
  }
  return longest;
}

json Described(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "topology");
  arguments.emplace_back("--json");
  const Finished run = Lockstep(arguments);
  REQUIRE_MESSAGE(run.exit_code == cli::kAsExpected, run.err);
  return json::parse(run.out, nullptr, /*allow_exceptions=*/false);
}

}  // namespace

TEST_CASE("topology command: a scenario's sites, links, routes and bottlenecks in 80 columns") {
  const Finished run = Lockstep({"topology", kScenario});
  CHECK(run.exit_code == cli::kAsExpected);
  Has(run.out, kScenario + ": 8 switches, 9 links, 8 hosts");
  Has(run.out, "a0..a3");
  Has(run.out, "13.95ms computed");
  Has(run.out, "10Gbps assumed");
  Has(run.out, "a at Seattle to b at New York");
  Has(run.out, "each host's own link");
  CHECK(LongestLine(run.out) <= 80);
  Has(run.err, "2 of 9 links have no rate: 10Gbps is assumed; they are: Los Angeles - Denver");
}

TEST_CASE("topology command: validate and run say what was assumed, apart from their output") {
  for (const char* command : {"validate", "run"}) {
    const Finished run = Lockstep({command, kScenario, "--json"});
    CHECK(run.exit_code == cli::kAsExpected);
    CHECK(json::accept(run.out));
    Has(run.err, "2 of 9 links have no rate: 10Gbps is assumed");
  }
}

TEST_CASE("topology command: routes and bottlenecks of a map are counted") {
  const json all = Described({kMap, kDefaults, "--all"});
  CHECK(all["kind"] == "map");
  CHECK(all["sites"]["list"].size() == 8);
  CHECK(all["unconnected_pairs"] == 2 * 7);  // London.
  json far;
  for (const json& route : all["routes"]["list"])
    if (route["from"] == "New York" && route["to"] == "Honolulu") far = route;
  REQUIRE_FALSE(far.is_null());
  CHECK(far["hops"] == 4);
  CHECK(far["paths"] == 2);  // Two wires between New York and Chicago.
  CHECK(far["rate_bps"] == 622'000'000);
  // Honolulu's only link: the other six connected sites.
  const json& worst = all["bottlenecks"]["list"][0];
  CHECK(worst["link"] == "Honolulu - Los Angeles");
  CHECK(worst["pairs"] == 6);
  CHECK(worst["bps_per_pair"].get<double>() == doctest::Approx(622e6 / 6));
}

TEST_CASE("topology command: hosts of one switch are as far apart as that switch is wide") {
  const json leaves = Described({"scenarios/smoke/leaf-spine.json", "--all"});
  int own = 0;
  for (const json& route : leaves["routes"]["list"]) {
    const bool is_own = route["from"] == route["to"];
    own += is_own ? 1 : 0;
    CHECK(route["hops"] == (is_own ? 0 : 2));
    CHECK(route["paths"] == (is_own ? 1 : 4));
  }
  CHECK(own == 3);
}

TEST_CASE("topology command: long lists are cut, with a count of what is left out") {
  const TemporaryFolder folder;
  std::string ring = "graph {\n";
  for (int i = 0; i < 40; ++i)
    ring += "n" + std::to_string(i) + " -- n" + std::to_string((i + 1) % 40) +
            " [rate=\"1Gbps\", delay=\"1ms\"];\n";
  const std::string file = folder.Write("ring.dot", ring + "}\n");
  const Finished cut = Lockstep({"topology", file});
  Has(cut.out, "  ... and 24 more: --all shows them");
  CHECK(Lockstep({"topology", file, "--all"}).out.find("more:") == std::string::npos);
  CHECK(Described({file})["links"]["left_out"] == 24);
}

TEST_CASE("topology command: of a large map, some sites stand for all, or those that are named") {
  const TemporaryFolder folder;
  std::string ring = "graph { edge [rate=\"1Gbps\", delay=\"1ms\"];\n";
  for (int i = 0; i < 1001; ++i)
    ring += "n" + std::to_string(i) + " -- n" + std::to_string((i + 1) % 1001) + ";\n";
  const std::string file = folder.Write("ring.dot", ring + "}\n");
  const Finished some = Lockstep({"topology", file, "--json", "--all"});
  Has(some.err, "those between 256 of the 1001 sites, evenly chosen");
  const json description = json::parse(some.out, nullptr, /*allow_exceptions=*/false);
  CHECK(description["routes"]["list"].size() == 256 * 255 / 2);
  CHECK(description["sites"]["list"].size() == 1001);
  const json named = Described({file, "--site", "n1", "--site", "n7", "--site", "n1"});
  CHECK(named["remarks"].empty());
  REQUIRE(named["routes"]["list"].size() == 1);
  CHECK(named["routes"]["list"][0]["hops"] == 6);
  CHECK(named["bottlenecks"]["list"].size() == 6);
}

TEST_CASE("topology command: what --dot prints is read again as the same map") {
  const TemporaryFolder folder;
  const Finished dot = Lockstep({"topology", kMap, kDefaults, "--dot"});
  CHECK(dot.exit_code == cli::kAsExpected);
  const std::string file = folder.Write("again.gv", dot.out);
  const json first = Described({kMap, kDefaults, "--all"});
  const json again = Described({file, "--all"});
  CHECK(again["wires"] == first["wires"]);
  CHECK(again["unconnected_pairs"] == first["unconnected_pairs"]);
  for (std::size_t i = 0; i < first["links"]["list"].size(); ++i)
    for (const char* key : {"from", "to", "rate_bps", "delay_ps"})
      CHECK(again["links"]["list"][i][key] == first["links"]["list"][i][key]);
  Has(Lockstep({"topology", kScenario, "--dot"}).out, "\"Seattle\" [xlabel=\"a0..a3\"];");
}

TEST_CASE("topology command: a scenario without a topology shows its fabric") {
  const Finished run = Lockstep({"topology", "scenarios/smoke/picsou.json"});
  CHECK(run.exit_code == cli::kAsExpected);
  Has(run.out, "The scenario names no topology");
  CHECK(run.err.empty());
}

TEST_CASE("topology command: bad input is refused with what is wrong") {
  const auto refuse = [](const std::vector<std::string>& arguments, const std::string& why) {
    const Finished run = Lockstep(arguments);
    CHECK(run.exit_code == cli::kBadInput);
    CHECK(run.out.empty());
    Has(run.err, why);
  };
  refuse({"topology", kMap}, "2 of 9 links have no rate, and there is no default");
  refuse({"topology", kMap, "--defaults", "rate=fast"}, "--defaults rate=fast: want a rate");
  refuse({"topology", kMap, "--defaults", "rate=1Gbps,rate=2Gbps"}, "want rate=... once");
  refuse({"topology", kMap, "--defaults", "speed=1"}, "want rate=... and delay=...");
  refuse({"topology", kMap, kDefaults, "--dot", "--json"}, "want --dot or --json, not both");
  refuse({"topology", kMap, kDefaults, "--seed", "1"}, "--set and --seed are for scenarios");
  refuse({"topology", kScenario, kDefaults}, "--defaults is for maps");
  refuse({"topology", kMap, kDefaults, "--site", "Nowhere", "--site", "Denver"},
         "--site: there is no site \"Nowhere\"");
  refuse({"topology", kMap, kDefaults, "--site", "Denver"}, "--site: want at least two");
  refuse({"topology", kScenario, "--site", "Denver"}, "--site is for maps");
  refuse({"topology", "none.graphml"}, "none.graphml: cannot be read");
  refuse({"topology", "README.md"}, "README.md:");
}

TEST_CASE("topology command: a trace of an imported map is judged without the map") {
  const TemporaryFolder folder;
  const std::string trace = folder.File("t.jsonl");
  REQUIRE(Lockstep({"run", kScenario, "--trace", trace}).exit_code == cli::kAsExpected);
  CHECK(Lockstep({"check", trace}).exit_code == cli::kAsExpected);
  std::istringstream lines(ReadText(trace));
  std::string first;
  std::getline(lines, first);
  const json recipe = json::parse(first, nullptr, /*allow_exceptions=*/false);
  CHECK(recipe.dump().find("\"Honolulu\"") != std::string::npos);
  CHECK(recipe.dump().find("\"defaults\"") == std::string::npos);
}

}  // namespace lockstep::tests
