// Keys that are listed: what a description says, as a value; and as a schema.

#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "nlohmann/json.hpp"

#include "protocols/core/keys.h"

namespace lockstep {

struct KeyInfo {
  enum class Kind : std::uint8_t {
    kInteger,
    kBool,
    kText,
    kChoice,
    kTime,  // min and max in picoseconds
    kRate,
    kSize,  // min and max in bytes
    kProbability,
    kFactor,  // max: of either part
    kObject,
    kOther,  // see `definition`
  };
  struct Word {
    std::string name;
    std::string meaning;
  };

  std::string name;
  Kind kind = Kind::kInteger;
  std::string meaning;
  bool is_required = false;
  std::string standard;  // what it is where it is left out, as people write it; empty: nothing
  core::Numbers range;
  std::vector<Word> options;  // of a choice
  std::string where;          // where it has a meaning; empty: everywhere
  std::vector<KeyInfo> keys;  // of an object
  std::string definition;     // of another kind: its name in the schema
  std::string unit;           // of the same, "time" or "size": its key may name the unit
  // The same as `where`, as far as other keys of the object say it: all of these.
  struct Condition {
    std::string key;
    std::string is;           // empty: anything
    bool is_default = false;  // what `key` is where it is left out
  };
  std::vector<Condition> conditions;
};

// Walks over a description and writes it down. Fields keep their values, which are the defaults;
// those that have none get a legal one, so that whoever concludes from them can.
class KeyLister final : public core::Keys {
 public:
  std::vector<KeyInfo> Take() { return std::move(keys_); }

  void Fail(std::string_view, std::string_view) override {}
  void FailWanted(std::string_view, std::string_view) override {}
  bool IsSaid(std::string_view) const override { return false; }
  bool ok() const override { return true; }

 private:
  KeyInfo& Add(const core::Key& key, KeyInfo::Kind kind, const std::string& standard);
  void OnInteger(const core::Key& key, std::uint64_t& value, core::Numbers range) override;
  void OnBool(const core::Key& key, bool& value) override;
  void OnText(const core::Key& key, std::string& value) override;
  void OnChoice(const core::Key& key, std::size_t& value,
                std::span<const core::Option> options) override;
  void OnTime(const core::Key& key, core::Duration& value, core::Duration min,
              core::Duration max) override;
  void OnRate(const core::Key& key, std::int64_t& value) override;
  void OnSize(const core::Key& key, core::ByteCount& value, core::Numbers range) override;
  void OnProbability(const core::Key& key, std::uint64_t& numerator,
                     std::uint64_t& denominator) override;
  void OnFactor(const core::Key& key, std::uint64_t& numerator, std::uint64_t& denominator,
                std::uint64_t max) override;
  void OnOther(const core::Key& key, std::string_view kind, std::string_view unit,
               const std::function<void()>& read) override;
  void OnObject(const core::Key& key, const Walk& walk) override;
  void OnOnly(bool applies, const core::Where& where, const Walk& walk) override;
  KeyInfo::Condition ConditionOf(const core::Where& where) const;

  std::vector<KeyInfo> keys_;
  std::string where_;
  std::vector<KeyInfo::Condition> conditions_;
};

// "time", "whole number", ...: what kind of value a key has, for people.
std::string KindOf(const KeyInfo& key);
// "1 to 65536", "above zero": the values that it may have; empty: any of its kind.
std::string RangeOf(const KeyInfo& key);
// The same as data: name, type, unit, range, default, meaning, where; the keys of objects inside.
nlohmann::ordered_json ListOf(const std::vector<KeyInfo>& keys);

// What a schema says of an object with these keys and no others. Its "#/definitions/" must know
// time, rate, size and count.
nlohmann::ordered_json SchemaOf(const std::vector<KeyInfo>& keys);

}  // namespace lockstep
