// What a cross-cluster broadcast promises its application, judged for one stream.
//
// I integrity, D no duplicates, L delivery. What its replicas tell each other is in acks.h, what
// they send again in resends.h.
//
// Judged with all nodes that are faulty by the end of the run: what a node did before it failed is
// not held against it.
//
// Source: FAULTS.md section 2; papers/picsou.md a.

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "analysis/c3b/stream_checker.h"
#include "protocols/core/seq_set.h"
#include "protocols/core/time.h"

namespace lockstep::analysis {

// I: what a correct replica delivers, the sending RSM had committed at that position, byte by byte.
//
// A rate-limited File RSM has committed k′ < floor(rate t) + 1 at t; an allowance of 1/1000 on t is
// for the clock of the host it runs on.
class IntegrityChecker final : public StreamChecker {
 public:
  explicit IntegrityChecker(std::shared_ptr<StreamFacts> facts);

 private:
  void Judge(const trace::Event& event) override;
};

// D: one incarnation of a correct replica delivers no k′ twice.
class DuplicateChecker final : public StreamChecker {
 public:
  explicit DuplicateChecker(std::shared_ptr<StreamFacts> facts);

 private:
  void Judge(const trace::Event& event) override;

  std::vector<core::SeqSet> delivered_;  // delivered_[index of the receiver], by this incarnation
};

// L: what was transmitted by the heal is delivered by the end of the settling time, by every
// correct receiver ("all"), or each k′ by some correct receiver ("one").
//
// Transmitted: everything up to the greatest k′ that a correct sender had sent across by the heal,
// since the correct senders share the stream and k′ is dense.
class DeliveryChecker final : public StreamChecker {
 public:
  explicit DeliveryChecker(std::shared_ptr<StreamFacts> facts);
  void Finish() override;

 private:
  void Judge(const trace::Event& event) override;
  std::uint64_t TransmittedByAny() const;
  void JudgeAll(std::uint64_t transmitted);
  void JudgeOne(std::uint64_t transmitted);

  core::Instant cut_;
  core::Instant deadline_;
  bool is_run_long_enough_ = false;
  std::vector<std::uint64_t> sent_end_;  // sent_end_[index of the sender], by the cut
  // delivered_[index of the receiver], by the deadline, in any incarnation.
  std::vector<core::SeqSet> delivered_;
};

}  // namespace lockstep::analysis
