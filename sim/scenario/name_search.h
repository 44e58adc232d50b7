// What the name of a file means that stands in another file: a scenario's profile or map, the
// scenario of a sweep.

#pragma once

#include <string>

namespace lockstep::sim {

// The first that is there of: beside the file `path`; in the folder called "scenarios" above it; in
// the scenarios that this program came with. So a scenario works wherever it is copied to. Where
// none is there, what stood for it in messages. Kept as short as `path` was given, since it is
// shown.
std::string ResolveName(const std::string& path, const std::string& name);

// What a name means that somebody gave by hand: the file of that name, or else that of the
// scenarios that this program came with, whether they are called "scenarios/" there or not. Where
// neither is there, the name as it is.
std::string FindGiven(const std::string& name);
// The same for a folder.
std::string FindGivenFolder(const std::string& name);

// For an error about a name of which nothing is there: " (looked for A, B and C)", or nothing where
// there is but one place.
std::string WhereSought(const std::string& path, const std::string& name);

}  // namespace lockstep::sim
