// Keys that are listed: see key_list.h.

#include "protocols/parameters/key_list.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"

#include "protocols/parameters/parameters.h"

namespace lockstep {
namespace {

using core::Duration;
using core::Key;
using Json = nlohmann::ordered_json;

constexpr std::uint64_t kAny = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kTimeAny =
    static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

std::string WhereText(const core::Where& where) {
  if (!where.text.empty()) return std::string(where.text);
  if (where.is.empty()) return absl::StrCat("beside \"", std::string(where.key), "\"");
  return absl::StrCat("where \"", std::string(where.key), "\" is \"", std::string(where.is), "\"");
}

std::string FormatBytes(std::uint64_t bytes) {
  struct Unit {
    const char* name;
    std::uint64_t factor;
  };
  static constexpr Unit kUnits[] = {{"GiB", std::uint64_t{1} << 30},
                                    {"GB", 1'000'000'000},
                                    {"MiB", 1U << 20},
                                    {"MB", 1'000'000},
                                    {"KiB", 1U << 10},
                                    {"kB", 1'000}};
  for (const Unit& unit : kUnits)
    if (bytes > 0 && bytes % unit.factor == 0) return absl::StrCat(bytes / unit.factor, unit.name);
  return absl::StrCat(bytes, "B");
}

std::string FormatBits(std::int64_t bps) {
  if (bps % 1'000'000'000 == 0) return absl::StrCat(bps / 1'000'000'000, "Gbps");
  if (bps % 1'000'000 == 0) return absl::StrCat(bps / 1'000'000, "Mbps");
  return absl::StrCat(bps, "bps");
}

std::string FormatPs(std::uint64_t ps) {
  return FormatDuration(Duration::Picoseconds(static_cast<std::int64_t>(ps)));
}

// --- Schemas ---

bool IsTime(const KeyInfo& key) { return key.kind == KeyInfo::Kind::kTime || key.unit == "time"; }
bool IsSize(const KeyInfo& key) { return key.kind == KeyInfo::Kind::kSize || key.unit == "size"; }

// The names of a quantity's key with its unit in it, as a pattern of their ends.
const char* SuffixesOf(const KeyInfo& key) {
  if (IsTime(key)) return "_(s|ms|us|ns|ps)";
  if (IsSize(key)) return "_bytes";
  return key.kind == KeyInfo::Kind::kRate ? "_bps" : nullptr;
}

std::vector<std::string> NamesOf(const KeyInfo& key) {
  std::vector<std::string> names = {key.name};
  if (IsTime(key))
    for (const char* unit : {"_s", "_ms", "_us", "_ns", "_ps"}) names.push_back(key.name + unit);
  if (key.kind == KeyInfo::Kind::kRate) names.push_back(key.name + "_bps");
  if (IsSize(key)) names.push_back(key.name + "_bytes");
  return names;
}

// That a key is there, by any of its names.
Json SaidSchema(const KeyInfo& key) {
  const std::vector<std::string> names = NamesOf(key);
  if (names.size() == 1) return {{"required", Json::array({key.name})}};
  Json any = Json::array();
  for (const std::string& name : names) any.push_back({{"required", Json::array({name})}});
  return {{"anyOf", any}};
}

// That a condition is met.
Json MetSchema(const KeyInfo::Condition& condition, const std::vector<KeyInfo>& keys) {
  if (condition.is.empty()) {
    for (const KeyInfo& key : keys)
      if (key.name == condition.key) return SaidSchema(key);
  }
  Json met = Json::object();
  if (!condition.is_default) met["required"] = Json::array({condition.key});
  if (!condition.is.empty()) met["properties"][condition.key] = {{"const", condition.is}};
  return met;
}

// Meaning, where, default and words: a sentence each.
std::string DescriptionOf(const KeyInfo& key) {
  std::string text = key.meaning;
  for (const KeyInfo::Word& option : key.options)
    if (!option.meaning.empty()) absl::StrAppend(&text, " ", option.name, ": ", option.meaning);
  if (!key.where.empty()) absl::StrAppend(&text, " Only ", key.where, ".");
  if (!key.standard.empty()) absl::StrAppend(&text, " Default: ", key.standard, ".");
  return text;
}

Json IntegerSchema(const core::Numbers& range) {
  Json schema = {{"type", "integer"}, {"minimum", range.min}};
  if (range.max < kAny) schema["maximum"] = range.max;
  return schema;
}

// The rules of a value, beside its description.
Json ValueSchema(const KeyInfo& key) {
  const auto definition = [](const char* name) {
    return Json{{"$ref", absl::StrCat("#/definitions/", name)}};
  };
  switch (key.kind) {
    case KeyInfo::Kind::kInteger:
      return IntegerSchema(key.range);
    case KeyInfo::Kind::kBool:
      return {{"type", "boolean"}};
    case KeyInfo::Kind::kText:
      return {{"type", "string"}, {"minLength", 1}};
    case KeyInfo::Kind::kChoice: {
      Json names = Json::array();
      for (const KeyInfo::Word& option : key.options) names.push_back(option.name);
      return {{"enum", names}};
    }
    case KeyInfo::Kind::kTime: {
      Json all = Json::array({definition("time")});
      if (key.range.min > 0) all.push_back({{"pattern", "[1-9]"}});
      return {{"allOf", all}};
    }
    case KeyInfo::Kind::kRate:
      return {{"allOf", Json::array({definition("rate")})}};
    case KeyInfo::Kind::kSize: {
      // A key that names its unit itself may be a plain number.
      const std::string& name = key.name;
      const std::string end = "_bytes";
      const bool is_counted =
          name.size() > end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
      if (!is_counted) {
        Json all = Json::array({definition("size")});
        if (key.range.min > 0) all.push_back({{"pattern", "[1-9]"}});
        return {{"allOf", all}};
      }
      return {{"anyOf", Json::array({IntegerSchema(key.range), definition("size")})}};
    }
    case KeyInfo::Kind::kProbability:
      return {{"allOf", Json::array({definition("ratio")})}};
    case KeyInfo::Kind::kFactor: {
      const Json part = IntegerSchema(key.range);
      return {{"anyOf", Json::array({IntegerSchema({2, key.range.max}),
                                     Json{{"type", "array"},
                                          {"items", Json::array({part, part})},
                                          {"minItems", 2},
                                          {"maxItems", 2}}})}};
    }
    case KeyInfo::Kind::kObject:
      return SchemaOf(key.keys);
    case KeyInfo::Kind::kOther:
      return {{"allOf", Json::array({definition(key.definition.c_str())})}};
  }
  return Json::object();
}

// The rules of keys that have a meaning where others are so, and not elsewhere; the same conditions
// make one rule.
void AddRules(const std::vector<KeyInfo>& keys, Json& rules) {
  std::vector<const KeyInfo*> left;
  for (const KeyInfo& key : keys)
    if (!key.conditions.empty()) left.push_back(&key);
  const auto is_same = [](const KeyInfo* a, const KeyInfo* b) {
    return std::equal(a->conditions.begin(), a->conditions.end(), b->conditions.begin(),
                      b->conditions.end(),
                      [](const auto& x, const auto& y) { return x.key == y.key && x.is == y.is; });
  };
  while (!left.empty()) {
    Json met = Json::array();
    for (const KeyInfo::Condition& condition : left[0]->conditions)
      met.push_back(MetSchema(condition, keys));
    Json wanted = Json::array();
    Json said = Json::array();
    std::vector<const KeyInfo*> others;
    for (const KeyInfo* key : left) {
      if (!is_same(key, left[0])) {
        others.push_back(key);
        continue;
      }
      said.push_back(SaidSchema(*key));
      if (key->is_required) wanted.push_back(SaidSchema(*key));
    }
    Json rule = {{"if", met.size() == 1 ? met[0] : Json{{"allOf", met}}}};
    if (!wanted.empty()) rule["then"] = {{"allOf", wanted}};
    rule["else"] = {{"not", {{"anyOf", said}}}};
    rules.push_back(std::move(rule));
    left = std::move(others);
  }
}

}  // namespace

KeyInfo& KeyLister::Add(const Key& key, KeyInfo::Kind kind, const std::string& standard) {
  KeyInfo info;
  info.name = std::string(key.name);
  info.kind = kind;
  info.meaning = std::string(key.meaning);
  info.is_required = key.is_required;
  if (!key.is_required)
    info.standard = key.otherwise.empty() ? standard : std::string(key.otherwise);
  info.where = where_;
  info.conditions = conditions_;
  keys_.push_back(std::move(info));
  return keys_.back();
}

void KeyLister::OnInteger(const Key& key, std::uint64_t& value, core::Numbers range) {
  Add(key, KeyInfo::Kind::kInteger, absl::StrCat(value)).range = range;
  if (key.is_required) value = std::clamp<std::uint64_t>(1, range.min, range.max);
}
void KeyLister::OnBool(const Key& key, bool& value) {
  Add(key, KeyInfo::Kind::kBool, value ? "true" : "false");
}
void KeyLister::OnText(const Key& key, std::string& value) {
  Add(key, KeyInfo::Kind::kText, value);
  if (key.is_required) value = std::string(key.name);
}
void KeyLister::OnChoice(const Key& key, std::size_t& value,
                         std::span<const core::Option> options) {
  KeyInfo& info = Add(key, KeyInfo::Kind::kChoice,
                      value < options.size() ? std::string(options[value].name) : "");
  for (const core::Option& option : options)
    info.options.push_back({std::string(option.name), std::string(option.meaning)});
}
void KeyLister::OnTime(const Key& key, Duration& value, Duration min, Duration max) {
  Add(key, KeyInfo::Kind::kTime, FormatDuration(value)).range = {
      static_cast<std::uint64_t>(min.ps()), static_cast<std::uint64_t>(max.ps())};
  if (key.is_required) value = std::clamp(Duration::Milliseconds(1), min, max);
}
void KeyLister::OnRate(const Key& key, std::int64_t& value) {
  Add(key, KeyInfo::Kind::kRate, value == 0 ? "" : FormatBits(value));
  if (key.is_required) value = 1'000'000'000;
}
void KeyLister::OnSize(const Key& key, core::ByteCount& value, core::Numbers range) {
  Add(key, KeyInfo::Kind::kSize, FormatBytes(static_cast<std::uint64_t>(value.value()))).range =
      range;
  if (!key.is_required) return;
  const std::uint64_t legal = std::clamp<std::uint64_t>(1, range.min, range.max);
  value = core::ByteCount(static_cast<std::int64_t>(legal));
}
void KeyLister::OnProbability(const Key& key, std::uint64_t& numerator,
                              std::uint64_t& denominator) {
  Add(key, KeyInfo::Kind::kProbability, absl::StrCat("[", numerator, ", ", denominator, "]"));
}
void KeyLister::OnFactor(const Key& key, std::uint64_t& numerator, std::uint64_t& denominator,
                         std::uint64_t max) {
  Add(key, KeyInfo::Kind::kFactor, "").range = {1, max};
  if (numerator <= denominator) numerator = denominator + 1;
}
void KeyLister::OnOther(const Key& key, std::string_view kind, std::string_view unit,
                        const std::function<void()>&) {
  KeyInfo& info = Add(key, KeyInfo::Kind::kOther, "");
  info.definition = std::string(kind);
  info.unit = std::string(unit);
}
void KeyLister::OnObject(const Key& key, const Walk& walk) {
  KeyInfo& info = Add(key, KeyInfo::Kind::kObject, "");
  KeyLister inside;
  walk(inside);
  info.keys = inside.Take();
}
void KeyLister::OnOnly(bool, const core::Where& where, const Walk& walk) {
  const std::string outer = where_;
  where_ = outer.empty() ? WhereText(where) : absl::StrCat(outer, " and ", WhereText(where));
  if (!where.key.empty()) conditions_.push_back(ConditionOf(where));
  walk(*this);
  if (!where.key.empty()) conditions_.pop_back();
  where_ = outer;
}

KeyInfo::Condition KeyLister::ConditionOf(const core::Where& where) const {
  KeyInfo::Condition condition{std::string(where.key), std::string(where.is), false};
  for (const KeyInfo& key : keys_)
    if (key.name == where.key) condition.is_default = !where.is.empty() && key.standard == where.is;
  return condition;
}

std::string KindOf(const KeyInfo& key) {
  static constexpr const char* kNames[] = {"whole number", "true or false", "text", "word",
                                           "time",         "rate",          "size", "probability",
                                           "factor",       "object"};
  if (key.kind == KeyInfo::Kind::kOther) return key.definition;
  return kNames[static_cast<std::size_t>(key.kind)];
}

std::string RangeOf(const KeyInfo& key) {
  const auto [min, max] = key.range;
  switch (key.kind) {
    case KeyInfo::Kind::kInteger:
      return max < kAny ? absl::StrCat(min, " to ", max)
             : min > 0  ? absl::StrCat("at least ", min)
                        : "";
    case KeyInfo::Kind::kTime:
      return absl::StrCat(
          min > 0 ? "above zero" : "",
          max < kTimeAny ? absl::StrCat(min > 0 ? ", " : "", "at most ", FormatPs(max)) : "");
    case KeyInfo::Kind::kSize:
      return max < kAny ? absl::StrCat(FormatBytes(min), " to ", FormatBytes(max))
             : min > 0  ? absl::StrCat("at least ", FormatBytes(min))
                        : "";
    case KeyInfo::Kind::kChoice: {
      std::string names;
      for (const KeyInfo::Word& option : key.options)
        absl::StrAppend(&names, names.empty() ? "" : ", ", option.name);
      return names;
    }
    default:
      return "";
  }
}

Json ListOf(const std::vector<KeyInfo>& keys) {
  Json list = Json::array();
  for (const KeyInfo& key : keys) {
    Json entry = {{"name", key.name}, {"type", KindOf(key)}, {"meaning", key.meaning}};
    if (key.kind == KeyInfo::Kind::kTime) entry["unit"] = "s, ms, us, ns, ps";
    if (key.kind == KeyInfo::Kind::kRate) entry["unit"] = "bps, kbps, Mbps, Gbps";
    if (key.kind == KeyInfo::Kind::kSize) entry["unit"] = "B, kB, MB, GB, KiB, MiB, GiB";
    if (key.kind == KeyInfo::Kind::kInteger) {
      entry["min"] = key.range.min;
      if (key.range.max < kAny) entry["max"] = key.range.max;
    } else if (const std::string range = RangeOf(key); !range.empty() && key.options.empty()) {
      entry["range"] = range;
    }
    if (key.is_required) entry["required"] = true;
    if (!key.standard.empty()) entry["default"] = key.standard;
    if (!key.where.empty()) entry["only"] = key.where;
    for (const KeyInfo::Word& option : key.options)
      entry["options"].push_back({{"name", option.name}, {"meaning", option.meaning}});
    if (key.kind == KeyInfo::Kind::kObject) entry["keys"] = ListOf(key.keys);
    list.push_back(std::move(entry));
  }
  return list;
}

Json SchemaOf(const std::vector<KeyInfo>& keys) {
  Json properties = Json::object();
  Json patterns = Json::object();
  Json required = Json::array();
  Json rules = Json::array();
  for (const KeyInfo& key : keys) {
    Json& property = properties[key.name];
    property["description"] = DescriptionOf(key);
    const Json value = ValueSchema(key);
    for (const auto& [name, rule] : value.items()) property[name] = rule;
    if (const char* suffixes = SuffixesOf(key)) {
      const std::uint64_t least = key.range.min > 0 || key.kind == KeyInfo::Kind::kRate ? 1 : 0;
      patterns[absl::StrCat("^", key.name, suffixes, "$")] = {{"type", "integer"},
                                                              {"minimum", least}};
    }
    // One that has a meaning in some cases only is not wanted in all.
    if (!key.is_required || !key.where.empty()) continue;
    if (NamesOf(key).size() == 1) {
      required.push_back(key.name);
    } else {
      rules.push_back(SaidSchema(key));
    }
  }
  AddRules(keys, rules);
  Json schema = {{"type", "object"}};
  if (!required.empty()) schema["required"] = required;
  schema["additionalProperties"] = false;
  schema["properties"] = properties;
  if (!patterns.empty()) schema["patternProperties"] = patterns;
  if (!rules.empty()) schema["allOf"] = rules;
  return schema;
}

}  // namespace lockstep
