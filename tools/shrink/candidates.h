// Simpler forms of a scenario: each is one change of it, and none is known to fail as it does.
//
// They are made of the JSON; only what the table of faults says of their parameters is known. What
// is no scenario any more (a key that is needed, a host that is gone, a budget that is overspent)
// the reader refuses; so nothing here knows its rules.

#pragma once

#include <string>
#include <vector>

#include "nlohmann/json.hpp"

#include "protocols/core/time.h"

namespace lockstep::shrink {

struct Candidate {
  std::string what;  // the change, for people; unlike that of any other candidate
  nlohmann::json document;
};

// The run is cut: behind `violated_at`, where it is violated, or where phases end; or its phases
// are halved. Phases that it has by default are written down.
std::vector<Candidate> ShorterRuns(const nlohmann::json& scenario, core::Duration violated_at);

// A cluster less; all clusters, or one, of fewer hosts, or of less stake, with a budget that these
// have. Faults at hosts that go are moved to hosts that stay and have none.
std::vector<Candidate> SmallerClusters(const nlohmann::json& scenario);

// One value less: a key, an element of a list, a target of many hosts made one; or one value
// simpler: counts that are smaller or rounder, probabilities that are 1 in N, times and sizes of
// faults. Of machines and networks keys are left out, and no number is changed: a wire of a
// picosecond is no simpler one. Names, texts, the seed and what is expected stay.
std::vector<Candidate> SimplerValues(const nlohmann::json& scenario);

}  // namespace lockstep::shrink
