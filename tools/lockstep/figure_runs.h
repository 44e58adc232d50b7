// The runs of figures: sweeps on the engine, whose results can be kept and gone on with.

#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "analysis/results/results.h"
#include "tools/lockstep/scratch.h"
#include "tools/lockstep/sweep_plan.h"

namespace lockstep::cli {

// How the runs of a figure are made.
struct FigureRuns {
  unsigned jobs = 1;
  // The folder for the results of each sweep, NAME.sqlite, gone on with where they are there;
  // empty: nothing is kept.
  std::string out;
  bool is_quiet = false;  // shows no progress
};

// Where results are put while a figure is computed.
class FigureFolder {
 public:
  explicit FigureFolder(std::string out) : out_(std::move(out)) {}
  // Makes it, if need be. Errors: it cannot be made.
  absl::Status Make() const;
  // In it, of that name, without an ending.
  std::string Base(const std::string& name) const {
    return out_.empty() ? scratch_.File(name) : out_ + "/" + name;
  }

 private:
  std::string out_;
  Scratch scratch_;
};

// Makes the runs of a sweep that NAME.sqlite has not yet, and reads all of them, in order. `shown`
// is what progress calls it.
absl::StatusOr<std::vector<analysis::RunRow>> MakeRuns(const Planned& planned,
                                                       const FigureRuns& how,
                                                       const std::string& base,
                                                       const std::string& shown);

}  // namespace lockstep::cli
