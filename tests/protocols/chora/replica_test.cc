// One replica of Chora-R alone: what it lists at a boundary and for a message, and in which order.

#include "protocols/chora/replica.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "protocols/chora/notes.h"
#include "protocols/core/log_notes.h"
#include "protocols/core/stack.h"
#include "protocols/machines/counter.h"
#include "tests/support/listed.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::NodeId;

constexpr core::Duration kRound = core::Duration::Nanoseconds(1'860);

chora::Config ConfigOf(std::uint32_t replicas) {
  chora::Config config;
  // Hosts need not begin at 0.
  config.cluster = core::Cluster{"a", NodeId(10), replicas, (replicas - 1) / 2, 0, false};
  config.round_length = kRound;
  return config;
}

std::unique_ptr<chora::Replica> Make(const chora::Config& config, std::uint32_t index,
                                     std::uint64_t incarnation = 0) {
  core::Seat seat;
  seat.self = config.cluster.Replica(index);
  seat.index = index;
  seat.incarnation = incarnation;
  return std::make_unique<chora::Replica>(config, seat, std::make_unique<machines::Counter>());
}

core::Now AtRound(std::uint64_t q) { return NowAt(kRound * static_cast<std::int64_t>(q)); }

// What was listed, in short.
std::string Told(const core::Effects& out) {
  std::vector<std::string> told;
  for (const core::Listed& listed : out.list()) {
    if (const auto* send = std::get_if<core::effect::Send>(&listed.what)) {
      told.push_back(absl::StrCat("send ", send->to.value()));
    } else if (const auto* work = std::get_if<core::effect::Spend>(&listed.what)) {
      told.push_back(absl::StrCat(
          std::string(core::kWorkNames[static_cast<std::size_t>(work->kind)]), " ", work->count));
    } else if (std::holds_alternative<core::effect::SetTimer>(listed.what)) {
      told.push_back("timer");
    } else if (const auto* note = std::get_if<core::effect::Note>(&listed.what)) {
      const bool is_commit = note->kind == core::NoteKind::kCommitted;
      const bool is_complete = note->kind == chora::kRoundComplete;
      const bool is_round = note->kind == chora::kRoundBegun;
      const bool is_executed = note->kind == core::kExecuted;
      told.push_back(is_commit     ? "committed"
                     : is_complete ? "round_complete"
                     : is_round    ? "round"
                     : is_executed ? "executed"
                                   : "note");
    } else if (const auto* reply = std::get_if<core::effect::Reply>(&listed.what)) {
      told.push_back(absl::StrCat("reply ", reply->id.value()));
    }
  }
  return absl::StrJoin(told, ", ");
}

// The message of a peer whose batch is empty and who has voted one on all of the round before.
core::Bytes RoundOf(const chora::Config& config, std::uint32_t sender, std::uint64_t round) {
  chora::RoundMessage message;
  message.header = {config.cluster_id, 5, sender};
  message.round = round;
  if (round > 0) message.votes[0] = {config.lanes(), config.lanes()};
  message.has_batch = true;
  message.batch = chora::Batch::Encode({}, {});
  return chora::Codec(config).Encode(message);
}

TEST_CASE("chora replica: at a boundary it sends first, to those behind it in turn, then works") {
  const chora::Config config = ConfigOf(5);
  auto replica = Make(config, 3);
  core::Effects out;
  replica->OnStart(AtRound(0), {}, out);
  CHECK(Told(out) == "timer");
  CHECK(All<core::effect::SetTimer>(out)[0].clock == core::Clock::kSynced);
  for (std::uint64_t id = 1; id <= 3; ++id) {
    replica->OnSubmit(AtRound(0), core::ClientId(id), core::RequestId(1), core::RequestId(1),
                      core::Bytes::Copy("hello"), out);
  }
  out.Clear();
  replica->OnTimer(AtRound(0), core::TimerId(0), out);
  CHECK(Told(out) ==
        "round, snapshot 1, send 14, send 10, send 11, send 12, timer, build 1, command 3");
  // One payload for all.
  const auto sends = All<core::effect::Send>(out);
  CHECK(sends[0].payload.SharesWith(sends[3].payload));
}

TEST_CASE("chora replica: a message costs a vote, then the work of the log core") {
  const chora::Config config = ConfigOf(3);
  auto replica = Make(config, 0);
  core::Effects out;
  replica->OnStart(AtRound(0), {}, out);
  replica->OnSubmit(AtRound(0), core::ClientId(1), core::RequestId(1), core::RequestId(1),
                    core::Bytes::Copy("x"), out);
  replica->OnTimer(AtRound(0), core::TimerId(0), out);
  out.Clear();
  replica->OnMessage(AtRound(0), NodeId(11), RoundOf(config, 1, 0), out);
  CHECK(Told(out) == "vote 1, analyse 1, log 1");
  out.Clear();
  replica->OnMessage(AtRound(0), NodeId(12), RoundOf(config, 2, 0), out);
  CHECK(Told(out) == "vote 1, round_complete, analyse 1, log 1");
  out.Clear();
  // At the next boundary the own votes are a quorum with the owners'; its own batch waits for a
  // vote of another replica.
  replica->OnTimer(AtRound(1), core::TimerId(0), out);
  CHECK(Told(out) == "round, snapshot 1, send 11, send 12, timer, build 1");
  out.Clear();
  replica->OnMessage(AtRound(1), NodeId(11), RoundOf(config, 1, 1), out);
  CHECK(Told(out) ==
        "vote 1, analyse 1, log 1, bookkeep 3, apply 1, committed, executed, reply 1, timer");
}

TEST_CASE("chora replica: a boundary handled late is that of the round which the clock shows") {
  const chora::Config config = ConfigOf(3);
  auto replica = Make(config, 0);
  core::Effects out;
  replica->OnStart(AtRound(0), {}, out);
  replica->OnTimer(AtRound(0), core::TimerId(0), out);
  out.Clear();
  replica->OnTimer(AtRound(4), core::TimerId(0), out);
  const auto skipped = Notes(out, chora::kRoundSkipped);
  REQUIRE(skipped.size() == 1);
  CHECK(skipped[0].values == core::Run{1, 3, 1});
  CHECK(replica->round() == 4);
  // The votes on rounds 0 to 3 are cast: nothing of the others had been handled.
  const auto missed = Notes(out, chora::kRoundViolations);
  REQUIRE(missed.size() == 4);
  CHECK(missed[0].values.first == 0);
  CHECK(missed[0].detail == 0b110);
  // It says how late it was, on its own clock.
  CHECK(Notes(out, chora::kRoundBegun)[0].detail == 0);
  out.Clear();
  const core::Duration late = core::Duration::Nanoseconds(300);
  replica->OnTimer(NowAt(kRound * 7 + late), core::TimerId(0), out);
  CHECK(Notes(out, chora::kRoundBegun)[0].values.first == 7);
  CHECK(Notes(out, chora::kRoundBegun)[0].detail == static_cast<std::uint64_t>(late.ps()));
}

TEST_CASE("chora replica: what is no message of a peer is noted and changes nothing") {
  const chora::Config config = ConfigOf(3);
  auto replica = Make(config, 0);
  core::Effects out;
  replica->OnStart(AtRound(0), {}, out);
  const auto is_refused = [&](std::uint32_t from, const core::Bytes& payload) {
    out.Clear();
    replica->OnMessage(AtRound(0), NodeId(from), payload, out);
    return Notes(out, core::NoteKind::kMalformed).size() == 1 && out.list().size() == 1;
  };
  CHECK(is_refused(11, core::Bytes::Copy("\x00")));
  CHECK(is_refused(11, core::Bytes()));
  CHECK(is_refused(12, RoundOf(config, 1, 0)));  // It says that it is another.
  CHECK(is_refused(10, RoundOf(config, 0, 0)));  // Or this one.
  CHECK(is_refused(99, RoundOf(config, 1, 0)));
  CHECK_FALSE(is_refused(11, RoundOf(config, 1, 0)));
}

TEST_CASE("chora replica: back without its memory it asks, and acts on nothing") {
  const chora::Config config = ConfigOf(3);
  auto replica = Make(config, 0, /*incarnation=*/1);
  core::Effects out;
  replica->OnStart(AtRound(100), {}, out);
  CHECK(Notes(out, chora::kRecovering).size() == 1);
  CHECK(replica->is_abstaining());
  out.Clear();
  replica->OnTimer(AtRound(100), core::TimerId(0), out);
  const chora::Codec codec(config);
  const std::vector<core::Bytes> sent = SentTo(out, NodeId(11));
  REQUIRE(sent.size() == 2);
  chora::RoundMessage round;
  REQUIRE(codec.Decode(sent[0], round));
  CHECK(round.is_abstaining);
  CHECK_FALSE(round.has_batch);
  CHECK(round.votes[0].known == 0);
  chora::RecoverMessage recover;
  REQUIRE(codec.Decode(sent[1], recover));

  // It answers nobody itself.
  out.Clear();
  replica->OnMessage(AtRound(100), NodeId(11),
                     codec.Encode(chora::RecoverMessage{{config.cluster_id, 9, 1}}), out);
  CHECK(out.list().empty());
  for (const std::uint32_t peer : {1U, 2U}) {
    replica->OnMessage(AtRound(100), NodeId(10 + peer),
                       codec.Encode(chora::RecoverAnswer{
                           {config.cluster_id, 9, peer}, recover.header.incarnation, 100 + peer}),
                       out);
  }
  CHECK(replica->board().first_allowed() == 102 + config.hard_window + 1);
  CHECK(replica->is_abstaining());
}

// What it tells whoever asks how far it may have acted.
std::uint64_t AnswerOf(chora::Replica& replica, const chora::Config& config, std::uint64_t round) {
  const chora::Codec codec(config);
  core::Effects out;
  replica.OnMessage(AtRound(round), NodeId(11),
                    codec.Encode(chora::RecoverMessage{{config.cluster_id, 9, 1}}), out);
  chora::RecoverAnswer answer;
  const std::vector<core::Bytes> sent = SentTo(out, NodeId(11));
  REQUIRE(sent.size() == 1);
  REQUIRE(codec.Decode(sent[0], answer));
  CHECK(answer.asked_by == 9);
  return answer.acted_end;
}

TEST_CASE("chora replica: who is asked tells the highest round it acted on, or its floor (2.8)") {
  const chora::Config config = ConfigOf(3);
  const chora::Codec codec(config);
  // Nothing has been decided: it has acted up to W_hard ahead of its frontier.
  auto acting = Make(config, 0);
  core::Effects out;
  acting->OnStart(AtRound(0), {}, out);
  acting->OnTimer(AtRound(40), core::TimerId(0), out);
  CHECK(acting->board().frontier() == 0);
  CHECK(AnswerOf(*acting, config, 40) == 41);
  // One that has forgotten its own acts has done nothing since: they lie at or below its floor.
  auto forgetful = Make(config, 0, /*incarnation=*/1);
  out.Clear();
  forgetful->OnStart(AtRound(100), {}, out);
  forgetful->OnTimer(AtRound(100), core::TimerId(0), out);
  chora::RecoverMessage asked;
  REQUIRE(codec.Decode(SentTo(out, NodeId(11))[1], asked));
  for (const std::uint32_t peer : {1U, 2U}) {
    const chora::RecoverAnswer answer{
        {config.cluster_id, 9, peer}, asked.header.incarnation, std::uint64_t{70}};
    forgetful->OnMessage(AtRound(100), NodeId(10 + peer), codec.Encode(answer), out);
  }
  CHECK(forgetful->is_abstaining());
  CHECK(AnswerOf(*forgetful, config, 100) == 70 + config.hard_window + 1);
}

TEST_CASE("chora replica: what waits is passed on to the owners of active lanes in turn (2.11)") {
  const chora::Config config = ConfigOf(5);
  const chora::Codec codec(config);
  auto replica = Make(config, 0, /*incarnation=*/1);
  core::Effects out;
  replica->OnStart(AtRound(100), {}, out);
  replica->OnSubmit(AtRound(100), core::ClientId(1), core::RequestId(1), core::RequestId(1),
                    core::Bytes::Copy("x"), out);
  std::vector<std::uint32_t> asked;
  for (std::uint64_t round = 100; round < 100 + 4 * 8; ++round) {
    out.Clear();
    replica->OnTimer(AtRound(round), core::TimerId(0), out);
    for (const auto& send : All<core::effect::Send>(out)) {
      if (chora::Codec::TypeOf(send.payload) != chora::MessageType::kForward) continue;
      asked.push_back(send.to.value());
    }
  }
  CHECK(asked == std::vector<std::uint32_t>{11, 12, 13, 14, 11, 12, 13, 14});
}

TEST_CASE("chora replica: a request is answered from here once, and again when it is asked again") {
  const chora::Config config = ConfigOf(1);
  auto replica = Make(config, 0);
  core::Effects out;
  replica->OnStart(AtRound(0), {}, out);
  const auto submit = [&] {
    out.Clear();
    replica->OnSubmit(AtRound(0), core::ClientId(1), core::RequestId(1), core::RequestId(1),
                      core::Bytes::Copy("x"), out);
  };
  submit();
  submit();
  CHECK(out.list().empty());
  // Alone, it decides at its own boundary.
  out.Clear();
  replica->OnTimer(AtRound(0), core::TimerId(0), out);
  REQUIRE(All<core::effect::Reply>(out).size() == 1);
  // That is listed behind the work of the log core, and nobody is told before.
  const core::TimerId applied = All<core::effect::SetTimer>(out).back().id;
  submit();
  submit();
  CHECK(All<core::effect::Reply>(out).empty());
  out.Clear();
  replica->OnTimer(AtRound(0), applied, out);
  CHECK(All<core::effect::Reply>(out).size() == 1);
  submit();
  CHECK(All<core::effect::Reply>(out).size() == 1);
}

TEST_CASE("chora replica: it keeps what a request says that its client awaits, and no more") {
  const chora::Config config = ConfigOf(1);
  auto replica = Make(config, 0);
  core::Effects out;
  replica->OnStart(AtRound(0), {}, out);
  std::uint64_t round = 0;
  // The answers that a request gets at the next boundary, once the log core has come so far.
  const auto answers = [&](std::uint64_t id, std::uint64_t low) {
    out.Clear();
    replica->OnSubmit(AtRound(round), core::ClientId(1), core::RequestId(id), core::RequestId(low),
                      core::Bytes::Copy("x"), out);
    replica->OnTimer(AtRound(round), core::TimerId(0), out);
    for (const auto& set : All<core::effect::SetTimer>(out))
      if (set.id != core::TimerId(0)) replica->OnTimer(AtRound(round), set.id, out);
    ++round;
    return All<core::effect::Reply>(out).size();
  };
  CHECK(answers(9, 7) == 1);
  // It comes behind, and its client waits for it.
  CHECK(answers(7, 7) == 1);
  CHECK(answers(9, 7) == 1);
  CHECK(answers(10, 10) == 1);
  CHECK(answers(9, 7) == 0);
}

TEST_CASE("chora replica: beyond W_soft a batch carries no commands") {
  chora::Config config = ConfigOf(3);
  config.soft_window = 12;
  auto replica = Make(config, 0);
  core::Effects out;
  replica->OnStart(AtRound(0), {}, out);
  replica->OnTimer(AtRound(0), core::TimerId(0), out);
  const auto commands_at = [&](std::uint64_t round) {
    replica->OnSubmit(AtRound(round), core::ClientId(round), core::RequestId(1), core::RequestId(1),
                      core::Bytes::Copy("x"), out);
    out.Clear();
    replica->OnTimer(AtRound(round), core::TimerId(0), out);
    chora::RoundMessage message;
    CHECK(chora::Codec(config).Decode(SentTo(out, NodeId(11))[0], message));
    return chora::Batch(message.batch).commands();
  };
  CHECK(commands_at(12) == 1);
  CHECK(commands_at(13) == 0);
}

TEST_CASE("chora replica: runs as the lowest layer of a stack") {
  const chora::Config config = ConfigOf(3);
  std::vector<std::unique_ptr<core::Node>> layers;
  layers.push_back(Make(config, 0));
  core::Stack stack(std::move(layers));
  core::Effects out;
  stack.OnStart(AtRound(0), {}, out);
  const auto timers = All<core::effect::SetTimer>(out);
  REQUIRE(timers.size() == 1);
  out.Clear();
  stack.OnTimer(AtRound(0), timers[0].id, out);
  const std::vector<core::Bytes> sent = SentTo(out, NodeId(11));
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].size() == 64);
  out.Clear();
  stack.OnMessage(AtRound(0), NodeId(11), RoundOf(config, 1, 0), out);
  CHECK(Notes(out, core::NoteKind::kMalformed).empty());
}

}  // namespace
}  // namespace lockstep::tests
