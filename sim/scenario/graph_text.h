// What has to be known of a map's text before Boost may see it: its parsers recurse, so nesting is
// bounded here, and its DOT reader wants a keyword where DOT does not.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace lockstep::sim {

// The number of the line that `position` is in, from 1.
std::size_t LineOf(std::string_view text, std::size_t position);

// Refuses elements that are nested too deep to recurse into. What is no XML passes: the parser
// knows better what is wrong with it.
absl::Status CheckXmlDepth(std::string_view text);

struct DotText {
  std::string text;               // with "subgraph" before each anonymous one
  std::vector<std::size_t> ends;  // of its tokens, comments left out
};

// Errors: "line N: what was wrong". Refuses what is nested too deep, what is not closed, and HTML
// strings, of which Boost's reader finds the end too early.
absl::StatusOr<DotText> PrepareDot(std::string_view text);

}  // namespace lockstep::sim
