// One run of the fuzzer: a drawn scenario in its world, judged by all that its protocol promises.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

#include "tools/fuzz/chora_draw.h"
#include "tools/fuzz/general_draw.h"
#include "tools/fuzz/ground.h"
#include "tools/fuzz/outcome.h"
#include "tools/fuzz/piece.h"
#include "tools/lockstep/program.h"
#include "tools/lockstep/runner.h"

namespace lockstep::cli {

// Makes the run of a draw of Chora-R's own. One that is to recover ends as soon as it has; what a
// checker would only have said at the end is not asked then.
fuzz::Outcome RunDraw(const fuzz::Draw& draw);

// Makes the run of a scenario. Where only what is to come in the end has not come, it is run on,
// for 4, 16 and at last for 128 times what it allows after the heal, or until it has settled for
// 30 s, to tell slow from stuck: what comes then, or is still coming, is no failure.
fuzz::Outcome RunScenario(const Prepared& prepared);

// The same scenario with so many times the time after the heal; to be read like `prepared`.
nlohmann::json Stretched(const Prepared& prepared, std::uint64_t stretch);

// Draws and runs of one target.
class Fuzzer {
 public:
  // A protocol, by its name, or a scenario's file. Errors: there is no such, or it cannot be run.
  static absl::StatusOr<Fuzzer> Make(const std::string& target, const fuzz::DrawOptions& options,
                                     const Additions& own);

  // Whether a seed is left to a way of drawing that this protocol has alone.
  bool IsOwn(const fuzz::Piece& piece) const;
  // Errors: whatever is drawn is refused.
  absl::StatusOr<nlohmann::json> Scenario(const fuzz::Piece& piece) const;
  fuzz::Outcome Run(const fuzz::Piece& piece) const;
  // As to be written, for whoever runs it after that outcome.
  absl::StatusOr<nlohmann::json> Failing(const fuzz::Piece& piece,
                                         const fuzz::Outcome& outcome) const;

  const std::string& name() const { return ground_.name; }
  // What is never drawn, since nothing is promised of it.
  std::vector<std::string> LeftOut() const;

 private:
  Fuzzer(fuzz::DrawOptions options, const Additions& own) : options_(options), own_(&own) {}
  absl::StatusOr<Prepared> Read(nlohmann::json document) const;
  fuzz::Reads Reads(std::optional<Prepared>* last) const;
  absl::StatusOr<nlohmann::json> Draw(const fuzz::Piece& piece,
                                      std::optional<Prepared>* last) const;

  fuzz::Ground ground_;
  std::string path_;  // from where relative names start
  fuzz::DrawOptions options_;
  const Additions* own_;
};

// The protocols that can be drawn for.
std::vector<std::string> FuzzedProtocols(const Additions& own);

}  // namespace lockstep::cli
