// The first difference of two traces.

#pragma once

#include <string>

namespace lockstep::cli {

// Whether the file holds a trace, as far as its first bytes tell; what is no regular file (a pipe,
// "-") cannot hold results.
bool IsTraceFile(const std::string& path);

// Prints what differs first, with the events before it; the exit code.
int CompareTraces(const std::string& a, const std::string& b, bool as_json);

}  // namespace lockstep::cli
