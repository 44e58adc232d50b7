// Delta debugging: see ddmin.h.

#include "tools/shrink/ddmin.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

namespace lockstep::shrink {
namespace {

// `places` in `parts` pieces of nearly the same length.
std::vector<Places> Split(const Places& places, std::size_t parts) {
  std::vector<Places> pieces;
  for (std::size_t i = 0; i < parts; ++i) {
    const auto begin = static_cast<std::ptrdiff_t>(places.size() * i / parts);
    const auto end = static_cast<std::ptrdiff_t>(places.size() * (i + 1) / parts);
    pieces.emplace_back(places.begin() + begin, places.begin() + end);
  }
  return pieces;
}

Places Without(const Places& places, const Places& piece) {
  Places rest;
  std::ranges::set_difference(places, piece, std::back_inserter(rest));
  return rest;
}

}  // namespace

absl::StatusOr<Places> DeltaDebug(std::size_t count, const FirstFailingOf& first_failing) {
  Places places(count);
  std::iota(places.begin(), places.end(), std::size_t{0});
  if (places.empty()) return places;
  const auto none = first_failing({Places()});
  if (!none.ok()) return none.status();
  if (none->has_value()) return Places();
  std::size_t parts = 2;
  while (places.size() >= 2) {
    std::vector<Places> asked = Split(places, parts);
    // Of two pieces one is what the other leaves.
    if (parts > 2)
      for (std::size_t i = 0; i < parts; ++i) asked.push_back(Without(places, asked[i]));
    const auto found = first_failing(asked);
    if (!found.ok()) return found.status();
    if (!found->has_value()) {
      if (parts == places.size()) break;
      parts = std::min(places.size(), 2 * parts);
      continue;
    }
    const bool is_piece = **found < parts;
    places = std::move(asked[**found]);
    parts = is_piece ? 2 : std::max<std::size_t>(parts - 1, 2);
  }
  return places;
}

}  // namespace lockstep::shrink
