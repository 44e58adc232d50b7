// What messages say, for those who judge: derived by the world from every message through the
// protocol's MessageFields, so that no node has to be believed about itself.

#pragma once

#include "protocols/core/program.h"
#include "sim/net/message.h"
#include "sim/trace/emitter.h"
#include "sim/trace/event.h"

namespace lockstep::sim {

class Deriver {
 public:
  // Both outlive this.
  Deriver(const core::Program& program, trace::Emitter& emitter);

  // Whether anybody wants what is derived; if nobody does, nothing is, nor counted.
  bool is_wanted() const { return emitter_.Wants(kDerived); }
  // Runs of k′ that the message carries: offered, handed or destroyed, by `kind`. Both ends of an
  // event: for kHanded `node` is the receiver, else the sender.
  void Contents(core::Instant now, const Message& message, trace::EventKind kind);
  void Destroyed(core::Instant now, const Message& message, trace::DropCause cause);
  // What the message acknowledges: stated (node = sender) or heard (node = receiver).
  void Statement(core::Instant now, const Message& message, trace::EventKind kind);

  // The message as fields, if it is one; valid until the next call.
  const core::FieldedMessage* Read(core::NodeId from, const core::Bytes& payload);
  const core::MessageFields& FieldsOf(core::NodeId host) const;
  const core::TypeSpec& TypeOf(core::NodeId host, const core::FieldedMessage& message) const {
    return FieldsOf(host).types()[message.type];
  }

 private:
  static constexpr trace::KindSet kDerived =
      trace::Bit(trace::EventKind::kOffered) | trace::Bit(trace::EventKind::kHanded) |
      trace::Bit(trace::EventKind::kDestroyed) | trace::Bit(trace::EventKind::kStated) |
      trace::Bit(trace::EventKind::kHeard) | trace::Bit(trace::EventKind::kPhi);

  void EmitContents(const Message& message, const trace::Event& prototype);

  const core::Program& program_;
  trace::Emitter& emitter_;
  std::vector<core::ClusterId> cluster_;  // cluster_[host]
  core::FieldedMessage scratch_;
};

}  // namespace lockstep::sim
