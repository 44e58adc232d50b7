// Facts: what messages carry, state, propose, vote and decide, made by the world from the roles of
// their fields, so that nobody has to be believed about itself. Only facts that somebody wants are
// made.

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "protocols/core/program.h"
#include "sim/decoded.h"
#include "sim/net/message.h"
#include "sim/trace/emitter.h"
#include "sim/trace/event.h"

namespace lockstep::sim {

class Deriver {
 public:
  // Both outlive this.
  Deriver(const core::Program& program, trace::Emitter& emitter);

  // The message has come so far: tells all that it says and somebody wants to know of this phase.
  // To be called when that happens, once for each phase that a message reaches. What is not
  // authentic says nothing to whom it reaches.
  // Of a payload that is sent in several copies its votes, acceptances and requests are told with
  // the first: that the others say the same is nothing new. Proposals are told of each.
  void Tell(core::Instant now, const Message& message, trace::Phase phase) {
    if (!IsWanted(message, phase)) return;
    if (!message.is_authentic && phase != trace::Phase::kSent) return;
    const bool is_sent = phase == trace::Phase::kSent;
    const std::int64_t age_ps = is_sent ? (now - message.listed).ps() : 0;
    TellWanted(now, message, {phase, 0, static_cast<std::uint64_t>(age_ps)});
  }
  // The world destroys what was sent.
  void TellDestroyed(core::Instant now, const Message& message, trace::DropCause cause) {
    if (!message.is_authentic || !IsWanted(message, trace::Phase::kDestroyed)) return;
    TellWanted(now, message, {trace::Phase::kDestroyed, static_cast<std::uint64_t>(cause), 0});
  }

  // What a payload from this host says, with its fields; read once, however often it is asked for.
  // Valid as long as the payload is, and until the next call where that is a part of another one.
  const Decoded& Decode(core::NodeId from, const core::Bytes& payload);

  // The message with its contents, to be rewritten, if it is one; valid until the next call of this
  // or of Decode. Read anew each time.
  const core::FieldedMessage* Read(core::NodeId from, const core::Bytes& payload);
  const core::MessageFields& FieldsOf(core::NodeId host) const;
  const core::TypeSpec& TypeOf(core::NodeId host, const core::FieldedMessage& message) const {
    return FieldsOf(host).types()[message.type];
  }

 private:
  struct Telling {
    trace::Phase phase;
    std::uint64_t cause;   // of a destruction
    std::uint64_t age_ps;  // of what is sent: since its node listed it
  };
  // Whether anybody wants a fact that messages of this sender can state.
  bool IsWanted(const Message& message, trace::Phase phase) const {
    return emitter_.WantsAny(trace::FactsOf(phase) & stated_[message.from.value()]);
  }
  void TellWanted(core::Instant now, const Message& message, const Telling& telling);
  // As Decode, without the fields.
  Decoded& Facts(core::NodeId from, const core::Bytes& payload);

  const core::Program& program_;
  trace::Emitter& emitter_;
  std::vector<core::ClusterId> cluster_;  // cluster_[host]
  std::vector<trace::FactSet> stated_;  // stated_[host]: what its messages can state, in any phase
  core::FieldedMessage scratch_;
  std::unique_ptr<Decoded> part_;  // of a payload that cannot keep it
};

}  // namespace lockstep::sim
