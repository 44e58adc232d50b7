// One-shot and all-to-all: who sends what to whom, by which credit, and what is delivered.

#include "protocols/c3b/baseline.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "protocols/c3b/messages.h"
#include "protocols/core/pace.h"
#include "protocols/core/run.h"
#include "tests/support/credit_desk.h"
#include "tests/support/keys.h"
#include "tests/support/listed.h"
#include "tests/support/scripted_log.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using c3b::Pattern;
using core::NodeId;
using core::Run;
namespace effect = core::effect;
using Positions = std::vector<std::uint64_t>;

constexpr std::uint32_t kSenders = 7;
constexpr std::uint32_t kReceivers = 4;
constexpr std::uint64_t kMessageBytes = 100;
constexpr std::int64_t kBuffer = 1 << 18;
constexpr core::StreamId kOut(0);
constexpr core::StreamId kIn(1);

c3b::Config ConfigOf(Pattern pattern) {
  c3b::Config config;
  config.pattern = pattern;
  config.own = {"a", NodeId(0), kSenders, 2, 2};
  config.other = {"b", NodeId(kSenders), kReceivers, 1, 1};
  config.out_stream = kOut;
  config.in_stream = kIn;
  config.batch_bytes = kMessageBytes;
  config.batch_delay = core::Duration();
  return config;
}

struct Rig {
  Rig(const c3b::Config& settings, std::uint32_t index) : config(settings), log(kMessageBytes) {
    core::Seat seat;
    seat.self = NodeId(index);
    seat.index = index;
    seat.send_buffer = core::ByteCount(kBuffer);
    node = std::make_unique<c3b::Baseline>(config, seat, log, owner);
  }
  void Start(std::uint64_t committed) {
    log.set_committed(committed);
    node->OnStart(NowAtMs(0), {}, out);
  }
  core::Effects Take() { return credit.TakeList(out); }
  NodeId Receiver(std::uint32_t j) const { return config.other.Replica(j); }
  // Positions sent to receiver j, in order, with their contents checked.
  Positions PositionsTo(const core::Effects& listed, std::uint32_t j) const {
    Positions positions;
    for (const core::Bytes& payload : SentTo(listed, Receiver(j))) {
      const std::optional<c3b::Batch> batch = c3b::Decode(payload);
      REQUIRE(batch.has_value());
      CHECK(batch->stream == kOut);
      for (const core::Records& records : batch->data) {
        CHECK(records.contents == log.Contents(records.run));
        for (std::uint64_t i = 0; i < records.run.count; ++i) {
          positions.push_back(records.run.At(i));
        }
      }
    }
    return positions;
  }
  static std::int64_t BytesTo(const core::Effects& listed, NodeId to) {
    std::int64_t bytes = 0;
    for (const core::Bytes& payload : SentTo(listed, to)) bytes += payload.byte_count().value();
    return bytes;
  }

  c3b::Config config;
  ScriptedLog log;
  Deliveries owner;
  std::unique_ptr<c3b::Baseline> node;
  CreditDesk credit{kBuffer};
  core::Effects out{&credit};
};

Positions Range(std::uint64_t begin, std::uint64_t end, std::uint64_t step) {
  Positions positions;
  for (; begin < end; begin += step) positions.push_back(begin);
  return positions;
}

core::Bytes Incoming(const Run& run) {
  const core::Records records{run, 10,
                              core::Bytes::Filler({2, run.first, run.stride, run.count, 10, 0})};
  return c3b::Encode({kIn, {records}}, {});
}

TEST_CASE("one-shot: replica i sends each k with k mod n_s = i once, to i mod n_r alone") {
  for (std::uint32_t index = 0; index < kSenders; ++index) {
    Rig rig(ConfigOf(Pattern::kOneShot), index);
    rig.Start(100);
    for (std::uint32_t j = 0; j < kReceivers; ++j) {
      CHECK(rig.PositionsTo(rig.out, j) ==
            (j == index % kReceivers ? Range(index, 100, kSenders) : Positions{}));
    }
  }
}

TEST_CASE("all-to-all: every replica sends every message to every receiver") {
  for (const std::uint32_t index : {0U, 3U, 6U}) {
    Rig rig(ConfigOf(Pattern::kAllToAll), index);
    rig.Start(100);
    for (std::uint32_t j = 0; j < kReceivers; ++j) {
      CHECK(rig.PositionsTo(rig.out, j) == Range(0, 100, 1));
      // One batch, built once.
      CHECK(SentTo(rig.out, rig.Receiver(j))[5].SharesWith(SentTo(rig.out, rig.Receiver(0))[5]));
    }
  }
}

TEST_CASE("baselines: an endless log is sent by credit, and goes on where it stopped") {
  for (const Pattern pattern : {Pattern::kOneShot, Pattern::kAllToAll}) {
    Rig rig(ConfigOf(pattern), 1);
    rig.Start(core::Log::kEndless);
    const core::Effects first = rig.Take();
    const Positions before = rig.PositionsTo(first, 1);
    REQUIRE(!before.empty());
    CHECK(Rig::BytesTo(first, rig.Receiver(1)) <= kBuffer);
    rig.credit.FreeAll(NowAtMs(1), *rig.node, rig.out);
    const Positions after = rig.PositionsTo(rig.out, 1);
    REQUIRE(!after.empty());
    const std::uint64_t step = pattern == Pattern::kAllToAll ? 1 : kSenders;
    CHECK(after.front() == before.back() + step);
    CHECK(Rig::BytesTo(rig.out, rig.Receiver(1)) <= kBuffer);
  }
}

TEST_CASE("all-to-all: the slowest receiver holds back all") {
  Rig rig(ConfigOf(Pattern::kAllToAll), 0);
  rig.Start(core::Log::kEndless);
  const core::Effects first = rig.Take();
  for (std::uint32_t j = 0; j + 1 < kReceivers; ++j) {
    rig.credit.Free(NowAtMs(1), rig.Receiver(j), Rig::BytesTo(first, rig.Receiver(j)), *rig.node,
                    rig.out);
  }
  CHECK(All<effect::Send>(rig.out).empty());
  const NodeId last = rig.Receiver(kReceivers - 1);
  rig.credit.Free(NowAtMs(1), last, Rig::BytesTo(first, last), *rig.node, rig.out);
  CHECK_FALSE(All<effect::Send>(rig.out).empty());
}

TEST_CASE(
    "baselines: without credit an endless log goes by the clock, a buffer's worth each tick") {
  for (const Pattern pattern : {Pattern::kOneShot, Pattern::kAllToAll}) {
    Rig rig(ConfigOf(pattern), 1);
    rig.out = core::Effects();
    rig.Start(core::Log::kEndless);
    core::Effects listed = std::exchange(rig.out, core::Effects());
    const std::int64_t first = Rig::BytesTo(listed, rig.Receiver(1));
    CHECK(first >= kBuffer);
    CHECK(first <= 2 * kBuffer);  // Beside contents there are headers.
    const std::vector<effect::SetTimer> timers = All<effect::SetTimer>(listed);
    REQUIRE(timers.size() == 1);
    rig.node->OnCommitted(NowAtMs(0), rig.out);
    CHECK(rig.out.list().empty());
    rig.node->OnTimer(NowAt(core::Pace::kTick), timers[0].id, rig.out);
    CHECK(Rig::BytesTo(rig.out, rig.Receiver(1)) == first);
    CHECK(All<effect::SetTimer>(rig.out).size() == 1);
  }
}

TEST_CASE("baselines: a batch waits for batch_delay to fill, and what grows later follows") {
  c3b::Config config = ConfigOf(Pattern::kAllToAll);
  config.batch_bytes = 10 * kMessageBytes;
  config.batch_delay = core::Duration::Milliseconds(2);
  Rig rig(config, 0);
  rig.Start(3);
  CHECK(All<effect::Send>(rig.out).empty());
  const std::vector<effect::SetTimer> timers = All<effect::SetTimer>(rig.Take());
  REQUIRE(timers.size() == 1);
  CHECK(timers[0].at == NowAtMs(2).monotonic());
  rig.node->OnTimer(NowAtMs(2), timers[0].id, rig.out);
  CHECK(rig.PositionsTo(rig.Take(), 2) == Range(0, 3, 1));
  rig.log.set_committed(13);
  rig.node->OnCommitted(NowAtMs(3), rig.out);
  CHECK(rig.PositionsTo(rig.out, 2) == Range(3, 13, 1));
}

TEST_CASE("baselines: each message is delivered once, and passed on to nobody") {
  for (const Pattern pattern : {Pattern::kOneShot, Pattern::kAllToAll}) {
    Rig rig(ConfigOf(pattern), 0);
    rig.Start(0);
    rig.Take();
    rig.node->OnMessage(NowAtMs(1), rig.Receiver(0), Incoming({0, 6, 4}), rig.out);
    rig.node->OnMessage(NowAtMs(1), rig.Receiver(1), Incoming({8, 6, 4}), rig.out);
    rig.node->OnMessage(NowAtMs(1), rig.Receiver(2), Incoming({0, 6, 4}), rig.out);
    CHECK(All<effect::Send>(rig.out).empty());
    CHECK(rig.owner.times().size() == 8);
    std::uint64_t noted = 0;
    for (const effect::Note& note : Notes(rig.out, core::NoteKind::kDelivered)) {
      noted += note.values.count;
    }
    CHECK(noted == 8);
    for (const auto& [position, times] : rig.owner.times()) CHECK(times == 1);
  }
}

TEST_CASE("baselines: what is malformed, of another stream or from nowhere is noted and ignored") {
  const core::Bytes good = Incoming({0, 1, 1});
  const core::Bytes own = c3b::Encode({kOut, {}}, {});
  const std::vector<std::pair<NodeId, core::Bytes>> wrong = {
      {NodeId(kSenders), core::Bytes()},
      {NodeId(kSenders), core::Bytes::Copy("\x09rubbish")},
      {NodeId(kSenders), good.Slice(0, good.size() - 1)},
      {NodeId(kSenders), own},
      {NodeId(1), good},
      {NodeId(99), good}};
  for (const auto& [from, payload] : wrong) {
    Rig rig(ConfigOf(Pattern::kOneShot), 0);
    rig.node->OnMessage(NowAtMs(1), from, payload, rig.out);
    REQUIRE(rig.out.list().size() == 1);
    CHECK(Notes(rig.out, core::NoteKind::kMalformed).at(0).peer == from);
    CHECK(rig.owner.times().empty());
  }
}

TEST_CASE("baselines: padding charges the declared sizes, and fields build the message back") {
  constexpr c3b::WireSizes kSizes{12, 2'000};
  const std::vector<core::Records> data = {
      {{4, 3, 4}, 100, core::Bytes::Filler({1, 4, 4, 3, 100, 0})},
      {{17, 1, 1}, 33, core::Bytes::Filler({1, 17, 0, 1, 33, 0})}};
  const core::Bytes bytes = c3b::Encode({kOut, data}, kSizes);
  CHECK(bytes.size() == kSizes.batch_bytes + 4 * kSizes.record_bytes + 3 * 100 + 33);
  CHECK(c3b::Decode(bytes)->data == data);
  const c3b::Fields fields(kSizes);
  core::FieldedMessage message;
  REQUIRE(fields.Read(bytes, message));
  CHECK(fields.types()[message.type].name == "c3b.batch");
  const core::Bytes built = fields.Build(message, Keys(NodeId(0)), core::Identity(1));
  CHECK(built == bytes);
  core::FieldedMessage again;
  REQUIRE(fields.Read(built, again));
  CHECK((again.fields == message.fields));
  CHECK_FALSE(fields.Read(core::Bytes::Copy("\x05"), message));
}

}  // namespace
}  // namespace lockstep::tests
