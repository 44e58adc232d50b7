// Values for keys: see draw_keys.h.

#include "tools/fuzz/draw_keys.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"

#include "protocols/parameters/parameters.h"

namespace lockstep::fuzz {
namespace {

using core::Duration;
using nlohmann::json;

constexpr std::uint64_t kSpan = 1'000;         // above the least that a number may be
constexpr std::uint64_t kSizeMost = 1U << 16;  // bytes
// What is least, such as no delay or no window at all, is worth a look of its own.
constexpr std::uint64_t kLeastPercent = 15;

std::uint64_t DrawNumber(const core::Numbers& range, std::uint64_t span, Dice& dice) {
  if (dice.Percent(kLeastPercent)) return range.min;
  const std::uint64_t most = range.max - range.min < span ? range.max : range.min + span;
  return dice.Log(range.min, most);
}

json DrawTime(const KeyInfo& key, const KeyOdds& odds, Dice& dice) {
  if (key.range.min == 0 && dice.Percent(kLeastPercent)) return "0ns";
  const auto ns = [](Duration time) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(time.ps() / 1'000, 1));
  };
  const std::uint64_t standard = ns(DefaultTime(key));
  const bool has_standard = DefaultTime(key) > Duration();
  const std::uint64_t low =
      has_standard ? std::max<std::uint64_t>(standard / 4, 1) : ns(odds.shortest);
  const std::uint64_t high = has_standard ? standard * 4 : std::max(low, ns(odds.longest));
  // Where what it may be is narrower than that.
  const std::uint64_t least = (key.range.min + 999) / 1'000;
  const std::uint64_t most = std::max(least, key.range.max / 1'000);
  const std::uint64_t drawn = std::clamp(dice.Log(low, high), least, most);
  return absl::StrCat(drawn, "ns");
}

// Null where nothing is drawn for keys of that kind.
json DrawValue(const KeyInfo& key, const KeyOdds& odds, Dice& dice) {
  switch (key.kind) {
    case KeyInfo::Kind::kInteger:
      return DrawNumber(key.range, kSpan, dice);
    case KeyInfo::Kind::kBool:
      return dice.Percent(50);
    case KeyInfo::Kind::kChoice:
      return dice.Pick(key.options).name;
    case KeyInfo::Kind::kTime:
      return DrawTime(key, odds, dice);
    case KeyInfo::Kind::kRate:
      return absl::StrCat(dice.Log(1'000'000, 100'000'000'000), "bps");
    case KeyInfo::Kind::kSize:
      return absl::StrCat(DrawNumber(key.range, kSizeMost, dice), "B");
    case KeyInfo::Kind::kProbability:
      return json::array({dice.Between(1, 100), 100});
    case KeyInfo::Kind::kFactor:
      return dice.Log(2, std::min(key.range.max, kSpan));
    case KeyInfo::Kind::kObject:
      return DrawKeys(key.keys, odds, dice);
    case KeyInfo::Kind::kOther:
    case KeyInfo::Kind::kText:
      break;
  }
  return nullptr;
}

enum class Meant { kYes, kNo, kUnsaid };

// Whether a key means something beside what has been drawn; not every condition is one of keys.
Meant IsMeant(const KeyInfo& key, const json& drawn) {
  for (const KeyInfo::Condition& condition : key.conditions) {
    const auto found = drawn.find(condition.key);
    const bool is_met = found == drawn.end() ? condition.is_default
                                             : condition.is.empty() || *found == condition.is;
    if (!is_met) return Meant::kNo;
  }
  return key.conditions.empty() && !key.where.empty() ? Meant::kUnsaid : Meant::kYes;
}

}  // namespace

bool IsMeaningless(const KeyInfo& key, const json& drawn) {
  return IsMeant(key, drawn) == Meant::kNo;
}

json TimeText(Duration time) {
  return absl::StrCat(std::max<std::int64_t>(time.ps() / 1'000, 1), "ns");
}

Duration DefaultTime(const KeyInfo& key) {
  if (key.kind != KeyInfo::Kind::kTime) return {};
  const auto time = ParseDuration(key.standard);
  return time.ok() ? *time : Duration();
}

json DrawKeys(const std::vector<KeyInfo>& keys, const KeyOdds& odds, Dice& dice) {
  json drawn = json::object();
  for (const KeyInfo& key : keys) {
    const Meant meant = IsMeant(key, drawn);
    if (meant == Meant::kNo) continue;
    const std::uint64_t required = meant == Meant::kYes ? 100 : 50;
    const std::uint64_t optional = meant == Meant::kYes ? odds.said : odds.said / 2;
    if (!dice.Percent(key.is_required ? required : optional)) continue;
    json value = DrawValue(key, odds, dice);
    if (!value.is_null()) drawn[key.name] = std::move(value);
  }
  return drawn;
}

}  // namespace lockstep::fuzz
