// The schemas and the readers agree: editors, which know only the schemas, are never misled.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "protocols/catalog_list.h"
#include "protocols/core/random.h"
#include "protocols/parameters/parameters.h"
#include "sim/scenario/fault_list.h"
#include "sim/scenario/profile_keys.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/scenario_keys.h"
#include "sim/scenario/topology_keys.h"
#include "tests/support/json_schema.h"
#include "tools/lockstep/runner.h"
#include "tools/sweep/sweep_keys.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using nlohmann::json;

// The JSON files below `folder`, in order.
std::vector<std::string> FilesBelow(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.path().extension() == ".json") files.push_back(entry.path().generic_string());
  std::sort(files.begin(), files.end());
  return files;
}

bool HasPart(const std::string& path, const std::string& part) {
  return path.find(part) != std::string::npos;
}

// Scenarios of the tree. Figures and sweeps, which stand beside them, say so in another first key.
std::vector<std::string> GoodScenarios() {
  std::vector<std::string> files = {"tests/data/two_clusters.json"};
  for (const std::string& file : FilesBelow("scenarios")) {
    const absl::StatusOr<json> document = ReadJsonFile(file);
    REQUIRE_MESSAGE(document.ok(), std::string(document.status().message()));
    if (document->contains("lockstep")) files.push_back(file);
  }
  return files;
}

TEST_CASE("schema: a scenario that the reader takes passes, with its profile inside or not") {
  for (const std::string& file : GoodScenarios()) {
    CAPTURE(file);
    const absl::StatusOr<sim::Scenario> scenario = sim::ReadScenario(file, {});
    REQUIRE_MESSAGE(scenario.ok(), std::string(scenario.status().message()));
    for (const json& document : {ReadJsonFile(file).value(), scenario->document}) {
      const absl::Status status = CheckSchema(document, file);
      CHECK_MESSAGE(status.ok(), std::string(status.message()));
    }
  }
}

TEST_CASE("schema: a scenario of a bad shape is refused by the reader and by the schema") {
  int refused = 0;
  for (const std::string& file : FilesBelow("tests/data/bad")) {
    if (!HasPart(file, "/shape_")) continue;
    CAPTURE(file);
    ++refused;
    CHECK_FALSE(sim::ReadScenario(file, {}).ok());
    const absl::Status status = CheckSchema(ReadJsonFile(file).value(), file);
    CHECK(status.code() == absl::StatusCode::kInvalidArgument);
    CHECK(status.message().find(file + ": ") == 0);
  }
  CHECK(refused >= 10);
}

TEST_CASE("schema: a scenario of a bad meaning has a good shape") {
  for (const std::string& file : FilesBelow("tests/data/bad")) {
    if (!HasPart(file, "/meaning_")) continue;
    CAPTURE(file);
    CHECK_FALSE(sim::ReadScenario(file, {}).ok());
    const absl::Status status = CheckSchema(ReadJsonFile(file).value(), file);
    CHECK_MESSAGE(status.ok(), std::string(status.message()));
  }
}

TEST_CASE("schema: an error names the place that is wrong") {
  json document = ReadJsonFile("tests/data/two_clusters.json").value();
  document["clusters"][1]["budget"]["u"] = "two";
  CHECK(CheckSchema(document, "f.json").message().find("f.json: /clusters/1/budget/u: ") == 0);
}

TEST_CASE("schema: units may stand in the key") {
  json document = ReadJsonFile("tests/data/two_clusters.json").value();
  document["run"] = {{"for_ms", 3'000}, {"warmup_s", 1}, {"seed", 1}};
  document["network"]["intra"] = {
      {"transport", "stream"}, {"delay_ns", 25}, {"segment_bytes", 9}, {"pair_rate_bps", 8}};
  document["faults"][0]["at_us"] = 5;
  document["faults"][0].erase("at");
  CHECK(CheckSchema(document, "f.json") == absl::OkStatus());
  document["run"]["for_minutes"] = 3;
  CHECK_FALSE(CheckSchema(document, "f.json").ok());
}

TEST_CASE("schema: the catalogue may know protocols that the schema does not") {
  json document = ReadJsonFile("tests/data/two_clusters.json").value();
  document["clusters"][0]["stack"] = {{{"protocol", "pingpong"}, {"peer", "b"}}};
  CHECK_FALSE(CheckSchema(document, "f.json").ok());
  document["clusters"][0]["stack"] = {{{"protocol", "heartbeat"}, {"peer", "b"}}};
  CHECK(CheckSchema(document, "f.json") == absl::OkStatus());
  document["clusters"][0]["stack"] = {{{"c3b", "picsou"}, {"fi", 3}}};
  CHECK_FALSE(CheckSchema(document, "f.json").ok());
}

TEST_CASE("schema: every profile passes, and one without a source does not") {
  for (const std::string& file : FilesBelow("scenarios/profiles")) {
    CAPTURE(file);
    json profile = ReadJsonFile(file).value();
    const absl::Status status = CheckProfileSchema(profile, file);
    CHECK_MESSAGE(status.ok(), std::string(status.message()));
    profile["nic"]["rate"].erase("source");
    CHECK(CheckProfileSchema(profile, file).message().find(file + ": /nic/rate") == 0);
  }
}

// Every place in a document but its root.
void AddPlaces(const json& value, const std::string& at, std::vector<std::string>& places) {
  if (!at.empty()) places.push_back(at);
  if (value.is_object())
    for (const auto& [key, child] : value.items())
      AddPlaces(child, at + "/" + EscapeForPointer(key), places);
  if (value.is_array())
    for (std::size_t i = 0; i < value.size(); ++i)
      AddPlaces(value[i], at + "/" + std::to_string(i), places);
}

// One change such as people make by mistake: gone, another kind of value, or a key misspelt.
std::string Spoil(json& document, core::Random& random) {
  static const json kOthers = json::parse(
      R"([null, true, -1, 0, 1, 1.5, 18446744073709551615, "", "x", "0s", "-1ms", "7", [], {},
          [1], [2, 1], [0, 0], ["x", "x"], {"x": 1}, "3s", "1kB", "1Gbps"])");
  std::vector<std::string> places;
  AddPlaces(document, "", places);
  const std::string place = places[random.Below(places.size())];
  const std::size_t slash = place.rfind('/');
  json& parent = document[json::json_pointer(place.substr(0, slash))];
  const std::string key = PointerTokens(place)->back();
  const std::uint64_t how = random.Below(6);
  if (how == 0 && parent.is_object()) {
    parent.erase(key);
    return place + " is gone";
  }
  if (how == 1 && parent.is_object()) {
    parent[key + "s"] = parent[key];
    parent.erase(key);
    return place + " is misspelt";
  }
  const json& other = kOthers[random.Below(kOthers.size())];
  document[json::json_pointer(place)] = other;
  return place + " is " + other.dump();
}

TEST_CASE("schema: what it refuses of spoilt scenarios, the reader refuses") {
  const std::vector<std::string> files = GoodScenarios();
  core::Random random(11);
  int refused = 0;
  for (int i = 0; i < 1'500; ++i) {
    const std::string& file = files[random.Below(files.size())];
    const absl::StatusOr<sim::Scenario> good = sim::ReadScenario(file, {});
    REQUIRE(good.ok());
    json document = good->document;
    const std::string what = Spoil(document, random);
    const absl::Status shape = CheckSchema(document, file);
    if (shape.ok()) continue;
    ++refused;
    const auto prepared = cli::PrepareDocument(document, file, {});
    CAPTURE(file);
    CAPTURE(what);
    CHECK_MESSAGE(!prepared.ok(), std::string(shape.message()));
  }
  CHECK(refused > 500);
}

// Schemas keep the order in which keys are described.
using Ordered = nlohmann::ordered_json;

Ordered GroupSchema(const sim::KeyGroup& group) {
  Ordered made = {{"description", group.meaning}};
  const Ordered rules = SchemaOf(group.keys);
  for (const auto& [name, rule] : rules.items()) made[name] = rule;
  return made;
}

// Puts into the schema of scenarios what is described in code; the rest of the file is kept by
// hand.
Ordered GeneratedScenario(Ordered schema) {
  schema["definitions"]["layer"] = LayerSchema(ListLayers());
  schema["definitions"]["fault"] = sim::FaultSchema();
  Ordered& properties = schema["properties"];
  for (const sim::KeyGroup& group : sim::ListScenarioKeys()) {
    Ordered& place = group.name == "link" ? schema["definitions"]["link"]
                     : group.name == "budget"
                         ? properties["clusters"]["items"]["properties"]["budget"]
                         : properties[group.name];
    place = GroupSchema(group);
  }
  for (const sim::KeyGroup& group : sim::ListTopologyKeys()) {
    Ordered& definitions = schema["definitions"];
    Ordered& place = group.name == "leaf_spine"
                         ? definitions["topology"]["properties"]["leaf_spine"]
                         : definitions[group.name];
    place = GroupSchema(group);
  }
  return schema;
}

// The same of profiles.
Ordered GeneratedProfile(Ordered schema) {
  for (const sim::KeyGroup& group : sim::ListProfileKeys()) {
    const Ordered made = GroupSchema(group);
    Ordered& members = schema["definitions"]["span"]["oneOf"][1]["properties"];
    if (members.contains(group.name)) {
      members[group.name] = made;
      continue;
    }
    if (group.name != "price") {
      schema["properties"][group.name] = made;
      continue;
    }
    // That of declared work says its stage, too.
    schema["definitions"]["base_price"] = made;
    Ordered& price = schema["definitions"]["price"];
    const Ordered stage = price["properties"]["stage"];
    price = made;
    price["required"] = Ordered::array({"stage"});
    price["properties"]["stage"] = stage;
  }
  return schema;
}

// The same of sweeps.
Ordered GeneratedSweep(Ordered schema) {
  Ordered& properties = schema["properties"];
  Ordered& definitions = schema["definitions"];
  for (const sim::KeyGroup& group : sweep::ListSweepKeys()) {
    const std::string& name = group.name;
    const bool is_definition =
        name == "until" || name == "list" || name == "labelled_list" || name == "range";
    Ordered& place = name == "seeds"             ? properties["seeds"]["anyOf"][1]
                     : name == "derive"          ? properties["derive"]["items"]
                     : name == "expect"          ? properties["expect"]["items"]
                     : name == "random"          ? properties["sample"]["anyOf"][1]
                     : name == "latin_hypercube" ? properties["sample"]["anyOf"][2]
                     : name == "labelled"        ? definitions["labelled_values"]["items"]
                     : is_definition             ? definitions[name]
                                                 : properties[name];
    const Ordered either = name == "expect" ? place.at("oneOf") : Ordered();
    place = GroupSchema(group);
    if (!either.is_null()) place["oneOf"] = either;
  }
  return schema;
}

void CheckGenerated(const std::string& file, Ordered (*generate)(Ordered)) {
  const std::string text = ReadTextFile(file).value();
  const std::string made = generate(Ordered::parse(text)).dump(2) + "\n";
  if (std::getenv("REWRITE") != nullptr) std::ofstream(file) << made;
  CAPTURE(file);
  const bool is_same = made == ReadTextFile(file).value();
  CHECK_MESSAGE(is_same, "repeat with REWRITE=1");
}

TEST_CASE("schema: what is described in code is what the files say (REWRITE=1 writes them)") {
  CheckGenerated("scenarios/schema.json", GeneratedScenario);
  CheckGenerated("scenarios/profile.schema.json", GeneratedProfile);
  CheckGenerated("scenarios/sweep.schema.json", GeneratedSweep);
}

}  // namespace
}  // namespace lockstep::tests
