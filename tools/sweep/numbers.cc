// Numbers of sweeps as text: see numbers.h.

#include "tools/sweep/numbers.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <system_error>

#include "absl/strings/str_cat.h"

#include "protocols/core/check.h"

namespace lockstep::sweep {
namespace {

using Buffer = std::array<char, 512>;  // Of the longest double, which has 309 digits and a sign.

double Rounded(double number, std::chars_format format, int precision) {
  Buffer buffer;
  char* const end = buffer.data() + buffer.size();
  const auto written = std::to_chars(buffer.data(), end, number, format, precision);
  CHECK(written.ec == std::errc());
  double rounded = 0;
  std::from_chars(buffer.data(), written.ptr, rounded);
  return rounded == 0 ? 0 : rounded;  // Never minus zero.
}

}  // namespace

double RoundToDigits(double number, int significant) {
  return Rounded(number, std::chars_format::scientific, significant - 1);
}

double RoundToDecimals(double number, int decimals) {
  return Rounded(number, std::chars_format::fixed, decimals);
}

bool IsWhole(double number) { return std::abs(number) <= 1e15 && std::floor(number) == number; }

std::string TextOf(double number) {
  Buffer buffer;
  char* const end = buffer.data() + buffer.size();
  const auto written = std::to_chars(buffer.data(), end, number, std::chars_format::fixed);
  CHECK(written.ec == std::errc());
  return {buffer.data(), written.ptr};
}

nlohmann::json JsonOf(double number) {
  if (IsWhole(number)) return static_cast<std::int64_t>(number);
  return number;
}

std::string RatioTextOf(double number) {
  std::string digits = TextOf(number);
  const std::size_t point = digits.find('.');
  const std::size_t decimals = point == std::string::npos ? 0 : digits.size() - point - 1;
  if (point != std::string::npos) digits.erase(point, 1);
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  return absl::StrCat("[", digits, ", 1", std::string(decimals, '0'), "]");
}

}  // namespace lockstep::sweep
