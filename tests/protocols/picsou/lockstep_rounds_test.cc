// The step-by-step example of the Picsou paper (section 4, two clusters of four), replica by
// replica: real replicas in a world where a hop takes one step.
//
// The text files speak as the paper does: senders R11..R14, receivers R21..R24, messages from m1
// on. ACK p and QUACK p say that m1..mp are held, which is the same number in our count from 0;
// what a φ-list says is held above them comes behind a plus.

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "protocols/core/program.h"
#include "protocols/picsou/messages.h"
#include "protocols/picsou/notes.h"
#include "protocols/picsou/replica.h"
#include "tests/support/keys.h"
#include "tests/support/lock_step.h"
#include "tests/support/script.h"
#include "tests/support/scripted_log.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::NodeId;

constexpr std::uint32_t kSize = 4;
constexpr std::uint64_t kMessageBytes = 100;
constexpr core::Duration kStep = core::Duration::Milliseconds(1);
constexpr core::Duration kNever = core::Duration::Seconds(1'000);
const core::Cluster kSenders{"a", NodeId(0), kSize, 1, 1};
const core::Cluster kReceivers{"b", NodeId(kSize), kSize, 1, 1};

// "R11", "R24".
std::string Name(NodeId node) {
  const std::uint32_t cluster = node.value() / kSize;
  return absl::StrCat("R", cluster + 1, node.value() % kSize + 1);
}
NodeId Named(const std::string& name) {
  for (std::uint32_t i = 0; i < 2 * kSize; ++i) {
    if (Name(NodeId(i)) == name) return NodeId(i);
  }
  return NodeId(~0U);
}
// "m1", "m2", of positions from 0.
std::string MessageName(std::uint64_t position) { return absl::StrCat("m", position + 1); }
std::uint64_t MessageNamed(const std::string& name) {
  std::uint64_t number = 0;
  CHECK_MESSAGE((absl::SimpleAtoi(name.substr(1), &number) && number > 0), name);
  return number - 1;
}

// In order.
std::vector<std::uint64_t> PositionsOf(const std::vector<core::Run>& runs) {
  std::vector<std::uint64_t> positions;
  for (const core::Run& run : runs) {
    for (std::uint64_t i = 0; i < run.count; ++i) positions.push_back(run.At(i));
  }
  std::sort(positions.begin(), positions.end());
  return positions;
}
std::vector<std::uint64_t> PositionsOf(const std::vector<core::Records>& data) {
  std::vector<core::Run> runs;
  for (const core::Records& records : data) runs.push_back(records.run);
  return PositionsOf(runs);
}
// "m2 m6".
std::string NamesOf(const std::vector<std::uint64_t>& positions) {
  std::vector<std::string> names;
  for (const std::uint64_t position : positions) names.push_back(MessageName(position));
  return absl::StrJoin(names, " ");
}

picsou::Config ConfigOf(bool is_sender, std::uint64_t phi) {
  picsou::Config config;
  config.own = is_sender ? kSenders : kReceivers;
  config.other = is_sender ? kReceivers : kSenders;
  config.out_stream = core::StreamId(is_sender ? 0 : 1);
  config.in_stream = core::StreamId(is_sender ? 1 : 0);
  config.phi = phi;
  config.certificates = false;            // Messages of the example are rewritten on their way.
  config.batch_delay = core::Duration();  // A message leaves in the step in which it is committed.
  config.max_delay = kNever;
  // Receivers have nothing to send: their ACKs ride on no-ops, one in every second step.
  config.noop_delay = is_sender ? kNever : kStep * 2;
  return config;
}

// A replica, the log below it, and its keys.
struct Seated {
  Seated(NodeId self, bool is_sender, std::uint64_t phi)
      : keys(self),
        log(kMessageBytes),
        replica(ConfigOf(is_sender, phi), SeatOf(self), log, owner) {}
  core::Seat SeatOf(NodeId self) const {
    core::Seat seat;
    seat.self = self;
    seat.cluster = core::ClusterId(self.value() / kSize);
    seat.index = self.value() % kSize;
    seat.send_buffer = core::ByteCount(1 << 24);
    seat.signer = &keys;
    seat.verifier = &keys;
    return seat;
  }

  Keys keys;
  ScriptedLog log;
  Deliveries owner;
  picsou::Replica replica;
};

class Example {
 public:
  explicit Example(std::uint64_t phi = 0) : world_(kStep), codec_({}, phi) {
    world_.SetWire([this](LockStep::Message& message) { OnSent(message); });
    for (std::uint32_t i = 0; i < 2 * kSize; ++i) {
      seats_.push_back(std::make_unique<Seated>(NodeId(i), i < kSize, phi));
      world_.Add(NodeId(i), seats_.back()->replica);
    }
    world_.Start();
  }

  void Crash(NodeId node) { world_.Crash(node); }
  // The senders' logs end with that position.
  void SetLast(std::uint64_t position) { last_ = position; }
  // That position is lost when it is next sent over, with all that is sent with it.
  void Lose(std::uint64_t position) { to_lose_ = position; }
  // From now on the receiver `liar` says that it holds so many, whatever it holds.
  void Lie(NodeId liar, std::uint64_t cumulative) { lie_ = {liar, cumulative}; }

  // One step, told in lines.
  std::string Next() {
    const LockStep::Step step =
        world_.Next([this](const core::Now& now, NodeId node, core::Effects& out) {
          if (node.value() >= kSize || world_.number() % 2 == 0) return;
          // m1..m4 in step 1, m5..m8 in step 3, and so on.
          Seated& seat = *seats_[node.value()];
          seat.log.set_committed(std::min(last_ + 1, kSize * (world_.number() + 1) / 2));
          seat.replica.OnCommitted(now, out);
        });
    std::vector<std::string> heard;
    std::vector<std::string> acks;
    for (const LockStep::Message& message : step.heard) TellAck(message, "from", heard);
    for (const LockStep::Message& message : step.sent) TellAck(message, "to", acks);
    std::string text;
    if (!heard.empty()) absl::StrAppend(&text, "hear:  ", absl::StrJoin(heard, ", "), "\n");
    for (const auto& [node, note] : step.notes) TellNote(node, note, text);
    absl::StrAppend(&text, TellData(step));
    if (!acks.empty()) absl::StrAppend(&text, "ACKs:  ", absl::StrJoin(acks, ", "), "\n");
    return text;
  }

  std::uint64_t number() const { return world_.number(); }
  const Seated& seat(std::uint32_t index) const { return *seats_[index]; }

 private:
  void OnSent(LockStep::Message& message) {
    picsou::Codec::Decoded decoded = codec_.Decode(message.payload);
    if (!decoded.batch) return;
    for (const std::uint64_t position : PositionsOf(decoded.batch->data)) {
      if (position != to_lose_) continue;
      message.is_lost = true;
      to_lose_.reset();
    }
    if (!lie_ || lie_->first != message.from) return;
    decoded.batch->ack = {lie_->second, 0, {}};
    message.payload =
        codec_.Encode(*decoded.batch, Keys(message.from), core::SpeakerOf(message.to));
  }

  // What a receiver says to a sender of what it holds.
  void TellAck(const LockStep::Message& message, const std::string& way,
               std::vector<std::string>& out) const {
    const picsou::Codec::Decoded decoded = codec_.Decode(message.payload);
    if (!decoded.batch || !kReceivers.Has(message.from)) return;
    const NodeId speaker = way == "to" ? message.from : message.to;
    const NodeId other = way == "to" ? message.to : message.from;
    const picsou::Ack& ack = decoded.batch->ack;
    const std::string phi =
        ack.phi.empty() ? "" : absl::StrCat(" + ", NamesOf(PositionsOf(ack.phi)));
    out.push_back(
        absl::StrCat(Name(speaker), " ", ack.cumulative, phi, " ", way, " ", Name(other)));
  }

  static void TellNote(NodeId node, const core::effect::Note& note, std::string& text) {
    const std::string message = NamesOf(PositionsOf(std::vector<core::Run>{note.values}));
    if (note.kind == core::NoteKind::kQuacked) {
      absl::StrAppend(&text, "QUACK: ", Name(node), " ", note.values.first, "\n");
    } else if (note.kind == picsou::kComplaint) {
      absl::StrAppend(&text, "lost:  ", Name(node), " gives up ", message, ", attempt ",
                      note.detail, "\n");
    } else if (note.kind == picsou::kResent) {
      absl::StrAppend(&text, "again: ", Name(node), " ", message, " to ", Name(note.peer), "\n");
    }
  }

  std::string TellData(const LockStep::Step& step) const {
    std::vector<std::string> sent;
    std::map<std::string, std::vector<std::string>> passed_on;  // by what is passed on by whom
    for (const LockStep::Message& message : step.sent) {
      const picsou::Codec::Decoded decoded = codec_.Decode(message.payload);
      if (decoded.broadcast) {
        const std::string what =
            absl::StrCat(Name(message.from), " ", NamesOf(PositionsOf(decoded.broadcast->data)));
        passed_on[what].push_back(Name(message.to));
      } else if (decoded.batch && !decoded.batch->data.empty()) {
        sent.push_back(absl::StrCat(Name(message.from), " ",
                                    NamesOf(PositionsOf(decoded.batch->data)), " to ",
                                    Name(message.to), message.is_lost ? " (lost)" : ""));
      }
    }
    std::vector<std::string> local;
    for (const auto& [what, to] : passed_on) {
      local.push_back(absl::StrCat(what, to.size() == kSize - 1 ? " to all" : " to some"));
    }
    std::string text;
    if (!sent.empty()) absl::StrAppend(&text, "send:  ", absl::StrJoin(sent, ", "), "\n");
    if (!local.empty()) absl::StrAppend(&text, "local: ", absl::StrJoin(local, ", "), "\n");
    return text;
  }

  LockStep world_;
  picsou::Codec codec_;
  std::vector<std::unique_ptr<Seated>> seats_;
  std::uint64_t last_ = ~std::uint64_t{0} - 1;
  std::optional<std::uint64_t> to_lose_;
  std::optional<std::pair<NodeId, std::uint64_t>> lie_;
};

// Commands:
//
//   step n=N                 N must be the step that comes
//   crash replica=R11
//   last message=m8          the logs end with it
//   lose message=m5          when it is next sent over
//   lie replica=R21 ack=8    from now on, whatever it holds
void RunExample(const std::string& file, Example& example) {
  RunScript(file, [&](const Command& command) -> std::string {
    const auto replica = [&] { return Named(command.Get<std::string>("replica")); };
    const auto message = [&] { return MessageNamed(command.Get<std::string>("message")); };
    if (command.name() == "step") {
      const auto n = command.Get<std::uint64_t>("n");
      return n == example.number() + 1 ? example.Next() : "want the next step";
    }
    if (command.name() == "crash") {
      example.Crash(replica());
    } else if (command.name() == "last") {
      example.SetLast(message());
    } else if (command.name() == "lose") {
      example.Lose(message());
    } else if (command.name() == "lie") {
      example.Lie(replica(), command.Get<std::uint64_t>("ack"));
    } else {
      return absl::StrCat("no command ", command.name());
    }
    return "";
  });
}

// Each receiver was handed each of m1..m`count` once.
void CheckDeliveries(const Example& example, std::uint64_t count) {
  for (std::uint32_t i = kSize; i < 2 * kSize; ++i) {
    const auto& times = example.seat(i).owner.times();
    CHECK(times.size() == count);
    for (const auto& [position, often] : times) CHECK(often == 1);
  }
}

TEST_CASE("picsou: the example of section 4 goes step by step as on paper") {
  Example example;
  RunExample("protocols/picsou/lockstep_rounds.txt", example);
}

TEST_CASE("picsou: in the example of section 4 R12 resends m5 when R11 dies after m1") {
  Example example;
  RunExample("protocols/picsou/lockstep_crash.txt", example);
  // After the resend has gone round, each correct receiver has had m5 once.
  for (std::uint32_t i = kSize; i < 2 * kSize; ++i) {
    CHECK(example.seat(i).owner.times().at(4) == 1);
  }
}

TEST_CASE("picsou: a QUACK does not follow the one who acknowledges what it does not hold") {
  Example example;
  RunExample("protocols/picsou/lockstep_liar.txt", example);
  CheckDeliveries(example, 8);
}

TEST_CASE(
    "picsou: of what two phi-lists say is missing that alone is resent, by whose turn it is") {
  Example example(/*phi=*/8);
  RunExample("protocols/picsou/lockstep_phi.txt", example);
  CheckDeliveries(example, 8);
}

}  // namespace
}  // namespace lockstep::tests
