// Scenarios that showed something new, from which others are made: in memory, and in a folder of
// files that are named by their hash, where there is one.
//
// At most kMost are kept in memory, of about 6 KiB each; beyond that a new one takes the place of
// the oldest, whose file stays.

#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

namespace lockstep::fuzz {

class Corpus {
 public:
  static constexpr std::size_t kMost = 1'000;

  // In memory alone.
  Corpus() = default;
  // With the scenarios of a folder, by their names; it is made when there is something to keep.
  // Errors: what is there is no JSON, or cannot be read.
  static absl::StatusOr<Corpus> Load(const std::string& folder);

  // Errors: the file cannot be written.
  absl::Status Add(const nlohmann::json& scenario);

  // As JSON; their places stay.
  const std::vector<std::string>& scenarios() const { return scenarios_; }

 private:
  void Keep(std::string text);

  std::string folder_;
  std::vector<std::string> scenarios_;
  std::size_t oldest_ = 0;  // where all places are taken
};

}  // namespace lockstep::fuzz
