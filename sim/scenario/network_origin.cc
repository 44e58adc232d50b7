// Who said what of a scenario's network: see network_origin.h.

#include "sim/scenario/network_origin.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "protocols/parameters/parameters.h"

namespace lockstep::sim {
namespace {

// Whether one pointer leads through the other.
bool IsWithin(const std::string& inner, const std::string& outer) {
  return inner == outer || absl::StartsWith(inner, outer + "/");
}

}  // namespace

absl::Status NetworkOrigin::Blame(const absl::Status& error, const std::string& path,
                                  const std::string& profile_file) const {
  const std::string message(error.message());
  const std::string place = path + ": ";
  const std::string network = "/network";
  if (of_profile.is_null() || !absl::StartsWith(message, place + network + "/")) return error;
  const std::size_t end = message.find(": ", place.size());
  if (end == std::string::npos) return error;
  const std::string pointer = message.substr(place.size(), end - place.size());
  const bool is_set = std::any_of(set_at.begin(), set_at.end(), [&](const std::string& set) {
    return IsWithin(pointer, set) || IsWithin(set, pointer);
  });
  // A key that is missing is missing where its object was begun.
  std::string inside = pointer.substr(network.size());
  while (!inside.empty() && FindAt(own, inside) == nullptr && FindAt(of_profile, inside) == nullptr)
    inside.erase(inside.rfind('/'));
  const bool is_own = is_set || inside.empty() || FindAt(own, inside) != nullptr;
  if (is_own) return error;
  return absl::Status(error.code(),
                      absl::StrCat(profile_file.empty() ? place + "/profile" : profile_file + ": ",
                                   message.substr(place.size())));
}

}  // namespace lockstep::sim
