// Words of a POSIX shell, in commands that are printed to be run.

#pragma once

#include <string>

namespace lockstep::cli {

// `text` as one word of a POSIX shell, whatever it holds.
std::string ShellWord(const std::string& text);

}  // namespace lockstep::cli
