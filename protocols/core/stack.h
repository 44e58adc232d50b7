// Layers on one host, as one Node.
//
// The Stack tags messages, timers and saved records with the layer that they belong to, so that a
// host knows only hosts. The first byte of a message is its type, below 32; the tag takes the three
// bits above it, so that a message is as long inside the stack as outside. Layers of one host call
// each other directly through the ports below, which keep the tags right. Clients' frames have a
// tag of their own: a request goes to the lowest layer, the state machine, its answer by the way
// that the client's last request came, and to whichever layer is that client. Credit towards a peer
// is the host's, so of all layers that wait for it those for whom there is enough are called, in
// the order in which they asked.

#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "protocols/core/fields.h"
#include "protocols/core/log.h"
#include "protocols/core/node.h"
#include "protocols/core/request.h"

namespace lockstep::core {

// Hands what OnCommitted and OnView tell up to a C3B layer, whose effects then count as its own.
class UpPort : public LogReader {
 public:
  UpPort(Layer layer, LogReader& reader) : layer_(layer), reader_(reader) {}
  void OnCommitted(const Now& now, Effects& out) override {
    LayerScope scope(out, layer_);
    reader_.OnCommitted(now, out);
  }
  void OnView(const Now& now, const View& view, Effects& out) override {
    LayerScope scope(out, layer_);
    reader_.OnView(now, view, out);
  }

 private:
  Layer layer_;
  LogReader& reader_;
};

// Hands quacks and deliveries down to the state machine.
class DownPort : public LogOwner {
 public:
  DownPort(Layer layer, LogOwner& owner) : layer_(layer), owner_(owner) {}
  void OnQuacked(const Now& now, SeqNo below, Effects& out) override {
    LayerScope scope(out, layer_);
    owner_.OnQuacked(now, below, out);
  }
  void OnDelivered(const Now& now, StreamId stream, const Run& positions, const Bytes& contents,
                   Effects& out) override {
    LayerScope scope(out, layer_);
    owner_.OnDelivered(now, stream, positions, contents, out);
  }

 private:
  Layer layer_;
  LogOwner& owner_;
};

class Stack : public Node {
 public:
  static constexpr std::uint8_t kLayersMax = 7;
  // The tag of clients' frames.
  static constexpr std::uint8_t kClientTag = 7;

  // `layers[i]` is layer i, from below. `self`: the own host, if clients may be a layer of it; what
  // they and the state machine say to each other then leaves the call no more than a port does.
  explicit Stack(std::vector<std::unique_ptr<Node>> layers,
                 std::optional<NodeId> self = std::nullopt);

  // A port up to a layer of this stack; lives as long as the stack.
  LogReader& MakeUpPort(Layer layer, LogReader& reader);
  // Keeps a port down, which had to be there before the layer above it was built.
  void Adopt(std::unique_ptr<DownPort> port) { down_ports_.push_back(std::move(port)); }

  void OnStart(const Now& now, std::span<const Bytes> saved, Effects& out) override;
  void OnMessage(const Now& now, NodeId from, const Bytes& payload, Effects& out) override;
  void OnTimer(const Now& now, TimerId timer, Effects& out) override;
  void OnWritable(const Now& now, NodeId peer, Effects& out) override;
  void OnSubmit(const Now& now, ClientId client, RequestId id, RequestId low, const Bytes& request,
                Effects& out) override;
  void OnAnswer(const Now& now, ClientId client, RequestId id, const Bytes& answer,
                Effects& out) override;

 private:
  // A layer that awaits so many bytes of credit.
  struct Wait {
    Layer layer;
    ByteCount bytes;
  };

  void OnFrame(const Now& now, NodeId from, const Frame& frame, Effects& out);
  void DeliverLocal(const Now& now, Effects& out);
  // Sends the frame, or keeps it for DeliverLocal where it is for this host. Whether `what` is now
  // a Send.
  bool SendFrame(Effects& out, NodeId to, Frame&& frame, Effect& what);
  // Makes a request or a reply a frame; false where there is nothing to be sent: it is for this
  // host, or for a client that was never heard of.
  bool SendAsFrame(Effects& out, Effect& what);
  // A broadcast lists one payload many times: it is tagged once.
  struct LastTagged {
    Layer layer;
    Bytes untagged;
    Bytes tagged;
  };

  // Tags one effect, or makes it a frame; false where nothing is left to be done.
  bool Tag(Effects& out, Listed& listed, LastTagged& last);
  // Tags what a call has listed from index `from` on.
  void TagListed(Effects& out, std::size_t from);
  // Notes that a layer waits for `peer`. Returns the least that any layer waits for there.
  ByteCount Await(NodeId peer, const Wait& wait);

  std::vector<std::unique_ptr<LogReader>> up_ports_;
  std::vector<std::unique_ptr<DownPort>> down_ports_;
  std::vector<std::unique_ptr<Node>> layers_;  // after the ports: layers go first
  std::optional<NodeId> self_;
  std::deque<Frame> local_;  // from one layer to another
  bool is_delivering_ = false;
  std::map<ClientId, NodeId> clients_;         // where a client's last request came from
  std::map<NodeId, std::vector<Wait>> waits_;  // by peer; one for each layer at most
};

// The MessageFields of a stack: those of its layers, told apart by the tag. Layers that send
// nothing have none (nullptr). The parts must outlive this.
class StackFields : public MessageFields {
 public:
  // `has_frames`: clients may ask these hosts, or are on them.
  explicit StackFields(std::vector<const MessageFields*> layers, bool has_frames = false);
  std::span<const TypeSpec> types() const override { return types_; }
  bool Read(const Bytes& payload, FieldedMessage& out) const override;
  Bytes Build(const FieldedMessage& message, const Signer& signer,
              Identity receiver) const override;

 private:
  std::vector<const MessageFields*> layers_;
  std::vector<std::uint32_t> first_type_;  // first_type_[layer] is where its types begin
  std::vector<TypeSpec> types_;
  std::optional<std::uint32_t> first_frame_;  // where the types of frames begin
};

}  // namespace lockstep::core
