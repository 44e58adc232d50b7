// When faults begin and end: what makes no sense is refused, with its place.

#include <string>

#include "nlohmann/json.hpp"

#include "protocols/parameters/parameters.h"
#include "tools/lockstep/runner.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using nlohmann::json;

const std::string kFile = "scenarios/faults/drop.json";

// Why a scenario with this fault alone is refused, without the file's name; empty: it is not.
std::string WhyRefused(json fault) {
  fault["id"] = "x";
  json document = ReadJsonFile(kFile).value();
  document["faults"] = json::array({std::move(fault)});
  const auto prepared = cli::PrepareDocument(document, kFile, {});
  return prepared.ok() ? "" : std::string(prepared.status().message()).substr(kFile.size() + 2);
}

}  // namespace

TEST_CASE("activation: one that lasts and begins again says how long, and ends before it does") {
  const json pause = {{"target", "a1"}};
  CHECK(WhyRefused({{"pause", pause}, {"every", "5ms"}, {"for", "2ms"}}).empty());
  CHECK(WhyRefused({{"pause", pause}, {"every", "5ms"}}) ==
        "/faults/0/every: want \"for\" beside it: how long the fault lasts each time");
  CHECK(WhyRefused({{"pause", pause}, {"every", "5ms"}, {"for", "5ms"}}) ==
        "/faults/0/every: want a time above that of \"for\", not \"5ms\"");
  CHECK(WhyRefused({{"pause", pause}, {"every", "5ms"}, {"poisson", "5ms"}, {"for", "1ms"}}) ==
        "/faults/0/poisson: is given beside \"every\"; want one of them");
}

TEST_CASE("activation: a pattern says one thing that happens, in words of the program") {
  const json crash = {{"target", "a1"}};
  CHECK(WhyRefused({{"crash", crash}, {"on", {{"note", "quacked"}, {"nth", 2}}}}).empty());
  CHECK(WhyRefused({{"crash", crash}, {"on", {{"nth", 2}}}}) ==
        "/faults/0/on: want one of \"note\", \"effect\" and \"handed\" to say what happens");
  CHECK(WhyRefused({{"crash", crash}, {"on", {{"note", "quacked"}, {"effect", "send"}}}}) ==
        "/faults/0/on: want one of \"note\", \"effect\" and \"handed\" to say what happens");
  CHECK(WhyRefused({{"crash", crash}, {"on", {{"note", "quackd"}}}})
            .rfind("/faults/0/on/note: no note of this program is called \"quackd\"; did you mean "
                   "\"quacked\"?",
                   0) == 0);
  CHECK(WhyRefused({{"crash", crash}, {"on", {{"handed", "picsou.bach"}}}})
            .rfind("/faults/0/on/handed: no message is called \"picsou.bach\"; did you mean "
                   "\"picsou.batch\"?",
                   0) == 0);
}

TEST_CASE("activation: times that are drawn have a mean that can be drawn, and move no clock") {
  CHECK(WhyRefused({{"pause", {{"target", "a1"}}}, {"poisson", "9000000s"}, {"for", "1ms"}}) ==
        "/faults/0/poisson: want a time of at most 3600s, not \"9000000s\"");
  CHECK(WhyRefused({{"latency", {{"mean", "9000000s"}}}}) ==
        "/faults/0/latency/mean: want a time of at most 3600s, not \"9000000s\"");
  CHECK(WhyRefused({{"clock_step", {{"target", "a1"}, {"by", "1ms"}}}, {"poisson", "1ms"}}) ==
        "/faults/0/poisson: moves a clock nobody knows how often; want \"every\"");
}

TEST_CASE("activation: a number that its fault names is one of the protocol") {
  CHECK(
      WhyRefused({{"mutate", {{"target", "a1"}, {"field", "ack.cumulativ"}}}})
          .rfind("/faults/0/mutate/field: no number of a message is called \"ack.cumulativ\"; did "
                 "you mean \"ack.cumulative\"?",
                 0) == 0);
  CHECK(WhyRefused({{"drop", {{"msg", {{"field", "ack.phi_ends"}}}}}})
            .rfind("/faults/0/drop/msg/field: no number of a message", 0) == 0);
}

}  // namespace lockstep::tests
