// Estimating the memory of a run: see memory.h.

#include "tools/lockstep/memory.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>

#include "absl/numeric/int128.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "tools/lockstep/quantity.h"

namespace lockstep::cli {
namespace {

// Measured at sizes from 4 against 4 to 400 against 400; the test beside compares.
constexpr std::uint64_t kProgramBytes = 10'000'000;  // code, libraries, the scenario itself
constexpr std::uint64_t kHostBytes = 30'000;         // stages, rings, ports, clocks, timers
constexpr std::uint64_t kPairBytes = 700;  // an ordered pair of hosts: a stream's two ends
constexpr std::uint64_t kLaneBytes = 200;  // a checked pair of replicas, in all oracles

std::uint64_t CheckerBytes(const Prepared& prepared) {
  std::uint64_t lanes = 0;
  for (const analysis::Stream& stream : prepared.recipe.streams) {
    lanes += std::uint64_t{prepared.recipe.cluster(stream.from).size} *
             prepared.recipe.cluster(stream.to).size;
  }
  return kLaneBytes * lanes;
}

RunExtent ExtentOf(const sim::Scenario& scenario) {
  RunExtent extent;
  extent.time = scenario.end - core::Instant();
  //   rate in bit/s * time in ps / (8 * 1e12), rounded down
  const auto bits = absl::uint128(static_cast<std::uint64_t>(scenario.profile.nic.rate_bps)) *
                    static_cast<std::uint64_t>(extent.time.ps()) / 1'000'000'000'000;
  extent.card_bytes = static_cast<std::uint64_t>(bits / 8);
  return extent;
}

// The number after `key` in a file of "key: number kB" lines; none if there is no such line.
std::optional<std::int64_t> KilobytesOf(const char* path, const std::string& key) {
  std::ifstream file(path);
  std::string word;
  for (std::int64_t value = 0; file >> word;) {
    if (word == key && file >> value) return value;
  }
  return std::nullopt;
}

// The number that a file consists of; none where it says something else.
std::optional<std::int64_t> NumberIn(const char* path) {
  std::ifstream file(path);
  std::string word;
  std::int64_t value = 0;
  if (!(file >> word) || !absl::SimpleAtoi(word, &value)) return std::nullopt;
  return value;
}

}  // namespace

core::ByteCount EstimateMemory(const Prepared& prepared) {
  const RunExtent extent = ExtentOf(prepared.scenario);
  std::uint64_t bytes = kProgramBytes + CheckerBytes(prepared);
  for (std::uint32_t c = 0; c < prepared.scenario.clusters.size(); ++c) {
    const std::uint64_t size = prepared.scenario.clusters[c].size;
    const Footprint node = prepared.program->FootprintOf(core::ClusterId(c), extent);
    bytes += size * (kHostBytes + kPairBytes * node.peers + node.bytes);
  }
  return core::ByteCount(static_cast<std::int64_t>(bytes));
}

std::optional<core::ByteCount> AvailableMemory() {
  std::optional<std::int64_t> available = KilobytesOf("/proc/meminfo", "MemAvailable:");
  if (available) *available *= 1024;
  // A control group may allow less.
  const auto most = NumberIn("/sys/fs/cgroup/memory.max");
  const auto used = NumberIn("/sys/fs/cgroup/memory.current");
  if (most && used) {
    const std::int64_t left = std::max<std::int64_t>(*most - *used, 0);
    available = std::min(available.value_or(left), left);
  }
  if (!available) return std::nullopt;
  return core::ByteCount(*available);
}

std::optional<std::int64_t> PeakKilobytes() { return KilobytesOf("/proc/self/status", "VmHWM:"); }

absl::Status CheckMemory(const Prepared& prepared, core::ByteCount limit, const std::string& whose,
                         const std::string& remedy) {
  const core::ByteCount estimate = EstimateMemory(prepared);
  if (estimate <= limit) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(
      prepared.scenario.path, ": needs about ", SizeText(static_cast<double>(estimate.value())),
      " of memory, and ", whose, " is ", SizeText(static_cast<double>(limit.value())),
      "; take smaller clusters (/clusters/0/size), or ", remedy));
}

}  // namespace lockstep::cli
