// What was assumed while reading, said on standard error, so that it is mixed with no output.

#pragma once

#include <string>
#include <vector>

namespace lockstep::cli {

void PrintRemarks(const std::vector<std::string>& remarks);

}  // namespace lockstep::cli
