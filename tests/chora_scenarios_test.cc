// Chora-R in the simulated world: its scenarios hold, and what they are about happens in them.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/support/small_world.h"
#include "tools/lockstep/runner.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

// How often each note was said, by name; the scenario must hold.
std::map<std::string, std::uint64_t> NotesOf(const std::string& path,
                                             const std::vector<sim::Override>& overrides = {}) {
  CAPTURE(path);
  const auto prepared = cli::Prepare(path, overrides);
  REQUIRE_MESSAGE(prepared.ok(), std::string(prepared.status().message()));
  const auto judged = cli::Run(*prepared, {});
  REQUIRE(judged.ok());
  CHECK(judged->summary["verdict"] == "holds");
  Recorder recorder;
  sim::World world(prepared->scenario, *prepared->program, {&recorder});
  world.Run(prepared->scenario.end, ~std::uint64_t{0});
  world.Finish(/*is_cut=*/false);
  std::map<std::string, std::uint64_t> notes;
  for (const trace::Event& event : recorder.events) {
    for (const char* name : {"committed", "returned", "resolved", "lanes", "rejoined", "conflict"})
      if (event.Is(core::NoteKind(name))) ++notes[name];
  }
  CHECK(notes["conflict"] == 0);
  return notes;
}

}  // namespace

TEST_CASE("chora: with batches of 4 and 12 clients each, every lane of every round is full") {
  const auto notes = NotesOf("scenarios/smoke/chora.json", {{"/run/for", "2ms"}});
  // Rounds of 1.86 us, but for the first few and the last; nothing is mended.
  CHECK(notes.at("committed") > 3 * (1'075 - 8));
  CHECK(notes.at("returned") > 12 * (1'075 - 16));
  CHECK(notes.count("resolved") == 0);
  CHECK(notes.count("lanes") == 0);
}

TEST_CASE("chora: a dead owner's rounds are resolved until its lane is given up") {
  const auto notes = NotesOf("scenarios/faults/chora-crash.json");
  CHECK(notes.at("resolved") > 0);
  CHECK(notes.at("lanes") == 2);  // The two that live.
  CHECK(notes.count("rejoined") == 0);
  CHECK(NotesOf("scenarios/faults/chora-owner-and-resolver.json").at("lanes") >= 3);
}

TEST_CASE("chora: who stood still or lost its memory has its lane back") {
  CHECK(NotesOf("scenarios/faults/chora-pause.json").at("lanes") >= 6);
  const auto notes = NotesOf("scenarios/faults/chora-rejoin.json");
  CHECK(notes.at("rejoined") == 1);
  CHECK(notes.at("lanes") >= 5);
}

}  // namespace lockstep::tests
