// Numbers in maps: see graph_values.h.

#include "sim/scenario/graph_values.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/numeric/int128.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"

namespace lockstep::sim {
namespace {

// A number, and the unit behind it; without blanks.
std::pair<std::string, std::string> Split(const std::string& text) {
  const std::string plain = absl::StrReplaceAll(text, {{" ", ""}, {"\t", ""}});
  std::size_t at = 0;
  while (at < plain.size()) {
    const char c = plain[at];
    const char next = at + 1 < plain.size() ? plain[at + 1] : '\0';
    const bool is_power =
        (c == 'e' || c == 'E') && at > 0 &&
        (absl::ascii_isdigit(static_cast<unsigned char>(next)) || next == '-' || next == '+');
    if (!is_power && !absl::ascii_isdigit(static_cast<unsigned char>(c)) && c != '.' && c != '-' &&
        c != '+')
      break;
    at += is_power ? 2 : 1;
  }
  at = std::min(at, plain.size());
  return {plain.substr(0, at), plain.substr(at)};
}

bool TakeEnd(std::string& text, std::string_view end) {
  if (text.size() < end.size() || text.compare(text.size() - end.size(), end.size(), end) != 0)
    return false;
  text.resize(text.size() - end.size());
  return true;
}

// The power of ten of "", "k", "M", "giga", ...
std::optional<int> PrefixOf(const std::string& text) {
  constexpr std::array<std::pair<std::string_view, int>, 9> kPrefixes = {{{"", 0},
                                                                          {"k", 3},
                                                                          {"m", 6},
                                                                          {"g", 9},
                                                                          {"t", 12},
                                                                          {"kilo", 3},
                                                                          {"mega", 6},
                                                                          {"giga", 9},
                                                                          {"tera", 12}}};
  const std::string lower = absl::AsciiStrToLower(text);
  for (const auto& [prefix, shift] : kPrefixes)
    if (lower == prefix) return shift;
  return std::nullopt;
}

// A unit of rates: its power of ten, and how many bits it counts; none where it is no unit, or
// (unless `may_be_prefix`) says neither bits nor bytes.
struct RateUnit {
  int shift = 0;
  std::int64_t bits = 1;
};
std::optional<RateUnit> RateUnitOf(std::string unit, bool may_be_prefix) {
  const bool is_capitals = unit == absl::AsciiStrToUpper(unit);
  bool is_rate = false;
  for (const char* const end : {"/second", "/sec", "/s", "/S", "ps", "PS"})
    is_rate = is_rate || TakeEnd(unit, end);
  RateUnit read;
  std::string lower = absl::AsciiStrToLower(unit);
  bool has_base = false;
  for (const char* const word : {"bits", "bit"})
    if (!has_base && TakeEnd(lower, word)) has_base = true;
  for (const char* const word : {"bytes", "byte"})
    if (!has_base && TakeEnd(lower, word)) {
      has_base = true;
      read.bits = 8;
    }
  if (!has_base && TakeEnd(lower, "b")) {
    has_base = true;
    // "GBPS" shouts; "GBps" and "GB/s" are bytes.
    if (unit.back() == 'B' && !(is_capitals && is_rate && unit.size() > 1)) read.bits = 8;
  }
  if (!has_base && (is_rate || !may_be_prefix || lower.empty())) return std::nullopt;
  const std::optional<int> shift = PrefixOf(lower);
  if (!shift) return std::nullopt;
  read.shift = *shift;
  return read;
}

std::optional<std::int64_t> RateOf(const std::string& number, const std::string& unit,
                                   bool may_be_prefix) {
  const std::optional<RateUnit> read = RateUnitOf(unit, may_be_prefix);
  if (!read) return std::nullopt;
  const std::optional<std::int64_t> value = ReadDecimal(number, read->shift);
  constexpr std::int64_t kMost = std::int64_t{1} << 62;
  if (!value || *value <= 0 || *value > kMost / read->bits) return std::nullopt;
  return *value * read->bits;
}

}  // namespace

std::optional<std::int64_t> ReadDecimal(std::string_view text, int shift) {
  const bool is_negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  absl::int128 digits = 0;
  bool has_digit = false;
  bool has_point = false;
  std::size_t i = 0;
  for (; i < text.size() && (absl::ascii_isdigit(static_cast<unsigned char>(text[i])) ||
                             (text[i] == '.' && !has_point));
       ++i) {
    if (text[i] == '.') {
      has_point = true;
      continue;
    }
    has_digit = true;
    if (digits > absl::int128(1) << 100) {  // More digits than matter.
      if (!has_point) ++shift;
      continue;
    }
    digits = digits * 10 + (text[i] - '0');
    if (has_point) --shift;
  }
  if (!has_digit) return std::nullopt;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    std::string_view power = text.substr(i + 1);
    const bool is_small = !power.empty() && power[0] == '-';
    if (!power.empty() && (power[0] == '-' || power[0] == '+')) power.remove_prefix(1);
    if (power.empty() || power.size() > 3) return std::nullopt;
    int exponent = 0;
    for (const char c : power) {
      if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return std::nullopt;
      exponent = exponent * 10 + (c - '0');
    }
    shift += is_small ? -exponent : exponent;
    i = text.size();
  }
  if (i != text.size()) return std::nullopt;
  const absl::int128 most = absl::int128(1) << 62;
  for (; shift > 0 && digits != 0; --shift) {
    digits *= 10;
    if (digits > most) return std::nullopt;
  }
  bool is_half = false;
  for (; shift < 0 && (digits != 0 || is_half); ++shift) {
    is_half = digits % 10 >= 5;
    digits /= 10;
  }
  if (is_half) ++digits;
  if (digits > most) return std::nullopt;
  return static_cast<std::int64_t>(is_negative ? -digits : digits);
}

std::optional<std::int64_t> ReadPositive(const std::string& text) {
  const std::optional<std::int64_t> value = ReadDecimal(text, 0);
  return value && *value > 0 ? value : std::nullopt;
}

std::optional<std::int64_t> ReadRateText(const std::string& text) {
  const auto [number, unit] = Split(text);
  // "10G" is a rate wherever one may stand; "3 m" may be a length.
  const bool is_known_prefix = unit == "G" || unit == "M" || unit == "T";
  return RateOf(number, unit, is_known_prefix);
}

std::optional<std::int64_t> ReadRateInUnits(const std::string& number, const std::string& unit) {
  return RateOf(number, Split("0" + unit).second, /*may_be_prefix=*/true);
}

std::optional<core::Duration> ReadTimeText(const std::string& text) {
  constexpr std::array<std::pair<std::string_view, int>, 26> kUnits = {
      {{"s", 12},           {"sec", 12},         {"secs", 12}, {"second", 12},
       {"seconds", 12},     {"ms", 9},           {"msec", 9},  {"msecs", 9},
       {"millisecond", 9},  {"milliseconds", 9}, {"us", 6},    {"\xc2\xb5s", 6},
       {"\xce\xbcs", 6},    {"usec", 6},         {"usecs", 6}, {"microsecond", 6},
       {"microseconds", 6}, {"ns", 3},           {"nsec", 3},  {"nsecs", 3},
       {"nanosecond", 3},   {"nanoseconds", 3},  {"ps", 0},    {"psec", 0},
       {"picosecond", 0},   {"picoseconds", 0}}};
  const auto [number, unit] = Split(text);
  const std::string lower = absl::AsciiStrToLower(unit);
  for (const auto& [name, shift] : kUnits) {
    if (lower != name) continue;
    const std::optional<std::int64_t> ps = ReadDecimal(number, shift);
    if (!ps || *ps < 0) return std::nullopt;
    return core::Duration::Picoseconds(*ps);
  }
  return std::nullopt;
}

}  // namespace lockstep::sim
