// The keys of a sweep, each described once: for the reader, for whoever lists them, and for
// scenarios/sweep.schema.json, where axes, samples and expectations are still kept by hand.

#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
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
