// A world of steps, for examples on paper: what is sent in one step arrives in the next.
//
// In each step the messages of the last one arrive, in the order of sending; then logs grow; then
// timers fire. Credit has no limit. The clocks of all nodes advance by one unit per step.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "protocols/core/bytes.h"
#include "protocols/core/effects.h"
#include "protocols/core/ids.h"
#include "protocols/core/node.h"
#include "protocols/core/time.h"

namespace lockstep::tests {

class LockStep {
 public:
  struct Message {
    core::NodeId from;
    core::NodeId to;
    core::Bytes payload;
    bool is_lost = false;  // it is sent, and never arrives
  };
  // What happened in one step.
  struct Step {
    std::vector<Message> heard;
    std::vector<Message> sent;
    std::vector<std::pair<core::NodeId, core::effect::Note>> notes;
  };
  // Calls a node of its own accord, such as a log that has grown.
  using Call = std::function<void(const core::Now&, core::NodeId, core::Effects&)>;

  // What becomes of a message that is sent: it may be changed, or lost.
  using Wire = std::function<void(Message&)>;

  explicit LockStep(core::Duration unit) : unit_(unit) {}

  void SetWire(Wire wire) { wire_ = std::move(wire); }
  // `node` outlives this world; nodes start in the order in which they are added, in step 0.
  void Add(core::NodeId id, core::Node& node) { nodes_[id].node = &node; }
  // Nothing is heard from it any more but what it has sent.
  void Crash(core::NodeId id) { nodes_.erase(id); }
  Step Start();
  // `grow` is called for each node between arrivals and timers.
  Step Next(const Call& grow);
  std::uint64_t number() const { return number_; }

 private:
  struct Host {
    core::Node* node = nullptr;
    std::map<core::TimerId, core::Instant> timers;
  };

  core::Now now() const;
  // Performs what one call listed.
  void Perform(core::NodeId id, const core::Effects& effects, Step& step);
  void FireTimers(core::NodeId id, Step& step);

  core::Duration unit_;
  Wire wire_ = [](Message&) {};
  std::uint64_t number_ = 0;
  std::map<core::NodeId, Host> nodes_;
  std::vector<Message> on_the_way_;
};

}  // namespace lockstep::tests
