// How much of what runs can show they have shown: the states of all runs together, and how likely
// it is that one more shows a new one.
//
// Good and Turing's estimate, by runs: had this run been the last one, would it have shown a state
// that no other has? The share of runs for which that is so, N1 / N, estimates the chance that the
// next one does. It holds for runs that are drawn alike, so mutants do not count.
//
// Memory: 24 bytes for each state that some run has shown, of which there are as many as a protocol
// has (see coverage.h), and 16 for each run that has shown one alone.
//
// Source: I. J. Good, "The population frequencies of species and the estimation of population
// parameters", Biometrika 1953; of fuzzers: M. Böhme, "STADS", TOSEM 2018.

#pragma once

#include <cstdint>
#include <span>

#include "absl/container/btree_map.h"

#include "tools/fuzz/coverage.h"

namespace lockstep::fuzz {

class Thoroughness {
 public:
  // The states of a run, each once; gives how many nobody had shown before. `is_drawn`: it is no
  // mutant.
  std::uint64_t Add(std::span<const State> states, bool is_drawn);

  std::uint64_t states() const { return shown_.size(); }
  std::uint64_t runs() const { return runs_; }             // N: that were drawn
  std::uint64_t singles() const { return alone_.size(); }  // N1: that have shown something alone

 private:
  static constexpr std::uint64_t kNobody = ~std::uint64_t{0};  // no run that was drawn
  static constexpr std::uint64_t kSeveral = kNobody - 1;

  absl::btree_map<State, std::uint64_t> shown_;          // by which run that was drawn
  absl::btree_map<std::uint64_t, std::uint64_t> alone_;  // alone_[run]: states, above zero
  std::uint64_t runs_ = 0;
};

}  // namespace lockstep::fuzz
