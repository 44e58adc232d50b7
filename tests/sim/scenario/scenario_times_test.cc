// Sums of times that no clock can show, and ends of faults that heal brings forward.

#include <string>

#include "absl/strings/str_cat.h"

#include "tests/sim/scenario/two_clusters.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::sim {
namespace {

// Each a fault of that kind, in order.
std::string Faults(const std::vector<std::string>& bodies) {
  std::string list;
  for (std::size_t i = 0; i < bodies.size(); ++i)
    absl::StrAppend(&list, i > 0 ? ", " : "", "{\"id\": \"f", i, "\", ", bodies[i], "}");
  return "[" + list + "]";
}
std::string TimeErrorOf(const std::vector<std::string>& bodies) {
  return ErrorOf("/faults", Faults(bodies));
}
// 54 days, of 106 that there are.
std::string Step(const std::string& target, const std::string& more = "") {
  return absl::StrCat(R"("clock_step": {"clock": "monotonic", "target": ")", target,
                      R"(", "by": "4665600s")", more, "}");
}

}  // namespace

TEST_CASE(
    "scenario: what moves a clock further than 80 days by the end is refused where it adds up") {
  CHECK(TimeErrorOf({Step("a0")}) == "none");
  CHECK(TimeErrorOf({Step("a0"), Step("a0")}) ==
        "/faults/1/clock_step/by: want the monotonic clock of a0 to stay within 80 days of zero by "
        "the end of the run; with all that is done to it, it may come to 108 days");
  // Of other hosts, other clocks, and back and forth.
  CHECK(TimeErrorOf({Step("a0"), Step("b1")}) == "none");
  CHECK(TimeErrorOf({Step("a0"), R"("clock_step": {"target": "a0", "by": "4665600s"})"}) == "none");
  CHECK(TimeErrorOf({Step("a0"), Step("a0", R"(, "back": true)"), Step("a0")}) == "none");
  CHECK(Contains(TimeErrorOf({Step("a0", R"(, "back": true)"), Step("a0", R"(, "back": true)")}),
                 "/faults/1/clock_step/by: want the monotonic clock of a0"));
  CHECK(Contains(TimeErrorOf({Step("a0"), R"("clock_offset": {"clock": "monotonic", "target": "a0",
                                            "by": "2592000s"})"}),
                 "/faults/1/clock_offset/by: "));
  CHECK(Contains(TimeErrorOf({Step("a0"), R"("clock_slew": {"clock": "monotonic", "target": "a0",
                                            "by": "2592000s", "rate_ppb": 5})"}),
                 "/faults/1/clock_slew/by: "));
  // An offset is undone at its end.
  const std::string offset = R"("clock_offset": {"target": "a0", "by": "4665600s"}, "at": )";
  CHECK(TimeErrorOf({offset + R"("0s", "for": "1s")", offset + R"("1s", "for": "1s")"}) == "none");
  CHECK(Contains(TimeErrorOf({offset + R"("0s", "for": "2s")", offset + R"("1s", "for": "1s")"}),
                 "/faults/1/clock_offset/by: "));
}

TEST_CASE(
    "scenario: a run that is longer than a clock can show is refused, and a drift that adds up") {
  const std::vector<Override> a_season = {{"/run/for", "7000000s"}, {"/run/period", "100s"}};
  CHECK(Contains(ErrorOf(a_season), "/run/for: want a run by whose end each clock is within 80"));
  const std::string drift =
      R"("clock_drift": {"clock": "synced", "target": "b0", "ppb": 500000000})";
  const std::vector<Override> drifts = {{"/run/for", "6000000s"},
                                        {"/run/period", "100s"},
                                        {"/phases", "{}"},
                                        {"/faults", Faults({drift})}};
  // 69 days, for half of which it is half as fast again.
  CHECK(Contains(ErrorOf(drifts), "/faults/0/clock_drift/ppb: want the synced clock of b0"));
}

TEST_CASE("scenario: a time that a stack would add beyond what clocks can show is refused") {
  const auto error = [](const char* time) {
    return ErrorOf({{"/clusters/0/stack/1/max_delay", time}});
  };
  CHECK(error("4000000s") == "none");
  CHECK(Contains(error("9000000s"), "/clusters/0/stack/1/max_delay: want at most 53 days"));
}

TEST_CASE("scenario: messages that faults keep beyond all time are refused") {
  const std::string delay = R"("delay": {"max": "4665600s"})";
  const auto error = [](const std::vector<std::string>& bodies) {
    return ErrorOf({{"/network/intra", R"({"transport": "datagram", "delay": "25us"})"},
                    {"/network/cross", R"({"transport": "datagram", "delay": "25us"})"},
                    {"/faults", Faults(bodies)}});
  };
  CHECK(error({delay}) == "none");
  CHECK(error({delay, delay}) ==
        "/faults/1/delay/max: want less: a message that all faults keep would come 108 days after "
        "the start, and there are no more than 106 days");
  CHECK(Contains(error({R"("duplicate": {"copies": 3, "spacing": "4665600s"})"}),
                 "/faults/0/duplicate/spacing: want less"));
}

TEST_CASE("scenario: a fault whose stated end heal brings forward says so, others do not") {
  const auto remarks = [](const std::string& body, const char* phases = "{}") {
    return Read({{"/phases", phases}, {"/faults", Faults({body})}}).remarks;
  };
  const std::string pause = R"("pause": {"target": "a0"})";
  const auto late = remarks(pause + R"(, "at": "1s", "for_ms": 1500)", R"({"heal": "2s"})");
  REQUIRE(late.size() == 1);
  CHECK(late[0] ==
        absl::StrCat(kGood,
                     ": /faults/0/for_ms: ends at 2s, not at 2500ms: all faults that spend "
                     "no budget end by phases.heal, which is half the run where nothing is said"));
  const auto by_default = remarks(pause + R"(, "until": "9000s")");
  REQUIRE(by_default.size() == 1);
  CHECK(Contains(by_default[0], "/faults/0/until: ends at "));
  CHECK(remarks(pause).empty());
  CHECK(remarks(pause + R"(, "at": "1s", "for": "1s")", R"({"heal": "2s"})").empty());
  // What spends budget does not end by heal.
  CHECK(remarks(R"("silent": {"target": "a0"}, "at": "1s", "for": "1500ms")", R"({"heal": "2s"})")
            .empty());
}

TEST_CASE("scenario: keys that a kind of fault does not use are refused where they stand") {
  CHECK(TimeErrorOf({R"("crash": {"target": "a0"}, "prob": [1, 2])"}) ==
        "/faults/0/prob: has no meaning here");
  CHECK(TimeErrorOf({R"("crash": {"target": "a0", "before_effect": 2}, "count": 1)"}) ==
        "/faults/0/count: has no meaning here");
  CHECK(TimeErrorOf({R"("crash": {"target": "a0", "on": "send"})"}) ==
        "/faults/0/crash/on: has no meaning here");
  CHECK(TimeErrorOf({R"("crash": {"target": "a0"}, "for": "1s")"}) ==
        "/faults/0/for: has no meaning here");
  CHECK(TimeErrorOf({R"("pause": {"target": "a0"}, "count": 3)"}) ==
        "/faults/0/count: has no meaning here");
  CHECK(TimeErrorOf({R"("lie_ack": {"target": "a0", "mode": "inf", "lag": 3})"}) ==
        "/faults/0/lie_ack/lag: has no meaning here");
  const std::string datagrams = R"({"transport": "datagram", "delay": "25us"})";
  CHECK(ErrorOf({{"/network/intra", datagrams},
                 {"/network/cross", datagrams},
                 {"/faults", Faults({R"("round_breach": {"round": 1, "msg": {"round": 2},
                                        "bound": "1us", "over_by": "1us"})"})}}) ==
        "/faults/0/round_breach/round: is given already, as \"round\" of \"msg\"");
}

}  // namespace lockstep::sim
