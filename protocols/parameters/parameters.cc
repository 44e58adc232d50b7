// Strict reading of JSON parameters: every error names file, place and remedy.
//
// Decimals are read in whole numbers ("7.5Gbps" is 75 * 10^9 / 10), so that no quantity depends on
// how a machine rounds.

#include "protocols/parameters/parameters.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace lockstep {
namespace {

using nlohmann::json;

// --- Quantities ---

struct UnitName {
  std::string_view name;
  std::int64_t factor;
};

// A kind of quantity: its units, in the smallest of which it is counted, and how to speak of it.
struct Scale {
  std::vector<UnitName> units;
  std::vector<UnitName> suffixes;  // of keys that name the unit
  std::int64_t min;
  std::int64_t max;
  std::string_view wanted;   // with its unit
  std::string_view counted;  // in the smallest unit
  std::string_view too_small;
  std::string_view too_large;
};

constexpr std::int64_t kSecond = 1'000'000'000'000;

const Scale& TimeScale() {
  static const Scale kScale = {
      {{"s", kSecond}, {"ms", 1'000'000'000}, {"us", 1'000'000}, {"ns", 1'000}, {"ps", 1}},
      {{"_s", kSecond}, {"_ms", 1'000'000'000}, {"_us", 1'000'000}, {"_ns", 1'000}, {"_ps", 1}},
      0,
      106 * 86'400 * kSecond - 1,
      "a time with its unit, such as \"250us\" (s, ms, us, ns, ps)",
      "a whole number of picoseconds",
      "a time that is not negative",
      "a time below 106 days"};
  return kScale;
}

const Scale& RateScale() {
  static const Scale kScale = {
      {{"bps", 1}, {"kbps", 1'000}, {"Mbps", 1'000'000}, {"Gbps", 1'000'000'000}},
      {{"_bps", 1}},
      1,
      1'000'000'000'000'000,
      "a rate with its unit, such as \"7.5Gbps\" (bps, kbps, Mbps, Gbps)",
      "a whole number of bits per second",
      "a rate of at least 1bps",
      "a rate of at most 1000000Gbps"};
  return kScale;
}

const Scale& SizeScale() {
  static const Scale kScale = {
      {{"B", 1},
       {"kB", 1'000},
       {"MB", 1'000'000},
       {"GB", 1'000'000'000},
       {"KiB", std::int64_t{1} << 10},
       {"MiB", std::int64_t{1} << 20},
       {"GiB", std::int64_t{1} << 30}},
      {{"_bytes", 1}},
      0,
      std::int64_t{1} << 50,
      "a size with its unit, such as \"64KiB\" (B, kB, MB, GB, KiB, MiB, GiB)",
      "a whole number of bytes",
      "a size that is not negative",
      "a size of at most 1048576GiB"};
  return kScale;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::size_t CountDigits(std::string_view text) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), IsDigit) -
                                  text.begin());
}

std::uint64_t ToNumber(std::string_view digits) {
  std::uint64_t number = 0;
  for (const char c : digits) number = 10 * number + static_cast<std::uint64_t>(c - '0');
  return number;
}

// A value in the smallest unit of its scale, or what would have been wanted instead.
struct Reading {
  std::int64_t value = 0;
  std::string_view wanted;
};

// whole.fraction * factor, exactly. Digits beyond those that are counted here are beyond all
// scales: 19 before the point, 12 behind it.
Reading Multiply(std::string_view whole, std::string_view fraction, std::int64_t factor,
                 const Scale& scale) {
  while (!whole.empty() && whole.front() == '0') whole.remove_prefix(1);
  while (!fraction.empty() && fraction.back() == '0') fraction.remove_suffix(1);
  if (whole.size() > 19) return {0, scale.too_large};
  if (fraction.size() > 12) return {0, scale.counted};
  const absl::uint128 units = static_cast<std::uint64_t>(factor);
  absl::uint128 part = ToNumber(fraction) * units;
  absl::uint128 power = 1;
  for (std::size_t i = 0; i < fraction.size(); ++i) power *= 10;
  if (part % power != 0) return {0, scale.counted};
  const absl::uint128 value = ToNumber(whole) * units + part / power;
  if (value > absl::uint128(static_cast<std::uint64_t>(scale.max))) return {0, scale.too_large};
  if (value < absl::uint128(static_cast<std::uint64_t>(scale.min))) return {0, scale.too_small};
  return {static_cast<std::int64_t>(absl::Uint128Low64(value)), {}};
}

Reading ReadWithUnit(std::string_view text, const Scale& scale) {
  const bool is_negative = !text.empty() && text.front() == '-';
  if (is_negative) text.remove_prefix(1);
  const std::string_view whole = text.substr(0, CountDigits(text));
  text.remove_prefix(whole.size());
  std::string_view fraction;
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    fraction = text.substr(0, CountDigits(text));
    if (fraction.empty()) return {0, scale.wanted};
    text.remove_prefix(fraction.size());
  }
  const auto unit = std::find_if(scale.units.begin(), scale.units.end(),
                                 [&](const UnitName& known) { return known.name == text; });
  if (whole.empty() || unit == scale.units.end()) return {0, scale.wanted};
  if (is_negative) return {0, scale.too_small};
  return Multiply(whole, fraction, unit->factor, scale);
}

// The value, if it is a whole number that is not negative. JSON made by code may hold it signed.
std::optional<std::uint64_t> WholeOf(const json& value) {
  if (!value.is_number_integer()) return std::nullopt;
  if (!value.is_number_unsigned() && value.get<std::int64_t>() < 0) return std::nullopt;
  return value.get<std::uint64_t>();
}

// A bare number, in the unit that its key names.
Reading ReadCounted(const json& value, std::int64_t factor, const Scale& scale) {
  if (!value.is_number_integer()) return {0, "a whole number"};
  const std::optional<std::uint64_t> number = WholeOf(value);
  if (!number.has_value()) return {0, scale.too_small};
  return Multiply(std::to_string(*number), "", factor, scale);
}

absl::StatusOr<std::int64_t> ParseQuantity(std::string_view text, const Scale& scale) {
  const Reading reading = ReadWithUnit(text, scale);
  if (reading.wanted.empty()) return reading.value;
  return absl::InvalidArgumentError(
      absl::StrCat("want ", std::string(reading.wanted), ", not \"", std::string(text), "\""));
}

bool EndsWith(std::string_view text, std::string_view end) {
  return text.size() > end.size() && text.substr(text.size() - end.size()) == end;
}

std::string WholeNumber(std::uint64_t min, std::uint64_t max) {
  if (min == max) return absl::StrCat(min);
  if (max < std::numeric_limits<std::uint64_t>::max())
    return absl::StrCat("a whole number from ", min, " to ", max);
  return min == 0 ? "a whole number below 2^64" : absl::StrCat("a whole number of at least ", min);
}

// "picsou, one-shot or all-to-all".
std::string OneOf(const std::vector<std::string_view>& choices) {
  std::string text;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (i > 0) text += i + 1 == choices.size() ? " or " : ", ";
    absl::StrAppend(&text, "\"", std::string(choices[i]), "\"");
  }
  return text;
}

const json& EmptyObject() {
  static const json kEmpty = json::object();
  return kEmpty;
}

// Edits (insert, drop, change, swap of neighbours) from one word to the other.
std::size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> edits(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        edits[i][j] = i + j;
        continue;
      }
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      edits[i][j] =
          std::min({edits[i - 1][j] + 1, edits[i][j - 1] + 1, edits[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        edits[i][j] = std::min(edits[i][j], edits[i - 2][j - 2] + 1);
    }
  }
  return edits[a.size()][b.size()];
}

}  // namespace

absl::StatusOr<core::Duration> ParseDuration(std::string_view text) {
  const absl::StatusOr<std::int64_t> ps = ParseQuantity(text, TimeScale());
  if (!ps.ok()) return ps.status();
  return core::Duration::Picoseconds(*ps);
}

std::string FormatDuration(core::Duration duration) {
  for (const UnitName& unit : TimeScale().units)
    if (duration.ps() % unit.factor == 0)
      return absl::StrCat(duration.ps() / unit.factor, std::string(unit.name));
  return "";
}

absl::StatusOr<std::int64_t> ParseRate(std::string_view text) {
  return ParseQuantity(text, RateScale());
}

absl::StatusOr<core::ByteCount> ParseBytes(std::string_view text) {
  const absl::StatusOr<std::int64_t> bytes = ParseQuantity(text, SizeScale());
  if (!bytes.ok()) return bytes.status();
  return core::ByteCount(*bytes);
}

std::optional<std::string> Nearest(std::string_view word, const std::vector<std::string>& words) {
  const std::size_t allowed = std::max<std::size_t>(1, word.size() / 3);
  std::size_t best = allowed + 1;
  std::optional<std::string> nearest;
  for (const std::string& candidate : words) {
    const auto [shorter, longer] = std::minmax({word.size(), candidate.size()});
    if (longer - shorter >= best) continue;
    // Words that share nothing are never meant.
    const std::size_t distance = Distance(word, candidate);
    if (distance >= best || distance >= longer) continue;
    best = distance;
    nearest = candidate;
  }
  return nearest;
}

std::string Shown(const json& value) {
  constexpr std::size_t kShownMax = 60;
  if (value.is_object()) return "an object";
  if (value.is_array()) return value.empty() ? "an empty array" : "an array";
  const std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  return text.size() <= kShownMax ? text : absl::StrCat(text.substr(0, kShownMax), "...");
}

// --- Parameters ---

struct Parameters::State {
  // A key that has been asked for.
  struct Known {
    Unit unit = Unit::kNone;
    bool is_read = false;
  };
  struct Object {
    const json* value;
    std::map<std::string, Known, std::less<>> known;
  };

  static const Scale* ScaleOf(Unit unit) {
    switch (unit) {
      case Unit::kTime:
        return &TimeScale();
      case Unit::kRate:
        return &RateScale();
      case Unit::kSize:
        return &SizeScale();
      case Unit::kNone:
        return nullptr;
    }
    return nullptr;
  }

  // The names by which `known` may stand in the file.
  static std::vector<std::string> NamesOf(const std::string& name, Unit unit) {
    std::vector<std::string> names = {name};
    if (const Scale* scale = ScaleOf(unit))
      for (const UnitName& suffix : scale->suffixes)
        names.push_back(absl::StrCat(name, std::string(suffix.name)));
    return names;
  }

  // Whether `spelt` is one of them. Asked of all keys of all that is read, so it makes no text.
  static bool IsSpelt(std::string_view spelt, std::string_view name, Unit unit) {
    if (spelt.substr(0, name.size()) != name) return false;
    const std::string_view rest = spelt.substr(name.size());
    if (rest.empty()) return true;
    const Scale* const scale = ScaleOf(unit);
    return scale != nullptr &&
           std::any_of(scale->suffixes.begin(), scale->suffixes.end(),
                       [&](const UnitName& suffix) { return suffix.name == rest; });
  }

  static bool IsRead(const Object& object, const std::string& key) {
    if (const auto exact = object.known.find(key);
        exact != object.known.end() && exact->second.is_read)
      return true;
    return std::any_of(object.known.begin(), object.known.end(), [&](const auto& entry) {
      const auto& [name, known] = entry;
      return known.is_read && IsSpelt(key, name, known.unit);
    });
  }

  std::string At(const std::string& pointer, std::string_view key) const {
    if (pointer.empty() && key.empty()) return absl::StrCat(file, ": ");
    const std::string token = key.empty() ? "" : absl::StrCat("/", EscapeForPointer(key));
    return absl::StrCat(file, ": ", pointer, token, ": ");
  }

  void Record(const std::string& message, const std::string& pointer, bool is_missing) {
    if (error.has_value()) return;
    error = message;
    if (is_missing) missing_in = pointer;
  }

  // What is wrong with the keys of one object; empty where nothing is.
  std::string UnknownKey(const std::string& pointer, const Object& object) const {
    for (const auto& [key, value] : object.value->items()) {
      if (IsRead(object, key)) continue;
      if (object.known.contains(key)) return absl::StrCat(At(pointer, key), "has no meaning here");
      std::vector<std::string> meant;
      std::vector<std::string> listed;
      for (const auto& [name, known] : object.known) {
        listed.push_back(name);
        for (std::string& spelt : NamesOf(name, known.unit)) meant.push_back(std::move(spelt));
      }
      const std::optional<std::string> nearest = Nearest(key, meant);
      return absl::StrCat(
          At(pointer, key), "unknown key; ",
          nearest ? absl::StrCat("did you mean \"", *nearest, "\"? ") : "",
          listed.empty() ? "no keys are known here" : "known keys: ", absl::StrJoin(listed, ", "));
    }
    return "";
  }

  std::string file;
  std::map<std::string, Object> objects;  // by JSON pointer
  std::optional<std::string> error;
  std::optional<std::string> missing_in;  // the object, where the error is a missing key
};

Parameters::Parameters(const json& object, std::string file, std::string pointer)
    : Parameters(std::make_shared<State>(), std::move(pointer), object) {
  state_->file = std::move(file);
  if (!object.is_object()) Fail("", absl::StrCat("want an object, not ", Shown(object)));
}

Parameters::Parameters(std::shared_ptr<State> state, std::string pointer, const json& object)
    : state_(std::move(state)),
      pointer_(std::move(pointer)),
      object_(object.is_object() ? &object : &EmptyObject()) {
  state_->objects.try_emplace(pointer_, State::Object{object_, {}});
}

Parameters Parameters::Nested(std::string_view token, const json& object) const {
  return {state_, absl::StrCat(pointer_, "/", EscapeForPointer(token)), object};
}

bool Parameters::Has(std::string_view key) const {
  auto& known = state_->objects.at(pointer_).known;
  known.try_emplace(std::string(key));
  for (auto entry = object_->begin(); entry != object_->end(); ++entry)
    for (const Unit unit : {Unit::kTime, Unit::kRate, Unit::kSize})
      if (State::IsSpelt(entry.key(), key, unit)) return true;
  return false;
}

const json* Parameters::Find(std::string_view key, Unit unit) {
  State::Known& known = state_->objects.at(pointer_).known[std::string(key)];
  known.is_read = true;
  if (unit != Unit::kNone) known.unit = unit;
  const auto found = object_->find(std::string(key));
  return found == object_->end() ? nullptr : &*found;
}

const json* Parameters::Raw(std::string_view key) { return Find(key); }

std::uint64_t Parameters::Integer(std::string_view key, std::uint64_t min, std::uint64_t max) {
  const json* value = Find(key);
  if (value != nullptr) {
    const std::optional<std::uint64_t> number = WholeOf(*value);
    if (number.has_value() && *number >= min && *number <= max) return *number;
  }
  FailWanted(key, WholeNumber(min, max));
  return 0;
}

std::uint64_t Parameters::IntegerOr(std::string_view key, std::uint64_t or_else, std::uint64_t min,
                                    std::uint64_t max) {
  return Find(key) == nullptr ? or_else : Integer(key, min, max);
}

std::string Parameters::String(std::string_view key) {
  const json* value = Find(key);
  if (value != nullptr && value->is_string() && !value->get_ref<const std::string&>().empty())
    return value->get<std::string>();
  FailWanted(key, "a text that is not empty");
  return "";
}

std::string Parameters::StringOr(std::string_view key, std::string or_else) {
  return Find(key) == nullptr ? std::move(or_else) : String(key);
}

std::size_t Parameters::Choice(std::string_view key, const std::vector<std::string_view>& choices) {
  const json* value = Find(key);
  if (value != nullptr && value->is_string()) {
    const auto& text = value->get_ref<const std::string&>();
    const auto found = std::find(choices.begin(), choices.end(), text);
    if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
  }
  FailWanted(key, OneOf(choices));
  return 0;
}

std::size_t Parameters::ChoiceOr(std::string_view key, std::size_t or_else,
                                 const std::vector<std::string_view>& choices) {
  return Find(key) == nullptr ? or_else : Choice(key, choices);
}

bool Parameters::BoolOr(std::string_view key, bool or_else) {
  const json* value = Find(key);
  if (value == nullptr) return or_else;
  if (value->is_boolean()) return value->get<bool>();
  FailWanted(key, "true or false");
  return false;
}

std::optional<std::int64_t> Parameters::Quantity(std::string_view key, Unit unit,
                                                 bool is_required) {
  const Scale& scale = *State::ScaleOf(unit);
  const json* value = Find(key, unit);
  std::string name(key);
  std::int64_t factor = 0;  // of bare numbers; 0 where they are not allowed
  for (const UnitName& suffix : scale.suffixes)
    if (EndsWith(key, suffix.name)) factor = suffix.factor;
  const bool is_text_allowed = value != nullptr;
  for (const UnitName& suffix : scale.suffixes) {
    const std::string other = absl::StrCat(std::string(key), std::string(suffix.name));
    const auto found = object_->find(other);
    if (found == object_->end()) continue;
    if (value != nullptr) {
      Fail(other, absl::StrCat("is given already, as \"", name, "\""));
      return std::nullopt;
    }
    value = &*found;
    name = other;
    factor = suffix.factor;
  }
  if (value == nullptr) {
    if (is_required) FailWanted(key, scale.wanted);
    return std::nullopt;
  }
  Reading reading = {0, scale.wanted};
  if (value->is_string() && is_text_allowed)
    reading = ReadWithUnit(value->get_ref<const std::string&>(), scale);
  if (!value->is_string() && factor != 0) reading = ReadCounted(*value, factor, scale);
  if (value->is_string() && !is_text_allowed) reading.wanted = "a whole number";
  if (reading.wanted.empty()) return reading.value;
  Fail(name, absl::StrCat("want ", std::string(reading.wanted), ", not ", Shown(*value)));
  return std::nullopt;
}

core::Duration Parameters::Time(std::string_view key) {
  return core::Duration::Picoseconds(Quantity(key, Unit::kTime, true).value_or(0));
}
core::Duration Parameters::TimeOr(std::string_view key, core::Duration or_else) {
  return core::Duration::Picoseconds(Quantity(key, Unit::kTime, false).value_or(or_else.ps()));
}
std::int64_t Parameters::Rate(std::string_view key) {
  return Quantity(key, Unit::kRate, true).value_or(0);
}
std::int64_t Parameters::RateOr(std::string_view key, std::int64_t or_else) {
  return Quantity(key, Unit::kRate, false).value_or(or_else);
}
core::ByteCount Parameters::Size(std::string_view key) {
  return core::ByteCount(Quantity(key, Unit::kSize, true).value_or(0));
}
core::ByteCount Parameters::SizeOr(std::string_view key, core::ByteCount or_else) {
  return core::ByteCount(Quantity(key, Unit::kSize, false).value_or(or_else.value()));
}

Parameters Parameters::Object(std::string_view key) {
  const json* value = Find(key);
  if (value != nullptr && value->is_object()) return Nested(key, *value);
  FailWanted(key, "an object");
  return Nested(key, EmptyObject());
}

std::optional<Parameters> Parameters::ObjectOr(std::string_view key) {
  if (Find(key) == nullptr) return std::nullopt;
  return Object(key);
}

std::vector<Parameters> Parameters::ObjectsOr(std::string_view key) {
  const json* value = Find(key);
  if (value == nullptr) return {};
  std::vector<Parameters> elements;
  if (!value->is_array()) {
    FailWanted(key, "an array of objects");
    return elements;
  }
  const Parameters list = Nested(key, EmptyObject());
  for (const json& element : *value) {
    elements.push_back(list.Nested(absl::StrCat(elements.size()), element));
    if (!element.is_object())
      elements.back().Fail("", absl::StrCat("want an object, not ", Shown(element)));
  }
  return elements;
}

void Parameters::Fail(std::string_view key, std::string_view what) {
  state_->Record(absl::StrCat(state_->At(pointer_, key), std::string(what)), pointer_, false);
}

void Parameters::FailWanted(std::string_view key, std::string_view wanted) {
  if (key.empty()) {
    state_->Record(absl::StrCat(state_->At(pointer_, ""), "want ", std::string(wanted)), pointer_,
                   true);
    return;
  }
  const auto& known = state_->objects.at(pointer_).known;
  const auto asked = known.find(key);
  const Unit unit = asked == known.end() ? Unit::kNone : asked->second.unit;
  for (const std::string& name : State::NamesOf(std::string(key), unit)) {
    const auto found = object_->find(name);
    if (found == object_->end()) continue;
    Fail(name, absl::StrCat("want ", std::string(wanted), ", not ", Shown(*found)));
    return;
  }
  state_->Record(absl::StrCat(state_->At(pointer_, key), "is missing; want ", std::string(wanted)),
                 pointer_, true);
}

void Parameters::FailInside(std::string_view key, std::string_view inside, std::string_view what) {
  state_->Record(absl::StrCat(file(), ": ", pointer_, "/", EscapeForPointer(key), "/",
                              std::string(inside), ": ", std::string(what)),
                 pointer_, false);
}

bool Parameters::ok() const { return !state_->error.has_value(); }

absl::Status Parameters::Done() {
  if (state_->missing_in.has_value()) {
    const std::string& pointer = *state_->missing_in;
    const std::string unknown = state_->UnknownKey(pointer, state_->objects.at(pointer));
    if (!unknown.empty()) return absl::InvalidArgumentError(unknown);
  }
  if (state_->error.has_value()) return absl::InvalidArgumentError(*state_->error);
  for (const auto& [pointer, object] : state_->objects) {
    if (pointer != pointer_ && pointer.rfind(pointer_ + "/", 0) != 0) continue;
    const std::string unknown = state_->UnknownKey(pointer, object);
    if (!unknown.empty()) return absl::InvalidArgumentError(unknown);
  }
  return absl::OkStatus();
}

std::vector<std::string> Parameters::keys() const {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object_->items()) keys.push_back(key);
  return keys;
}

const std::string& Parameters::file() const { return state_->file; }

}  // namespace lockstep
