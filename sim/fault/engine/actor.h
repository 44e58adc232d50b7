// What a fault does in one world. A kind derives one or more actors, and overrides what it acts on.
//
// The plan says when it begins and ends, asks it at the points that its kind names, and only about
// what its selectors match while it is in force; what it touched and changed it tells the plan, for
// the receipt. No node is ever told.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "protocols/core/effects.h"
#include "protocols/core/random.h"
#include "protocols/core/time.h"
#include "sim/fault/engine/fault.h"
#include "sim/fault/engine/message_fate.h"
#include "sim/hook.h"
#include "sim/net/message.h"

namespace lockstep::trace {
class Emitter;
}

namespace lockstep::sim {

enum class CrashState : std::uint8_t;
class Deriver;
class FaultPlan;
class Host;
class HostMoods;
class Keys;
class Network;

// How a host crashes.
struct CrashOrder {
  CrashState disk = {};           // what becomes of it
  bool is_of_machine = false;     // it answers nothing; else it refuses
  core::Duration restart_after;   // zero: never
  bool is_within_budget = false;  // only where its cluster can spare it: see spare.h
};

// Who crashes hosts.
class Crasher {
 public:
  virtual ~Crasher() = default;
  // False where it is down already, or not to be spared.
  virtual bool CrashHost(core::NodeId host, const CrashOrder& order) = 0;
  // Begins the faults whose event has happened.
  virtual void BeginDue() = 0;
};

// What a fault finds; all of it outlives the actors. `keys[host]` are its keys: a kind uses those
// of its targets alone, which is what a liar has.
struct FaultScene {
  const WorldSpec& spec;
  FaultPlan& plan;
  const std::vector<Keys>& keys;
  Deriver& deriver;
  trace::Emitter& emitter;
  Network& network;
  const std::vector<std::unique_ptr<Host>>& hosts;
  HostMoods& moods;
  Crasher& crasher;
};

// A message that a node on a target wants sent, among all that its call has listed.
struct SendCase {
  core::Instant now;
  core::NodeId host;
  core::effect::Send& send;
  // To be listed right behind it.
  std::vector<core::effect::Send>& more;
};

class FaultActor {
 public:
  FaultActor(const FaultScene& scene, std::size_t index);
  virtual ~FaultActor() = default;

  // It comes into force; it is no longer; the run is over, whether or not it still is in force.
  // What has lasted until now is counted in the last two.
  virtual void Begin(core::Instant) {}
  virtual void End(core::Instant) {}
  virtual void OnRunEnds(core::Instant) {}

  // --- Points: see Points ---

  // False if it is not to be sent.
  virtual bool OnSend(const SendCase&) { return true; }
  virtual void OnMessage(core::Instant, const Message&, MessageFate&) {}
  // `waiting`: bytes in the card's queue.
  virtual PacketFate OnPacket(core::Instant, const Packet&, core::ByteCount /*waiting*/) {
    return {};
  }
  // It may crash the host: then true, and nothing more is asked.
  virtual bool BeforeEffect(core::Instant, core::NodeId, const core::Listed&) { return false; }
  virtual core::Duration BeforeTimer(core::Instant, core::NodeId, core::TimerId) { return {}; }
  virtual core::Duration BeforeWrite(core::Instant, core::NodeId, core::ByteCount) { return {}; }
  // A host is about to crash.
  virtual void OnCrash(core::Instant, core::NodeId) {}
  // A packet has come to an end that has forgotten its connection.
  virtual void OnForgotten(core::NodeId /*from*/, core::NodeId /*to*/) {}

  std::size_t index() const { return index_; }

 protected:
  const Fault& fault() const { return fault_; }
  const std::vector<core::NodeId>& targets() const { return fault_.targets; }
  bool Targets(core::NodeId host) const;
  Host& HostOf(core::NodeId host) const;
  const FaultScene& scene() const { return scene_; }
  // When what begins now ends, as far as it is known.
  core::Instant EndsAt(core::Instant now) const;
  // Its own stream.
  core::Random& random() { return random_; }
  // It had something to act on; and so many changed.
  void Touch(std::uint64_t count = 1);
  void Change(core::Instant now, std::uint64_t count = 1);

 private:
  friend class FaultPlan;

  FaultScene scene_;
  const Fault& fault_;
  std::size_t index_;
  core::Random random_;
};

// An actor that is told the parameters of its fault, or none.
template <typename Actor>
std::unique_ptr<FaultActor> ActBy(const FaultScene& scene, std::size_t index, const FaultBody&) {
  return std::make_unique<Actor>(scene, index);
}
template <typename Actor, typename Body>
std::unique_ptr<FaultActor> ActBy(const FaultScene& scene, std::size_t index,
                                  const FaultBody& body) {
  return std::make_unique<Actor>(scene, index, static_cast<const Body&>(body));
}

// Evenly from [min, max], both in it.
core::Duration DrawBetween(core::Duration min, core::Duration max, core::Random& random);

}  // namespace lockstep::sim
