// Whether a cluster of Chora-R has recovered: a sink that reads what its replicas note.
//
// It has where every replica is up and has rejoined (or is down for good), and each has committed
// all rounds up to some that began well after the healing: since a log without gaps passes a round
// only when all its slots are decided, no slot of the trouble is left undecided, and commits go on.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/trace/event.h"
#include "sim/trace/sink.h"
#include "tools/fuzz/chora_draw.h"

namespace lockstep::fuzz {

class HealingWatch final : public trace::Sink {
 public:
  // Of hosts 0 to replicas - 1. The draw outlives this.
  HealingWatch(const Draw& draw, std::uint32_t replicas) : draw_(draw), hosts_(replicas) {}

  trace::Interest Wants() const override;
  void OnEvent(const trace::Event& event) override;
  void Finish() override {}

  bool IsHealed(core::Instant now) const { return WhyNot(now).empty(); }
  // What is missing; empty where nothing is.
  std::string WhyNot(core::Instant now) const;
  // What was noted that no replica ever notes unless something is wrong; empty where nothing was.
  const std::string& wrong() const { return wrong_; }
  // What the protocol was brought to do, by the names of notes, sorted.
  std::vector<std::string> Reached() const;

 private:
  struct Host {
    bool is_up = true;
    bool has_rejoined = true;
    std::uint64_t next = 0;  // index of the log that it commits next
  };

  const Draw& draw_;
  std::vector<Host> hosts_;
  std::uint64_t round_ = 0;  // the latest that any replica was in, until the healing
  std::string wrong_;
  bool is_installed_ = false;
  bool is_rejoined_ = false;
  bool is_relaned_ = false;
  bool is_resolved_ = false;   // at ballot 1
  bool is_contested_ = false;  // at a ballot from 2 on
};

}  // namespace lockstep::fuzz
