// Small worlds with scripted nodes, for tests of the world itself: the lab of the experiments,
// where what each host does is given by functions, and every event and message is kept.
//
// By default nothing costs anything: work is free, clocks are right, links neither jitter nor lose.
// Then a node's clocks read the global time, and only cards and links take any.

#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "protocols/core/effects.h"
#include "protocols/core/fields.h"
#include "protocols/core/node.h"
#include "protocols/core/program.h"
#include "sim/scenario/scenario.h"
#include "sim/trace/digest.h"
#include "sim/trace/event.h"
#include "sim/trace/sink.h"
#include "sim/world.h"
#include "tools/validate/lab.h"

namespace lockstep::tests {

// What a node does; a part that is empty does nothing. The same for all incarnations of a host.
struct Script {
  std::function<void(const core::Now&, std::span<const core::Bytes>, core::Effects&)> on_start;
  std::function<void(const core::Now&, core::NodeId, const core::Bytes&, core::Effects&)>
      on_message;
  std::function<void(const core::Now&, core::TimerId, core::Effects&)> on_timer;
  std::function<void(const core::Now&, core::NodeId, core::Effects&)> on_writable;
};

// A message that a node was handed.
struct Arrival {
  core::Instant at;  // on the node's monotonic clock
  core::NodeId to;
  core::NodeId from;
  core::Bytes payload;
};

// A codec of two messages: "test.data" {stream, seq, content} and "test.ack" {stream, cumulative,
// phi..., phi_end, signature}. Everything else is no message.
class TestFields final : public core::MessageFields {
 public:
  static constexpr std::uint32_t kData = 0;
  static constexpr std::uint32_t kAck = 1;
  std::span<const core::TypeSpec> types() const override;
  bool Read(const core::Bytes& payload, core::FieldedMessage& out) const override;
  core::Bytes Build(const core::FieldedMessage& message, const core::Signer& signer,
                    core::Identity receiver) const override;
};

// "test.data": these k′ of stream 0, each of `size` bytes.
core::Bytes Data(const core::Run& run, std::uint64_t size = 10);
// "test.ack" of stream 0, signed for `receiver` where there is a signer.
core::Bytes Ack(std::uint64_t cumulative, const std::vector<core::Run>& phi = {},
                std::uint64_t phi_end = 0, const core::Signer* signer = nullptr,
                core::Identity receiver = {});
// A message of `size` bytes that says nothing but its number, which it is known by.
core::Bytes Numbered(std::uint64_t number, std::uint64_t size);
std::uint64_t NumberOf(const core::Bytes& payload);

// Keeps all events.
class Recorder final : public trace::Sink {
 public:
  trace::Interest Wants() const override { return trace::kAllKinds; }
  void OnEvent(const trace::Event& event) override {
    events.push_back(event);
    runs.emplace_back(event.runs.begin(), event.runs.end());
    events.back().runs = runs.back();
  }
  void Finish() override { is_finished = true; }

  std::vector<trace::Event> events;
  std::deque<std::vector<core::Run>> runs;  // of the events
  bool is_finished = false;
};

inline core::Instant At(core::Duration since_start) { return core::Instant() + since_start; }

using validate::WireSize;
using validate::WireTime;

// LabScenario for 100 s, with metrics every 10 s.
sim::Scenario SmallScenario(const std::vector<std::uint32_t>& sizes);

class SmallWorld {
 public:
  explicit SmallWorld(const std::vector<std::uint32_t>& sizes);
  SmallWorld(const SmallWorld&) = delete;  // What is inside refers to it.
  SmallWorld& operator=(const SmallWorld&) = delete;

  // May be changed until the first Run.
  sim::Scenario scenario;
  // Whether anybody listens. Where nobody does, the world keeps nothing for them.
  bool is_recorded = true;
  sim::LinkClass& intra() { return scenario.network.intra; }
  Script& host(std::uint32_t index) { return scripts_[index]; }
  // Adds a fault of this kind with these parameters, as they stand inside it; its id is its
  // position.
  sim::Fault& AddFault(const std::string& kind, const std::vector<std::uint32_t>& targets = {},
                       const nlohmann::json& parameters = nlohmann::json::object());

  // Makes the world out of the scenario, where nothing has happened yet.
  void Begin();
  // Runs all that is due until then, inclusive. Begins the world when called first.
  void Run(core::Duration until);
  // Ends the run, which CHECKs that no byte was lost sight of.
  void Finish() { lab_->Finish(); }
  sim::World& world() { return lab_->world(); }

  const std::vector<Arrival>& arrivals() const { return arrivals_; }
  // Those at one host, by the number of their messages.
  std::vector<std::uint64_t> NumbersAt(std::uint32_t host) const;
  // Seats for which a node was built, in order.
  const std::vector<core::Seat>& seats() const { return seats_; }
  std::vector<trace::Event> Of(trace::EventKind kind) const;
  std::vector<trace::Event> Of(core::Fact fact, trace::Phase phase) const;
  std::vector<trace::Event> Of(core::Fact fact, trace::Phase phase, std::uint32_t node) const;
  std::vector<trace::Event> Of(trace::EventKind kind, std::uint32_t node) const;
  const std::vector<trace::Event>& events() const { return recorder_.events; }
  std::string digest() const { return digest_.Hex(); }
  // Bytes that host `from` may send to `to` at this point of the run.
  std::int64_t CreditLeft(std::uint32_t from, std::uint32_t to) {
    return world().host(core::NodeId(from)).credit().Left(core::NodeId(to));
  }

 private:
  class ScriptedNode;

  std::vector<Script> scripts_;  // scripts_[host]
  std::vector<Arrival> arrivals_;
  std::vector<core::Seat> seats_;
  Recorder recorder_;
  trace::Digest digest_;
  TestFields fields_;
  std::unique_ptr<validate::Lab> lab_;  // null before the run begins
};

// Lets a host keep `pending` messages of this size on their way to each of `peers`, without end,
// numbered from 0 for each. `on_start` and `on_writable` of the host are taken for it.
void KeepSending(SmallWorld& world, std::uint32_t from, const std::vector<std::uint32_t>& peers,
                 std::uint64_t size, std::uint64_t pending);

}  // namespace lockstep::tests
