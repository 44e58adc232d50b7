// Ratios in JSON: see ratio_json.h.

#include "sim/scenario/ratio_json.h"

#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"

#include "protocols/parameters/key_reader.h"

namespace lockstep::sim {
namespace {

constexpr std::uint64_t kMillion = 1'000'000;

// In millionths, so that decimals compare as whole numbers do.
std::optional<std::uint64_t> Millionths(std::string_view text) {
  constexpr std::size_t kDigitsMax = 6;
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction = point < text.size() ? text.substr(point + 1) : "0";
  const auto is_digits = [](std::string_view digits) {
    return !digits.empty() && digits.size() <= kDigitsMax &&
           digits.find_first_not_of("0123456789") == std::string_view::npos;
  };
  if (!is_digits(whole) || !is_digits(fraction)) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : whole) value = 10 * value + static_cast<std::uint64_t>(c - '0');
  for (std::size_t i = 0; i < kDigitsMax; ++i)
    value = 10 * value + (i < fraction.size() ? static_cast<std::uint64_t>(fraction[i] - '0') : 0);
  return value;
}

}  // namespace

Ratio ReadRatioOr(Parameters& reader, std::string_view key, Ratio or_else) {
  KeyReader(reader).Probability({key, ""}, or_else.numerator, or_else.denominator);
  return or_else;
}

Ratio ReadDecimal(Parameters& reader, std::string_view key, std::string_view min,
                  std::string_view max) {
  const nlohmann::json* value = reader.Raw(key);
  std::optional<std::uint64_t> millionths;
  if (value != nullptr && value->is_string())
    millionths = Millionths(value->get_ref<const std::string&>());
  if (millionths.has_value() && *millionths >= Millionths(min) && *millionths <= Millionths(max))
    return {*millionths, kMillion};
  reader.FailWanted(key, absl::StrCat("a decimal in quotes from \"", std::string(min), "\" to \"",
                                      std::string(max),
                                      "\", of at most six digits to either side"
                                      " of its point"));
  return {1, 1};
}

}  // namespace lockstep::sim
