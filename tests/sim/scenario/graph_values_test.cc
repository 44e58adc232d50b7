// Numbers of maps in the spellings that are met there.

#include "sim/scenario/graph_values.h"

#include <string>

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {

using core::Duration;

TEST_CASE("maps: rates in the spellings of people, and nothing else") {
  const auto rate = [](const std::string& text) { return sim::ReadRateText(text).value_or(0); };
  for (const std::string text :
       {"10Gbps", "10 Gbps", "10 Gb/s", "10Gbit/s", "10 Gbit", "10Gb", "10G", "10000 Mbit/s",
        "1e10bps", "1.0E10 b/s", "10 gigabits/second", "10GBPS", "0.01 Tbps", "1.25 GB/s",
        "1250 megabytes/s"}) {
    CAPTURE(text);
    CHECK(rate(text) == 10'000'000'000);
  }
  CHECK(rate("1.5 Tbps") == 1'500'000'000'000);
  CHECK(rate("64kbit") == 64'000);
  CHECK(rate("1GBps") == 8'000'000'000);
  CHECK(rate("8b") == 8);
  for (const std::string text : {"", "10", "fast", "10 m", "3 km", "10 k", "-1Gbps", "0bps",
                                 "1e99bps", "10 Gbps or so", "1 Gibps", "Gbps", "5 s", "10 lbs"}) {
    CAPTURE(text);
    CHECK(rate(text) == 0);
  }
  CHECK(sim::ReadRateInUnits("2.5", "m") == 2'500'000);
  CHECK_FALSE(sim::ReadRateInUnits("2.5", "").has_value());
}

TEST_CASE("maps: times in the spellings of people, and nothing else") {
  for (const std::string text : {"4ms", "4 ms", "4 msec", "0.004s", "4000us", "4000 \xc2\xb5s",
                                 "4000\xce\xbcs", "4 milliseconds", "4e-3 seconds", "4000000 ns"}) {
    CAPTURE(text);
    CHECK(sim::ReadTimeText(text) == Duration::Milliseconds(4));
  }
  CHECK(sim::ReadTimeText("1 second") == Duration::Seconds(1));
  CHECK(sim::ReadTimeText("0.5ps") == Duration::Picoseconds(1));
  for (const std::string text :
       {"", "4", "-4ms", "4 m", "4 minutes", "soon", "1e99s", "4ms.", "4 Gbps"}) {
    CAPTURE(text);
    CHECK_FALSE(sim::ReadTimeText(text).has_value());
  }
}

}  // namespace lockstep::tests
