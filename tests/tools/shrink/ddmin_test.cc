// Delta debugging: what is needed stays, and nothing else.

#include "tools/shrink/ddmin.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "absl/status/status.h"

#include "protocols/core/random.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using shrink::Places;

bool HasAll(const Places& places, const Places& needed) {
  return std::ranges::includes(places, needed);
}

// Asks `fails` of one after the other.
template <typename Fails>
shrink::FirstFailingOf FirstWhere(const Fails& fails, std::size_t* asked = nullptr) {
  return [=](const std::vector<Places>& lists) -> absl::StatusOr<std::optional<std::size_t>> {
    for (std::size_t i = 0; i < lists.size(); ++i) {
      if (asked != nullptr) ++*asked;
      if (fails(lists[i])) return std::optional(i);
    }
    return std::optional<std::size_t>();
  };
}

}  // namespace

TEST_CASE("ddmin: three elements of twenty that are needed together are found, wherever they are") {
  const core::Random random = core::Random(1).Fork("needed");
  core::Random draws = random;
  for (int round = 0; round < 50; ++round) {
    Places needed;
    while (needed.size() < 3) {
      const std::size_t place = draws.Below(20);
      if (std::ranges::find(needed, place) == needed.end()) needed.push_back(place);
    }
    std::ranges::sort(needed);
    std::size_t asked = 0;
    const auto found = shrink::DeltaDebug(
        20, FirstWhere([&](const Places& list) { return HasAll(list, needed); }, &asked));
    REQUIRE(found.ok());
    CHECK(*found == needed);
    CHECK(asked < 20 * 20 + 3 * 20);  // |c|^2 + 3|c|: the worst case of the paper, section 3.3.
  }
}

TEST_CASE("ddmin: what is left is 1-minimal, also where more can be less") {
  // Fails with an odd number of even places: not monotone.
  const auto fails = [](const Places& list) {
    return std::ranges::count_if(list, [](std::size_t place) { return place % 2 == 0; }) % 2 == 1;
  };
  for (const std::size_t count : {1U, 2U, 5U, 13U, 22U}) {
    Places all(count);
    for (std::size_t i = 0; i < count; ++i) all[i] = i;
    if (!fails(all)) continue;
    const auto found = shrink::DeltaDebug(count, FirstWhere(fails));
    REQUIRE(found.ok());
    CHECK(fails(*found));
    for (const std::size_t place : *found) {
      Places less = *found;
      std::erase(less, place);
      CHECK_FALSE(fails(less));
    }
  }
}

TEST_CASE("ddmin: nothing is left where nothing is needed, and all where all is") {
  const auto with = [](std::size_t count, std::size_t least) {
    return *shrink::DeltaDebug(
        count, FirstWhere([=](const Places& list) { return list.size() >= least; }));
  };
  CHECK(with(0, 0).empty());
  CHECK(with(7, 0).empty());
  CHECK(with(7, 7).size() == 7);
  CHECK(with(1, 1).size() == 1);
}

TEST_CASE("ddmin: who cannot answer ends the search") {
  const auto found = shrink::DeltaDebug(
      5, [](const std::vector<Places>&) -> absl::StatusOr<std::optional<std::size_t>> {
        return absl::CancelledError("enough");
      });
  CHECK(found.status() == absl::CancelledError("enough"));
}

}  // namespace lockstep::tests
