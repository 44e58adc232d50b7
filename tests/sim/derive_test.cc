// Facts that the world makes of messages, by the roles of their fields.

#include "sim/derive.h"

#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"

#include "protocols/core/wire.h"
#include "tests/support/keys.h"
#include "tests/support/small_world.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Bytes;
using core::Duration;
using core::Effects;
using core::Fact;
using core::NodeId;
using core::Now;
using core::Role;
using core::Run;
using trace::Event;
using trace::EventKind;
using trace::Phase;

std::string Name(const Event& event) {
  return absl::StrCat(std::string(core::kFactNames[static_cast<std::size_t>(event.fact)]), ".",
                      std::string(trace::kPhaseNames[static_cast<std::size_t>(event.phase)]));
}

// "fact.phase node>peer first+count*stride [runs]", for each fact in order.
std::vector<std::string> Told(const SmallWorld& world) {
  std::vector<std::string> told;
  for (const Event& event : world.events()) {
    if (event.kind != EventKind::kFact) continue;
    told.push_back(absl::StrCat(Name(event), " ", event.node.value(), ">", event.peer.value(), " ",
                                event.value, "+", event.count, "*", event.stride));
    for (const Run& run : event.runs) {
      absl::StrAppend(&told.back(), " ", run.first, "+", run.count, "*", run.stride);
    }
  }
  return told;
}

void SendAtStart(SmallWorld& world, std::uint32_t from, std::uint32_t to, const Bytes& message) {
  world.host(from).on_start = [=](const Now&, auto, Effects& out) {
    out.Send(NodeId(to), message);
  };
}

// A made-up lock-step message: round 7 of epoch 2, and in it the votes on all lanes, and nested for
// each of two lanes what is proposed there, at which ballot.
constexpr std::uint32_t kTop = core::FieldSpec::kMessage;
enum RoundField : std::uint32_t {
  kRound,
  kNumber,
  kEpoch,
  kSigner,
  kVotes,
  kMask,
  kLane,
  kIndex,
  kBallot,
  kValue,
  kBeside
};
constexpr core::FieldSpec kRoundFields[] = {
    {"round", Role::kGroup},
    {"number", Role::kRound, kRound},
    {"epoch", Role::kEpoch, kRound},
    {"signer", Role::kSigner, kRound},
    {"votes", Role::kGroup, kRound, Fact::kVotes},
    {"mask", Role::kVote, kVotes},
    {"lane", Role::kGroup, kRound, Fact::kProposes},
    {"index", Role::kLane, kLane},
    {"ballot", Role::kBallot, kLane},
    {"value", Role::kContent, kLane},
    {"beside", Role::kOther, kTop},
};
constexpr core::FieldSpec kSlotFields[] = {
    {"promise", Role::kGroup, kTop, Fact::kPromises},
    {"slots", Role::kSlot, 0},
    {"ballot", Role::kBallot, 0},
    {"accept", Role::kGroup, kTop, Fact::kAccepts},
    {"slot", Role::kSlot, 3},
    {"lane", Role::kLane, 3},
    {"ballot", Role::kBallot, 3},
    {"vote", Role::kVote, 3},
    {"decide", Role::kGroup, kTop, Fact::kDecides},
    {"slot", Role::kSlot, 8},
    {"value", Role::kContent, 8},
    {"request", Role::kGroup, kTop, Fact::kRequests},
    {"client", Role::kClient, 11},
    {"id", Role::kRequest, 11},
    {"asked", Role::kContent, 11},
    {"answer", Role::kGroup, kTop, Fact::kAnswers},
    {"client", Role::kClient, 15},
    {"id", Role::kRequest, 15},
    {"empty", Role::kGroup, kTop, Fact::kDecides},
    {"note", Role::kOther, 18},
};
constexpr core::TypeSpec kDecisionTypes[] = {{"test.round", kRoundFields},
                                             {"test.slots", kSlotFields}};

core::FieldedMessage RoundMessage() {
  using core::Field;
  core::FieldedMessage message{0,
                               {Field::Group(kRound), Field::Number(kNumber, 7),
                                Field::Number(kEpoch, 2), Field::Number(kSigner, 1),
                                Field::Group(kVotes), Field{kMask, 0, {0, 0, 1}, {}, {0xF, 0xB}}}};
  for (std::uint32_t lane : {0U, 1U}) {
    message.fields.push_back(Field::Group(kLane, lane));
    message.fields.push_back(Field::Number(kIndex, lane + 3));
    message.fields.push_back(Field::Number(kBallot, lane + 50));
    message.fields.push_back(
        Field{kValue, 0, {0, 0, 1}, Bytes::Copy(lane == 0 ? "left" : "right")});
  }
  message.fields.push_back(Field::Number(kBeside, 9));
  return message;
}

core::FieldedMessage SlotMessage() {
  using core::Field;
  return {1,
          {Field::Group(0),
           Field{1, 0, {100, 20, 2}},
           Field::Number(2, 8),
           Field::Group(3),
           Field::Number(4, 31),
           Field::Number(5, 2),
           Field::Number(6, 9),
           Field::Number(7, 1),
           Field::Group(8),
           Field::Number(9, 30),
           Field{10, 0, {0, 0, 1}, Bytes::Copy("chosen")},
           Field::Group(11),
           Field::Number(12, 77),
           Field::Number(13, 5),
           Field{14, 0, {0, 0, 1}, Bytes::Copy("get")},
           Field::Group(15),
           Field::Number(16, 77),
           Field::Number(17, 4),
           Field::Group(18),
           Field::Number(19, 1)}};
}

// A codec of the two types above that writes fields as they are, and counts how often it reads.
class DecisionFields final : public core::MessageFields {
 public:
  std::span<const core::TypeSpec> types() const override { return kDecisionTypes; }
  bool Read(const Bytes& payload, core::FieldedMessage& out) const override {
    ++reads;
    core::Decoder decoder(payload);
    out = {decoder.U8(), {}};
    const std::uint32_t count = decoder.U32();
    if (out.type > 1 || count > 100) return false;
    std::vector<std::uint64_t> sizes;
    for (std::uint32_t i = 0; i < count && decoder.ok(); ++i) {
      core::Field field;
      field.spec = decoder.U32();
      field.index = decoder.U32();
      field.values = decoder.GetRun();
      field.mask.known = decoder.U64();
      field.mask.ones = decoder.U64();
      sizes.push_back(decoder.U64());
      out.fields.push_back(field);
    }
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      out.fields[i].content = decoder.Content(sizes[i]);
    }
    return decoder.ok() && decoder.remaining() == 0;
  }
  Bytes Build(const core::FieldedMessage& message, const core::Signer&,
              core::Identity) const override {
    return Build(message);
  }
  static Bytes Build(const core::FieldedMessage& message) {
    core::Encoder encoder;
    encoder.U8(static_cast<std::uint8_t>(message.type));
    encoder.U32(static_cast<std::uint32_t>(message.fields.size()));
    for (const core::Field& field : message.fields) {
      encoder.U32(field.spec);
      encoder.U32(field.index);
      encoder.PutRun(field.values);
      encoder.U64(field.mask.known);
      encoder.U64(field.mask.ones);
      encoder.U64(field.content.size());
    }
    for (const core::Field& field : message.fields) encoder.Content(field.content);
    return encoder.Take();
  }
  mutable int reads = 0;
};

// A sink with an interest of its own.
class Listener final : public trace::Sink {
 public:
  explicit Listener(trace::Interest wants) : wants_(std::move(wants)) {}
  trace::Interest Wants() const override { return wants_; }
  void OnEvent(const Event& event) override { events.push_back(event); }
  void Finish() override {}
  std::vector<Event> events;

 private:
  trace::Interest wants_;
};

sim::Message MessageOf(const Bytes& payload) {
  sim::Message message;
  message.from = NodeId(1);
  message.to = NodeId(2);
  message.payload = payload;
  message.id = {NodeId(1), 0, 12};
  return message;
}

}  // namespace

TEST_CASE("derive: what a run carries is told when it is sent, arrives and is handed over") {
  SmallWorld world({3});
  SendAtStart(world, 2, 1, Data(Run{5, 4, 3}));
  world.Run(Duration::Seconds(1));
  CHECK(Told(world) == std::vector<std::string>{"carries.sent 2>1 5+4*3",
                                                "carries.arrived 1>2 5+4*3",
                                                "carries.handed 1>2 5+4*3"});
  const Bytes content = Bytes::Filler({1, 5, 3, 4, 10, 0});
  for (const Phase phase : {Phase::kSent, Phase::kArrived, Phase::kHanded}) {
    CHECK(world.Of(Fact::kCarries, phase)[0].digest == content.Digest());
  }
  CHECK(world.Of(Fact::kCarries, Phase::kHanded)[0].at == world.arrivals()[0].at);
}

TEST_CASE("derive: what a link destroys is said to be, by its sender's name, with the cause") {
  SmallWorld world({2});
  world.intra().transport = sim::Transport::kDatagram;
  world.intra().loss = {1, 1};
  SendAtStart(world, 0, 1, Data(Run{7, 1, 1}));
  world.Run(Duration::Seconds(1));
  CHECK(Told(world) ==
        std::vector<std::string>{"carries.sent 0>1 7+1*1", "carries.destroyed 0>1 7+1*1"});
  CHECK(world.Of(Fact::kCarries, Phase::kDestroyed)[0].detail ==
        static_cast<std::uint64_t>(trace::DropCause::kLoss));
}

TEST_CASE("derive: of what was never sent nothing is told") {
  SmallWorld world({2});
  world.scenario.network.send_buffer = core::ByteCount(10);
  SendAtStart(world, 0, 1, Data(Run{7, 1, 1}));
  world.Run(Duration::Seconds(1));
  CHECK(Told(world).empty());
}

TEST_CASE("derive: an acknowledgement is one fact, with its phi-list") {
  SmallWorld world({2});
  SendAtStart(world, 0, 1, Ack(9, {Run{11, 3, 1}, Run{20, 2, 5}}, 31));
  world.Run(Duration::Seconds(1));
  CHECK(Told(world) == std::vector<std::string>{"states.sent 0>1 9+1*1 11+3*1 20+2*5",
                                                "states.arrived 1>0 9+1*1 11+3*1 20+2*5",
                                                "states.handed 1>0 9+1*1 11+3*1 20+2*5"});
  for (const Phase phase : {Phase::kSent, Phase::kHanded}) {
    CHECK(world.Of(Fact::kStates, phase)[0].further == 31);
    CHECK(world.Of(Fact::kStates, phase)[0].digest == 0);
  }
  CHECK(world.Of(Fact::kStates, Phase::kHanded)[0].at == world.arrivals()[0].at);
}

TEST_CASE("derive: a statement that waits for work is told when it leaves, with its age") {
  SmallWorld world({2});
  const Duration work = Duration::Milliseconds(7);
  world.scenario.profile.prices[static_cast<std::size_t>(core::Work::kSign)] = {
      sim::Profile::kProtocolStage, sim::Distribution(work), {}};
  world.host(0).on_start = [](const Now&, auto, Effects& out) {
    out.Spend(core::Work::kSign, 1);
    out.Send(NodeId(1), Ack(9));
  };
  world.Run(Duration::Seconds(1));
  const Event sent = world.Of(Fact::kStates, Phase::kSent).at(0);
  CHECK(sent.at == core::Instant() + work);
  CHECK(sent.detail == static_cast<std::uint64_t>(work.ps()));
  CHECK(world.Of(Fact::kStates, Phase::kHanded).at(0).detail == 0);
}

TEST_CASE("derive: bytes that are no message say nothing") {
  SmallWorld world({2});
  const Bytes whole = Ack(9, {Run{11, 3, 1}}, 31);
  world.host(0).on_start = [&](const Now&, auto, Effects& out) {
    for (std::uint64_t size = 1; size < whole.size(); ++size) {
      out.Send(NodeId(1), whole.Slice(0, size));
    }
    out.Send(NodeId(1), Numbered(1, 100));
    out.Send(NodeId(1), Bytes::Copy("hello"));
  };
  world.Run(Duration::Seconds(1));
  CHECK(world.arrivals().size() == whole.size() + 1);
  CHECK(Told(world).empty());
}

TEST_CASE("derive: votes are told as sent once for all copies of a payload, proposals of each") {
  const DecisionFields fields;
  const validate::BuiltProgram program({{"a", NodeId(0), 3}}, nullptr, &fields);
  trace::Emitter emitter;
  Listener listener(trace::kAllKinds);
  emitter.Add(&listener);
  sim::Deriver deriver(program, emitter);
  const sim::Message message = MessageOf(DecisionFields::Build(RoundMessage()));
  deriver.Tell(core::Instant(), message, Phase::kSent);
  CHECK(listener.events.size() == 3);
  deriver.Tell(core::Instant(), message, Phase::kSent);
  CHECK(listener.events.size() == 5);
  for (int i = 0; i < 2; ++i) deriver.Tell(core::Instant(), message, Phase::kHanded);
  CHECK(listener.events.size() == 11);
  // The same bytes, put together anew or sent by another, are said anew.
  deriver.Tell(core::Instant(), MessageOf(DecisionFields::Build(RoundMessage())), Phase::kSent);
  CHECK(listener.events.size() == 14);
  sim::Message passed_on = message;
  passed_on.from = NodeId(0);
  deriver.Tell(core::Instant(), passed_on, Phase::kSent);
  CHECK(listener.events.size() == 17);
}

TEST_CASE("derive: votes of a round are one fact, and nested lanes share the round around them") {
  const DecisionFields fields;
  const validate::BuiltProgram program({{"a", NodeId(0), 3}}, nullptr, &fields);
  trace::Emitter emitter;
  Listener listener(trace::kAllKinds);
  emitter.Add(&listener);
  sim::Deriver deriver(program, emitter);
  deriver.Tell(core::Instant(), MessageOf(DecisionFields::Build(RoundMessage())), Phase::kHanded);
  REQUIRE(listener.events.size() == 3);
  const Event& votes = listener.events[0];
  CHECK(votes.Is(Fact::kVotes, Phase::kHanded));
  CHECK(votes.value == 7);
  CHECK(votes.votes == core::Mask{0xF, 0xB});
  for (std::uint32_t lane : {0U, 1U}) {
    const Event& proposal = listener.events[lane + 1];
    CHECK(proposal.Is(Fact::kProposes, Phase::kHanded));
    CHECK(proposal.node == NodeId(2));
    CHECK(proposal.peer == NodeId(1));
    CHECK(proposal.message == trace::MessageId{NodeId(1), 0, 12});
    CHECK(proposal.value == 7);
    CHECK(proposal.detail == lane + 3);
    CHECK(proposal.further == lane + 50);
    CHECK(proposal.digest == Bytes::Copy(lane == 0 ? "left" : "right").Digest());
    CHECK(proposal.votes == core::Mask{});
  }
}

TEST_CASE("derive: slots are promised, accepted and decided, requests are asked and answered") {
  const DecisionFields fields;
  const validate::BuiltProgram program({{"a", NodeId(0), 3}}, nullptr, &fields);
  trace::Emitter emitter;
  Listener listener(trace::kAllKinds);
  emitter.Add(&listener);
  sim::Deriver deriver(program, emitter);
  deriver.Tell(core::Instant(), MessageOf(DecisionFields::Build(SlotMessage())), Phase::kSent);
  REQUIRE(listener.events.size() == 5);  // The empty group says nothing of any round or slot.
  const Event& promise = listener.events[0];
  CHECK(promise.Is(Fact::kPromises, Phase::kSent));
  CHECK(promise.run() == Run{100, 20, 2});
  CHECK(promise.further == 8);
  const Event& accept = listener.events[1];
  CHECK(accept.Is(Fact::kAccepts, Phase::kSent));
  CHECK(accept.value == 31);
  CHECK(accept.detail == 2);
  CHECK(accept.further == 9);
  CHECK(accept.votes == core::Mask{1, 1});  // Of that lane alone.
  const Event& decide = listener.events[2];
  CHECK(decide.Is(Fact::kDecides, Phase::kSent));
  CHECK(decide.value == 30);
  CHECK(decide.digest == Bytes::Copy("chosen").Digest());
  const Event& request = listener.events[3];
  CHECK(request.Is(Fact::kRequests, Phase::kSent));
  CHECK(request.value == 5);
  CHECK(request.detail == 77);
  CHECK(request.digest == Bytes::Copy("get").Digest());
  CHECK(listener.events[4].Is(Fact::kAnswers, Phase::kSent));
  CHECK(listener.events[4].value == 4);
}

TEST_CASE("derive: a payload is read once, by all who carry it, and not where nobody asks") {
  const DecisionFields fields;
  const validate::BuiltProgram program({{"a", NodeId(0), 3}}, nullptr, &fields);
  trace::Emitter emitter;
  Listener decisions(
      trace::Interest().Add(Fact::kProposes, Phase::kSent).Add(Fact::kVotes, Phase::kHanded));
  emitter.Add(&decisions);
  sim::Deriver deriver(program, emitter);
  sim::Message message = MessageOf(DecisionFields::Build(RoundMessage()));
  deriver.Tell(core::Instant(), message, Phase::kArrived);
  CHECK(fields.reads == 0);
  for (int copy = 0; copy < 3; ++copy) {
    const sim::Message other = message;
    deriver.Tell(core::Instant(), other, Phase::kSent);
    deriver.Tell(core::Instant(), other, Phase::kHanded);
  }
  CHECK(fields.reads == 1);
  CHECK(decisions.events.size() == 3 * (2 + 1));  // Only what is wanted.
  // The same bytes in memory of their own are another payload; so are what filters write.
  deriver.Tell(core::Instant(), MessageOf(DecisionFields::Build(RoundMessage())), Phase::kSent);
  CHECK(fields.reads == 2);
  // What is no message is not asked about again either.
  message.payload = Bytes::Copy("no message");
  deriver.Tell(core::Instant(), message, Phase::kSent);
  deriver.Tell(core::Instant(), message, Phase::kSent);
  CHECK(fields.reads == 3);
}

TEST_CASE("derive: a part of a payload is read as what it is") {
  const DecisionFields fields;
  const validate::BuiltProgram program({{"a", NodeId(0), 3}}, nullptr, &fields);
  trace::Emitter emitter;
  sim::Deriver deriver(program, emitter);
  const Bytes round = DecisionFields::Build(RoundMessage());
  const Bytes both =
      Bytes::Copy(round.ToString() + DecisionFields::Build(SlotMessage()).ToString());
  CHECK(deriver.Decode(NodeId(0), both).type() == nullptr);
  const Bytes rest = both.Slice(round.size(), both.size() - round.size());
  CHECK(deriver.Decode(NodeId(0), rest).type() == &kDecisionTypes[1]);
  CHECK(deriver.Decode(NodeId(0), both.Slice(0, round.size())).type() == &kDecisionTypes[0]);
  CHECK(deriver.Decode(NodeId(0), both).type() == nullptr);
}

TEST_CASE("derive: a nested message with votes is built back from its fields") {
  const DecisionFields fields;
  for (const core::FieldedMessage& message : {RoundMessage(), SlotMessage()}) {
    core::FieldedMessage again;
    REQUIRE(fields.Read(DecisionFields::Build(message), again));
    CHECK(again.type == message.type);
    CHECK((again.fields == message.fields));
  }
  CHECK(core::Path(kDecisionTypes[0], kBallot) == "round.lane.ballot");
  CHECK(core::Path(kDecisionTypes[0], kBeside) == "beside");
}

TEST_CASE("derive: what is kept with a payload goes with it") {
  // Bytes count their own references: a payload that kept a part of itself would never go.
  class Watched : public core::Attachment {
   public:
    explicit Watched(bool& is_gone) : is_gone_(is_gone) {}
    ~Watched() override { is_gone_ = true; }

   private:
    bool& is_gone_;
  };
  bool is_gone = false;
  {
    const Bytes payload = Bytes::Copy("payload");
    payload.Attach(std::make_unique<Watched>(is_gone));
    const Bytes copy = payload;
    CHECK(copy.attachment() == payload.attachment());
    CHECK(copy.Slice(1, 3).attachment() == nullptr);
  }
  CHECK(is_gone);
}

}  // namespace lockstep::tests
