// What leaves the program: texts for people, JSON, and files.

#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "nlohmann/json.hpp"

namespace lockstep::cli {

// `text` without what would speak to a terminal rather than to its reader: control characters of
// names, but for line ends and tabs, stand there as \x1b.
std::string Printable(std::string_view text);

// Prints it so.
void Print(std::FILE* to, std::string_view text);

// A document with an end of line. Names of files are bytes: those that are no UTF-8 are replaced.
std::string JsonText(const nlohmann::json& document);

// Whether `path`, which `flag` says to write, is none of the files that were read: a run must not
// replace its own scenario by its trace.
absl::Status CheckNoInput(const std::string& path, std::string_view flag,
                          const std::vector<std::string>& inputs);

}  // namespace lockstep::cli
