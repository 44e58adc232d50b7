// A scenario out of a seed: a cluster of Chora-R in bad company.
//
// What is drawn is a pure function of the seed and of what the user has fixed, so that a seed says
// all there is to say about a run. It follows the adversaries under which the rules of Chora-R were
// found: clusters with windows, packets and rounds that are far too small, loss to 40 %, delays
// over many rounds, links that are slow or dead for a while, duplicates and old messages that come
// up in a later life, clocks far ahead, pauses, and crashes in the middle of a broadcast with all
// memory lost, within a concurrent budget, preferably of whoever is furthest ahead. Then everything
// heals. A third of the draws have the sizes with which the protocol promises to recover; these
// must.
//
// Source: Chora-R, sections 2.11 (20) and 3.3.

#pragma once

#include <cstdint>
#include <optional>

#include "nlohmann/json.hpp"

#include "protocols/core/time.h"

namespace lockstep::fuzz {

// What is not left to the seed.
struct Fixed {
  std::optional<std::uint32_t> replicas;  // odd
};

struct Draw {
  nlohmann::json scenario;
  // Recovery is promised: commits go on, and no slot stays undecided.
  bool is_to_heal = false;
  core::Duration interval;    // between two rounds
  core::Instant first_round;  // of which the synchronised clocks are right
  core::Instant heal;
};

Draw DrawChora(std::uint64_t seed, const Fixed& fixed = {});

}  // namespace lockstep::fuzz
