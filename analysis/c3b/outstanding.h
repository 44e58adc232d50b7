// M: what a sender has to keep is bounded. Source: the Picsou paper, on garbage collection.

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "analysis/c3b/stream_checker.h"
#include "analysis/oracle.h"

namespace lockstep::analysis {

// M: a correct sender has no more than so many messages to keep: between the QUACK that it has
// declared, below which it may discard, and the greatest k′ that it has sent. A restart forgets
// both.
class OutstandingChecker final : public StreamChecker {
 public:
  OutstandingChecker(std::shared_ptr<StreamFacts> facts, std::uint64_t limit);

 private:
  void Judge(const trace::Event& event) override;

  std::uint64_t limit_;
  std::vector<std::uint64_t> quacked_;  // quacked_[sender]: below this, all is QUACKed
};

extern const Oracle kOutstandingOracle;

}  // namespace lockstep::analysis
