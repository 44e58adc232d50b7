// What this program was built from and by, for the first line of a trace.

#pragma once

#include <string>

namespace lockstep::cli {

std::string Revision();
std::string Toolchain();

}  // namespace lockstep::cli
