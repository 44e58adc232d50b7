// The README's example of a protocol, built and run as it stands there.
//
// CMake cuts the titled code blocks out of README.md, so that the text cannot drift from the code.

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include "protocols/catalog.h"
#include "protocols/catalog_list.h"
#include "protocols/core/keys.h"
#include "protocols/parameters/parameters.h"
#include "readme/heart_oracle.h"
#include "readme/heartbeat.h"
#include "readme/heartbeat_entry.h"
#include "tests/support/keys.h"
#include "tests/support/text.h"
#include "tools/lockstep/commands.h"
#include "tools/lockstep/figure.h"
#include "tools/lockstep/runner.h"

// Last: it takes the name CHECK for doctest.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

const std::string kScenario = std::string(LOCKSTEP_README_DIR) + "/scenarios/heartbeat.json";

const cli::Additions kHearts = {{kHeartbeat}, {&analysis::kHeartOracle}};

std::string VerdictOf(const cli::RunResult& result, const std::string& oracle) {
  for (const nlohmann::json& row : result.summary["oracles"]) {
    if (row["oracle"] == oracle) return row["verdict"];
  }
  return "none";
}

TEST_CASE("readme: the example of an oracle objects where a heart is not heard") {
  // Nobody is faulty, but the network drops all that a1 says, to the end.
  const auto prepared = cli::Prepare(
      kScenario,
      {{"/faults/0", R"({"id": "mute", "drop": {"link": {"src": "a1"}}, "count": 1000})"},
       {"/phases", R"({"heal": "20ms", "settle": "0s"})"}},
      kHearts);
  REQUIRE_MESSAGE(prepared.ok(), prepared.status().message());
  const auto result = cli::Run(*prepared, {});
  REQUIRE(result.ok());
  CHECK(VerdictOf(*result, "HB") == "violated");
  CHECK(result->verdict == analysis::Verdict::kViolated);
}

TEST_CASE("readme: a promise that no oracle judges is refused") {
  const auto prepared = cli::Prepare(kScenario, {}, {{kHeartbeat}, {}});
  REQUIRE(prepared.ok());
  CHECK_FALSE(cli::Run(*prepared, {}).ok());
}

TEST_CASE("readme: a program with two protocols or oracles of one name says which") {
  CHECK(cli::CheckAdditions(kHearts).ok());
  ProtocolEntry taken = kHeartbeat;
  taken.name = "picsou";
  CHECK(cli::CheckAdditions({{taken}, {}}).ok());  // That is no whole stack.
  taken.name = "pingpong";
  Has(std::string(cli::CheckAdditions({{taken}, {}}).message()), "called \"pingpong\"");
  Has(std::string(cli::CheckAdditions({{kHeartbeat, kHeartbeat}, {}}).message()), "\"heartbeat\"");
  analysis::Oracle judged = analysis::kHeartOracle;
  judged.letter = "R1";
  Has(std::string(cli::CheckAdditions({{}, {&judged}}).message()),
      "two oracles that are called \"R1\"");
}

TEST_CASE("readme: the example of a protocol is listed with its keys") {
  const std::vector<LayerInfo> layers = ListLayers({kHeartbeat});
  const auto found = std::ranges::find(layers, "heartbeat", &LayerInfo::name);
  REQUIRE(found != layers.end());
  const LayerInfo& heart = *found;
  REQUIRE(heart.keys.size() == 1);
  CHECK(heart.keys[0].name == "period");
  CHECK(heart.keys[0].meaning == "From one beat to the next.");
  CHECK(RangeOf(heart.keys[0]) == "above zero");
  CHECK(heart.oracles == std::vector<std::string>{"HB"});
}

TEST_CASE("readme: the example of a protocol runs, and its fault leaves a receipt") {
  const auto prepared = cli::Prepare(kScenario, {}, kHearts);
  REQUIRE_MESSAGE(prepared.ok(), prepared.status().message());
  const auto result = cli::Run(*prepared, {});
  REQUIRE_MESSAGE(result.ok(), result.status().message());
  CHECK(result->is_as_expected);
  CHECK(VerdictOf(*result, "HB") == "holds");
  CHECK(result->summary["receipts"][0]["changed"] == 1);
  // Five hearts that beat at 0, 1, ..., 20 ms and one that stops at 10 ms: each beat is heard by
  // the living, which alone is some hundreds of events.
  CHECK(result->summary["events"].get<std::uint64_t>() > 5 * 4 * 10);
}

TEST_CASE("readme: the example's message is built back from its fields") {
  const heartbeat::Fields fields;
  const Keys keys(core::NodeId(0));
  core::FieldedMessage beat;
  REQUIRE(fields.Read(core::Bytes::Copy("\1beat"), beat));
  CHECK(fields.Build(beat, keys, core::Identity(1)) == core::Bytes::Copy("\1beat"));
}

TEST_CASE("readme: a parameter that the example does not ask for is refused") {
  const auto prepared =
      cli::Prepare(kScenario, {{"/clusters/0/stack/0/perod", "\"2ms\""}}, kHearts);
  REQUIRE_FALSE(prepared.ok());
  CHECK(std::string(prepared.status().message()).find("period") != std::string::npos);
}

// The text between two markers, without the fences of a code block.
std::string Between(const std::string& text, const std::string& from, const std::string& to) {
  const std::size_t begin = text.find(from);
  REQUIRE(begin != std::string::npos);
  const std::size_t end = text.find(to, begin);
  REQUIRE(end != std::string::npos);
  return text.substr(begin + from.size(), end - begin - from.size());
}

TEST_CASE("readme: the table on its first screen is what the demo computes") {
  const auto figure = cli::ReadFigure("scenarios/figures/picsou-testbed.json");
  REQUIRE_MESSAGE(figure.ok(), figure.status().message());
  const auto rows = cli::ComputeFigure(*figure, {/*jobs=*/2, ""});
  REQUIRE_MESSAGE(rows.ok(), rows.status().message());
  std::ifstream file("README.md");
  const std::string readme(std::istreambuf_iterator<char>(file), {});
  const std::string shown = Between(readme, "picsou-testbed.json -->\n```\n", "\n```\n<!-- end");
  const std::string table = cli::ToTable(*figure, *rows);
  CHECK(table.substr(0, shown.size()) == shown);
}

TEST_CASE("readme: the rounds of Chora-R on its first screen are what the demo computes") {
  cli::FigureOptions quick;
  quick.is_quick = true;
  const auto figure = cli::ReadFigure("scenarios/figures/chora-rounds.json", quick);
  REQUIRE_MESSAGE(figure.ok(), figure.status().message());
  const auto panels = cli::ComputePanels(*figure, {/*jobs=*/2, ""});
  REQUIRE_MESSAGE(panels.ok(), panels.status().message());
  for (const cli::PanelResult& panel : *panels)
    for (const analysis::RunRow& run : panel.runs) CHECK_MESSAGE(run.is_as_expected, run.error);
  std::ifstream file("README.md");
  const std::string readme(std::istreambuf_iterator<char>(file), {});
  const std::string shown =
      Between(readme, "chora-rounds.json --quick -->\n```\n", "\n```\n<!-- end");
  const std::string table = cli::ToTable(*figure, *panels);
  CHECK(table.substr(0, shown.size()) == shown);
}

}  // namespace
}  // namespace lockstep::tests
