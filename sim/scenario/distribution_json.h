// Distributions as they stand in JSON files.
//
// A value is a time ("45ns": always that), or an object whose members add up:
//
//   { "constant": "330ns",
//     "uniform": { "from": "0ns", "to": "40ns" },
//     "exponential": { "mean": "10ns" },
//     "half_normal": { "sigma": "15ns" },
//     "lognormal": { "median": "1.5us", "sigma": "0.5", "cap": "1ms" },
//     "pareto": { "scale": "1us", "shape": "1.5", "cap": "20us", "chance": [1, 1000000] },
//     "table": { "of": 1000, "points": [["1us", 500], ["2us", 300], ["10us", 200]] } }
//
// Each member but the constant may have a "chance" [n, d]: it adds nothing unless it happens. What
// lies above a "cap" is put at it; a Pareto distribution must have one, and a log-normal one where
// it would reach an hour. Means, sigmas, medians and scales of zero are taken as nothing, so that a
// sweep can begin at zero. The weights of a table sum up to "of". No sum may exceed an hour.

#pragma once

#include <string_view>
#include <vector>

#include "protocols/parameters/parameters.h"
#include "sim/chance/distribution.h"
#include "sim/scenario/scenario_keys.h"

namespace lockstep::sim {

// Reads the value of `key`, which must be there; zero after an error.
Distribution ReadDistribution(Parameters& parent, std::string_view key);
// The same; `or_else` where it is missing.
Distribution ReadDistributionOr(Parameters& parent, std::string_view key,
                                const Distribution& or_else);

// The keys of what may stand in such an object, but for the constant.
std::vector<KeyGroup> ListDistributionKeys();

}  // namespace lockstep::sim
