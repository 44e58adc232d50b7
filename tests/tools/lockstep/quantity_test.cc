// Quantities for people.

#include "tools/lockstep/quantity.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {

TEST_CASE("quantity: a time, a rate and a size have three digits and the unit that leaves them") {
  CHECK(cli::TimeText(168.4) == "168 us");
  CHECK(cli::TimeText(16'346) == "16.3 ms");
  CHECK(cli::TimeText(1'204'000) == "1.2 s");
  CHECK(cli::TimeText(0.0375) == "37.5 ns");
  CHECK(cli::TimeText(0) == "0 us");
  CHECK(cli::RateText(405.3) == "405 Mbit/s");
  CHECK(cli::RateText(14'400) == "14.4 Gbit/s");
  CHECK(cli::RateText(0.08) == "80 kbit/s");
  CHECK(cli::RateText(1'500'000) == "1.5 Tbit/s");
  CHECK(cli::SizeText(43'751'234) == "43.8 MB");
  CHECK(cli::SizeText(999) == "999 B");
  CHECK(cli::SizeText(0) == "0 B");
}

TEST_CASE("quantity: what rounds up to the next unit has it") {
  CHECK(cli::SizeText(999'400) == "999 kB");
  CHECK(cli::SizeText(999'600) == "1 MB");
  CHECK(cli::TimeText(99.97) == "100 us");
}

TEST_CASE("quantity: a metric's unit says how it is written, and what has none is a number") {
  CHECK(cli::QuantityText(16'346, cli::UnitOfMetric("latency_p99_us")) == "16.3 ms");
  CHECK(cli::QuantityText(14'400, cli::UnitOfMetric("delivered_mbps")) == "14.4 Gbit/s");
  CHECK(cli::QuantityText(-16'346, "us") == "-16.3 ms");
  CHECK(cli::UnitOfMetric("delivered_per_s") == "messages/s");
  CHECK(cli::UnitOfMetric("notes_hello_per_s") == "notes/s");
  CHECK(cli::UnitOfMetric("notes_hello") == "notes");
  CHECK(cli::UnitOfMetric("speed").empty());
  CHECK(cli::QuantityText(5'691'941, "messages/s") == "5.69 M");
}

}  // namespace lockstep::tests
