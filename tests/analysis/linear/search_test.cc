// Linearizability: what can be explained is, what cannot is not, and the longest part that can.

#include "analysis/linear/search.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "analysis/linear/linearizability.h"
#include "protocols/core/random.h"
#include "tests/analysis/linear/histories.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using analysis::Verdict;
using analysis::linear::Action;
using analysis::linear::CheckLinearizability;
using analysis::linear::History;
using analysis::linear::LinearizabilityReport;
using analysis::linear::Operation;
using analysis::linear::Search;
using analysis::linear::SearchResult;

core::Random RandomOf(std::uint64_t seed) { return core::Random(seed).Fork("linear"); }

std::set<std::string> KeysOf(const History& history) {
  std::set<std::string> keys;
  for (const Operation& each : history.operations) keys.insert(each.key);
  return keys;
}

std::vector<std::uint32_t> ReadsOf(const History& history) {
  std::vector<std::uint32_t> reads;
  for (std::uint32_t i = 0; i < history.operations.size(); ++i) {
    const Operation& each = history.operations[i];
    if (each.action == Action::kRead && each.has_returned()) reads.push_back(i);
  }
  return reads;
}

// Says of every key what the plain judge says, and gives reasons that hold.
void CheckAgainstAllOrders(const History& history) {
  const LinearizabilityReport report = CheckLinearizability(history, {});
  std::size_t violated = 0;
  for (const std::string& key : KeysOf(history)) {
    const bool has_order = HasOrder(history, key, Operation::kNever);
    const auto found = std::find_if(report.violations.begin(), report.violations.end(),
                                    [&](const auto& each) { return each.key == key; });
    REQUIRE(has_order == (found == report.violations.end()));
    if (has_order) continue;
    ++violated;
    const std::uint32_t until = history.operations[found->culprit].returned;
    REQUIRE(found->is_longest);
    REQUIRE(Explains(history, key, found->prefix, until));
    REQUIRE(!HasOrder(history, key, until + 1));
  }
  REQUIRE(violated == report.violations.size());
  REQUIRE((report.verdict == Verdict::kViolated) == (violated > 0));
}

// Changes what one read has seen, at random.
void Spoil(History& history, core::Random& random) {
  const std::vector<std::uint32_t> reads = ReadsOf(history);
  if (reads.empty()) return;
  const std::uint32_t read = reads[random.Below(reads.size())];
  const std::uint64_t other = random.Below(history.operations.size());
  history.operations[read].value = history.operations[other].value;
}

TEST_CASE("linearizability: small histories get the verdict of whoever tries every order") {
  core::Random random = RandomOf(1);
  std::uint64_t violated = 0;
  for (int i = 0; i < 8'000; ++i) {
    HistoryRecipe recipe;
    recipe.is_register = i % 2 == 0;
    recipe.values = random.Below(4);
    recipe.operations = 1 + random.Below(8);
    recipe.clients = 1 + random.Below(4);
    recipe.keys = 1 + random.Below(2);
    recipe.lost_percent = random.Below(2) * 20;
    History history = MakeHistory(recipe, random);
    if (random.Below(4) != 0) Spoil(history, random);
    CAPTURE(i);
    CheckAgainstAllOrders(history);
    if (CheckLinearizability(history, {}).verdict == Verdict::kViolated) ++violated;
  }
  // Both kinds were there.
  CHECK(violated > 1'000);
  CHECK(violated < 7'000);
}

TEST_CASE("linearizability: whatever a simulated object did is never objected to, and explained") {
  core::Random random = RandomOf(2);
  for (int i = 0; i < 3'000; ++i) {
    HistoryRecipe recipe;
    recipe.is_register = i % 2 == 0;
    recipe.clients = 1 + random.Below(12);
    recipe.operations = 1 + random.Below(60);
    recipe.values = random.Below(6);
    recipe.lost_percent = random.Below(2) * 5;
    const History history = MakeHistory(recipe, random);
    const SearchResult result = Search(history.operations, history.initial).Run(1'000'000);
    CAPTURE(i);
    REQUIRE(result.verdict == Verdict::kHolds);
    REQUIRE(Explains(history, "0", result.order, Operation::kNever));
  }
}

// A history that went well but for one read, of which the values all differ.
template <typename Break>
void CheckBroken(bool is_register, Break&& break_read) {
  core::Random random = RandomOf(3);
  int broken = 0;
  for (int i = 0; i < 1'000; ++i) {
    HistoryRecipe recipe;
    recipe.is_register = is_register;
    recipe.clients = 4;
    recipe.operations = 60;
    recipe.values = 0;
    History history = MakeHistory(recipe, random);
    const std::vector<std::uint32_t> reads = ReadsOf(history);
    const std::uint32_t read = reads[reads.size() / 2];
    if (!break_read(history, read)) continue;
    ++broken;
    const LinearizabilityReport report = CheckLinearizability(history, {});
    CAPTURE(i);
    REQUIRE(report.verdict == Verdict::kViolated);
    REQUIRE(Explains(history, "0", report.violations[0].prefix,
                     history.operations[report.violations[0].culprit].returned));
  }
  CHECK(broken > 50);
}

TEST_CASE("linearizability: a stale read is refused") {
  // Something written before another write that had returned when the read was invoked.
  CheckBroken(true, [](History& history, std::uint32_t read) {
    const Operation* later = nullptr;
    for (std::uint32_t i = read; i-- > 0;) {
      const Operation& each = history.operations[i];
      if (each.action != Action::kWrite) continue;
      if (later == nullptr && each.returned < history.operations[read].invoked) later = &each;
      if (later == nullptr || each.returned >= later->invoked) continue;
      history.operations[read].value = each.value;
      return true;
    }
    return false;
  });
}

TEST_CASE("linearizability: a lost append is refused") {
  // A text without an append that came after what it begins with, and before what it ends with.
  CheckBroken(false, [](History& history, std::uint32_t read) {
    std::string& seen = history.operations[read].value;
    const Operation* first = nullptr;
    const Operation* last = nullptr;
    for (const Operation& each : history.operations) {
      if (each.action == Action::kRead) continue;
      if (seen.starts_with(each.value)) first = &each;
      if (seen.ends_with(each.value)) last = &each;
    }
    for (const Operation& each : history.operations) {
      if (each.action != Action::kAppend || first == nullptr) continue;
      if (each.invoked <= first->returned || each.returned >= last->invoked) continue;
      const std::size_t at = seen.find(each.value);
      if (at == std::string::npos) continue;
      seen.erase(at, each.value.size());
      return true;
    }
    return false;
  });
}

TEST_CASE("linearizability: an append that happened twice is refused") {
  CheckBroken(false, [](History& history, std::uint32_t read) {
    std::string& seen = history.operations[read].value;
    for (const Operation& each : history.operations) {
      if (each.action != Action::kAppend || !seen.ends_with(each.value)) continue;
      seen += each.value;
      return true;
    }
    return false;
  });
}

History OfOne(std::vector<Operation> operations) {
  History history;
  history.operations = std::move(operations);
  history.initial = "nil";
  return history;
}

Operation Write(const char* value, std::uint32_t invoked, std::uint32_t returned) {
  return {Action::kWrite, "", value, "", false, 0, invoked, returned};
}
Operation Read(const char* value, std::uint32_t invoked, std::uint32_t returned) {
  return {Action::kRead, "", value, "", false, 0, invoked, returned};
}

TEST_CASE("linearizability: what never returned may take effect late, once, or not at all") {
  constexpr std::uint32_t kNever = Operation::kNever;
  const auto verdict = [](std::vector<Operation> operations) {
    return CheckLinearizability(OfOne(std::move(operations)), {}).verdict;
  };
  CHECK(verdict({Write("1", 0, kNever), Read("nil", 1, 2), Read("1", 3, 4)}) == Verdict::kHolds);
  CHECK(verdict({Write("1", 0, kNever), Read("nil", 1, 2)}) == Verdict::kHolds);
  CHECK(verdict({Write("1", 0, kNever), Write("2", 1, 2), Read("1", 3, 4), Read("2", 5, 6)}) ==
        Verdict::kViolated);
  // Not before it was invoked.
  CHECK(verdict({Read("1", 0, 1), Write("1", 2, kNever)}) == Verdict::kViolated);
  CHECK(verdict({Write("1", 0, kNever)}) == Verdict::kNotExercised);
}

TEST_CASE("linearizability: a compare-and-set that was refused has met another value") {
  const auto verdict = [](const char* expected) {
    const Operation refused = {Action::kCompareAndSet, "", "3", expected, true, 0, 2, 3};
    return CheckLinearizability(OfOne({Write("1", 0, 1), refused, Read("1", 4, 5)}), {}).verdict;
  };
  CHECK(verdict("2") == Verdict::kHolds);
  CHECK(verdict("1") == Verdict::kViolated);
}

TEST_CASE("linearizability: whoever is at his budget does not know") {
  History history;
  history.initial = "nil";
  for (std::uint32_t i = 0; i < 12; ++i) history.operations.push_back(Write("1", 2 * i, 2 * i + 1));
  CHECK(CheckLinearizability(history, {12}).verdict == Verdict::kHolds);
  CHECK(CheckLinearizability(history, {11}).verdict == Verdict::kUnknown);
  CHECK(CheckLinearizability(history, {11}).unknown_keys == std::vector<std::string>{""});
  // A violation is one whatever else is unknown.
  history.operations.push_back(Read("7", 300, 301));
  history.operations.back().key = "other";
  CHECK(CheckLinearizability(history, {11}).verdict == Verdict::kViolated);
}

TEST_CASE("linearizability: fifty clients and 3 400 lines take few steps, on one key as on many") {
  core::Random random = RandomOf(4);
  for (const std::uint64_t keys : {std::uint64_t{1}, std::uint64_t{10}, std::uint64_t{50}}) {
    HistoryRecipe recipe;
    recipe.is_register = false;
    recipe.clients = 50;
    recipe.operations = 1'700;
    recipe.values = 0;
    recipe.keys = keys;
    History history = MakeHistory(recipe, random);
    // A search of a million steps takes about a second.
    CHECK(CheckLinearizability(history, {1'000'000}).verdict == Verdict::kHolds);
    const std::vector<std::uint32_t> reads = ReadsOf(history);
    history.operations[reads[reads.size() / 2]].value += "z";
    CHECK(CheckLinearizability(history, {1'000'000}).verdict == Verdict::kViolated);
  }
}

}  // namespace
}  // namespace lockstep::tests
