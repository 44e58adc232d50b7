// What readers of maps share: lines, and how deep anything may be nested.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace lockstep::sim {

// Parsers recurse: deeper than this is nested by nobody, as in JSON.
inline constexpr std::size_t kNestedMax = 64;

// The number of the line that `position` is in, from 1.
std::size_t LineOf(std::string_view text, std::size_t position);

// "line N: what"
absl::Status WrongAt(std::string_view text, std::size_t position, const std::string& what);
absl::Status NestedTooDeep(std::string_view text, std::size_t position);

// `text` with &amp; &lt; &gt; &quot; &apos; and numbers such as &#246; and &#xF6; as the characters
// that they stand for; what is none of these stays.
std::string WithoutEntities(std::string_view text);

// Refuses elements that are nested too deep to recurse into. What is no XML passes: the parser
// knows better what is wrong with it.
absl::Status CheckXmlDepth(std::string_view text);

}  // namespace lockstep::sim
