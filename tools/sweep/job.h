// What a worker is asked, and what it answers: one run of a sweep, as text between processes.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analysis/results/results.h"
#include "sim/scenario/override.h"

namespace lockstep::sweep {

struct Job {
  std::uint64_t run = 0;
  std::uint64_t point = 0;
  std::uint64_t seed = 0;
  std::vector<sim::Override> changes;  // of the base scenario, the seed among them
};

// Each pair gives back what it was given, but for metrics that are not finite: they are left out.
// The texts never leave this machine, and no other program writes them; so what cannot be read is a
// bug of ours.
std::string Encode(const Job& job);
Job DecodeJob(const std::string& text);
std::string Encode(const analysis::RunRow& row);
analysis::RunRow DecodeRow(const std::string& text);

}  // namespace lockstep::sweep
