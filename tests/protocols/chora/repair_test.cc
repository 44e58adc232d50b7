// Repair messages of replica 1 of three: who is sent what, how much fits, and where it goes on.

#include "protocols/chora/repair.h"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "protocols/chora/batch.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using chora::Entry;
using chora::EntryKind;
using chora::SlotName;
using chora::Value;

chora::Config ConfigOf(std::uint64_t packet_bytes) {
  chora::Config config;
  config.cluster = core::Cluster{"a", core::NodeId(0), 3, 1, 0, false};
  config.hard_window = 256;
  config.checkpoint_rounds = 16;
  config.ring_rounds = 256 + 1 + 4 * 16;
  config.batch_commands = 1;
  config.command_bytes_max = 8;
  config.packet_bytes = packet_bytes;
  return config;
}

struct Desk {
  explicit Desk(std::uint64_t packet_bytes)
      : config(ConfigOf(packet_bytes)),
        board(config, 1),
        peers(3),
        checkpoints(config),
        repair(config, board, peers, checkpoints) {}

  // All lanes of these rounds are decided for empty batches.
  void Decide(std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t q = begin; q < end; ++q) {
      for (std::uint32_t lane = 0; lane < 3; ++lane) {
        board.Store({q, lane}, chora::Batch::Encode({}, {}));
        board.Decide({q, lane}, Value::kBatch, 0);
      }
    }
    board.AdvanceFrontier();
  }
  // Boundaries up to `now`; peer 0 has been heard at it, with this frontier.
  void Reach(std::uint64_t now, std::uint64_t frontier) {
    peers[0].Hear(5, frontier, now);
    peers[0].last_heard = now;
    for (std::uint64_t q = now - 4; q <= now; ++q) repair.BeginRound(q);
  }
  // What one message for peer 0 holds; it fits a packet.
  std::vector<Entry> Pack() {
    std::vector<Entry> entries = repair.Pack(0);
    std::uint64_t size = chora::kRepairHeadBytes;
    for (const Entry& entry : entries) size += chora::SizeOf(entry);
    CHECK(size <= config.packet_bytes);
    return entries;
  }

  chora::Config config;
  chora::Board board;
  std::vector<chora::Peer> peers;
  chora::CheckpointStore checkpoints;
  chora::Repair repair;
};

TEST_CASE("chora repair: where nothing is wrong there is nothing to send") {
  Desk desk(1'472);
  desk.Decide(0, 20);
  desk.Reach(20, 20);
  CHECK_FALSE(desk.repair.IsNeeded());
  CHECK(desk.Pack().empty());
}

TEST_CASE("chora repair: who is behind is sent decisions, no slot twice within 4 D rounds") {
  Desk desk(200);
  desk.Decide(0, 24);
  desk.Reach(24, 3);
  CHECK(desk.repair.IsNeeded(0));
  CHECK_FALSE(desk.repair.IsNeeded(2));  // It has not been heard.
  std::set<SlotName> sent;
  for (std::vector<Entry> entries = desk.Pack(); !entries.empty(); entries = desk.Pack()) {
    for (const Entry& entry : entries) {
      if (entry.kind != EntryKind::kDecided) continue;
      CHECK(entry.value == Value::kBatch);
      CHECK(entry.has_batch);
      entry.slots.ForEach([&](SlotName name) {
        CHECK(name.round >= 3);
        CHECK(sent.insert(name).second);
      });
    }
  }
  CHECK(sent.size() == 21 * 3);
  desk.Reach(28, 3);
  CHECK_FALSE(desk.Pack().empty());
}

TEST_CASE("chora repair: who is behind the base is offered a checkpoint instead") {
  Desk desk(1'472);
  desk.Decide(0, 40);
  desk.checkpoints.Add({32, core::Bytes::Copy(std::string(5'000, 's'))}, 40);
  desk.board.Truncate(20);
  desk.Reach(44, 3);
  const std::vector<Entry> entries = desk.Pack();
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].kind == EntryKind::kOffer);
  CHECK(entries[0].snapshot_round == 32);
  CHECK(entries[0].snapshot_bytes == 5'000);
}

TEST_CASE("chora repair: old votes go out in turn, each message behind the last") {
  // Four entries of 26 bytes in a packet; 200 rounds of three lanes are twelve.
  Desk desk(chora::kRepairHeadBytes + 4 * 26);
  desk.board.CastUpTo(199, 208, [](std::uint64_t) {});
  // The newest eight ride on round messages.
  desk.Reach(208, 0);
  std::set<std::pair<std::uint64_t, std::uint32_t>> sent;
  std::uint32_t votes = 0;
  for (int i = 0; i < 3; ++i) {
    for (const Entry& entry : desk.Pack()) {
      CHECK(entry.kind == EntryKind::kVotes);
      CHECK(entry.ones == 0);
      sent.insert({entry.slots.first, entry.slots.lane});
      votes += chora::CountBits(entry.slots.mask);
    }
  }
  CHECK(sent.size() == 12);
  CHECK(votes == 600);
}

TEST_CASE("chora repair: an acceptance is told once at least, also where it has decided") {
  Desk desk(1'472);
  desk.board.CastUpTo(3, 4, [](std::uint64_t) {});
  desk.Reach(4, 0);
  for (std::uint64_t q = 0; q < 3; ++q) {
    desk.board.CountAcceptance({q, 0}, 0, 1, Value::kNoop);
    REQUIRE(desk.board.Accept({q, 0}, 1, Value::kNoop));
    CHECK(chora::Has(desk.board.ring().row(q).decided, 0));
    desk.peers[0].announcements.Push({q, 0});
  }
  const auto accepted = [&] {
    std::uint32_t slots = 0;
    for (const Entry& entry : desk.Pack()) {
      if (entry.kind == EntryKind::kAccepted) slots += chora::CountBits(entry.slots.mask);
    }
    return slots;
  };
  CHECK(accepted() == 3);
  CHECK(accepted() == 0);
}

TEST_CASE("chora repair: a batch is asked of its owner first, then of those that hold it") {
  Desk desk(1'472);
  desk.board.CountVote({0, 0}, 2, true);
  REQUIRE(desk.board.wanted().size() == 1);
  std::vector<std::uint32_t> asked;
  for (std::uint64_t now = 5; now < 8; ++now) {
    desk.repair.BeginRound(now);
    desk.repair.AssignFetches();
    for (const std::uint32_t peer : {0U, 2U}) {
      if (!desk.peers[peer].fetches.empty()) asked.push_back(peer);
    }
  }
  CHECK(asked == std::vector<std::uint32_t>{0, 2, 0});
  desk.board.Store({0, 0}, chora::Batch::Encode({}, {}));
  desk.repair.BeginRound(8);
  desk.repair.AssignFetches();
  CHECK(desk.board.wanted().empty());
}

}  // namespace
}  // namespace lockstep::tests
