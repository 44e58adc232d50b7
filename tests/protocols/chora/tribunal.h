// Shows what happens in a cluster of Chora-R without the simulator to the oracles that Chora-R
// promises, as a world would: facts of the messages that are sent and handed, notes, crashes.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analysis/recipe.h"
#include "protocols/chora/config.h"
#include "protocols/chora/fields.h"
#include "protocols/core/effects.h"
#include "sim/derive.h"
#include "sim/trace/emitter.h"
#include "sim/trace/sink.h"
#include "tools/validate/lab.h"

namespace lockstep::tests {

class Tribunal {
 public:
  // `is_to_progress`: whether P is promised, too.
  Tribunal(const chora::Config& config, bool is_to_progress);
  Tribunal(const Tribunal&) = delete;
  Tribunal& operator=(const Tribunal&) = delete;

  // What follows happens at this time.
  void At(core::Instant now) { now_ = now; }
  void Sent(std::uint32_t from, std::uint32_t to, const core::Bytes& payload);
  void Handed(std::uint32_t from, std::uint32_t to, const core::Bytes& payload);
  void Noted(std::uint32_t node, const core::effect::Note& note);
  void Crashed(std::uint32_t node) { Happened(trace::EventKind::kCrash, node); }
  void Restarted(std::uint32_t node) { Happened(trace::EventKind::kRestart, node); }
  void Invoked(std::uint64_t client, std::uint64_t request);
  void Returned(std::uint64_t client, std::uint64_t request);

  // The run is over: faults ended at `heal`. Who objects, and the first finding of each: "V: ...";
  // empty where nobody does. `letters`: of those who do, if it is wanted.
  std::string Ask(core::Instant heal, std::string* letters = nullptr);

 private:
  class Recorder final : public trace::Sink {
   public:
    explicit Recorder(trace::Interest wants) : wants_(std::move(wants)) {}
    trace::Interest Wants() const override { return wants_; }
    void OnEvent(const trace::Event& event) override { events.push_back(event); }
    void Finish() override {}
    std::vector<trace::Event> events;

   private:
    trace::Interest wants_;
  };

  void Happened(trace::EventKind kind, std::uint32_t node);
  sim::Message MessageOf(std::uint32_t from, std::uint32_t to, const core::Bytes& payload);

  analysis::Recipe recipe_;
  chora::Fields fields_;
  validate::BuiltProgram program_;
  Recorder recorder_;
  trace::Emitter emitter_;
  sim::Deriver deriver_;
  core::Instant now_;
  std::uint64_t sent_ = 0;
};

}  // namespace lockstep::tests
