// How often nodes noted what: the one measure that every protocol has, whatever its notes mean.
//
// A note about several (a run of log indices) counts as many. Those kinds are counted that the
// recipe names, and those that all protocols share, but for kinds of which a default trace holds
// only a part: so a trace that is read back gives the same counts.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "nlohmann/json.hpp"

#include "analysis/recipe.h"
#include "protocols/core/ids.h"
#include "protocols/core/note.h"
#include "protocols/core/time.h"
#include "sim/trace/event.h"
#include "sim/trace/sink.h"

namespace lockstep::analysis {

class NoteCounts final : public trace::Sink {
 public:
  // `spared`: kinds that are not counted.
  NoteCounts(std::shared_ptr<const Recipe> recipe, std::span<const core::NoteKind> spared);

  trace::Interest Wants() const override;
  void OnEvent(const trace::Event& event) override;
  void Finish() override {}

  // {KIND: {"count", "per_s"?}, ...} of each kind that was noted: how often in the whole run, and a
  // second from the warm-up on; by all nodes together. Of "resent" also {"by_attempt": {STREAM:
  // {ATTEMPT: count, ...}, ...}}, whose streams are as StreamName says.
  nlohmann::json Summary() const;

 private:
  struct Count {
    std::uint64_t all = 0;
    std::uint64_t measured = 0;
  };
  nlohmann::json ByAttempt() const;
  void AddName(std::string name, std::span<const core::NoteKind> spared);

  std::shared_ptr<const Recipe> recipe_;
  std::vector<std::string> names_;                     // sorted
  absl::flat_hash_map<core::NoteKind, Count> counts_;  // of each name; never walked through
  // Sends that are noted as "resent", by stream and attempt.
  std::map<std::pair<core::StreamId, std::uint64_t>, std::uint64_t> resent_;
  core::Instant end_;
};

}  // namespace lockstep::analysis
