// This program, begun anew: nothing that a process has of its own (addresses, what it did before)
// is the same.

#pragma once

#include <string>
#include <vector>

namespace lockstep::cli {

struct Ended {
  int exit_code = -1;  // -1: by a signal, or it could not be begun
  std::string out;
  std::string err;
};

// Runs this program with these arguments and without input, to its end. It dies with whoever calls
// this, and the terminal's Ctrl-C does not reach it.
Ended RunThisProgram(const std::vector<std::string>& arguments);

}  // namespace lockstep::cli
