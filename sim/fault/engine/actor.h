// What a fault does in one world. A kind derives one or more actors, and overrides what it acts on.
//
// The plan says when it begins and ends, asks it at the points that its kind names, and only about
// what its selectors match while it is in force; what it touched and changed it tells the plan, for
// the receipt. No node is ever told.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "protocols/core/effects.h"
#include "protocols/core/program.h"
#include "protocols/core/random.h"
#include "protocols/core/time.h"
#include "sim/fault/engine/fault.h"
#include "sim/fault/engine/message_fate.h"
#include "sim/hook.h"
#include "sim/host/disk.h"
#include "sim/net/message.h"
#include "sim/net/network_listener.h"
#include "sim/trace/event.h"

namespace lockstep::trace {
class Emitter;
}

namespace lockstep::sim {

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
  // Has a fault's OnTick called then.
  virtual void ScheduleTick(std::size_t fault, core::Instant at) = 0;
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

// What a message is beside its bytes.
struct Marks {
  bool is_forged = false;          // it bears a signature that is none
  bool is_unproven = false;        // the same of a certificate, which no other signature mends
  std::optional<core::NodeId> as;  // who is said to send it, where that is not its host
  bool is_of_flood = false;        // one of many copies: floods add up, and do not multiply
};

// A message that a node on a target wants sent, among all that its call has listed.
struct SendCase {
  core::Instant now;
  core::NodeId host;
  core::effect::Send& send;
  struct Another {
    core::effect::Send send;
    Marks marks;
  };
  // To be listed right behind it.
  std::vector<Another>& more;
  Marks& marks;

  // Lists another one to the same receiver, of which its node knows nothing: it takes no credit.
  void Add(core::Bytes payload, const Marks& of_it = {}) const {
    core::effect::Send another{send.to, std::move(payload)};
    another.credit = 0;
    more.push_back({std::move(another), of_it});
  }
};

// What is lost: a packet of a stream, which will be sent again, or a message.
struct Loss {
  core::NodeId from;
  core::NodeId to;
  trace::DropCause cause;
  Place place;
  bool is_packet = false;
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

  // What it asked for with TickAfter, if it is still in force.
  virtual void OnTick(core::Instant) {}

  // --- Points: see Points ---

  // Whether it is about a message, or a packet, beyond what its links select.
  virtual bool SelectsMessage(core::NodeId /*from*/, core::NodeId /*to*/) const { return true; }
  virtual bool SelectsPacket(core::NodeId /*from*/, core::NodeId /*to*/) const { return true; }

  // False if it is not to be sent.
  virtual bool OnSend(const SendCase&) { return true; }
  virtual void OnMessage(core::Instant, const Message&, MessageFate&) {}
  // `waiting`: bytes in the card's queue.
  virtual PacketFate OnPacket(core::Instant, const Packet&, core::ByteCount /*waiting*/) {
    return {};
  }
  // The packet joins the queue of the port that feeds `edge`, now; false if it is lost instead.
  virtual bool OnPort(core::Instant, std::uint32_t /*edge*/, const Packet&,
                      core::ByteCount /*waiting*/) {
    return true;
  }
  // A target builds the node of its next life: what runs in its place.
  virtual std::unique_ptr<core::Node> OnBoot(const core::Seat&, const core::Program&,
                                             std::unique_ptr<core::Node> node) {
    return node;
  }
  // It may crash the host: then true, and nothing more is asked.
  virtual bool BeforeEffect(core::Instant, core::NodeId, const core::Listed&) { return false; }
  virtual core::Duration BeforeTimer(core::Instant, core::NodeId, core::TimerId) { return {}; }
  virtual core::Duration BeforeWrite(core::Instant, core::NodeId, core::ByteCount) { return {}; }
  // How much earlier a timer is due that the host sets now, and that is to wait so long.
  virtual core::Duration OnSetTimer(core::Instant, core::NodeId, core::Duration /*wait*/) {
    return {};
  }
  // What is wrong with a record or snapshot that the host writes now.
  virtual std::optional<Disk::Harm> BeforeRecord(core::Instant, core::NodeId) { return {}; }
  // The host starts, and reads its disk, where so many records are; how many of the newest are
  // missing.
  virtual std::uint64_t BeforeRead(core::Instant, core::NodeId, std::uint64_t /*there*/) {
    return 0;
  }
  // A host is about to crash.
  virtual void OnCrash(core::Instant, core::NodeId) {}
  virtual void OnLost(core::Instant, const Loss&) {}

  std::size_t index() const { return index_; }

 protected:
  const Fault& fault() const { return fault_; }
  const std::vector<core::NodeId>& targets() const { return fault_.targets; }
  bool Targets(core::NodeId host) const;
  Host& HostOf(core::NodeId host) const;
  const FaultScene& scene() const { return scene_; }
  // Calls OnTick so much later, and not when it was asked to before.
  void TickAfter(core::Instant now, core::Duration later);
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

// What the wires know a fault by that lets packets go.
inline std::uint32_t HolderOf(std::size_t index) { return static_cast<std::uint32_t>(index) + 1; }

// Evenly from [min, max], both in it.
core::Duration DrawBetween(core::Duration min, core::Duration max, core::Random& random);

}  // namespace lockstep::sim
