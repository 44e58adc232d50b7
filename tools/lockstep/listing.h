// What there is: protocols, profiles, keys of scenarios, metrics, oracles, notes and faults, as
// data and as text.

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

#include "tools/lockstep/program.h"

namespace lockstep::cli {

// What can be listed, by name.
const std::vector<std::string>& Listings();

// An array of objects with a name, a meaning, and more; protocols and faults have `keys`, each with
// a type, a unit, a range, a default and a meaning. `what` is one of Listings(). With what a
// program has of its own. Errors are of profiles, which are files.
absl::StatusOr<nlohmann::ordered_json> ListingOf(std::string_view what, const Additions& own = {});

// Name and meaning of each entry; none where `what` is no listing, or cannot be read.
std::vector<std::pair<std::string, std::string>> NamesListed(const std::string& what,
                                                             const Additions& own);

// One entry of a listing, for people, with its keys; lines of at most 80 columns.
std::string TextOf(const nlohmann::ordered_json& entry);

// `text` in lines of at most 80 columns, each after so many spaces.
std::string Wrapped(std::string_view text, std::size_t indent);

}  // namespace lockstep::cli
