// The smallest protocol, as an example: replica 0 sends a ball round its cluster, for ever.

#pragma once

#include "protocols/core/fields.h"
#include "protocols/core/keys.h"
#include "protocols/core/node.h"
#include "protocols/core/program.h"

namespace lockstep::pingpong {
struct Config {
  core::Duration retry = core::Duration::Milliseconds(10);
};
void Describe(core::Keys& keys, Config& config);

class Player : public core::Node {
 public:
  Player(const core::Cluster& cluster, std::uint32_t index, core::Duration retry)
      : cluster_(cluster), index_(index), retry_(retry) {}
  void OnStart(const core::Now&, std::span<const core::Bytes> saved, core::Effects&) override;
  void OnMessage(const core::Now&, core::NodeId, const core::Bytes&, core::Effects&) override;
  void OnTimer(const core::Now&, core::TimerId, core::Effects&) override;
  void OnWritable(const core::Now&, core::NodeId, core::Effects&) override {}
  // Anybody may ask, and gets the question back.
  void OnSubmit(const core::Now&, core::ClientId client, core::RequestId id, core::RequestId,
                const core::Bytes& request, core::Effects& out) override {
    out.Reply(client, id, request);
  }

 private:
  core::Cluster cluster_;
  std::uint32_t index_;
  core::Duration retry_;   // how long replica 0 waits for the ball before it serves again
  std::uint64_t lap_ = 0;  // the newest seen
};
class Fields : public core::MessageFields {
 public:
  std::span<const core::TypeSpec> types() const override;
  bool Read(const core::Bytes& payload, core::FieldedMessage& out) const override;
  core::Bytes Build(const core::FieldedMessage&, const core::Signer&,
                    core::Identity) const override;
};
}  // namespace lockstep::pingpong
