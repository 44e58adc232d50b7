// Layers on one host: tags, timers, records, credit, clients.

#include "protocols/core/stack.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocols/core/request.h"
#include "protocols/core/wire.h"
#include "tests/support/credit_desk.h"
#include "tests/support/keys.h"
#include "tests/support/listed.h"
#include "tests/support/script.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Bytes;
using core::Effects;
using core::NodeId;
using core::Now;
namespace effect = core::effect;

constexpr NodeId kPeer(5);
// Where clients live, and one of them.
constexpr NodeId kDesk(9);
constexpr core::ClientId kClient(1'000'000'000'007);

// A layer that writes down what it was asked, and does once what it was told to.
class Probe : public core::Node, public core::LogReader {
 public:
  void OnStart(const Now&, std::span<const Bytes> saved, Effects& out) override {
    for (const Bytes& record : saved) told.push_back("saved " + record.ToString());
    Act(out);
  }
  void OnMessage(const Now&, NodeId from, const Bytes& payload, Effects& out) override {
    told.push_back("message " + std::to_string(from.value()) + " " + payload.ToString());
    Act(out);
  }
  void OnTimer(const Now&, core::TimerId timer, Effects& out) override {
    told.push_back("timer " + std::to_string(timer.value()));
    Act(out);
  }
  void OnWritable(const Now&, NodeId peer, Effects& out) override {
    told.push_back("writable " + std::to_string(peer.value()));
    Act(out);
  }
  void OnSubmit(const Now&, core::ClientId client, core::RequestId id, core::RequestId low,
                const Bytes& request, Effects& out) override {
    told.push_back("submit " + std::to_string(id.value()) + " from " + std::to_string(low.value()) +
                   " " + request.ToString());
    out.Reply(client, id, Bytes::Copy("done"));
  }
  void OnAnswer(const Now&, core::ClientId client, core::RequestId id, const Bytes& answer,
                Effects&) override {
    CHECK(client == kClient);
    told.push_back("answer " + std::to_string(id.value()) + " " + answer.ToString());
  }
  void OnCommitted(const Now&, Effects& out) override {
    told.push_back("committed");
    Act(out);
  }

  std::vector<std::string> told;
  Effects todo;

 private:
  void Act(Effects& out) {
    const Effects now = std::exchange(todo, Effects());
    for (const core::Listed& listed : now.list()) {
      std::visit([&](const auto& what) { Do(what, out); }, listed.what);
    }
  }
  static void Do(const effect::Send& send, Effects& out) { out.Send(send.to, send.payload); }
  static void Do(const effect::Request& ask, Effects& out) {
    out.Request(ask.to, ask.client, ask.id, ask.low, ask.content);
  }
  static void Do(const effect::AwaitWritable& await, Effects& out) {
    out.AwaitWritable(await.peer, await.bytes);
  }
  static void Do(const effect::SetTimer& set, Effects& out) { out.SetTimer(set.id, set.at); }
  static void Do(const effect::CancelTimer& cancel, Effects& out) { out.CancelTimer(cancel.id); }
  static void Do(const effect::Save& save, Effects& out) { out.Save(save.record); }
  static void Do(const effect::SaveSnapshot& save, Effects& out) {
    out.SaveSnapshot(save.snapshot);
  }
  template <typename Other>
  static void Do(const Other&, Effects&) {}
};

// Three layers, with a hand on each.
struct Host {
  explicit Host(std::optional<NodeId> self = std::nullopt) {
    std::vector<std::unique_ptr<core::Node>> layers;
    for (int i = 0; i < 3; ++i) {
      auto layer = std::make_unique<Probe>();
      probes.push_back(layer.get());
      layers.push_back(std::move(layer));
    }
    stack = std::make_unique<core::Stack>(std::move(layers), self);
  }
  std::vector<Probe*> probes;
  std::unique_ptr<core::Stack> stack;
  Effects out;
};

// A message of type 3.
Bytes Message(const std::string& text) { return Bytes::Copy("\x03" + text); }

TEST_CASE("stack: a message goes to the layer of its sender, as it was") {
  for (std::uint8_t layer = 0; layer < 3; ++layer) {
    Host sender;
    sender.probes[layer]->todo.Send(kPeer, Message("hello"));
    sender.stack->OnTimer(NowAtMs(1), core::TimerId(layer), sender.out);
    const std::vector<Bytes> sent = SentTo(sender.out, kPeer);
    REQUIRE(sent.size() == 1);
    // The tag takes bits that the type leaves free: no byte more.
    CHECK(sent[0].size() == Message("hello").size());
    CHECK(sender.out.list()[0].layer == core::Layer(layer));

    Host receiver;
    receiver.stack->OnMessage(NowAtMs(2), NodeId(1), sent[0], receiver.out);
    for (std::uint8_t other = 0; other < 3; ++other) {
      CHECK(receiver.probes[other]->told.size() == (other == layer ? 1 : 0));
    }
    CHECK(receiver.probes[layer]->told[0] == "message 1 " + Message("hello").ToString());
  }
}

TEST_CASE("stack: filler stays filler under a tag, and a broadcast is tagged once") {
  Host host;
  const Bytes payload = Bytes::Of("\x03", {{1, 0, 1, 1'000'000, 1'000'000, 0}});
  for (std::uint32_t to = 0; to < 3; ++to) host.probes[2]->todo.Send(NodeId(to), payload);
  host.stack->OnTimer(NowAtMs(0), core::TimerId(2), host.out);
  const std::vector<effect::Send> sends = All<effect::Send>(host.out);
  REQUIRE(sends.size() == 3);
  CHECK(sends[0].payload.size() == payload.size());
  CHECK(sends[0].payload.filler() == payload.filler());
  CHECK(sends[1].payload.SharesWith(sends[0].payload));
  CHECK(sends[2].payload.SharesWith(sends[0].payload));
}

TEST_CASE("stack: timers of equal names in two layers are two timers") {
  Host host;
  for (const std::size_t layer : {0U, 2U})
    host.probes[layer]->todo.SetTimer(core::TimerId(7), NowAtMs(9).wall());
  host.probes[2]->todo.CancelTimer(core::TimerId(8));
  host.stack->OnStart(NowAtMs(0), {}, host.out);
  const std::vector<effect::SetTimer> set = All<effect::SetTimer>(host.out);
  REQUIRE(set.size() == 2);
  CHECK(set[0].id != set[1].id);
  CHECK(set[0].at == NowAtMs(9).wall());
  host.stack->OnTimer(NowAtMs(9), set[1].id, host.out);
  CHECK(host.probes[0]->told.empty());
  CHECK(host.probes[2]->told == std::vector<std::string>{"timer 7"});
  // A cancelled name is tagged like the one that was set.
  host.probes[2]->todo.SetTimer(core::TimerId(8), NowAtMs(9).wall());
  host.stack->OnTimer(NowAtMs(9), set[1].id, host.out);
  CHECK(All<effect::CancelTimer>(host.out)[0].id == All<effect::SetTimer>(host.out)[2].id);
}

TEST_CASE("stack: each layer gets back the records that it saved, in order") {
  Host host;
  host.probes[0]->todo.Save(Bytes::Copy("below"));
  host.probes[2]->todo.Save(Bytes::Copy("first"));
  host.probes[2]->todo.SaveSnapshot(Bytes::Copy("second"));
  host.probes[2]->todo.Save(Bytes());
  host.stack->OnStart(NowAtMs(0), {}, host.out);
  std::vector<Bytes> disk;
  for (const effect::Save& save : All<effect::Save>(host.out)) disk.push_back(save.record);
  REQUIRE(disk.size() == 3);
  disk.insert(disk.begin() + 2, All<effect::SaveSnapshot>(host.out)[0].snapshot);
  disk.push_back(Bytes());  // Torn down to nothing.
  disk.push_back(Bytes::Copy("\x09of no layer"));

  Host restarted;
  restarted.stack->OnStart(NowAtMs(1), disk, restarted.out);
  CHECK(restarted.probes[0]->told == std::vector<std::string>{"saved below"});
  CHECK(restarted.probes[1]->told.empty());
  CHECK(restarted.probes[2]->told ==
        std::vector<std::string>{"saved first", "saved second", "saved "});
}

// A host whose credit a script spends and gives back.
struct CreditedHost : Host {
  explicit CreditedHost(std::int64_t each) : desk(each) { out = Effects(&desk); }
  // What one layer does of its own accord.
  void Do(const Command& command, Effects&& what) {
    const auto layer = command.Get<std::uint8_t>("layer");
    probes[layer]->todo = std::move(what);
    stack->OnTimer(NowAtMs(0), core::TimerId(layer), out);
    probes[layer]->told.clear();
  }
  // Who was called since the last answer, and what the host is to await.
  std::string Told() {
    std::string text;
    for (std::size_t layer = 0; layer < probes.size(); ++layer) {
      for (const std::string& what : std::exchange(probes[layer]->told, {})) {
        text += "layer " + std::to_string(layer) + ": " + what + "\n";
      }
    }
    for (const auto& await : All<effect::AwaitWritable>(desk.TakeList(out))) {
      text += "await " + std::to_string(await.peer.value()) + " " +
              std::to_string(await.bytes.value()) + "\n";
    }
    return text.empty() ? "nobody" : text;
  }
  CreditDesk desk;
};

TEST_CASE("stack: a client beside the state machine is answered within the call") {
  Host host(kPeer);
  host.probes[2]->todo.Request(kPeer, kClient, core::RequestId(4), core::RequestId(2),
                               Bytes::Copy("add"));
  host.probes[2]->todo.Request(NodeId(6), kClient, core::RequestId(5), core::RequestId(5),
                               Bytes::Copy("b"));
  host.stack->OnTimer(NowAtMs(1), core::TimerId(2), host.out);
  CHECK(host.probes[0]->told == std::vector<std::string>{"submit 4 from 2 add", "answer 4 done"});
  CHECK(host.probes[2]->told == std::vector<std::string>{"timer 0", "answer 4 done"});
  // What it asks another host crosses the network.
  const std::vector<effect::Send> sent = All<effect::Send>(host.out);
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].to == NodeId(6));
}

TEST_CASE("stack: each layer waits for itself for the credit that all share") {
  std::unique_ptr<CreditedHost> host;
  RunScript("protocols/core/stack_credit.txt", [&](const Command& command) -> std::string {
    if (command.name() == "new") {
      host = std::make_unique<CreditedHost>(command.Get<std::int64_t>("credit"));
      CHECK(command.Get<std::size_t>("layers") <= host->probes.size());
      return "";
    }
    const auto peer = command.Get<NodeId>("peer");
    const auto bytes = command.Get<std::int64_t>("bytes");
    Effects what;
    if (command.name() == "free") {
      host->desk.Free(NowAtMs(0), peer, bytes, *host->stack, host->out);
      return host->Told();
    }
    if (command.name() == "await") {
      what.AwaitWritable(peer, core::ByteCount(bytes));
      host->Do(command, std::move(what));
      return host->Told();
    }
    what.Send(peer, Message(std::string(static_cast<std::size_t>(bytes - 1), 'x')));
    if (command.name() == "then") {
      host->probes[command.Get<std::uint8_t>("layer")]->todo = std::move(what);
      return "";
    }
    host->Do(command, std::move(what));
    host->desk.TakeList(host->out);
    return "left " + std::to_string(host->desk.Left(peer));
  });
}

// A frame as it stands on the wire, with the tag of clients.
Bytes OnWire(const core::Frame& frame) {
  std::string text = core::EncodeFrame(frame).ToString();
  text[0] = static_cast<char>(core::Stack::kClientTag << 5 | text[0]);
  return Bytes::Copy(text);
}

TEST_CASE("stack: a request goes to the lowest layer, and its answer whence it came") {
  Host host;
  const core::RequestId id(4);
  host.stack->OnMessage(
      NowAtMs(0), kDesk,
      OnWire({core::Frame::kRequest, kClient, id, core::RequestId(3), Bytes::Copy("put")}),
      host.out);
  CHECK(host.probes[0]->told == std::vector<std::string>{"submit 4 from 3 put"});
  CHECK(host.probes[1]->told.empty());
  CHECK(All<effect::Reply>(host.out).empty());
  const Bytes answer =
      OnWire({core::Frame::kAnswer, kClient, id, core::RequestId(), Bytes::Copy("done")});
  CHECK(SentTo(host.out, kDesk) == std::vector<Bytes>{answer});
  // The client has moved: so does the answer.
  host.out.Clear();
  host.stack->OnMessage(
      NowAtMs(1), kPeer,
      OnWire({core::Frame::kRequest, kClient, id, core::RequestId(3), Bytes::Copy("put")}),
      host.out);
  CHECK(SentTo(host.out, kPeer) == std::vector<Bytes>{answer});
}

TEST_CASE("stack: a reply to a client that was never heard of cannot be sent") {
  Host host;
  host.stack->OnSubmit(NowAtMs(0), kClient, core::RequestId(4), core::RequestId(3),
                       Bytes::Copy("put"), host.out);
  CHECK(host.probes[0]->told.size() == 1);
  CHECK(host.out.list().empty());
}

TEST_CASE("stack: what a layer asks as a client goes to the other's lowest layer, and comes back") {
  Host asking;
  const core::RequestId id(8);
  asking.probes[1]->todo.Request(kPeer, kClient, id, core::RequestId(6), Bytes::Copy("get"));
  asking.stack->OnTimer(NowAtMs(0), core::TimerId(1), asking.out);
  const std::vector<Bytes> sent = SentTo(asking.out, kPeer);
  REQUIRE(sent.size() == 1);
  CHECK(sent[0] ==
        OnWire({core::Frame::kRequest, kClient, id, core::RequestId(6), Bytes::Copy("get")}));

  Host asked;
  asked.stack->OnMessage(NowAtMs(1), kDesk, sent[0], asked.out);
  CHECK(asked.probes[0]->told == std::vector<std::string>{"submit 8 from 6 get"});
  for (Probe* probe : asking.probes) probe->told.clear();
  asking.stack->OnMessage(NowAtMs(2), kPeer, SentTo(asked.out, kDesk).at(0), asking.out);
  // Whoever is that client takes it; the others know that they are not.
  for (const Probe* probe : asking.probes) {
    CHECK(probe->told == std::vector<std::string>{"answer 8 done"});
  }
}

TEST_CASE("stack: messages of no layer and broken requests are noted and ignored") {
  for (const Bytes& bytes : {Bytes(), Bytes::Copy("\x60"), Bytes::Copy("\xC0xyz"),
                             Bytes::Copy("\xE0 short"), Bytes::Copy("\xE1too long a type")}) {
    Host host;
    host.stack->OnMessage(NowAtMs(0), kPeer, bytes, host.out);
    CHECK(Notes(host.out, core::NoteKind::kMalformed).size() == 1);
    CHECK(host.out.list().size() == 1);
    for (const Probe* probe : host.probes) CHECK(probe->told.empty());
  }
}

// A layer below that says that its log has grown, and is told of what was quacked.
class Owner : public core::LogOwner {
 public:
  void OnQuacked(const Now&, core::SeqNo, Effects& out) override {
    out.SetTimer(core::TimerId(1), core::Instant());
  }
  void OnDelivered(const Now&, core::StreamId, const core::Run&, const Bytes&,
                   Effects& out) override {
    out.SetTimer(core::TimerId(2), core::Instant());
  }
};

TEST_CASE("stack: what a layer does through a port counts as its own") {
  Host host;
  core::LogReader& up = host.stack->MakeUpPort(core::Layer(2), *host.probes[2]);
  Owner owner;
  core::DownPort down(core::Layer(0), owner);
  host.probes[2]->todo.Send(kPeer, Message("grown"));
  Effects out;
  {
    core::LayerScope scope(out, core::Layer(1));
    up.OnCommitted(NowAtMs(0), out);
    down.OnQuacked(NowAtMs(0), core::SeqNo(1), out);
    down.OnDelivered(NowAtMs(0), core::StreamId(0), {}, Bytes(), out);
    out.CancelTimer(core::TimerId(3));
  }
  std::vector<core::Layer> layers;
  for (const core::Listed& listed : out.list()) layers.push_back(listed.layer);
  CHECK(layers ==
        std::vector<core::Layer>{core::Layer(2), core::Layer(0), core::Layer(0), core::Layer(1)});
}

// A codec of one type that carries one number.
class NumberFields : public core::MessageFields {
 public:
  explicit NumberFields(std::string_view name) : type_{name, kFields} {}
  std::span<const core::TypeSpec> types() const override { return {&type_, 1}; }
  bool Read(const Bytes& payload, core::FieldedMessage& out) const override {
    core::Decoder decoder(payload);
    out.type = decoder.U8();
    out.fields = {{0, 0, {decoder.U64(), 1, 1}, Bytes()}};
    return decoder.ok() && out.type == 0;
  }
  Bytes Build(const core::FieldedMessage& message, const core::Signer&,
              core::Identity) const override {
    core::Encoder encoder;
    encoder.U8(static_cast<std::uint8_t>(message.type));
    encoder.U64(message.fields[0].values.first);
    return encoder.Take();
  }

 private:
  static constexpr core::FieldSpec kFields[] = {{"number", core::Role::kOther}};
  core::TypeSpec type_;
};

TEST_CASE("stack: the fields of all layers are one list of types, read and built by tag") {
  const NumberFields low("low");
  const NumberFields high("high");
  const core::StackFields fields({&low, nullptr, &high});
  REQUIRE(fields.types().size() == 2);
  CHECK(fields.types()[0].name == "low");
  CHECK(fields.types()[1].name == "high");
  const Keys keys(NodeId(0));
  for (std::uint32_t type = 0; type < 2; ++type) {
    const core::FieldedMessage message{type, {{0, 0, {77, 1, 1}, Bytes()}}};
    const Bytes bytes = fields.Build(message, keys, core::SpeakerOf(kPeer));
    const int tag = static_cast<std::uint8_t>(bytes.literal()[0]) >> 5;
    CHECK(tag == (type == 0 ? 0 : 2));
    core::FieldedMessage again;
    REQUIRE(fields.Read(bytes, again));
    CHECK(again.type == type);
    CHECK(again.fields[0].values.first == 77);
  }
  core::FieldedMessage none;
  CHECK_FALSE(fields.Read(Bytes(), none));
  CHECK_FALSE(fields.Read(Bytes::Copy("\x20 silent layer"), none));
  CHECK_FALSE(fields.Read(Bytes::Copy("\xE0 a client's"), none));
  CHECK_FALSE(fields.Read(Bytes::Copy("\x41 of another type"), none));
}

}  // namespace
}  // namespace lockstep::tests
