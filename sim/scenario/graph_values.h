// Numbers in maps, in the spellings that are met there.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/core/time.h"

namespace lockstep::sim {

// "1.0E10" times 10^`shift`, rounded to nearest, half away from zero; none if it is no decimal
// number, or one that does not fit.
std::optional<std::int64_t> ReadDecimal(std::string_view text, int shift);

// A number of bits per second above zero, without a unit.
std::optional<std::int64_t> ReadPositive(const std::string& text);

// A rate above zero with its unit, in bits per second: "10Gbps", "100 Mbit", "1 Gb/s", "1.5 Tbps",
// "1e9bps", "10G". Bytes are a large B that is not part of a word in capitals ("1 MB/s"), or the
// word.
std::optional<std::int64_t> ReadRateText(const std::string& text);
// The same where the unit stands apart, and may be only "M" or "m".
std::optional<std::int64_t> ReadRateInUnits(const std::string& number, const std::string& unit);

// A time with its unit, from "s" to "ps", or in words: "4ms", "4 msec", "250 µs",
// "1 second".
std::optional<core::Duration> ReadTimeText(const std::string& text);

}  // namespace lockstep::sim
