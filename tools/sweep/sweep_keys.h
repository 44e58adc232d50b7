// The keys of a sweep, each described once: for the reader, for whoever lists them, and for
// scenarios/sweep.schema.json.

#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "protocols/core/keys.h"
#include "sim/scenario/scenario_keys.h"
#include "tools/sweep/sweep_file.h"

namespace lockstep::sweep {

inline constexpr std::uint64_t kRunsMax = 1'000'000'000;  // The engine keeps a bit for each.
inline constexpr std::uint64_t kSeedMax = std::numeric_limits<std::int64_t>::max();  // In SQL.

// Reads a value that is more than a number or a text: a formula, a name, places.
using Read = std::function<void()>;

inline constexpr std::uint64_t kPointsMax = 10'000'000;
inline constexpr std::uint64_t kValuesMax = 100'000;  // of an axis

// What is put behind the numbers of a range.
struct Unit {
  const char* name;
  int decimals;  // that still leave a whole number of its smallest part
};
std::span<const Unit> Units();

// /axes/N. What reads its keys; nobody reads them for a list of keys.
struct AxisReads {
  Read name = [] {};
  Read at = [] {};
  Read when = [] {};
  Read values = [] {};
  Read from = [] {};
  Read to = [] {};
};
// A list of values; `is_labelled`: each with a label, and with places of its own.
void DescribeList(core::Keys& keys, bool is_labelled, const AxisReads& reads);
// One of those with a label.
void DescribeLabelled(core::Keys& keys, const Read& read_label, const Read& read_set);

// The rest of a range, as it is said.
struct RangeKeys {
  bool is_log = false;
  std::optional<Unit> unit;
  bool is_ratio = false;
  std::uint64_t count = 0;  // 0: not said
};
void DescribeRange(core::Keys& keys, const AxisReads& reads, RangeKeys& range);

// /sample, where it is an object; one of both counts is said, the other stays 0.
struct SampleKeys {
  std::uint64_t random = 0;
  std::uint64_t latin_hypercube = 0;
  std::uint64_t seed = 0;
};
void Describe(core::Keys& keys, bool is_random, SampleKeys& sample);

// /expect/N.
void DescribeExpectation(core::Keys& keys, const Read& read_verdict, const Read& read_that,
                         const Read& read_when, std::string& why);

// /derive/N.
void DescribeDerived(core::Keys& keys, const Read& read_name, const Read& read_is,
                     const Read& read_at);

// /seeds, where it is an object; `first` stays as it is where it is not said.
void DescribeSeeds(core::Keys& keys, std::optional<std::uint64_t>& first, std::uint64_t& count,
                   const Read& read_until);

// /seeds/until, of at most `count` seeds.
void DescribeUntil(core::Keys& keys, std::uint64_t count, const Read& read_within, StopRule& rule);

// /bisect.
void DescribeBisection(core::Keys& keys, std::string& axis, const Read& read_holds);

// /limits.
void Describe(core::Keys& keys, Limits& limits);

std::vector<sim::KeyGroup> ListSweepKeys();

}  // namespace lockstep::sweep
