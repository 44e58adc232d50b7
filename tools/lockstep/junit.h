// JUnit XML, as continuous integration reads it: what was tested, and what came of it.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep::cli {

enum class JUnitOutcome : std::uint8_t { kPassed, kFailure, kError, kSkipped };

struct JUnitCase {
  std::string name;
  double seconds = 0;
  JUnitOutcome outcome = JUnitOutcome::kPassed;
  std::string type;     // of failure and error: one word or two
  std::string message;  // why not passed
  std::string details;  // more of it; may be empty
};

struct JUnitSuite {
  std::string name;
  std::vector<JUnitCase> cases;
};

// The document. What XML 1.0 has no place for, control characters and what is no UTF-8, is replaced
// by U+FFFD.
std::string JUnitXml(std::string_view name, const std::vector<JUnitSuite>& suites);

}  // namespace lockstep::cli
