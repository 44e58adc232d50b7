// The recipe survives the way through JSON, and says what is wrong with a broken one.

#include "analysis/recipe.h"

#include <string>
#include <utility>
#include <vector>

#include "nlohmann/json.hpp"

#include "tests/analysis/events.h"

#undef CHECK  // Ours aborts; doctest's counts.
#include "doctest/doctest.h"

namespace lockstep::tests {
namespace {

analysis::Recipe FullRecipe() {
  analysis::Recipe recipe = TwoClusters(4, 7);
  analysis::Stream back = recipe.streams[0];
  back.stream = core::StreamId(1);
  std::swap(back.from, back.to);
  back.content.rate = 1000;
  back.content.generator = ~std::uint64_t{0};
  back.content.kind = core::ContentKind::kReal;
  back.is_for_all = false;
  back.throughput = analysis::Published::kEnqueue;
  recipe.streams.push_back(back);
  recipe.promises.push_back({"L", {analysis::Scope::Kind::kStream, 1}, {{"to", "one"}}});
  recipe.promises.push_back({"X", {analysis::Scope::Kind::kCluster, 1}, {}});
  recipe.promises.back().parameters = nlohmann::json::object();
  recipe.promises.push_back({"Y", {}, {{"any", {1, 2}}}});
  recipe.promises.push_back({"Z", {analysis::Scope::Kind::kClients, 0}, {{"a", "b"}}});
  recipe.faults = {{"dead", "crash", 1}, {"liar", "lie_ack", 3}};
  recipe.expect = {analysis::Verdict::kNotExercised, "R1"};
  return recipe;
}

std::string ErrorOf(const nlohmann::json& first_line) {
  return std::string(analysis::ReadRecipe(first_line).status().message());
}

std::string ErrorWith(const char* pointer, const nlohmann::json& value) {
  nlohmann::json written = ToJson(FullRecipe());
  written[nlohmann::json::json_pointer(pointer)] = value;
  return ErrorOf(written);
}

}  // namespace

TEST_CASE("recipe: what is written is read back equal") {
  const analysis::Recipe recipe = FullRecipe();
  nlohmann::json written = ToJson(recipe);
  written["revision"] = "someone else's key";
  const auto read = analysis::ReadRecipe(nlohmann::json::parse(written.dump()));
  REQUIRE(read.ok());
  CHECK(read->seed == recipe.seed);
  CHECK(read->streams == recipe.streams);
  CHECK(read->promises == recipe.promises);
  CHECK(read->faults == recipe.faults);
  CHECK(read->expect == recipe.expect);
  CHECK(read->run_for == recipe.run_for);
  CHECK(read->warmup == recipe.warmup);
  CHECK(read->heal == recipe.heal);
  CHECK(read->settle == recipe.settle);
  REQUIRE(read->clusters.size() == 2);
  CHECK(read->clusters[1].name == "b");
  CHECK(read->clusters[1].first == B(0));
  CHECK(read->clusters[1].size == 7);
  CHECK(read->clusters[1].u == 2);
  CHECK(read->clusters[1].r == 2);
  CHECK(ToJson(*read) == ToJson(recipe));
}

TEST_CASE("recipe: stake is written where there is any, and read back equal") {
  analysis::Recipe recipe = FullRecipe();
  CHECK_FALSE(ToJson(recipe)["clusters"][0].contains("stake"));
  recipe.clusters[0].stake = {3, 1, 1 << 20, 1};
  recipe.clusters[0].u = 1 << 18;
  const auto read = analysis::ReadRecipe(ToJson(recipe));
  REQUIRE_MESSAGE(read.ok(), std::string(read.status().message()));
  CHECK(read->clusters[0].stake == recipe.clusters[0].stake);
  CHECK(read->clusters[0].u == recipe.clusters[0].u);
  CHECK_FALSE(read->clusters[1].has_stake());
  for (const char* wrong : {"[1, 2, 3]", "[0, 1, 1, 1]", "[1, 1, 1, -1]", "[1, 1, 1, 1048577]", "4",
                            "[1, 1, 1, \"1\"]"}) {
    CAPTURE(wrong);
    CHECK(ErrorWith("/clusters/0/stake", nlohmann::json::parse(wrong))
              .rfind("/clusters/0/stake: ", 0) == 0);
  }
}

TEST_CASE("recipe: faults and expectations may be missing, and default to none and holds") {
  nlohmann::json written = ToJson(FullRecipe());
  written.erase("faults");
  written.erase("expect");
  const auto read = analysis::ReadRecipe(written);
  REQUIRE(read.ok());
  CHECK(read->faults.empty());
  CHECK(read->expect == analysis::Expected{});
}

TEST_CASE("recipe: an error names the pointer and what was wanted") {
  const std::vector<std::pair<const char*, nlohmann::json>> broken = {
      {"/seed", -1},
      {"/clusters", "a and b"},
      {"/clusters/0/name", 7},
      {"/clusters/0/size", 0},
      {"/clusters/0/size", 1'000'000'000},
      {"/clusters/1/first", 3},
      {"/streams/0/to", 2},
      {"/streams/0/to", 0},
      {"/streams/0/stream", 1},
      {"/streams/0/content/kind", "raft"},
      {"/streams/0/content/generator", "12 monkeys"},
      {"/streams/0/content/message_bytes", std::uint64_t{1} << 40},
      {"/streams/1/content/rate", 0},
      {"/streams/0/for_all", "some"},
      {"/promises/0/oracle", 1},
      {"/promises/0/scope", {{"stream", 2}}},
      {"/promises/0/scope", {{"cluster", 2}}},
      {"/promises/0/scope", {{"river", 0}}},
      {"/promises/0/scope", {{"stream", 0}, {"cluster", 0}}},
      {"/promises/0/scope", "stream"},
      {"/promises/0/parameters", 3},
      {"/streams/0/throughput", "fast"},
      {"/run/for_ps", -5},
      {"/phases/heal_ps", 1.5},
      {"/phases/settle_ps", (std::uint64_t{1} << 63) - 1},
      {"/faults/1/expect_effect", "many"},
      {"/expect/verdict", "fine"}};
  for (const auto& [pointer, value] : broken) {
    const std::string error = ErrorWith(pointer, value);
    CAPTURE(error);
    CHECK(error.rfind(std::string(pointer) + ": want ", 0) == 0);
  }
}

TEST_CASE("recipe: contents are filler or real, and filler where nothing is said") {
  nlohmann::json written = ToJson(FullRecipe());
  written["streams"][1]["content"].erase("contents");
  const auto read = analysis::ReadRecipe(written);
  REQUIRE(read.ok());
  CHECK(read->streams[1].content.kind == core::ContentKind::kFiller);
  CHECK(ErrorWith("/streams/0/content/contents", "paper") ==
        "/streams/0/content/contents: want \"filler\" or \"real\"");
}

TEST_CASE("recipe: a missing part is an error, and so is JSON of another kind") {
  for (const char* key : {"seed", "clusters", "streams", "promises", "run", "phases"}) {
    CAPTURE(key);
    nlohmann::json written = ToJson(FullRecipe());
    written.erase(key);
    CHECK(ErrorOf(written) == "/" + std::string(key) + ": want a value; it is missing");
  }
  CHECK_FALSE(analysis::ReadRecipe(nlohmann::json::array()).ok());
  CHECK_FALSE(analysis::ReadRecipe(nlohmann::json(3)).ok());
  CHECK_FALSE(analysis::ReadRecipe(nlohmann::json()).ok());
  nlohmann::json written = ToJson(FullRecipe());
  written["streams"][0] = nullptr;
  CHECK_FALSE(analysis::ReadRecipe(written).ok());
  written["streams"] = {ToJson(FullRecipe())["streams"][0], ToJson(FullRecipe())["streams"][0]};
  CHECK(ErrorOf(written) == "/streams/1/stream: want one stream for a sending cluster");
}

TEST_CASE("recipe: more clusters or promises than any run has are refused by their number") {
  nlohmann::json written = ToJson(FullRecipe());
  nlohmann::json many = written;
  for (int i = 0; i < 5000; ++i) many["clusters"].push_back(written["clusters"][0]);
  CHECK(ErrorOf(many) == "/clusters: want at most 4096 of them");
  many = written;
  for (int i = 0; i < 65'536; ++i) many["promises"].push_back(written["promises"][0]);
  CHECK(ErrorOf(many) == "/promises: want at most 65536 of them");
  many["promises"].erase(many["promises"].begin(), many["promises"].end() - 65'536);
  CHECK(ErrorOf(many).empty());
}

TEST_CASE("recipe: hosts are named by cluster and index") {
  const analysis::Recipe recipe = FullRecipe();
  CHECK(HostName(recipe, A(3)) == "a3");
  CHECK(HostName(recipe, B(6)) == "b6");
  CHECK(HostName(recipe, B(7)) == "host 107");
  CHECK(StreamName(recipe, recipe.streams[1]) == "b -> a");
}

}  // namespace lockstep::tests
