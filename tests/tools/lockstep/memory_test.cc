// The estimate of a run's memory, against what the program takes; and what it refuses.

#include "tools/lockstep/memory.h"

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

#include "tests/support/process.h"
#include "tests/support/text.h"
#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/runner.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

const std::string kPicsou = "scenarios/smoke/picsou.json";

// Twenty milliseconds of `size` replicas against as many.
std::vector<sim::Override> Sized(std::uint32_t size) {
  std::vector<sim::Override> sets = {{"/run/for", "20ms"}, {"/run/warmup", "5ms"}};
  for (const char* cluster : {"/clusters/0", "/clusters/1"}) {
    sets.emplace_back(absl::StrCat(cluster, "/size"), absl::StrCat(size));
    for (const char* fault : {"/budget/u", "/budget/r"}) {
      sets.emplace_back(absl::StrCat(cluster, fault), absl::StrCat((size - 1) / 3));
    }
  }
  return sets;
}

std::vector<std::string> Run(const std::vector<sim::Override>& sets) {
  std::vector<std::string> arguments = {"run", kPicsou};
  for (const auto& [pointer, value] : sets) {
    arguments.push_back(absl::StrCat("--set=", pointer, "=", value));
  }
  return arguments;
}

core::ByteCount EstimateOf(const std::vector<sim::Override>& sets) {
  const auto prepared = cli::Prepare(kPicsou, sets);
  REQUIRE(prepared.ok());
  return cli::EstimateMemory(*prepared);
}

}  // namespace

TEST_CASE("memory: the estimate is within a factor of two of what a run takes") {
  for (const std::uint32_t size : {4U, 13U, 31U, 52U, 79U}) {
    CAPTURE(size);
    const std::vector<sim::Override> sets = Sized(size);
    const std::int64_t estimate = EstimateOf(sets).value();
    std::vector<std::string> arguments = Run(sets);
    arguments.push_back("--json");
    const auto summary = nlohmann::json::parse(Lockstep(arguments).out);
    const std::int64_t taken = 1024 * summary["speed"]["memory_kb"].get<std::int64_t>();
    CAPTURE(taken);
    CHECK(estimate <= 2 * taken);
    CHECK(2 * estimate >= taken);
  }
}

// What waits for streams and cores, not what nodes are made of.
TEST_CASE("memory: nor is it further from what a flooded run takes") {
  for (const char* file :
       {"scenarios/figures/testbed-100B.json", "scenarios/figures/testbed-1MB.json"}) {
    CAPTURE(file);
    std::vector<sim::Override> sets = Sized(10);
    sets[0] = {"/run/for", "400ms"};
    sets.emplace_back("/phases/heal", "200ms");
    sets.emplace_back("/phases/settle", "100ms");
    const auto prepared = cli::Prepare(file, sets);
    REQUIRE(prepared.ok());
    const std::int64_t estimate = cli::EstimateMemory(*prepared).value();
    std::vector<std::string> arguments = {"run", file, "--json"};
    for (const auto& [pointer, value] : sets) {
      arguments.push_back(absl::StrCat("--set=", pointer, "=", value));
    }
    const auto summary = nlohmann::json::parse(Lockstep(arguments).out);
    const std::int64_t taken = 1024 * summary["speed"]["memory_kb"].get<std::int64_t>();
    CAPTURE(taken);
    CAPTURE(estimate);
    CHECK(estimate <= 2 * taken);
    CHECK(2 * estimate >= taken);
  }
}

TEST_CASE("memory: what cannot fit is refused, with its estimate, the limit and the remedy") {
  std::vector<sim::Override> sets = Sized(5'000);
  sets.emplace_back("/clusters/0/stack/1/quack_window", "1000000");
  const Finished huge = Lockstep(Run(sets));
  CHECK(huge.exit_code == cli::kBadInput);
  Has(huge.err, kPicsou + ": needs about ");
  Has(huge.err, "GB of memory, and what is available is ");
  Has(huge.err, "take smaller clusters (/clusters/0/size)");
}

TEST_CASE("memory: the user's limit is kept, whatever the machine has") {
  std::vector<std::string> arguments = Run(Sized(4));
  arguments.push_back("--memory=1MB");
  const Finished small = Lockstep(arguments);
  CHECK(small.exit_code == cli::kBadInput);
  Has(small.err, "what --memory allows is 1 MB");
  arguments.back() = "--memory=1GB";
  CHECK(Lockstep(arguments).exit_code != cli::kBadInput);
  arguments.back() = "--memory=much";
  Has(Lockstep(arguments).err, "--memory: ");
  // More than this machine has: taken at the user's word.
  arguments.back() = "--memory=1000000GB";
  CHECK(Lockstep(arguments).exit_code != cli::kBadInput);
}

}  // namespace lockstep::tests
