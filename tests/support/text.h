// Claims about what a program has printed.

#pragma once

#include <string>

namespace lockstep::tests {

// Checks that `part` stands somewhere in `text`, and shows both where it does not.
bool Has(const std::string& text, const std::string& part);

}  // namespace lockstep::tests
