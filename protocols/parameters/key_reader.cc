// Keys that are read: see key_reader.h.

#include "protocols/parameters/key_reader.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"

namespace lockstep {
namespace {

using core::Duration;
using core::Key;

// Keys that are known here, and have no meaning: whoever says one is told so.
class KeyMarker final : public core::Keys {
 public:
  explicit KeyMarker(Parameters& parameters) : parameters_(parameters) {}

  void Fail(std::string_view, std::string_view) override {}
  void FailWanted(std::string_view, std::string_view) override {}
  bool IsSaid(std::string_view) const override { return false; }
  bool ok() const override { return false; }

 private:
  void Mark(const Key& key) { parameters_.Has(key.name); }
  void OnInteger(const Key& key, std::uint64_t&, core::Numbers) override { Mark(key); }
  void OnBool(const Key& key, bool&) override { Mark(key); }
  void OnText(const Key& key, std::string&) override { Mark(key); }
  void OnChoice(const Key& key, std::size_t&, std::span<const core::Option>) override { Mark(key); }
  void OnTime(const Key& key, Duration&, Duration, Duration) override { Mark(key); }
  void OnRate(const Key& key, std::int64_t&) override { Mark(key); }
  void OnSize(const Key& key, core::ByteCount&, core::Numbers) override { Mark(key); }
  void OnProbability(const Key& key, std::uint64_t&, std::uint64_t&) override { Mark(key); }
  void OnFactor(const Key& key, std::uint64_t&, std::uint64_t&, std::uint64_t) override {
    Mark(key);
  }
  void OnOther(const Key& key, std::string_view, std::string_view,
               const std::function<void()>&) override {
    Mark(key);
  }
  void OnObject(const Key& key, const Walk&) override { Mark(key); }
  void OnOnly(bool, const core::Where&, const Walk& walk) override { walk(*this); }

  Parameters& parameters_;
};

}  // namespace

void KeyReader::OnInteger(const Key& key, std::uint64_t& value, core::Numbers range) {
  value = key.is_required ? parameters_.Integer(key.name, range.min, range.max)
                          : parameters_.IntegerOr(key.name, value, range.min, range.max);
}

void KeyReader::OnBool(const Key& key, bool& value) {
  if (key.is_required && !parameters_.Has(key.name))
    parameters_.FailWanted(key.name, "true or false");
  value = parameters_.BoolOr(key.name, value);
}

void KeyReader::OnText(const Key& key, std::string& value) {
  value = key.is_required ? parameters_.String(key.name) : parameters_.StringOr(key.name, value);
}

void KeyReader::OnChoice(const Key& key, std::size_t& value,
                         std::span<const core::Option> options) {
  std::vector<std::string_view> names;
  for (const core::Option& option : options) names.push_back(option.name);
  value = key.is_required ? parameters_.Choice(key.name, names)
                          : parameters_.ChoiceOr(key.name, value, names);
}

void KeyReader::OnTime(const Key& key, Duration& value, Duration min, Duration max) {
  const bool was_ok = parameters_.ok();
  const bool is_said = key.is_required || parameters_.Has(key.name);
  value = key.is_required ? parameters_.Time(key.name) : parameters_.TimeOr(key.name, value);
  if (!was_ok || !parameters_.ok() || !is_said) return;
  if (value < min) parameters_.FailWanted(key.name, "a time above zero");
  if (value > max)
    parameters_.FailWanted(key.name, absl::StrCat("a time of at most ", FormatDuration(max)));
}

void KeyReader::OnRate(const Key& key, std::int64_t& value) {
  value = key.is_required ? parameters_.Rate(key.name) : parameters_.RateOr(key.name, value);
}

void KeyReader::OnSize(const Key& key, core::ByteCount& value, core::Numbers range) {
  const bool was_ok = parameters_.ok();
  const bool is_said = key.is_required || parameters_.Has(key.name);
  value = key.is_required ? parameters_.Size(key.name) : parameters_.SizeOr(key.name, value);
  if (!was_ok || !parameters_.ok() || !is_said) return;
  const auto bytes = static_cast<std::uint64_t>(value.value());
  if (bytes >= range.min && bytes <= range.max) return;
  constexpr std::uint64_t kAny = std::numeric_limits<std::uint64_t>::max();
  parameters_.FailWanted(
      key.name, range.max < kAny ? absl::StrCat("a size from ", range.min, "B to ", range.max, "B")
                : range.min == 1 ? "a size above zero"
                                 : absl::StrCat("a size of at least ", range.min, "B"));
}

void KeyReader::OnProbability(const Key& key, std::uint64_t& numerator,
                              std::uint64_t& denominator) {
  const nlohmann::json* value = parameters_.Raw(key.name);
  if (value == nullptr && !key.is_required) return;
  if (value != nullptr && value->is_array() && value->size() == 2 &&
      (*value)[0].is_number_integer() && (*value)[1].is_number_integer() && (*value)[0] >= 0 &&
      (*value)[1] > 0 && (*value)[0] <= (*value)[1]) {
    numerator = (*value)[0].get<std::uint64_t>();
    denominator = (*value)[1].get<std::uint64_t>();
    return;
  }
  parameters_.FailWanted(key.name, "a probability as [numerator, denominator], such as [1, 1000]");
}

void KeyReader::OnFactor(const Key& key, std::uint64_t& numerator, std::uint64_t& denominator,
                         std::uint64_t max) {
  const nlohmann::json* value = parameters_.Raw(key.name);
  if (value == nullptr && !key.is_required) return;
  const auto is_part = [&](const nlohmann::json& part) {
    return part.is_number_integer() && part >= 1 && part <= max;
  };
  numerator = denominator = 1;
  if (value != nullptr && is_part(*value)) {
    numerator = value->get<std::uint64_t>();
  } else if (value != nullptr && value->is_array() && value->size() == 2 && is_part((*value)[0]) &&
             is_part((*value)[1])) {
    numerator = (*value)[0].get<std::uint64_t>();
    denominator = (*value)[1].get<std::uint64_t>();
  }
  if (numerator <= denominator)
    parameters_.FailWanted(
        key.name, absl::StrCat("a factor above one and at most ", max, ", as 3 or [3, 2]"));
}

void KeyReader::OnOther(const Key& key, std::string_view, std::string_view,
                        const std::function<void()>& read) {
  // Whoever reads it says that it is missing.
  if (key.is_required || parameters_.Has(key.name)) read();
}

void KeyReader::OnObject(const Key& key, const Walk& walk) {
  std::optional<Parameters> object;
  if (key.is_required)
    object = parameters_.Object(key.name);
  else
    object = parameters_.ObjectOr(key.name);
  if (!object) return;
  KeyReader reader(*object);
  walk(reader);
}

void KeyReader::OnOnly(bool applies, const core::Where&, const Walk& walk) {
  if (applies) {
    walk(*this);
  } else {
    KeyMarker marker(parameters_);
    walk(marker);
  }
}

}  // namespace lockstep
