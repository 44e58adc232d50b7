// Requests of clients: each runs once, also when batches come to nothing and are proposed again.

#include "protocols/chora/clients.h"

#include <string>
#include <vector>

#include "protocols/chora/checkpoint.h"
#include "protocols/core/wire.h"
#include "protocols/machines/counter.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using chora::ClientTable;
using chora::CommandQueue;
using State = chora::ClientTable::State;

constexpr core::ClientId kClient{7};

chora::Command CommandOf(std::uint64_t id, std::uint64_t low, std::uint64_t bytes = 1) {
  return {kClient, core::RequestId(id), low, core::Bytes::Copy(std::string(bytes, 'x'))};
}
State StateOf(const ClientTable& table, std::uint64_t id) {
  return table.StateOf(kClient, core::RequestId(id));
}

TEST_CASE("chora clients: a command that comes behind later ones still runs, once") {
  ClientTable table;
  machines::Counter machine;
  for (std::uint64_t id = 1; id <= 3; ++id) {
    CHECK(StateOf(table, id) == State::kNew);
    table.Open(kClient, core::RequestId(id), /*is_own=*/true);
    CHECK(StateOf(table, id) == State::kOpen);
  }
  // 1 was in a batch that came to nothing.
  CHECK(table.Execute(CommandOf(3, 1), machine).is_new);
  CHECK(table.Execute(CommandOf(2, 1), machine).is_new);
  const ClientTable::Executed late = table.Execute(CommandOf(1, 1), machine);
  CHECK(late.is_new);
  CHECK(late.is_to_be_sent);
  CHECK(machine.applied() == 3);

  const ClientTable::Executed again = table.Execute(CommandOf(2, 1), machine);
  CHECK_FALSE(again.is_new);
  CHECK_FALSE(again.is_to_be_sent);  // It has been answered.
  CHECK(machine.applied() == 3);
  CHECK(StateOf(table, 2) == State::kAnswered);
  CHECK(again.answer == table.AnswerOf(kClient, core::RequestId(2)));
}

TEST_CASE("chora clients: below what a client waits for nothing runs and nothing is kept") {
  ClientTable table;
  machines::Counter machine;
  table.Execute(CommandOf(1, 1), machine);
  table.Open(kClient, core::RequestId(2), /*is_own=*/true);
  CHECK(table.Execute(CommandOf(5, 4), machine).is_new);
  CHECK(StateOf(table, 1) == State::kForgotten);
  CHECK(StateOf(table, 2) == State::kForgotten);
  CHECK(StateOf(table, 4) == State::kNew);
  CHECK_FALSE(table.Execute(CommandOf(2, 1), machine).is_new);
  CHECK(machine.applied() == 2);
}

TEST_CASE("chora clients: answers may overtake each other within any window, and run once each") {
  ClientTable table;
  machines::Counter machine;
  // The oldest waits while two hundred behind it run, and are kept.
  constexpr std::uint64_t kWindow = 200;
  for (std::uint64_t id = kWindow; id > 1; --id)
    CHECK(table.Execute(CommandOf(id, 1), machine).is_new);
  for (std::uint64_t id = 2; id <= kWindow; ++id) {
    CHECK(StateOf(table, id) == State::kAnswered);
    CHECK_FALSE(table.Execute(CommandOf(id, 1), machine).is_new);
  }
  CHECK(StateOf(table, 1) == State::kNew);
  CHECK(table.Execute(CommandOf(1, 1), machine).is_new);
  CHECK(machine.applied() == kWindow);
  // Their client has heard of all, and says so; an old copy that comes then does not run again.
  CHECK(table.Execute(CommandOf(kWindow + 1, kWindow + 1), machine).is_new);
  for (const std::uint64_t id : {std::uint64_t{1}, std::uint64_t{77}, kWindow}) {
    CHECK(StateOf(table, id) == State::kForgotten);
    const ClientTable::Executed late = table.Execute(CommandOf(id, 1), machine);
    CHECK_FALSE(late.is_new);
    CHECK_FALSE(late.is_to_be_sent);
  }
  CHECK(machine.applied() == kWindow + 1);
}

TEST_CASE("chora clients: what was open for others is answered when its client asks here") {
  ClientTable table;
  machines::Counter machine;
  table.Open(kClient, core::RequestId(1), /*is_own=*/false);
  table.Open(kClient, core::RequestId(2), /*is_own=*/false);
  table.Open(kClient, core::RequestId(2), /*is_own=*/true);
  table.Open(kClient, core::RequestId(2), /*is_own=*/false);
  CHECK_FALSE(table.Execute(CommandOf(1, 1), machine).is_to_be_sent);
  CHECK(table.Execute(CommandOf(2, 1), machine).is_to_be_sent);
}

TEST_CASE(
    "chora clients: a queue takes what fits, passes over what has run, and puts back in front") {
  ClientTable table;
  machines::Counter machine;
  CommandQueue queue(table);
  for (std::uint64_t id = 1; id <= 5; ++id) {
    table.Open(kClient, core::RequestId(id), /*is_own=*/true);
    queue.PushBack(CommandOf(id, 1, 10));
  }
  table.Execute(CommandOf(2, 1), machine);
  const std::uint64_t two = chora::Batch::BytesOf(0, 2, 20, true);
  std::vector<chora::Command> taken = queue.Take(4, 0, two);
  REQUIRE(taken.size() == 2);
  CHECK(taken[0].id.value() == 1);
  CHECK(taken[1].id.value() == 3);
  // A change of lanes takes room.
  CHECK(queue.Take(4, 1, two).size() == 1);
  queue.PushFront(taken);
  taken = queue.Take(4, 0, 1'000);
  REQUIRE(taken.size() == 3);
  CHECK(taken[0].id.value() == 1);
  CHECK(taken[2].id.value() == 5);
  CHECK(queue.empty());
}

TEST_CASE("chora clients: contents of different sizes take two bytes more each") {
  ClientTable table;
  CommandQueue queue(table);
  for (std::uint64_t id = 1; id <= 2; ++id) {
    table.Open(kClient, core::RequestId(id), /*is_own=*/true);
    queue.PushBack(CommandOf(id, 1, 10 * id));
  }
  CHECK(queue.Take(4, 0, chora::Batch::BytesOf(0, 2, 30, true)).size() == 1);
  CHECK(queue.Take(4, 0, chora::Batch::BytesOf(0, 1, 20, true)).size() == 1);
}

TEST_CASE("chora clients: a checkpoint brings table and machine, and answers what was open") {
  ClientTable table;
  machines::Counter machine;
  table.Execute(CommandOf(1, 1), machine);
  table.Execute(CommandOf(3, 1), machine);
  table.Open(kClient, core::RequestId(4), /*is_own=*/true);
  const chora::Lanes::State lanes{64, {7, 3}, {0, 0, 65}};
  const chora::Checkpoint checkpoint = chora::TakeCheckpoint(lanes, table, machine);
  CHECK(checkpoint.round == 64);

  ClientTable other;
  machines::Counter other_machine;
  for (const std::uint64_t id : {2U, 3U}) other.Open(kClient, core::RequestId(id), true);
  chora::Lanes::State back;
  std::vector<ClientTable::Answer> answered;
  REQUIRE(
      chora::RestoreCheckpoint(checkpoint.bytes, 64, 3, 2, back, other, other_machine, answered));
  CHECK(back == lanes);
  CHECK(other_machine.applied() == 2);
  REQUIRE(answered.size() == 1);
  CHECK(answered[0].id.value() == 3);
  CHECK(answered[0].content == table.AnswerOf(kClient, core::RequestId(3)));
  CHECK(StateOf(other, 2) == State::kOpen);
  CHECK(StateOf(other, 4) == State::kNew);  // What is open elsewhere is no part of it.
  CHECK(chora::TakeCheckpoint(lanes, other, other_machine).bytes == checkpoint.bytes);

  const std::uint64_t digest = other_machine.Digest();
  for (std::uint64_t size = 0; size < checkpoint.bytes.size(); ++size) {
    const core::Bytes cut = checkpoint.bytes.Slice(0, size);
    // The machine's part comes last, and this machine takes any longer one.
    CHECK_FALSE(chora::RestoreCheckpoint(cut, 64, 3, 2, back, other, other_machine, answered));
  }
  // It must be the one that was offered.
  CHECK_FALSE(
      chora::RestoreCheckpoint(checkpoint.bytes, 65, 3, 2, back, other, other_machine, answered));
  CHECK(other_machine.Digest() == digest);
}

}  // namespace
}  // namespace lockstep::tests
