// Clients in a closed loop: what they ask whom, when they ask again, and what they say of it.

#include "protocols/client/closed.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "protocols/core/request.h"
#include "tests/support/listed.h"
#include "tests/support/script.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

namespace effect = core::effect;

constexpr std::uint64_t kRequestBytes = 40;

core::Now NowAtUs(const Command& command) {
  return NowAt(core::Duration::Microseconds(command.Get<std::int64_t>("us")));
}

std::string Named(std::uint64_t client, std::uint64_t request) {
  return std::to_string(client) + "/" + std::to_string(request);
}

struct Describe {
  std::string operator()(const effect::Request& request) const {
    CHECK(request.content.size() == kRequestBytes);
    return "to " + std::to_string(request.to.value()) + ": request " +
           Named(request.client.value(), request.id.value());
  }
  std::string operator()(const effect::SetTimer& set) const {
    return (set.id == core::TimerId(0) ? "think until " : "wait until ") +
           std::to_string(set.at.ps() / 1'000'000) + " us";
  }
  std::string operator()(const effect::Note& note) const {
    const auto* const spec = std::ranges::find_if(
        core::kSharedNotes, [&](const core::NoteSpec& each) { return each.kind() == note.kind; });
    REQUIRE(spec != std::end(core::kSharedNotes));
    std::string text(spec->name);
    if (note.kind != core::NoteKind::kMalformed)
      text += " " + Named(note.detail, note.values.first);
    return text;
  }
  template <typename Other>
  std::string operator()(const Other&) const {
    return "something else";
  }
};

std::string Told(core::Effects& out) {
  std::string text;
  for (const core::Listed& listed : out.list()) text += std::visit(Describe(), listed.what) + "\n";
  out.Clear();
  return text;
}

client::Config ConfigOf(std::uint32_t replicas, std::uint32_t clients) {
  client::Config config;
  config.replicas = {"a", core::NodeId(0), replicas, 0, 0};
  config.count = clients;
  config.request_bytes = kRequestBytes;
  config.generator = 5;
  config.retry = core::Duration::Milliseconds(1);
  return config;
}

TEST_CASE("client: one request at a time, again where no answer comes, and a while to think") {
  std::unique_ptr<client::ClosedLoop> node;
  core::Effects out;
  RunScript("protocols/client/closed.txt", [&](const Command& command) -> std::string {
    if (command.name() == "new") {
      client::Config config =
          ConfigOf(command.Get<std::uint32_t>("replicas"), command.Get<std::uint32_t>("clients"));
      config.first = command.Get<core::ClientId>("first");
      config.think = core::Duration::Microseconds(command.Get<std::int64_t>("think_us"));
      config.retry = core::Duration::Microseconds(command.Get<std::int64_t>("retry_us"));
      node = std::make_unique<client::ClosedLoop>(config, core::Seat());
      return "";
    }
    const core::Now now = NowAtUs(command);
    if (command.name() == "start") node->OnStart(now, {}, out);
    if (command.name() == "thought") node->OnTimer(now, core::TimerId(0), out);
    if (command.name() == "waited") node->OnTimer(now, core::TimerId(1), out);
    if (command.name() == "message")
      node->OnMessage(now, core::NodeId(0), core::Bytes::Copy("\x01hello"), out);
    if (command.name() == "answer") {
      node->OnAnswer(now, command.Get<core::ClientId>("client"),
                     command.Get<core::RequestId>("request"), core::Bytes::Copy("done"), out);
    }
    return Told(out);
  });
}

TEST_CASE("client: it makes as many requests as it is told to, and no more") {
  client::Config config = ConfigOf(3, 1);
  config.requests = 2;
  config.think = core::Duration::Microseconds(10);
  client::ClosedLoop node(config, core::Seat());
  core::Effects out;
  const auto at = [](std::int64_t us) { return NowAt(core::Duration::Microseconds(us)); };
  node.OnStart(at(0), {}, out);
  for (std::uint64_t request = 1; request <= 3; ++request) {
    const auto us = static_cast<std::int64_t>(100 * request);
    node.OnAnswer(at(us), core::ClientId(0), core::RequestId(request), core::Bytes(), out);
    node.OnTimer(at(us + 10), core::TimerId(0), out);
  }
  std::uint64_t invoked = 0;
  for (const auto& note : All<core::effect::Note>(out)) {
    if (note.kind == core::NoteKind::kInvoked) ++invoked;
  }
  CHECK(invoked == 2);
}

TEST_CASE(
    "client: beside its replica it asks that first, and lets time pass between two requests") {
  client::Config config = ConfigOf(3, 1);
  config.first = core::ClientId(7);
  config.is_local = true;
  config.think = core::Duration();
  config.retry = core::Duration::Microseconds(50);
  core::Seat seat;
  seat.index = 2;
  client::ClosedLoop node(config, seat);
  core::Effects out;
  const auto at = [](std::int64_t us) { return NowAt(core::Duration::Microseconds(us)); };
  node.OnStart(at(0), {}, out);
  CHECK(All<effect::Request>(out)[0].to == core::NodeId(2));
  out.Clear();
  // Nobody answers, so it asks the next one.
  node.OnTimer(at(50), core::TimerId(1), out);
  CHECK(All<effect::Request>(out)[0].to == core::NodeId(0));
  out.Clear();
  // An answer that took time: the next request comes at once, and to its own replica again.
  node.OnAnswer(at(60), core::ClientId(7), core::RequestId(1), {}, out);
  CHECK(All<effect::SetTimer>(out)[0].at == at(60).monotonic());
  out.Clear();
  node.OnTimer(at(60), core::TimerId(0), out);
  CHECK(All<effect::Request>(out)[0].to == core::NodeId(2));
  out.Clear();
  // One that took none.
  node.OnAnswer(at(60), core::ClientId(7), core::RequestId(2), {}, out);
  CHECK(All<effect::SetTimer>(out)[0].at == at(60).monotonic() + client::ClosedLoop::kLeastThink);
}

TEST_CASE("client: after a restart its requests have new numbers") {
  core::Seat seat;
  core::Effects out;
  client::ClosedLoop(ConfigOf(3, 1), seat).OnStart(NowAtMs(0), {}, out);
  seat.incarnation = 1;
  client::ClosedLoop(ConfigOf(3, 1), seat).OnStart(NowAtMs(1), {}, out);
  const auto invoked = Notes(out, core::NoteKind::kInvoked);
  REQUIRE(invoked.size() == 2);
  CHECK(invoked[0].values.first != invoked[1].values.first);
}

TEST_CASE("client: as many requests are open as its window says, from the oldest to the newest") {
  client::Config config = ConfigOf(1, 1);
  config.window = 3;
  client::ClosedLoop node(config, core::Seat());
  core::Effects out;
  const auto invoked = [&] {
    std::string numbers;
    for (const auto& note : Notes(out, core::NoteKind::kInvoked))
      numbers += " " + std::to_string(note.values.first);
    out.Clear();
    return numbers;
  };
  const auto answer = [&](std::int64_t ms, std::uint64_t request) {
    node.OnAnswer(NowAtMs(ms), core::ClientId(0), core::RequestId(request), {}, out);
    CHECK(Notes(out, core::NoteKind::kInvoked).empty());  // Never in the call of an answer.
    node.OnTimer(NowAtMs(ms), core::TimerId(0), out);
    return invoked();
  };
  node.OnStart(NowAtMs(0), {}, out);
  CHECK(invoked() == " 1 2 3");
  // 1 is open, so 4 has to wait; when it has been answered, all that were thought about go out.
  CHECK(answer(1, 2).empty());
  CHECK(answer(2, 3).empty());
  CHECK(answer(3, 1) == " 4 5 6");
  CHECK(answer(4, 4) == " 7");
}

TEST_CASE(
    "client: each request says which is the oldest that is still awaited, also when repeated") {
  client::Config config = ConfigOf(1, 1);
  config.window = 3;
  client::ClosedLoop node(config, core::Seat());
  core::Effects out;
  const auto asked = [&] {
    std::string text;
    for (const effect::Request& request : All<effect::Request>(out))
      text +=
          " " + std::to_string(request.id.value()) + " from " + std::to_string(request.low.value());
    out.Clear();
    return text;
  };
  const auto answer = [&](std::int64_t ms, std::uint64_t request) {
    node.OnAnswer(NowAtMs(ms), core::ClientId(0), core::RequestId(request), {}, out);
    node.OnTimer(NowAtMs(ms), core::TimerId(0), out);
  };
  node.OnStart(NowAtMs(0), {}, out);
  CHECK(asked() == " 1 from 1 2 from 1 3 from 1");
  // 2 is answered before 1, which is then asked again, as is 3.
  answer(0, 2);
  CHECK(asked().empty());
  node.OnTimer(NowAtMs(1'000'000), client::Requester::kRetry, out);
  CHECK(asked() == " 1 from 1 3 from 1");
  answer(1'000'001, 1);
  CHECK(asked() == " 4 from 3 5 from 3");
}

TEST_CASE("client: who has made all its requests makes no more") {
  client::Config config = ConfigOf(1, 1);
  config.window = 2;
  config.requests = 3;
  client::ClosedLoop node(config, core::Seat());
  core::Effects out;
  node.OnStart(NowAtMs(0), {}, out);
  for (std::uint64_t request = 1; request <= 3; ++request) {
    node.OnAnswer(NowAtMs(1), core::ClientId(0), core::RequestId(request), {}, out);
    node.OnTimer(NowAtMs(1), core::TimerId(0), out);
  }
  CHECK(Notes(out, core::NoteKind::kInvoked).size() == 3);
  CHECK(Notes(out, core::NoteKind::kReturned).size() == 3);
}

TEST_CASE("client: of a store it asks for operations, which are a function of its number") {
  client::Config config = ConfigOf(1, 1);
  config.operations = core::OperationMix();
  client::ClosedLoop node(config, core::Seat());
  core::Effects out;
  node.OnStart(NowAtMs(0), {}, out);
  node.OnTimer(NowAtMs(1), core::TimerId(1), out);
  const std::vector<effect::Request> sent = All<effect::Request>(out);
  REQUIRE(sent.size() == 2);
  for (const effect::Request& request : sent) {
    const auto operation = core::DecodeOperation(request.content);
    REQUIRE(operation.has_value());
    CHECK(*operation == config.operations->Of(core::ClientId(0), core::RequestId(1)));
  }
}

TEST_CASE("client: requests of one size differ, and a note's digest is that of the request") {
  core::Effects out;
  client::ClosedLoop node(ConfigOf(1, 1), core::Seat());
  node.OnStart(NowAtMs(0), {}, out);
  node.OnAnswer(NowAtMs(1), core::ClientId(0), core::RequestId(1), core::Bytes(), out);
  node.OnTimer(NowAtMs(1), core::TimerId(0), out);
  const std::vector<effect::Request> sent = All<effect::Request>(out);
  const auto invoked = Notes(out, core::NoteKind::kInvoked);
  REQUIRE(sent.size() == 2);
  REQUIRE(invoked.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(sent[i].content.Digest() == invoked[i].digest);
  }
  CHECK(invoked[0].digest != invoked[1].digest);
}

}  // namespace
}  // namespace lockstep::tests
