// Keys that are described once: read strictly, listed, and written as a schema.

#include "protocols/parameters/key_list.h"

#include <string>

#include "protocols/parameters/key_reader.h"
#include "tests/support/json_schema.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Duration;
using nlohmann::json;

enum class Mood : std::uint8_t { kCalm, kWild };

struct Settings {
  std::uint32_t count = 3;
  std::uint64_t size = 64;
  Duration retry = Duration::Milliseconds(10);
  Duration least;
  std::int64_t rate = 0;
  bool is_loud = false;
  Mood mood = Mood::kCalm;
  std::string name;
  std::uint64_t depth = 0;
  std::uint64_t noise = 7;
};

void Describe(core::Keys& keys, Settings& settings) {
  static constexpr core::Option kMoods[] = {{"calm", "says nothing."}, {"wild", "makes noise."}};
  keys.Integer({"count", "How many."}, settings.count, {1, 9});
  keys.Size({"size", "Of each."}, settings.size, {1, 1'000});
  keys.Period({"retry", "Between attempts."}, settings.retry, Duration::Seconds(1));
  keys.Time(core::Required("least", "At least so long."), settings.least);
  keys.Rate({"rate", "Of all.", false, "as fast as it goes"}, settings.rate);
  keys.Bool({"loud", "Whether it is heard."}, settings.is_loud);
  keys.Choice({"mood", "How it is."}, settings.mood, kMoods);
  keys.Text({"name", "What it is called."}, settings.name);
  keys.Object({"inside", "More of it."}, [&](core::Keys& inside) {
    inside.Integer(core::Required("depth", "How deep."), settings.depth, {});
  });
  keys.Only(settings.mood == Mood::kWild, {"mood", "wild"}, [&](core::Keys& wild) {
    wild.Integer({"noise", "How much."}, settings.noise, {0, 100});
  });
}

// What is read of `text`, and what is wrong with it.
struct Outcome {
  Settings settings;
  std::string error;
};
Outcome Read(const char* text) {
  const json document = json::parse(text);
  Parameters parameters(document, "f.json", "");
  KeyReader keys(parameters);
  Outcome outcome;
  Describe(keys, outcome.settings);
  outcome.error = std::string(parameters.Done().message());
  return outcome;
}

std::vector<KeyInfo> Listed() {
  KeyLister keys;
  Settings settings;
  Describe(keys, settings);
  return keys.Take();
}

TEST_CASE("keys: what is said is read, and what is left out is as it was") {
  const Outcome none = Read(R"({"least": "1us"})");
  CHECK(none.error.empty());
  CHECK(none.settings.count == 3);
  CHECK(none.settings.retry == Duration::Milliseconds(10));
  const Outcome all = Read(R"({"count": 9, "size": "1kB", "retry_us": 5, "least": "2s",
      "rate": "1Gbps", "loud": true, "mood": "wild", "name": "x", "inside": {"depth": 4},
      "noise": 1})");
  CHECK(all.error.empty());
  CHECK(all.settings.count == 9);
  CHECK(all.settings.size == 1'000);
  CHECK(all.settings.retry == Duration::Microseconds(5));
  CHECK(all.settings.least == Duration::Seconds(2));
  CHECK(all.settings.rate == 1'000'000'000);
  CHECK(all.settings.is_loud);
  CHECK(all.settings.mood == Mood::kWild);
  CHECK(all.settings.name == "x");
  CHECK(all.settings.depth == 4);
  CHECK(all.settings.noise == 1);
}

TEST_CASE("keys: an error names the place and what was wanted") {
  const auto why = [](const char* text) { return Read(text).error; };
  CHECK(why("{}") ==
        "f.json: /least: is missing; want a time with its unit, such as \"250us\" "
        "(s, ms, us, ns, ps)");
  CHECK(why(R"({"least": "1s", "count": 10})") ==
        "f.json: /count: want a whole number from 1 to 9, not 10");
  CHECK(why(R"({"least": "1s", "size": "2kB"})") ==
        "f.json: /size: want a size from 1B to 1000B, not \"2kB\"");
  CHECK(why(R"({"least": "1s", "mood": "sad"})") ==
        "f.json: /mood: want \"calm\" or \"wild\", not \"sad\"");
  CHECK(why(R"({"least": "1s", "inside": {}})").find("f.json: /inside/depth: is missing") == 0);
  CHECK(why(R"({"least": "1s", "cuont": 1})") ==
        "f.json: /cuont: unknown key; did you mean \"count\"? known keys: count, inside, least, "
        "loud, mood, name, noise, rate, retry, size");
}

TEST_CASE("keys: a period of zero is refused, by whichever name") {
  for (const char* text :
       {R"({"least": "1s", "retry": "0ms"})", R"({"least": "1s", "retry_ps": 0})"}) {
    CAPTURE(text);
    CHECK(Read(text).error.find("want a time above zero, not ") != std::string::npos);
  }
  CHECK(Read(R"({"least": "0s"})").error.empty());
  CHECK(Read(R"({"least": "1s", "retry": "2s"})").error ==
        "f.json: /retry: want a time of at most 1s, not \"2s\"");
}

TEST_CASE("keys: one that has a meaning only with another is refused without it") {
  CHECK(Read(R"({"least": "1s", "noise": 1})").error == "f.json: /noise: has no meaning here");
}

TEST_CASE("keys: listed with kind, range, default and where they mean something") {
  const std::vector<KeyInfo> keys = Listed();
  REQUIRE(keys.size() == 10);
  CHECK(keys[0].name == "count");
  CHECK(RangeOf(keys[0]) == "1 to 9");
  CHECK(keys[0].standard == "3");
  CHECK(keys[1].standard == "64B");
  CHECK(RangeOf(keys[2]) == "above zero, at most 1s");
  CHECK(keys[2].standard == "10ms");
  CHECK(keys[3].is_required);
  CHECK(keys[3].standard.empty());
  CHECK(keys[4].standard == "as fast as it goes");
  CHECK(RangeOf(keys[6]) == "calm, wild");
  CHECK(keys[8].keys.size() == 1);
  CHECK(keys[9].where == "where \"mood\" is \"wild\"");
  const auto list = ListOf(keys);
  CHECK(list[0]["max"] == 9);
  CHECK(list[6]["options"][1]["meaning"] == "makes noise.");
}

TEST_CASE("keys: their schema takes what the reader takes, and refuses what it refuses") {
  auto schema = SchemaOf(Listed());
  const json whole = ReadJsonFile("scenarios/schema.json").value();
  json made = json::parse(schema.dump());
  made["definitions"] = whole["definitions"];
  const JsonSchema checked(made);
  for (const char* text : {
           R"({"least": "1us"})",
           R"({"least_ms": 4, "retry": "5ms", "size_bytes": 4, "rate_bps": 1})",
           R"({"least": "0s", "inside": {"depth": 1}, "mood": "wild", "noise": 3})",
           R"({})",
           R"({"least": "1us", "count": 10})",
           R"({"least": "1us", "retry": "0ms"})",
           R"({"least": "1us", "retry_ms": 0})",
           R"({"least": "1us", "mood": "sad"})",
           R"({"least": "1us", "inside": {}})",
           R"({"least": "1us", "extra": 1})",
           R"({"least": "1us", "name": ""})",
       }) {
    CAPTURE(text);
    CHECK(checked.Check(json::parse(text), "f.json").ok() == Read(text).error.empty());
  }
}

}  // namespace
}  // namespace lockstep::tests
