// Traces as hands and accidents leave them: one to six changes of what was a good one.
//
// A trace is one that has no footer to speak of ("{}"), so that what is changed is read to its end
// and judged. Every change is drawn from a seed.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lockstep::tests {

// Lines of the trace at `path`, with an empty footer: of a long one, the first, some of the middle,
// the last.
std::vector<std::string> LinesToMutate(const std::string& path);

// The text of a trace.
std::string Mutated(std::vector<std::string> lines, std::uint64_t seed);

}  // namespace lockstep::tests
