// What a sweep varies: see axis.h.

#include "tools/sweep/axis.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "protocols/parameters/key_reader.h"
#include "tools/sweep/numbers.h"
#include "tools/sweep/pointers.h"
#include "tools/sweep/sweep_keys.h"

namespace lockstep::sweep {
namespace {

using nlohmann::json;

constexpr double kNumberMax = 1e15;  // Whole numbers up to here are exact.
constexpr double kLogMin = 1e-15;    // Small enough, and its decimals still fit a ratio.
constexpr double kRatioMax = 1'000;
constexpr int kRatioDecimals = 15;  // So that 1000 of them fit 64 bits.
constexpr int kLinearDigits = 6;
constexpr int kLogDigits = 3;
// Before a number is rounded to a whole one, so that halves are halves on every machine.
constexpr int kWholeDigits = 14;

// --- Values of ranges ---

double Rounded(const Range& range, double number) {
  if (range.is_whole) {
    number = std::round(RoundToDigits(number, kWholeDigits));
  } else {
    number = RoundToDigits(number, range.is_log ? kLogDigits : kLinearDigits);
    if (range.decimals) number = RoundToDecimals(number, *range.decimals);
  }
  return std::clamp(number, std::min(range.from, range.to), std::max(range.from, range.to));
}

// `share` of the way from one end to the other, not rounded.
double Between(const Range& range, double share) {
  if (range.is_log) return range.from * std::pow(range.to / range.from, share);
  return range.from + (range.to - range.from) * share;
}

AxisValue ValueOf(const Range& range, double number) {
  AxisValue value;
  value.shown = JsonOf(number);
  value.number = number;
  std::string put = range.is_ratio ? RatioTextOf(number) : TextOf(number);
  if (!range.unit.empty()) put = absl::StrCat("\"", put, range.unit, "\"");
  for (const std::string& pointer : range.at) value.changes.emplace_back(pointer, put);
  return value;
}

// Neighbours that rounding has made equal are one value.
std::vector<AxisValue> WrittenOut(const Range& range, std::uint64_t count) {
  std::vector<AxisValue> values;
  for (std::uint64_t i = 0; i < count; ++i) {
    double number = range.from;
    if (i + 1 == count) number = range.to;
    if (i > 0 && i + 1 < count)
      number =
          Rounded(range, Between(range, static_cast<double>(i) / static_cast<double>(count - 1)));
    if (values.empty() || values.back().number != number) values.push_back(ValueOf(range, number));
  }
  return values;
}

// --- Reading ranges ---

double ReadEnd(Parameters& entry, std::string_view key, bool is_log) {
  const json* value = entry.Raw(key);
  if (value == nullptr || !value->is_number()) {
    entry.FailWanted(key, "a number; a unit goes into \"unit\", as in \"unit\": \"us\"");
    return 1;
  }
  const double number = value->get<double>();
  if (std::abs(number) > kNumberMax) entry.FailWanted(key, "a number between -1e15 and 1e15");
  if (is_log && number < kLogMin)
    entry.FailWanted(key, "a number above zero (at least 1e-15), since the scale is \"log\"");
  return number;
}

// That the ends can be put as they are.
void CheckEnd(Parameters& entry, std::string_view key, double number, const Range& range) {
  if (range.is_ratio && (number < 0 || number > kRatioMax))
    entry.FailWanted(key, "a ratio from 0 to 1000");
  if (!range.unit.empty() && number < 0) entry.FailWanted(key, "a quantity that is not negative");
  if (range.decimals && RoundToDecimals(number, *range.decimals) != number)
    entry.FailWanted(key, *range.decimals == 0 ? absl::StrCat("a whole number of ", range.unit)
                                               : absl::StrCat("at most ", *range.decimals,
                                                              " digits behind the point"));
}

// What is between both ends, after what is said of them.
Range RangeOf(Parameters& entry, const RangeKeys& said, double from, double to) {
  Range range;
  range.from = from;
  range.to = to;
  range.is_log = said.is_log;
  range.is_ratio = said.is_ratio;
  if (said.unit) {
    range.unit = said.unit->name;
    range.decimals = said.unit->decimals;
  }
  if (said.is_ratio && said.unit) entry.Fail("as", "a quantity with a \"unit\" is no ratio");
  if (said.is_ratio) range.decimals = kRatioDecimals;
  if (!entry.ok()) return range;
  CheckEnd(entry, "from", range.from, range);
  CheckEnd(entry, "to", range.to, range);
  const bool is_plain = range.unit.empty() && !range.is_ratio;
  range.is_whole =
      is_plain ? IsWhole(range.from) && IsWhole(range.to) : range.decimals == std::optional<int>(0);
  return range;
}

void ReadRange(Parameters& entry, const AxisOptions& options, AxisReads reads, Axis& axis) {
  RangeKeys said;
  double from = 1;
  double to = 1;
  std::vector<std::string> at;
  reads.at = [&] { at = ReadPointers(entry, "at"); };
  reads.from = [&] { from = ReadEnd(entry, "from", said.is_log); };
  reads.to = [&] { to = ReadEnd(entry, "to", said.is_log); };
  KeyReader keys(entry);
  DescribeRange(keys, reads, said);
  Range range = RangeOf(entry, said, from, to);
  range.at = std::move(at);
  if (options.is_sampled && said.count > 0)
    entry.Fail("count", "has no meaning where samples are drawn from the range; leave it out");
  if (!options.is_sampled && entry.ok() && said.count == 0)
    entry.FailWanted("count", absl::StrCat("a whole number from 1 to ", kValuesMax));
  if (!options.is_sampled && entry.ok() && said.count == 1 && range.from != range.to)
    entry.FailWanted("count", "at least 2, since both ends are in the range");
  if (!entry.ok()) return;
  if (!options.is_sampled) axis.values = WrittenOut(range, said.count);
  axis.range = std::move(range);
}

// --- Reading lists ---

bool IsRatio(const json& value) {
  return value.is_array() && value.size() == 2 && value[0].is_number_integer() &&
         value[1].is_number_integer() && value[0] >= 0 && value[1] > 0;
}

void Show(const json& value, AxisValue& axis_value) {
  axis_value.shown = value;
  if (value.is_number()) axis_value.number = value.get<double>();
}

void ReadPlainValues(Parameters& entry, const json& values, const std::vector<std::string>& at,
                     Axis& axis) {
  for (const json& value : values) {
    AxisValue& read = axis.values.emplace_back();
    if (IsRatio(value)) {
      Show(JsonOf(value[0].get<double>() / value[1].get<double>()), read);
    } else if (value.is_number() || value.is_boolean() || value.is_string()) {
      Show(value, read);
    } else {
      entry.FailInside("values", absl::StrCat(axis.values.size() - 1),
                       absl::StrCat("want a number, a text, true or false, a ratio such as "
                                    "[1, 1000], or {\"label\": ..., \"set\": ...}, not ",
                                    Shown(value)));
    }
    for (const std::string& pointer : at) read.changes.emplace_back(pointer, value.dump());
  }
}

void ReadLabelled(Parameters& value, AxisValue& read) {
  KeyReader keys(value);
  DescribeLabelled(
      keys,
      [&] {
        const json* label = value.Raw("label");
        if (label != nullptr &&
            (label->is_number() || label->is_boolean() ||
             (label->is_string() && !label->get_ref<const std::string&>().empty())))
          Show(*label, read);
        else
          value.FailWanted("label", "a text, a number, true or false");
      },
      [&] {
        if (value.Raw("set") == nullptr)
          value.FailWanted("set", "an object of JSON pointers and values");
        read.changes = ReadChanges(value, "set");
      });
}

void CheckRepeats(Parameters& entry, const Axis& axis) {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < axis.values.size(); ++i) {
    const AxisValue& value = axis.values[i];
    const json shown = value.number ? json(*value.number) : value.shown;
    if (!seen.insert(shown.dump()).second)
      entry.FailInside(
          "values", absl::StrCat(i),
          absl::StrCat("is there already; a grid wants values that differ, not ", Shown(shown)));
  }
}

void ReadList(Parameters& entry, const AxisOptions& options, AxisReads reads, Axis& axis) {
  const json* values = entry.Raw("values");
  if (!values->is_array() || values->empty() || values->size() > kValuesMax) {
    entry.FailWanted("values", absl::StrCat("an array of 1 to ", kValuesMax, " values"));
    return;
  }
  const auto objects = static_cast<std::size_t>(std::count_if(
      values->begin(), values->end(), [](const json& value) { return value.is_object(); }));
  const bool is_labelled = objects == values->size();
  if (objects != 0 && !is_labelled)
    entry.FailWanted("values", "either plain values or {\"label\": ..., \"set\": ...}, not both");
  if (is_labelled && entry.Has("at"))
    entry.Fail("at", "has no meaning here: each value says what it sets");
  std::vector<std::string> at;
  reads.at = [&] { at = ReadPointers(entry, "at"); };
  reads.values = [&] {
    if (!is_labelled) return ReadPlainValues(entry, *values, at, axis);
    for (Parameters& value : entry.ObjectsOr("values"))
      ReadLabelled(value, axis.values.emplace_back());
  };
  KeyReader keys(entry);
  DescribeList(keys, is_labelled, reads);
  if (entry.ok() && !options.may_repeat_values) CheckRepeats(entry, axis);
}

}  // namespace

double NumberAtCell(const Range& range, std::uint64_t cell) {
  const double share = (static_cast<double>(cell) + 0.5) / static_cast<double>(kRangeCells);
  if (!range.is_whole || range.is_log) return Rounded(range, Between(range, share));
  // Each whole number has the same chance on a linear scale, the ends too.
  const double least = std::min(range.from, range.to);
  const double numbers = std::abs(range.to - range.from) + 1;
  return least + std::min(std::floor(share * numbers), numbers - 1);
}

AxisValue ValueAtCell(const Range& range, std::uint64_t cell) {
  return ValueOf(range, NumberAtCell(range, cell));
}

Axis ReadAxis(Parameters& entry, const AxisOptions& options) {
  Axis axis;
  axis.pointer = entry.pointer();
  AxisReads reads;
  reads.name = [&] { axis.name = entry.String("name"); };
  const bool is_list = entry.Has("values");
  const bool is_range = entry.Has("from") || entry.Has("to");
  if (is_list == is_range) {
    reads.name();
    entry.Fail("", "want either \"values\" or a range: \"from\", \"to\" and \"count\"");
  } else if (is_list) {
    ReadList(entry, options, std::move(reads), axis);
  } else {
    ReadRange(entry, options, std::move(reads), axis);
  }
  return axis;
}

}  // namespace lockstep::sweep
