// One key of a store, watched while it is used: what is right is accepted, what is not is refused,
// and what lies behind is forgotten.

#include "analysis/linear/key_watch.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocols/core/operation.h"
#include "protocols/core/random.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using analysis::linear::KeyWatch;
using core::Operation;
using Outcome = KeyWatch::Outcome;

Operation Make(Operation::Kind kind, const std::string& value) {
  return {kind, "k", kind == Operation::Kind::kGet ? "" : value};
}

// A store of one key, whose clients ask at random, and which may be broken.
class Store {
 public:
  Store(std::uint64_t clients, std::uint64_t crash_percent, core::Random random)
      : clients_(clients), crash_percent_(crash_percent), random_(random) {}

  // Spoils the answer to the operation with this number, counted as they take effect.
  void Spoil(std::uint64_t number) { spoilt_ = number; }
  void Step(KeyWatch& watch) {
    Client& client = clients_[random_.Below(clients_.size())];
    switch (client.phase) {
      case 0: {
        const auto kind = static_cast<Operation::Kind>(random_.Below(4));
        client.operation = Make(kind, "<" + std::to_string(invoked_) + ">");
        client.slot =
            watch.Invoke(client.operation, core::ClientId(0), core::RequestId(invoked_++));
        client.phase = 1;
        return;
      }
      case 1:
        if (random_.Below(100) < crash_percent_) {
          if (random_.Below(2) == 0) value_ = client.operation.Apply(value_);
          watch.Abandon(client.slot);
          client.phase = 0;
          return;
        }
        client.answer = value_;
        if (effects_++ == spoilt_) client.answer = client.answer.value_or("") + "!";
        value_ = client.operation.Apply(value_);
        client.phase = 2;
        return;
      default:
        watch.Return(client.slot, core::AnswerOf(client.answer).Digest());
        client.phase = 0;
    }
  }
  void Finish(KeyWatch& watch) {
    for (Client& client : clients_) {
      if (client.phase == 2) watch.Return(client.slot, core::AnswerOf(client.answer).Digest());
    }
    watch.Finish();
  }

 private:
  struct Client {
    int phase = 0;
    Operation operation;
    KeyWatch::Slot slot = 0;
    std::optional<std::string> answer;
  };
  std::vector<Client> clients_;
  std::uint64_t crash_percent_;
  core::Random random_;
  std::optional<std::string> value_;
  std::uint64_t invoked_ = 0;
  std::uint64_t effects_ = 0;
  std::uint64_t spoilt_ = ~std::uint64_t{0};
};

TEST_CASE("key watch: what a right store answers is never objected to") {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    core::Random random(seed);
    Store store(1 + random.Below(10), 0, random.Fork("store"));
    KeyWatch watch;
    for (int i = 0; i < 500; ++i) store.Step(watch);
    store.Finish(watch);
    CAPTURE(seed);
    REQUIRE(watch.outcome() == Outcome::kFine);
    REQUIRE(watch.judged() > 50);
  }
}

TEST_CASE("key watch: nor where clients die, whose operations may have had an effect") {
  int unsure = 0;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    core::Random random(seed);
    Store store(1 + random.Below(6), 2, random.Fork("store"));
    KeyWatch watch;
    for (int i = 0; i < 300; ++i) store.Step(watch);
    store.Finish(watch);
    CAPTURE(seed);
    REQUIRE(watch.outcome() != Outcome::kViolated);
    if (watch.outcome() == Outcome::kUnsure) ++unsure;
  }
  CHECK(unsure < 50);
}

TEST_CASE("key watch: an answer that no order explains is refused, and its request named") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    core::Random random(seed);
    Store store(1 + random.Below(10), 0, random.Fork("store"));
    store.Spoil(20 + random.Below(50));
    KeyWatch watch;
    for (int i = 0; i < 500; ++i) store.Step(watch);
    store.Finish(watch);
    CAPTURE(seed);
    REQUIRE(watch.outcome() == Outcome::kViolated);
  }
}

// The histories below are told one event after the other.
class Told {
 public:
  KeyWatch::Slot Ask(Operation::Kind kind, const std::string& value = "") {
    return watch.Invoke(Make(kind, value), core::ClientId(7), core::RequestId(++requests_));
  }
  void Answer(KeyWatch::Slot slot, const std::optional<std::string>& before) {
    watch.Return(slot, core::AnswerOf(before).Digest());
  }
  Told& Done(Operation::Kind kind, const std::string& value,
             const std::optional<std::string>& before) {
    Answer(Ask(kind, value), before);
    return *this;
  }
  KeyWatch watch;

 private:
  std::uint64_t requests_ = 0;
};

constexpr auto kGet = Operation::Kind::kGet;
constexpr auto kPut = Operation::Kind::kPut;
constexpr auto kAppend = Operation::Kind::kAppend;

TEST_CASE("key watch: a stale read, a lost append and one that happened twice are refused") {
  Told stale;
  stale.Done(kPut, "a", std::nullopt).Done(kPut, "b", "a").Done(kGet, "", "a");
  CHECK(stale.watch.outcome() == Outcome::kViolated);
  CHECK(stale.watch.culprit().request == core::RequestId(3));
  CHECK(stale.watch.judged() == 2);
  Told lost;
  lost.Done(kPut, "a", std::nullopt).Done(kAppend, "b", "a").Done(kGet, "", "a");
  CHECK(lost.watch.outcome() == Outcome::kViolated);
  Told twice;
  twice.Done(kPut, "a", std::nullopt).Done(kAppend, "b", "a").Done(kGet, "", "abb");
  CHECK(twice.watch.outcome() == Outcome::kViolated);
}

TEST_CASE("key watch: operations that overlap may come in any order, those that do not may not") {
  Told overlap;
  const KeyWatch::Slot a = overlap.Ask(kPut, "a");
  const KeyWatch::Slot b = overlap.Ask(kPut, "b");
  overlap.Answer(a, "b");
  overlap.Answer(b, std::nullopt);
  overlap.Done(kGet, "", "a");
  CHECK(overlap.watch.outcome() == Outcome::kFine);
  CHECK(overlap.watch.judged() == 3);
  Told apart;
  apart.Done(kPut, "a", "b").Done(kPut, "b", std::nullopt);
  CHECK(apart.watch.outcome() == Outcome::kViolated);
}

TEST_CASE("key watch: what was abandoned takes effect late, at most once, or not at all") {
  Told story;
  const KeyWatch::Slot dead = story.Ask(kAppend, "d");
  story.watch.Abandon(dead);
  story.Done(kPut, "a", std::nullopt).Done(kGet, "", "a").Done(kGet, "", "ad");
  CHECK(story.watch.outcome() == Outcome::kFine);
  story.Done(kGet, "", "add");
  CHECK(story.watch.outcome() == Outcome::kViolated);
}

TEST_CASE("key watch: memory does not grow with what has been judged") {
  core::Random random(3);
  Store store(8, 0, random.Fork("store"));
  KeyWatch watch;
  std::size_t most = 0;
  for (int i = 0; i < 100'000; ++i) {
    store.Step(watch);
    most = std::max(most, watch.size());
  }
  CHECK(watch.judged() > 20'000);
  CHECK(most < 200);
}

TEST_CASE("key watch: who waits for one answer too long gives up, and objects to nothing") {
  Told story;
  story.Ask(kPut, "never");
  std::optional<std::string> before;
  for (int i = 0; i < 10'000; ++i) {
    story.Done(kPut, std::to_string(i), before);
    before = std::to_string(i);
  }
  CHECK(story.watch.outcome() == Outcome::kUnsure);
  CHECK(story.watch.size() < 10);
}

}  // namespace
}  // namespace lockstep::tests
