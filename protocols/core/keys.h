// What may be set, described once: the keys of a protocol's parameters.
//
// A function beside the struct that it fills walks over its keys, and says of each what it is
// called, what it means, and which values it may have:
//
//   void Describe(core::Keys& keys, Config& config) {
//     keys.Period({"retry", "How long an answer is waited for."}, config.retry);
//     keys.Integer({"window", "Requests that may be open."}, config.window, {1, 65'536});
//   }
//
// Whoever reads a file hands it Keys that fill the struct and record what is wrong; whoever lists
// what there is, or writes a schema, hands it Keys that write down what they are told. A field
// holds the default of its key before.

#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "protocols/core/ids.h"
#include "protocols/core/time.h"

namespace lockstep::core {

// How a key is spoken of. All text outlives the walk.
struct Key {
  std::string_view name;
  std::string_view meaning;  // one or more sentences; not what can be read off range and default
  bool is_required = false;
  // What it is where it is left out, if the field does not say it: "as many as are read".
  std::string_view otherwise = {};
};
constexpr Key Required(std::string_view name, std::string_view meaning) {
  return {name, meaning, true, {}};
}

// The ends of a range of whole numbers, both in it.
struct Numbers {
  std::uint64_t min = 0;
  std::uint64_t max = std::numeric_limits<std::uint64_t>::max();
};

// A word that a key may have.
struct Option {
  std::string_view name;
  std::string_view meaning = {};
};

// Where keys have a meaning: where `key`, which was described before, is `is`, or where it is said
// at all if that is empty.
struct Where {
  std::string_view key;
  std::string_view is = {};
  std::string_view text = {};  // said in place of these, where it is about something else
};

class Keys {
 public:
  static constexpr Duration kLongest =
      Duration::Picoseconds(std::numeric_limits<std::int64_t>::max());
  // May not be kept: it lasts as long as the call that is given it.
  using Walk = std::function<void(Keys&)>;

  virtual ~Keys() = default;

  template <typename Whole>
  void Integer(const Key& key, Whole& value, Numbers range) {
    std::uint64_t wide = value;
    OnInteger(key, wide, range);
    value = static_cast<Whole>(wide);
  }
  // One that may be left out; Key::otherwise says what that means.
  template <typename Whole>
  void Integer(const Key& key, std::optional<Whole>& value, Numbers range) {
    std::uint64_t wide = range.min;
    OnInteger(key, wide, range);
    if (IsSaid(key.name)) value = static_cast<Whole>(wide);
  }
  void Bool(const Key& key, bool& value) { OnBool(key, value); }
  // Never empty where it is said.
  void Text(const Key& key, std::string& value) { OnText(key, value); }
  // The index of one of `options`, which may be an enumeration's.
  template <typename Index>
  void Choice(const Key& key, Index& value, std::span<const Option> options) {
    auto index = static_cast<std::size_t>(value);
    OnChoice(key, index, options);
    value = static_cast<Index>(index);
  }
  // Not negative, and no longer than `max`.
  void Time(const Key& key, Duration& value, Duration max = kLongest) {
    OnTime(key, value, Duration(), max);
  }
  // The same, and above zero: what a timer is set by would else fire for ever at one instant.
  void Period(const Key& key, Duration& value, Duration max = kLongest) {
    OnTime(key, value, Duration::Picoseconds(1), max);
  }
  // Bits per second.
  void Rate(const Key& key, std::int64_t& value) { OnRate(key, value); }
  void Size(const Key& key, ByteCount& value, Numbers range = {}) { OnSize(key, value, range); }
  void Size(const Key& key, std::uint64_t& value, Numbers range = {}) {
    ByteCount size(static_cast<std::int64_t>(value));
    OnSize(key, size, range);
    value = static_cast<std::uint64_t>(size.value());
  }
  // A part of what may happen: [numerator, denominator], at most 1.
  void Probability(const Key& key, std::uint64_t& numerator, std::uint64_t& denominator) {
    OnProbability(key, numerator, denominator);
  }
  // Above 1: a whole number, or [numerator, denominator], neither of them above `max`.
  void Factor(const Key& key, std::uint64_t& numerator, std::uint64_t& denominator,
              std::uint64_t max) {
    OnFactor(key, numerator, denominator, max);
  }
  // A value that has rules of its own, which the schema's definition `kind` says. `read` reads it,
  // and is called where something is read; `unit` is "time" or "size" where the key may name it.
  void Other(const Key& key, std::string_view kind, const std::function<void()>& read,
             std::string_view unit = {}) {
    OnOther(key, kind, unit, read);
  }
  // An object of keys; one that is left out leaves all that is in it as it is.
  void Object(const Key& key, const Walk& walk) { OnObject(key, walk); }
  // Keys that have a meaning where `applies`, which is what `where` says.
  void Only(bool applies, const Where& where, const Walk& walk) { OnOnly(applies, where, walk); }

  // Records what is wrong with a key, or with all of them where it is empty.
  virtual void Fail(std::string_view key, std::string_view what) = 0;
  // The same where a value is wrong: "a host".
  virtual void FailWanted(std::string_view key, std::string_view wanted) = 0;
  // Whether a key is there, where something is read.
  virtual bool IsSaid(std::string_view key) const = 0;
  // Whether none was wrong so far: only then is concluded from several of them.
  virtual bool ok() const = 0;

 private:
  virtual void OnInteger(const Key& key, std::uint64_t& value, Numbers range) = 0;
  virtual void OnBool(const Key& key, bool& value) = 0;
  virtual void OnText(const Key& key, std::string& value) = 0;
  virtual void OnChoice(const Key& key, std::size_t& value, std::span<const Option> options) = 0;
  virtual void OnTime(const Key& key, Duration& value, Duration min, Duration max) = 0;
  virtual void OnRate(const Key& key, std::int64_t& value) = 0;
  virtual void OnSize(const Key& key, ByteCount& value, Numbers range) = 0;
  virtual void OnProbability(const Key& key, std::uint64_t& numerator,
                             std::uint64_t& denominator) = 0;
  virtual void OnFactor(const Key& key, std::uint64_t& numerator, std::uint64_t& denominator,
                        std::uint64_t max) = 0;
  virtual void OnOther(const Key& key, std::string_view kind, std::string_view unit,
                       const std::function<void()>& read) = 0;
  virtual void OnObject(const Key& key, const Walk& walk) = 0;
  virtual void OnOnly(bool applies, const Where& where, const Walk& walk) = 0;
};

}  // namespace lockstep::core
