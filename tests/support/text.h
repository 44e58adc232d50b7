// Claims about what a program has printed.

#pragma once

#include <string>

#include "tests/support/process.h"

namespace lockstep::tests {

// Checks that `part` stands somewhere in `text`, and shows both where it does not.
bool Has(const std::string& text, const std::string& part);

// Checks that the program refused what it was told: exit code 2, nothing on its standard output,
// and an error that has `why` in it.
void CheckRefused(const Finished& run, const std::string& why);

}  // namespace lockstep::tests
