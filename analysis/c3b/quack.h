// Q: what is declared held is held, measured against what was handed to the hosts in authentic
// copies, never against what a replica notes about itself.
//
// Source: the Picsou paper, on what a QUACK implies (invariants of ACKs and QUACKs).

#pragma once

#include <cstdint>
#include <memory>

#include "analysis/c3b/stream_checker.h"
#include "analysis/oracle.h"

namespace lockstep::analysis {

// Q: when a correct sender declares QUACK p, every k′ < p is held by some correct receiver.
//
// A receiver that is only found out to be faulty after a QUACK was judged may have been what that
// QUACK stood on. The verdict is then unknown, unless every QUACK so far had a correct receiver
// more that held all of it.
class QuackChecker final : public StreamChecker {
 public:
  explicit QuackChecker(std::shared_ptr<StreamFacts> facts);

 private:
  void Judge(const trace::Event& event) override;
  void JudgeQuack(const trace::Event& event);
  // How many k′ from 0 on correct receivers hold together; exact where it is below `wanted`.
  std::uint64_t HeldTogether(std::uint64_t wanted) const;

  // Least number of correct receivers that each held all of a QUACK judged so far.
  std::uint64_t fewest_holders_ = ~std::uint64_t{0};
};

extern const Oracle kQuackOracle;

}  // namespace lockstep::analysis
