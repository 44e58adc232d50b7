// Receivers that were left behind: what peers keep, who is asked and when.
//
// Source: the Picsou paper, section 4.2 (garbage collection), and what was decided beyond it.

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "protocols/core/random.h"
#include "protocols/picsou/answers.h"
#include "protocols/picsou/fetcher.h"
#include "protocols/picsou/retained.h"
#include "tests/protocols/picsou/rig.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::NoteKind;
using core::Records;
using core::Run;
using picsou::Answers;
using picsou::Fetcher;
using picsou::Retained;

constexpr std::uint64_t kLanes = 28;

Records Of(const Run& run, std::uint64_t size = 10) { return Incoming(run, size); }
std::vector<std::uint64_t> PositionsIn(const std::vector<Run>& runs) {
  std::vector<std::uint64_t> positions;
  for (const Run& run : runs)
    for (std::uint64_t i = 0; i < run.count; ++i) positions.push_back(run.At(i));
  std::sort(positions.begin(), positions.end());
  return positions;
}
std::vector<std::uint64_t> PositionsIn(const std::vector<Records>& data) {
  std::vector<Run> runs;
  for (const Records& records : data) runs.push_back(records.run);
  return PositionsIn(runs);
}
using Positions = std::vector<std::uint64_t>;

Retained Keeper(std::uint64_t messages, std::uint32_t sparing = 2, std::int64_t bytes = 1 << 30) {
  return Retained({kLanes, false, 4, 0, sparing, messages, core::ByteCount(bytes)});
}

Fetcher::Config OfFour() { return {4, 0, 2, core::Duration::Milliseconds(5), 0}; }

bool AllIdle(std::uint32_t) { return true; }

// A fetcher of replica 0 of 4 that knows a round trip of 1 ms.
Fetcher Warm() {
  Fetcher fetcher(OfFour());
  fetcher.Observe(NowAtMs(0), 0, 0);
  const auto probe = fetcher.Probe(NowAtMs(0), true, AllIdle);
  REQUIRE(probe);
  fetcher.OnAnswer(NowAtMs(1), {probe->peer, probe->number, 0, false});
  return fetcher;
}

}  // namespace

TEST_CASE("retained: it goes when every peer has acknowledged it, and not before") {
  Retained kept = Keeper(1'000);
  for (std::uint64_t k = 0; k < 10; ++k) kept.Add(Of({k, 1, 1}));
  CHECK(kept.messages() == 10);
  CHECK(kept.bytes() == 100);
  kept.OnPeerAck(1, 10);
  kept.OnPeerAck(2, 6);
  CHECK(kept.messages() == 10);
  kept.OnPeerAck(3, 4);
  CHECK(kept.messages() == 6);
  CHECK(kept.FloorFor(10, 0) == 4);
  CHECK(PositionsIn(kept.Find({{0, 10, 1}}, core::ByteCount(1'000))) ==
        Positions{4, 5, 6, 7, 8, 9});
  // A peer that has lost its memory says so: what is still here stays for it.
  kept.OnPeerAck(3, 0);
  kept.OnPeerAck(2, 10);
  CHECK(kept.messages() == 6);
  kept.OnPeerAck(3, 10);
  CHECK(kept.size() == 0);
  CHECK(kept.FloorFor(10, 0) == 10);
}

TEST_CASE("retained: for want of room the oldest goes that enough peers have, and nothing else") {
  Retained kept = Keeper(5);
  kept.Ripen(1'000);
  for (std::uint64_t k = 0; k < 5; ++k) kept.Add(Of({k, 1, 1}));
  CHECK(kept.limit() == 5);
  kept.OnPeerAck(1, 3);
  kept.Add(Of({5, 1, 1}));
  // One has it, and two may lie or be gone.
  CHECK(kept.limit() == 5);
  CHECK(kept.messages() == 6);
  kept.OnPeerAck(2, 2);
  CHECK(kept.messages() == 5);
  CHECK(kept.squeezed() == 1);
  CHECK(kept.limit() == 7);
  kept.Add(Of({6, 1, 1}));
  kept.Add(Of({7, 1, 1}));
  CHECK(kept.FloorFor(8, 0) == 2);
  CHECK(kept.limit() == 7);
}

TEST_CASE("retained: what is not known to be safe for long enough may take as much room again") {
  Retained kept = Keeper(5, 0);
  for (std::uint64_t k = 0; k < 12; ++k) kept.Add(Of({k, 1, 1}));
  CHECK(kept.messages() == 10);
  CHECK(kept.squeezed() == 2);
  // Whatever goes, as many others have it as may be gone: the ACK waits for nobody.
  CHECK(kept.limit() == ~std::uint64_t{0});
  kept.Ripen(4);
  CHECK(kept.messages() == 8);
  kept.Ripen(12);
  CHECK(kept.messages() == 5);
}

TEST_CASE("retained: what peers have of a run does not keep the ACK where the run begins") {
  Retained kept = Keeper(5);
  kept.Add(Of({0, 10, kLanes}));
  CHECK(kept.limit() == 5);
  for (std::uint32_t peer = 1; peer < 4; ++peer) kept.OnPeerAck(peer, 3 * kLanes);
  CHECK(kept.limit() == 3 * kLanes + 5);
}

TEST_CASE("retained: bytes are room, too") {
  Retained kept = Keeper(1'000, 1, 100);
  for (std::uint64_t k = 0; k < 20; ++k) kept.Add(Of({k, 1, 1}));
  // Nobody else has any of it: what the ACK says has to fit.
  CHECK(kept.limit() == 10);
  CHECK(kept.bytes() == 200);
  kept.OnPeerAck(1, 20);
  CHECK(kept.limit() == ~std::uint64_t{0});
  CHECK(kept.bytes() == 200);
  kept.Ripen(1'000);
  CHECK(kept.bytes() == 100);
}

TEST_CASE("retained: what is found is what was added, byte by byte, however runs lie") {
  core::Random random = core::Random(1).Fork("retained");
  for (int round = 0; round < 200; ++round) {
    Retained kept = Keeper(100'000);
    std::set<std::uint64_t> added;
    for (int i = 0; i < 20; ++i) {
      const std::uint64_t stride = random.Below(2) == 0 ? kLanes : 1;
      const std::uint64_t count = 1 + random.Below(9);
      const Run run{random.Below(300), count, stride};
      bool is_new = true;
      for (std::uint64_t k = 0; k < run.count; ++k) is_new = is_new && !added.contains(run.At(k));
      if (!is_new) continue;
      kept.Add(Of(run));
      for (std::uint64_t k = 0; k < run.count; ++k) added.insert(run.At(k));
    }
    const std::uint64_t first = random.Below(300);
    const Run wanted{first, 1 + random.Below(60), random.Below(2) == 0 ? 3U : 1U};
    Positions expected;
    for (const std::uint64_t k : PositionsIn(std::vector<Run>{wanted}))
      if (added.contains(k)) expected.push_back(k);
    const std::vector<Records> found = kept.Find({wanted}, core::ByteCount(1 << 20));
    REQUIRE(PositionsIn(found) == expected);
    for (const Records& records : found) REQUIRE(records.contents == Of(records.run).contents);
  }
}

TEST_CASE("retained: an answer has a limit, and one message goes whatever its size") {
  Retained kept = Keeper(1'000);
  kept.Add(Of({0, 10, kLanes}, 100));
  CHECK(PositionsIn(kept.Find({{0, 10, kLanes}}, core::ByteCount(350))).size() == 3);
  CHECK(PositionsIn(kept.Find({{0, 10, kLanes}}, core::ByteCount(10))).size() == 1);
}

TEST_CASE("answers: a position goes to a peer once in a while, and to another at once") {
  Answers answers(4, kLanes);
  const core::Duration pause = core::Duration::Milliseconds(4);
  const auto at = [](std::int64_t ms) { return NowAtMs(ms).monotonic(); };
  CHECK(PositionsIn(answers.Admit(at(0), pause, 1, {{0, 4, 1}})) == Positions{0, 1, 2, 3});
  answers.Note(at(0), 1, {Of({1, 2, 1})});
  CHECK(PositionsIn(answers.Admit(at(3), pause, 1, {{0, 4, 1}})) == Positions{0, 3});
  CHECK(PositionsIn(answers.Admit(at(3), pause, 2, {{0, 4, 1}})) == Positions{0, 1, 2, 3});
  CHECK(PositionsIn(answers.Admit(at(4), pause, 1, {{0, 4, 1}})) == Positions{0, 1, 2, 3});
}

TEST_CASE("answers: who wants ever more in no time gets nothing, until time has passed") {
  Answers answers(2, kLanes);
  const core::Duration pause = core::Duration::Milliseconds(4);
  for (std::uint64_t k = 0; k < 5'000; ++k) {
    // Of every second one of a lane, so that nothing merges.
    const Run run{2 * kLanes * k, 1, 1};
    if (!answers.Admit(NowAtMs(0).monotonic(), pause, 1, {run}).empty())
      answers.Note(NowAtMs(0).monotonic(), 1, {Of(run)});
  }
  CHECK(answers.Admit(NowAtMs(1).monotonic(), pause, 1, {{1, 1, 1}}).empty());
  CHECK(answers.Admit(NowAtMs(4).monotonic(), pause, 1, {{1, 1, 1}}).size() == 1);
}

TEST_CASE("retained: what is kept for one peer hides from another no gap further on") {
  Retained kept = Keeper(1'000);
  for (const std::uint64_t k : {3U, 9U, 10U}) kept.Add(Of({k, 1, 1}));
  kept.Add(Of({5, 3, kLanes}));  // 5, 33 and 61
  const std::vector<std::pair<std::uint64_t, std::uint64_t>> floors = {
      {0, 3}, {4, 5}, {6, 9}, {11, 33}, {34, 61}, {62, 70}};
  for (const auto& [wanted, floor] : floors) CHECK(kept.FloorFor(70, wanted) == floor);
  for (const std::uint64_t wanted : {11U, 25U}) CHECK(kept.FloorFor(20, wanted) == 20);
}

TEST_CASE("fetcher: it is left behind only when it has stood below h for long enough") {
  Fetcher fetcher = Warm();
  fetcher.Observe(NowAtMs(10), 3, 9);
  CHECK_FALSE(fetcher.Next(NowAtMs(10)));
  // It moves, and so is not left behind.
  fetcher.Observe(NowAtMs(14), 4, 9);
  fetcher.Observe(NowAtMs(18), 4, 9);
  CHECK_FALSE(fetcher.Next(NowAtMs(18)));
  fetcher.Observe(NowAtMs(19), 4, 9);
  CHECK(fetcher.target() == 9);
  const auto ask = fetcher.Next(NowAtMs(19));
  REQUIRE(ask);
  CHECK(ask->peer == 1);
  CHECK_FALSE(ask->is_probe);
  // One at a time.
  CHECK_FALSE(fetcher.Next(NowAtMs(19)));
  CHECK(fetcher.Wakes() == NowAtMs(19 + 4).monotonic());
}

TEST_CASE("fetcher: links that are slow within the cluster make it wait longer") {
  Fetcher fetcher(OfFour());
  const auto probe = fetcher.Probe(NowAtMs(0), true, AllIdle);
  REQUIRE(probe);
  fetcher.OnAnswer(NowAtMs(20), {probe->peer, probe->number, 0, false});
  fetcher.Observe(NowAtMs(20), 3, 9);
  fetcher.Observe(NowAtMs(99), 3, 9);
  CHECK(fetcher.target() == 0);
  fetcher.Observe(NowAtMs(100), 3, 9);
  CHECK(fetcher.target() == 9);
}

TEST_CASE("fetcher: nothing is fetched while no peer has ever answered") {
  Fetcher fetcher(OfFour());
  fetcher.Observe(NowAtMs(0), 3, 9);
  fetcher.Observe(NowAtMs(1'000), 3, 9);
  CHECK(fetcher.target() == 0);
  // It goes on to ask for a sign of life.
  CHECK(fetcher.Probe(NowAtMs(1'000), false, AllIdle));
}

TEST_CASE("fetcher: a probe goes to the next peer that would get it at once, and else to none") {
  Fetcher fetcher(OfFour());
  CHECK_FALSE(fetcher.Probe(NowAtMs(0), true, [](std::uint32_t) { return false; }));
  const auto probe = fetcher.Probe(NowAtMs(1), true, [](std::uint32_t peer) { return peer == 2; });
  REQUIRE(probe);
  CHECK(probe->peer == 2);
  const auto next = fetcher.Probe(NowAtMs(2), true, [](std::uint32_t peer) { return peer != 3; });
  REQUIRE(next);
  CHECK(next->peer == 1);
}

TEST_CASE("fetcher: who has something is asked again, who has nothing no more in this lap") {
  Fetcher fetcher = Warm();
  fetcher.Observe(NowAtMs(10), 3, 9);
  fetcher.Observe(NowAtMs(20), 3, 9);
  auto ask = fetcher.Next(NowAtMs(20));
  REQUIRE(ask);
  fetcher.OnAnswer(NowAtMs(21), {1, ask->number, 0, true});
  fetcher.Observe(NowAtMs(21), 5, 9);
  ask = fetcher.Next(NowAtMs(21));
  REQUIRE(ask);
  CHECK(ask->peer == 1);
  fetcher.OnAnswer(NowAtMs(22), {1, ask->number, 0, false});
  ask = fetcher.Next(NowAtMs(22));
  REQUIRE(ask);
  CHECK(ask->peer == 2);
  // An answer to what was asked before, or by another life, is none.
  fetcher.OnAnswer(NowAtMs(22), {2, ask->number - 1, 0, true});
  CHECK_FALSE(fetcher.Next(NowAtMs(22)));
  // No answer within four round trips, which are 1 ms.
  CHECK(fetcher.Wakes() == NowAtMs(26).monotonic());
  ask = fetcher.Next(NowAtMs(26));
  REQUIRE(ask);
  CHECK(ask->peer == 3);
  fetcher.OnAnswer(NowAtMs(27), {3, ask->number, 0, false});
  // A lap in vain: one no-op period, then two.
  CHECK_FALSE(fetcher.Next(NowAtMs(31)));
  CHECK(fetcher.Wakes() == NowAtMs(32).monotonic());
  for (const std::int64_t ms : {32, 33, 34}) {
    ask = fetcher.Next(NowAtMs(ms));
    REQUIRE(ask);
    fetcher.OnAnswer(NowAtMs(ms + 1), {ask->peer, ask->number, 0, false});
  }
  CHECK(fetcher.Wakes() == NowAtMs(45).monotonic());
  fetcher.Observe(NowAtMs(46), 9, 9);
  CHECK_FALSE(fetcher.Wakes());
  CHECK_FALSE(fetcher.Next(NowAtMs(46)));
}

TEST_CASE("fetcher: it goes past what r_r + 1 peers keep no more and none of the others has") {
  Fetcher fetcher = Warm();
  fetcher.Observe(NowAtMs(10), 3, 90);
  fetcher.Observe(NowAtMs(20), 3, 90);
  const auto answer = [&](std::int64_t ms, std::uint64_t floor) {
    const auto ask = fetcher.Next(NowAtMs(ms));
    REQUIRE(ask);
    fetcher.OnAnswer(NowAtMs(ms), {ask->peer, ask->number, floor, false});
  };
  answer(21, 50);
  CHECK_FALSE(fetcher.Past(NowAtMs(21)));
  answer(22, 40);
  // The third may have it.
  CHECK_FALSE(fetcher.Past(NowAtMs(22)));
  answer(23, 0);
  CHECK(fetcher.Past(NowAtMs(23)) == 40);
}

TEST_CASE("fetcher: a peer that is silent has nothing, but only after a second") {
  Fetcher fetcher = Warm();
  fetcher.Observe(NowAtMs(10), 3, 90);
  fetcher.Observe(NowAtMs(20), 3, 90);
  for (const std::uint64_t floor : {50U, 40U}) {
    const auto ask = fetcher.Next(NowAtMs(20));
    REQUIRE(ask);
    fetcher.OnAnswer(NowAtMs(20), {ask->peer, ask->number, floor, false});
  }
  REQUIRE(fetcher.Next(NowAtMs(20)));
  CHECK_FALSE(fetcher.Past(NowAtMs(1'019)));
  CHECK(fetcher.Past(NowAtMs(1'020)) == 40);
}

TEST_CASE("fetcher: one liar's floor is not believed") {
  Fetcher fetcher = Warm();
  fetcher.Observe(NowAtMs(10), 3, 90);
  fetcher.Observe(NowAtMs(20), 3, 90);
  for (const std::uint64_t floor : {1'000U, 0U, 0U}) {
    const auto ask = fetcher.Next(NowAtMs(20));
    REQUIRE(ask);
    fetcher.OnAnswer(NowAtMs(20), {ask->peer, ask->number, floor, false});
  }
  CHECK_FALSE(fetcher.Past(NowAtMs(5'000)));
}

// --- Replicas ---

namespace {

std::vector<picsou::Fetch> FetchesTo(const Rig& rig, const core::Effects& out, std::uint32_t peer) {
  std::vector<picsou::Fetch> fetches;
  for (const core::Bytes& payload : SentTo(out, rig.config.own.Replica(peer)))
    if (const auto decoded = rig.codec().Decode(payload); decoded.fetch)
      fetches.push_back(*decoded.fetch);
  return fetches;
}
std::vector<picsou::Supply> SuppliesTo(const Rig& rig, const core::Effects& out,
                                       std::uint32_t peer) {
  std::vector<picsou::Supply> supplies;
  for (const core::Bytes& payload : SentTo(out, rig.config.own.Replica(peer)))
    if (const auto decoded = rig.codec().Decode(payload); decoded.supply)
      supplies.push_back(*decoded.supply);
  return supplies;
}

// Three senders of the other cluster, where two may lie, state this QUACK of their stream.
void State(Rig& rig, core::Now now, std::uint64_t quack) {
  for (std::uint32_t j = 0; j < 3; ++j) {
    picsou::Batch batch{kIn, {}, kOut, {}};
    batch.quack = quack;
    rig.replica->OnMessage(now, rig.Receiver(j),
                           rig.codec().Encode(batch, Keys(rig.Receiver(j)), core::Identity(0)),
                           rig.out);
  }
}

// Lets the no-op timer fire until something is fetched; from whom.
std::optional<std::uint32_t> FetchesFrom(Rig& rig, std::int64_t& ms, picsou::Fetch& fetch) {
  for (int i = 0; i < 40; ++i, ms += 5) {
    rig.replica->OnTimer(NowAtMs(ms), core::TimerId(0), rig.out);
    const core::Effects listed = rig.Take();
    for (std::uint32_t peer = 1; peer < kOwnSize; ++peer) {
      for (const picsou::Fetch& each : FetchesTo(rig, listed, peer)) {
        if (!each.wanted.empty()) {
          fetch = each;
          return peer;
        }
        const picsou::Supply sign{kIn, 0, each.number, 0, {}};
        rig.replica->OnMessage(NowAtMs(ms + 1), rig.config.own.Replica(peer),
                               rig.codec().Encode(sign), rig.out);
        rig.Take();
      }
    }
  }
  return std::nullopt;
}

}  // namespace

TEST_CASE("replica: every batch states the QUACK of its stream") {
  Rig rig(PicsouConfig());
  rig.Start(100);
  rig.Quack(NowAtMs(1), 7);
  rig.Take();
  rig.replica->OnTimer(NowAtMs(5), core::TimerId(0), rig.out);
  const core::Effects listed = rig.Take();
  std::vector<std::uint64_t> stated;
  for (std::uint32_t j = 0; j < kOtherSize; ++j)
    for (const picsou::Batch& batch : rig.BatchesTo(listed, j)) stated.push_back(batch.quack);
  REQUIRE(!stated.empty());
  for (const std::uint64_t quack : stated) CHECK(quack == 7);
}

TEST_CASE("replica: one that was left behind fetches what it lacks, and delivers it") {
  Rig rig(PicsouConfig());
  rig.Start(0);
  rig.HearLocally(NowAtMs(1), 1, {Incoming({0, 3, 1}), Incoming({4, 2, 1})});
  State(rig, NowAtMs(2), 8);
  rig.Take();
  std::int64_t ms = 5;
  picsou::Fetch fetch;
  const auto peer = FetchesFrom(rig, ms, fetch);
  REQUIRE(peer);
  CHECK(PositionsIn(fetch.wanted) == Positions{3, 6, 7});
  CHECK(fetch.cumulative == 3);
  const picsou::Supply supply{kIn, 0, fetch.number, 8, {Incoming({3, 1, 1}), Incoming({6, 1, 1})}};
  rig.replica->OnMessage(NowAtMs(ms + 1), rig.config.own.Replica(*peer), rig.codec().Encode(supply),
                         rig.out);
  const core::Effects listed = rig.Take();
  CHECK(Notes(listed, NoteKind::kDelivered).size() == 2);
  // And asks on, for what is left.
  const auto more = FetchesTo(rig, listed, *peer);
  REQUIRE(more.size() == 1);
  CHECK(PositionsIn(more[0].wanted) == Positions{7});
}

TEST_CASE("replica: two senders of whom both may lie make nobody fetch") {
  Rig rig(PicsouConfig());
  rig.Start(0);
  for (std::uint32_t j = 0; j < 2; ++j) {
    picsou::Batch batch{kIn, {}, kOut, {}};
    batch.quack = 1'000;
    rig.replica->OnMessage(NowAtMs(1), rig.Receiver(j),
                           rig.codec().Encode(batch, Keys(rig.Receiver(j)), core::Identity(0)),
                           rig.out);
  }
  rig.Take();
  std::int64_t ms = 5;
  picsou::Fetch fetch;
  CHECK_FALSE(FetchesFrom(rig, ms, fetch));
}

TEST_CASE("replica: one that advances goes past what it lacks, and says so") {
  picsou::Config config = PicsouConfig();
  config.remedy = picsou::Remedy::kAdvance;
  Rig rig(config);
  rig.Start(0);
  rig.HearLocally(NowAtMs(1), 1, {Incoming({1, 1, 1})});
  State(rig, NowAtMs(2), 4);
  rig.Take();
  Positions skipped;
  for (std::int64_t ms = 5; ms < 60; ms += 5) {
    rig.replica->OnTimer(NowAtMs(ms), core::TimerId(0), rig.out);
    const core::Effects listed = rig.Take();
    for (const auto& note : Notes(listed, NoteKind::kSkipped))
      for (const std::uint64_t k : PositionsIn(std::vector<Run>{note.values})) skipped.push_back(k);
    for (std::uint32_t peer = 1; peer < kOwnSize; ++peer) {
      for (const picsou::Fetch& each : FetchesTo(rig, listed, peer)) {
        CHECK(each.wanted.empty());
        const picsou::Supply sign{kIn, 0, each.number, 0, {}};
        rig.replica->OnMessage(NowAtMs(ms + 1), rig.config.own.Replica(peer),
                               rig.codec().Encode(sign), rig.out);
      }
    }
  }
  std::sort(skipped.begin(), skipped.end());
  CHECK(skipped == Positions{0, 2, 3});
  CHECK(rig.owner.times() == std::map<std::uint64_t, int>{{1, 1}});
}

TEST_CASE("replica: it goes past nothing that senders do not know to be safe") {
  Rig rig(PicsouConfig());
  rig.Start(0);
  State(rig, NowAtMs(2), 4);
  rig.Take();
  Positions skipped;
  for (std::int64_t ms = 5; ms < 100; ms += 5) {
    rig.replica->OnTimer(NowAtMs(ms), core::TimerId(0), rig.out);
    // All peers had 9, and keep none of them.
    for (int laps = 0; laps < 4; ++laps) {
      const core::Effects listed = rig.Take();
      for (const auto& note : Notes(listed, NoteKind::kSkipped))
        for (const std::uint64_t k : PositionsIn(std::vector<Run>{note.values}))
          skipped.push_back(k);
      for (std::uint32_t peer = 1; peer < kOwnSize; ++peer) {
        for (const picsou::Fetch& each : FetchesTo(rig, listed, peer)) {
          const picsou::Supply gone{kIn, 9, each.number, 9, {}};
          rig.replica->OnMessage(NowAtMs(ms + 1), rig.config.own.Replica(peer),
                                 rig.codec().Encode(gone), rig.out);
        }
      }
    }
  }
  std::sort(skipped.begin(), skipped.end());
  CHECK(skipped == Positions{0, 1, 2, 3});
}

TEST_CASE("replica: a peer gets what it asks for, and what is not there is not made up") {
  Rig rig(PicsouConfig());
  rig.Start(0);
  rig.HearLocally(NowAtMs(1), 1, {Incoming({0, 3, 1}), Incoming({5, 1, 1})});
  rig.Take();
  const auto ask = [&](std::int64_t ms, std::uint32_t peer, std::uint64_t number) {
    const picsou::Fetch fetch{kIn, number, 0, {{0, 6, 1}}};
    rig.replica->OnMessage(NowAtMs(ms), rig.config.own.Replica(peer), rig.codec().Encode(fetch),
                           rig.out);
    return SuppliesTo(rig, rig.Take(), peer);
  };
  const auto first = ask(2, 2, 77);
  REQUIRE(first.size() == 1);
  CHECK(first[0].number == 77);
  CHECK(first[0].floor == 0);
  CHECK(first[0].cumulative == 3);
  CHECK(PositionsIn(first[0].data) == Positions{0, 1, 2, 5});
  // It is no amplifier.
  const auto again = ask(2, 2, 78);
  REQUIRE(again.size() == 1);
  CHECK(again[0].data.empty());
  CHECK(PositionsIn(ask(2, 3, 79)[0].data) == Positions{0, 1, 2, 5});
}

TEST_CASE("replica: what all peers have acknowledged is kept no longer, and the floor says so") {
  Rig rig(PicsouConfig());
  rig.Start(0);
  rig.HearLocally(NowAtMs(1), 1, {Incoming({0, 4, 1})});
  for (std::uint32_t peer = 1; peer < kOwnSize; ++peer) {
    const picsou::Broadcast told{kIn, {}, 3};
    rig.replica->OnMessage(NowAtMs(2), rig.config.own.Replica(peer), rig.codec().Encode(told),
                           rig.out);
  }
  rig.Take();
  const picsou::Fetch fetch{kIn, 1, 0, {{0, 4, 1}}};
  rig.replica->OnMessage(NowAtMs(3), rig.config.own.Replica(2), rig.codec().Encode(fetch), rig.out);
  const auto supplies = SuppliesTo(rig, rig.Take(), 2);
  REQUIRE(supplies.size() == 1);
  // One run as it came, whose last nobody else has yet.
  CHECK(supplies[0].floor <= 3);
  CHECK(PositionsIn(supplies[0].data).back() == 3);
}

TEST_CASE("replica: where there is no room its ACK stands, it says so, and goes on with room") {
  picsou::Config config = PicsouConfig();
  config.retain = 3;
  Rig rig(config);
  rig.Start(0);
  const auto acked = [&](std::int64_t ms) {
    rig.replica->OnTimer(NowAtMs(ms), core::TimerId(0), rig.out);
    std::uint64_t stood = 0;
    const core::Effects listed = rig.Take();
    for (const auto& note : Notes(listed, NoteKind::kStands)) stood = note.values.first;
    std::uint64_t ack = 0;
    for (std::uint32_t j = 0; j < kOtherSize; ++j)
      for (const picsou::Batch& batch : rig.BatchesTo(listed, j)) ack = batch.ack.cumulative;
    return std::pair(ack, stood);
  };
  using Said = std::pair<std::uint64_t, std::uint64_t>;
  rig.HearLocally(NowAtMs(1), 1, {Incoming({0, 1, 1}), Incoming({1, 1, 1}), Incoming({2, 1, 1})});
  CHECK(acked(5) == Said{3, 0});
  rig.HearLocally(NowAtMs(6), 1, {Incoming({3, 1, 1}), Incoming({4, 1, 1})});
  CHECK(acked(10) == Said{3, 3});
  // It says so once.
  CHECK(acked(15) == Said{3, 0});
  // Two others have the first two, as many as may lie and be gone.
  for (const std::uint32_t peer : {1U, 2U}) {
    const picsou::Broadcast told{kIn, {}, 2};
    rig.replica->OnMessage(NowAtMs(16), rig.config.own.Replica(peer), rig.codec().Encode(told),
                           rig.out);
  }
  CHECK(acked(20) == Said{5, 0});
}

TEST_CASE("replica: one that comes back has rejoined when it has what it first heard of") {
  Rig rig(PicsouConfig(), 0, /*incarnation=*/1);
  rig.Start(0);
  rig.HearLocally(NowAtMs(1), 1, {Incoming({0, 3, 1})});
  CHECK(Notes(rig.Take(), NoteKind::kRejoined).empty());
  State(rig, NowAtMs(2), 5);
  State(rig, NowAtMs(3), 500);
  CHECK(Notes(rig.Take(), NoteKind::kRejoined).empty());
  rig.HearLocally(NowAtMs(4), 1, {Incoming({3, 2, 1})});
  CHECK(Notes(rig.Take(), NoteKind::kRejoined).size() == 1);
  rig.HearLocally(NowAtMs(5), 1, {Incoming({5, 495, 1})});
  CHECK(Notes(rig.Take(), NoteKind::kRejoined).empty());
}

TEST_CASE("replica: one that never was away does not rejoin") {
  Rig rig(PicsouConfig());
  rig.Start(0);
  State(rig, NowAtMs(1), 2);
  rig.HearLocally(NowAtMs(2), 1, {Incoming({0, 3, 1})});
  CHECK(Notes(rig.Take(), NoteKind::kRejoined).empty());
}

}  // namespace lockstep::tests
