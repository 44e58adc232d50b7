// Whether smaller scenarios still fail in the same way: each is run by a worker process.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

#include "tools/lockstep/judged_run.h"
#include "tools/lockstep/program.h"
#include "tools/shrink/shrink.h"
#include "tools/sweep/pool.h"

namespace lockstep::cli {

struct LabOptions {
  unsigned workers = 1;
  // Of the first run: nobody else may object to a smaller one. A run that is cut so short that
  // nothing arrives would have L object to it as well.
  std::vector<Objection> known;
  // Only what holds without its faults fails by them.
  bool needs_faults = false;
  // A run that settles for less is also made so that it settles for as long: who is slow, and not
  // stuck, is done by then.
  std::optional<core::Duration> settle;
  std::string path;              // that names of files in scenarios start from
  std::uint64_t events_max = 0;  // a run of more does not fail as it should
  std::chrono::milliseconds wall_max{60'000};
};

// The scenario, whose phases are said, so that it settles for so long; none where it does already.
std::optional<nlohmann::json> SettlingFor(core::Duration settle, const nlohmann::json& scenario);

class ShrinkLab {
 public:
  // `own` outlives it.
  ShrinkLab(const Objection& wanted, const LabOptions& options, const Additions& own);

  // The first of these, in their order, to which the same oracle objects: whatever the number of
  // workers. Cancelled where IsInterrupted(). Other errors: no process can be made.
  absl::StatusOr<std::optional<shrink::Failing>> FirstFailing(
      const std::vector<nlohmann::json>& scenarios);
  // Of each its run, in their order; one that fails for another reason has that as its error.
  // Errors as above.
  absl::StatusOr<std::vector<JudgedRun>> TryAll(const std::vector<nlohmann::json>& scenarios);

  // Runs that were begun.
  std::uint64_t runs() const { return runs_; }

 private:
  // In a worker: the run, and where it fails as it should those that are to show that it is not for
  // another reason. Where one shows otherwise, that is the run's error.
  JudgedRun Try(const nlohmann::json& scenario) const;
  JudgedRun Run(const nlohmann::json& scenario, std::uint64_t events_max) const;
  absl::Status Start(std::size_t index, const nlohmann::json& scenario);
  // Calls `keep` with the place and the run of each that has ended since.
  template <typename Keep>
  void WaitForSome(const Keep& keep);
  std::optional<shrink::Failing> FailingIn(std::size_t index, const JudgedRun& run) const;

  const Additions& own_;
  Objection wanted_;
  LabOptions options_;
  std::uint64_t first_ = 0;  // number of the first run of what is asked now
  std::uint64_t runs_ = 0;
  sweep::Pool pool_;
};

}  // namespace lockstep::cli
