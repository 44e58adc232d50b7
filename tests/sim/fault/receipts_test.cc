// Receipts cannot lie: what a fault says that it changed is compared with the same run without it.

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "protocols/core/hash.h"
#include "protocols/parameters/parameters.h"
#include "sim/fault/engine/kinds.h"
#include "sim/world.h"
#include "tools/lockstep/runner.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using nlohmann::json;
using trace::EventKind;

// All that a detailed trace tells, but for what it tells of faults themselves: that they are there,
// and that a host stands still by one. Names of copies count the faults of the scenario.
class Story final : public trace::Sink {
 public:
  trace::Interest Wants() const override { return trace::kAllKinds; }
  void OnEvent(const trace::Event& event) override {
    if (event.kind == EventKind::kReceipt) changed_.push_back(event.further);
    if (event.kind == EventKind::kReceipt || event.kind == EventKind::kFault ||
        event.kind == EventKind::kFaulty || event.kind == EventKind::kTampered ||
        event.kind == EventKind::kStalled || event.kind == EventKind::kEnd)
      return;
    const std::uint64_t words[] = {hash_,
                                   static_cast<std::uint64_t>(event.at.ps()),
                                   static_cast<std::uint64_t>(event.kind),
                                   static_cast<std::uint64_t>(event.fact),
                                   static_cast<std::uint64_t>(event.phase),
                                   event.node.value(),
                                   event.peer.value(),
                                   static_cast<std::uint64_t>(event.size.value()),
                                   event.message.sender.value(),
                                   event.message.count,
                                   event.value,
                                   event.detail,
                                   event.further,
                                   event.digest,
                                   event.count,
                                   event.stride,
                                   event.votes.known,
                                   event.votes.ones};
    hash_ = core::HashWords128(words, 1).low;
    for (const core::Run& run : event.runs) {
      const std::uint64_t more[] = {hash_, run.first, run.count, run.stride};
      hash_ = core::HashWords128(more, 1).low;
    }
  }
  void Finish() override {}

  std::uint64_t hash() const { return hash_; }
  const std::vector<std::uint64_t>& changed() const { return changed_; }

 private:
  std::uint64_t hash_ = 0;
  std::vector<std::uint64_t> changed_;  // by the faults, in their order
};

Story RunOf(const json& document, const std::string& path) {
  const auto prepared = cli::PrepareDocument(document, path, {});
  REQUIRE_MESSAGE(prepared.ok(), std::string(prepared.status().message()));
  Story story;
  sim::World world(prepared->scenario, *prepared->program, {&story});
  world.Run(prepared->scenario.end, ~std::uint64_t{0});
  world.Finish(/*is_cut=*/false);
  return story;
}

// A scenario of the folder in which a kind stands, and where: those that have its name first.
struct Example {
  std::string path;
  std::size_t index = 0;
};
std::map<std::string, Example> Examples() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator("scenarios/faults"))
    files.push_back(entry.path().generic_string());
  std::sort(files.begin(), files.end());
  std::map<std::string, Example> examples;
  for (const std::string& path : files) {
    const json document = ReadJsonFile(path).value();
    const json faults = document.value("faults", json::array());
    for (std::size_t i = 0; i < faults.size(); ++i) {
      for (const sim::FaultKind* kind : sim::FaultKinds()) {
        const std::string name(kind->name);
        if (!faults[i].contains(name)) continue;
        std::string own = name;
        std::replace(own.begin(), own.end(), '_', '-');
        const bool is_own = path == "scenarios/faults/" + own + ".json";
        if (is_own || !examples.contains(name)) examples[name] = {path, i};
      }
    }
  }
  return examples;
}

// The document, in which no fault need have an effect.
json Lenient(json document) {
  for (json& fault : document["faults"]) fault["expect_effect"] = 0;
  document["negative_control"] = true;
  return document;
}

json Without(json document, std::size_t index) {
  document["faults"].erase(index);
  return document;
}

// A host crashes, and connections are reset, however late it is; who is told of a view states it in
// what it sends then; a clock that jumps ahead makes timers fire; a host or a cable that is busy
// all the time is never stopped for nothing. Runs in which these change nothing are those of other
// tests.
bool MayActLate(const sim::FaultKind& kind) {
  return kind.is_crash || kind.family == "views" || kind.name == "conn_reset" ||
         kind.name == "clock_step" || kind.name == "clock_strobe" || kind.name == "pause" ||
         kind.name == "link_flap";
}

// The same fault so late that there is hardly anything left for it to act on.
json TooLate(json document, std::size_t index, core::Duration before_end) {
  const core::Duration lasts = ParseDuration(document["run"]["for"].get<std::string>()).value();
  document["phases"] = {{"heal", document["run"]["for"]}, {"settle", "0s"}};
  json& fault = document["faults"][index];
  for (const char* key : {"for", "until", "every", "poisson", "on"}) fault.erase(key);
  fault["at"] = FormatDuration(lasts - before_end - core::Duration::Picoseconds(2));
  if (fault.contains("rollback")) fault["for"] = "1ps";  // acts at its end, and so must have one
  return document;
}

}  // namespace

TEST_CASE("faults: every kind stands in a scenario of scenarios/faults") {
  const std::map<std::string, Example> examples = Examples();
  for (const sim::FaultKind* kind : sim::FaultKinds()) {
    const std::string name(kind->name);
    CAPTURE(name);
    CHECK(examples.contains(name));
  }
}

// One case for each part of the alphabet, so that they run beside each other.
TEST_CASE_TEMPLATE_DEFINE(
    "receipts: a fault changed what differs from the run without it, and so "
    "late nothing",
    Part, receipts) {
  int kinds = 0;
  for (const auto& [name, example] : Examples()) {
    if (name[0] < Part::kFirst || name[0] > Part::kLast) continue;
    const std::string kind = name;
    CAPTURE(kind);
    ++kinds;
    const std::size_t index = example.index;
    const json document = Lenient(ReadJsonFile(example.path).value());
    const Story with = RunOf(document, example.path);
    const Story without = RunOf(Without(document, index), example.path);
    // Both here: an effect, and another story.
    CHECK(with.changed()[index] > 0);
    CHECK(with.hash() != without.hash());
    // Neither here, at one of these instants before the end.
    bool is_idle = false;
    for (const std::int64_t ps : {1, 7'000, 77'000, 777'000, 3'333'000}) {
      if (is_idle) break;
      const json late_document = TooLate(document, index, core::Duration::Picoseconds(ps));
      const Story late = RunOf(late_document, example.path);
      const Story late_without = RunOf(Without(late_document, index), example.path);
      is_idle = late.changed()[index] == 0;
      if (is_idle) CHECK(late.hash() == late_without.hash());
    }
    if (!MayActLate(*sim::FaultKindNamed(kind))) CHECK(is_idle);
  }
  CHECK(kinds > 0);
}

struct FirstPart {
  static constexpr char kFirst = 'a', kLast = 'b';
};
struct SecondPart {
  static constexpr char kFirst = 'c', kLast = 'c';
};
struct ThirdPart {
  static constexpr char kFirst = 'd', kLast = 'h';
};
struct FourthPart {
  static constexpr char kFirst = 'i', kLast = 'r';
};
struct LastPart {
  static constexpr char kFirst = 's', kLast = 'z';
};
TEST_CASE_TEMPLATE_INVOKE(receipts, FirstPart, SecondPart, ThirdPart, FourthPart, LastPart);

TEST_CASE("receipts: a crash of who is down already changes nothing") {
  json document = ReadJsonFile("scenarios/faults/crash.json").value();
  json dead = document["faults"][0];
  dead["at"] = "1ms";
  dead["crash"].erase("restart_after");
  json again = dead;
  again["id"] = "again";
  again["at"] = "50ms";
  again["expect_effect"] = 0;
  document["negative_control"] = true;
  document["faults"] = json::array({dead});
  const Story once = RunOf(document, "scenarios/faults/crash.json");
  document["faults"] = json::array({dead, again});
  const Story twice = RunOf(document, "scenarios/faults/crash.json");
  CHECK(twice.changed() == std::vector<std::uint64_t>{once.changed()[0], 0});
  CHECK(once.hash() == twice.hash());
}

}  // namespace lockstep::tests
