// Scripted nodes in small worlds: see small_world.h.

#include "tests/support/small_world.h"

#include <algorithm>
#include <map>
#include <utility>

#include "protocols/core/wire.h"
#include "protocols/parameters/key_reader.h"
#include "sim/fault/engine/kinds.h"
#include "sim/scenario/fault_keys.h"
#include "sim/scenario/host_names.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Role;

constexpr std::uint64_t kGenerator = 1;
constexpr std::uint8_t kDataByte = 1;
constexpr std::uint8_t kAckByte = 2;

constexpr std::uint32_t kMessage = core::FieldSpec::kMessage;
constexpr core::FieldSpec kDataFields[] = {{"data", Role::kGroup, kMessage, core::Fact::kCarries},
                                           {"stream", Role::kStream, 0},
                                           {"seq", Role::kSeq, 0},
                                           {"content", Role::kContent, 0}};
enum AckField : std::uint32_t { kAck, kStream, kCumulative, kPhi, kPhiEnd, kSignature };
constexpr core::FieldSpec kAckFields[] = {{"ack", Role::kGroup, kMessage, core::Fact::kStates},
                                          {"stream", Role::kStream, kAck},
                                          {"cumulative", Role::kAck, kAck},
                                          {"phi", Role::kPhi, kAck},
                                          {"phi_end", Role::kPhiEnd, kAck},
                                          {"signature", Role::kSignature, kAck}};
constexpr core::TypeSpec kTypes[] = {{"test.data", kDataFields}, {"test.ack", kAckFields}};

bool ReadData(core::Decoder& decoder, core::FieldedMessage& out) {
  out = {TestFields::kData, {core::Field::Group(0), core::Field::Number(1, decoder.U32())}};
  out.fields.push_back(core::Field{2, 0, decoder.GetRun()});
  out.fields.push_back(core::Field{3, 0, {}, decoder.Content(decoder.remaining())});
  return decoder.ok();
}

bool ReadAck(core::Decoder& decoder, core::FieldedMessage& out) {
  out = {TestFields::kAck, {core::Field::Group(kAck)}};
  out.fields.push_back(core::Field::Number(kStream, decoder.U32()));
  out.fields.push_back(core::Field::Number(kCumulative, decoder.U64()));
  const std::uint32_t runs = decoder.U32();
  for (std::uint32_t i = 0; i < runs && decoder.ok(); ++i) {
    out.fields.push_back(core::Field{kPhi, i, decoder.GetRun()});
  }
  out.fields.push_back(core::Field::Number(kPhiEnd, decoder.U64()));
  const core::Tag tag = decoder.GetTag();
  out.fields.push_back(core::Field::Number(kSignature, tag.low));
  return decoder.ok() && decoder.remaining() == 0;
}

}  // namespace

std::span<const core::TypeSpec> TestFields::types() const { return kTypes; }

bool TestFields::Read(const core::Bytes& payload, core::FieldedMessage& out) const {
  core::Decoder decoder(payload);
  switch (decoder.U8()) {
    case kDataByte:
      return ReadData(decoder, out);
    case kAckByte:
      return ReadAck(decoder, out);
    default:
      return false;
  }
}

core::Bytes TestFields::Build(const core::FieldedMessage& message, const core::Signer& signer,
                              core::Identity receiver) const {
  if (message.type == kData) {
    core::Encoder encoder;
    encoder.U8(kDataByte);
    encoder.U32(static_cast<std::uint32_t>(message.fields[1].values.first));
    encoder.PutRun(message.fields[2].values);
    encoder.Content(message.fields[3].content);
    return encoder.Take();
  }
  std::vector<core::Run> phi;
  for (const core::Field& field : message.fields) {
    if (field.spec == kPhi) phi.push_back(field.values);
  }
  const std::uint64_t phi_end = message.fields[message.fields.size() - 2].values.first;
  return Ack(message.fields[kCumulative].values.first, phi, phi_end, &signer, receiver);
}

core::Bytes Data(const core::Run& run, std::uint64_t size) {
  core::Encoder encoder;
  encoder.U8(kDataByte);
  encoder.U32(0);
  encoder.PutRun(run);
  encoder.Content(
      core::Bytes::Filler({kGenerator, run.first, run.stride, run.count, size, /*begin=*/0}));
  return encoder.Take();
}

core::Bytes Ack(std::uint64_t cumulative, const std::vector<core::Run>& phi, std::uint64_t phi_end,
                const core::Signer* signer, core::Identity receiver) {
  core::Encoder encoder;
  encoder.U8(kAckByte);
  encoder.U32(0);
  encoder.U64(cumulative);
  encoder.U32(static_cast<std::uint32_t>(phi.size()));
  for (const core::Run& run : phi) encoder.PutRun(run);
  encoder.U64(phi_end);
  encoder.PutTag(signer == nullptr ? core::Tag{} : signer->Mac(receiver, cumulative));
  return encoder.Take();
}

core::Bytes Numbered(std::uint64_t number, std::uint64_t size) {
  return core::Bytes::Filler({kGenerator, number, /*stride=*/1, /*count=*/1, size, /*begin=*/0});
}

std::uint64_t NumberOf(const core::Bytes& payload) { return payload.filler().at(0).first; }

sim::Scenario SmallScenario(const std::vector<std::uint32_t>& sizes) {
  sim::Scenario scenario = validate::LabScenario(sizes);
  scenario.name = "small";
  scenario.end = At(core::Duration::Seconds(100));
  scenario.heal = scenario.end;
  scenario.period = core::Duration::Seconds(10);
  scenario.seed = 7;
  return scenario;
}

// Calls the script of its host.
class SmallWorld::ScriptedNode final : public validate::QuietNode {
 public:
  ScriptedNode(const Script& script, core::NodeId self, std::vector<Arrival>& arrivals)
      : script_(script), self_(self), arrivals_(arrivals) {}

  void OnStart(const core::Now& now, std::span<const core::Bytes> saved,
               core::Effects& out) override {
    if (script_.on_start) script_.on_start(now, saved, out);
  }
  void OnMessage(const core::Now& now, core::NodeId from, const core::Bytes& payload,
                 core::Effects& out) override {
    arrivals_.push_back({now.monotonic(), self_, from, payload});
    if (script_.on_message) script_.on_message(now, from, payload, out);
  }
  void OnTimer(const core::Now& now, core::TimerId timer, core::Effects& out) override {
    if (script_.on_timer) script_.on_timer(now, timer, out);
  }
  void OnWritable(const core::Now& now, core::NodeId peer, core::Effects& out) override {
    if (script_.on_writable) script_.on_writable(now, peer, out);
  }

 private:
  const Script& script_;
  core::NodeId self_;
  std::vector<Arrival>& arrivals_;
};

SmallWorld::SmallWorld(const std::vector<std::uint32_t>& sizes) : scenario(SmallScenario(sizes)) {
  for (const std::uint32_t size : sizes) scripts_.resize(scripts_.size() + size);
}

sim::Fault& SmallWorld::AddFault(const std::string& kind, const std::vector<std::uint32_t>& targets,
                                 const nlohmann::json& parameters) {
  sim::Fault fault;
  fault.id = std::to_string(scenario.faults.size());
  fault.kind = sim::FaultKindNamed(kind);
  CHECK_MESSAGE(fault.kind != nullptr, kind);
  std::shared_ptr<sim::FaultBody> body = fault.kind->body();
  nlohmann::json inside = parameters;
  if (fault.kind->Has(sim::Takes::kTarget)) inside["target"] = "a0";  // See below.
  Parameters reader(inside, "test", "");
  KeyReader keys(reader);
  const sim::ScenarioHosts hosts(scenario.clusters, core::Random(scenario.seed));
  sim::DescribeFault(keys, hosts, *body, fault);
  body->Complete(keys, hosts, fault);
  const absl::Status status = reader.Done();
  CHECK_MESSAGE(status.ok(), std::string(status.message()));
  fault.body = body;
  fault.targets.clear();
  for (const std::uint32_t target : targets) fault.targets.emplace_back(target);
  scenario.faults.push_back(fault);
  return scenario.faults.back();
}

void SmallWorld::Begin() {
  std::vector<trace::Sink*> sinks;
  if (is_recorded) sinks = {&recorder_, &digest_};
  const auto build = [this](const core::Seat& seat) {
    seats_.push_back(seat);
    return std::make_unique<ScriptedNode>(scripts_[seat.self.value()], seat.self, arrivals_);
  };
  lab_ = std::make_unique<validate::Lab>(scenario, build, sinks, &fields_);
}

void SmallWorld::Run(core::Duration until) {
  if (lab_ == nullptr) Begin();
  lab_->Run(until);
}

std::vector<std::uint64_t> SmallWorld::NumbersAt(std::uint32_t host) const {
  std::vector<std::uint64_t> numbers;
  for (const Arrival& arrival : arrivals_) {
    if (arrival.to == core::NodeId(host)) numbers.push_back(NumberOf(arrival.payload));
  }
  return numbers;
}

std::vector<trace::Event> SmallWorld::Of(trace::EventKind kind) const {
  std::vector<trace::Event> found;
  std::copy_if(recorder_.events.begin(), recorder_.events.end(), std::back_inserter(found),
               [&](const trace::Event& event) { return event.kind == kind; });
  return found;
}

std::vector<trace::Event> SmallWorld::Of(core::Fact fact, trace::Phase phase) const {
  std::vector<trace::Event> found = Of(trace::EventKind::kFact);
  std::erase_if(found, [&](const trace::Event& event) { return !event.Is(fact, phase); });
  return found;
}

std::vector<trace::Event> SmallWorld::Of(core::Fact fact, trace::Phase phase,
                                         std::uint32_t node) const {
  std::vector<trace::Event> found = Of(fact, phase);
  std::erase_if(found, [&](const trace::Event& event) { return event.node != core::NodeId(node); });
  return found;
}

std::vector<trace::Event> SmallWorld::Of(trace::EventKind kind, std::uint32_t node) const {
  std::vector<trace::Event> found = Of(kind);
  std::erase_if(found, [&](const trace::Event& event) { return event.node != core::NodeId(node); });
  return found;
}

void KeepSending(SmallWorld& world, std::uint32_t from, const std::vector<std::uint32_t>& peers,
                 std::uint64_t size, std::uint64_t pending) {
  struct Flow {
    std::uint64_t next = 0;      // the number of the next message
    std::int64_t kept_free = 0;  // of the send buffer
  };
  auto flows = std::make_shared<std::map<core::NodeId, Flow>>();
  const auto bytes = static_cast<std::int64_t>(size);
  const auto fill = [=](core::NodeId peer, core::Effects& out) {
    Flow& flow = (*flows)[peer];
    while (out.CreditLeft(peer) >= flow.kept_free + bytes)
      out.Send(peer, Numbered(flow.next++, size));
    out.AwaitWritable(peer, core::ByteCount(flow.kept_free + bytes));
  };
  world.host(from).on_start = [=](const core::Now&, auto, core::Effects& out) {
    for (const std::uint32_t to : peers) {
      const core::NodeId peer(to);
      (*flows)[peer].kept_free = out.CreditLeft(peer) - static_cast<std::int64_t>(pending) * bytes;
      fill(peer, out);
    }
  };
  world.host(from).on_writable = [=](const core::Now&, core::NodeId peer, core::Effects& out) {
    fill(peer, out);
  };
}

}  // namespace lockstep::tests
