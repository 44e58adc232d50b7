// Sends, resends and premature resends of runs, counted as one message at a time would be.

#include "analysis/c3b/send_ledger.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "protocols/core/random.h"
#include "tests/analysis/events.h"

#undef CHECK  // Ours aborts; doctest's counts.
#include "doctest/doctest.h"

namespace lockstep::tests {
namespace {

constexpr std::uint32_t kSenders = 4;
constexpr std::uint32_t kReceivers = 5;

// One message after the other, by the letter of send_ledger.h. Faulty: a3, b0.
class PlainLedger {
 public:
  void Offered(std::uint32_t from, std::uint32_t to, const core::Run& run) {
    for (std::uint64_t i = 0; i < run.count; ++i) {
      Message& message = messages_[run.At(i)];
      if (message.is_sent) ++resends;
      message.is_sent = true;
      if (message.is_settled) ++premature;
      if (message.is_settled) continue;
      const bool is_known =
          !IsBetweenCorrect({from, to}) && Settling(message) == message.sends.size() &&
          std::any_of(message.sends.begin(), message.sends.end(),
                      [&](const Send& send) { return send.from == from && send.to == to; });
      if (!is_known) message.sends.push_back({from, to});
    }
  }
  void Handed(std::uint32_t from, std::uint32_t to, const core::Run& run) {
    if (!IsBetweenCorrect({from, to})) return;
    for (std::uint64_t i = 0; i < run.count; ++i) {
      Message& message = messages_[run.At(i)];
      const auto send = Pending(message, from, to);
      if (send != message.sends.end()) send->is_handed = true;
      Settle(run.At(i), message);
    }
  }
  void Destroyed(std::uint32_t from, std::uint32_t to, const core::Run& run) {
    for (std::uint64_t i = 0; i < run.count; ++i) {
      Message& message = messages_[run.At(i)];
      const auto send = Pending(message, from, to);
      if (send != message.sends.end()) message.sends.erase(send);
      Settle(run.At(i), message);
    }
  }
  void Finish() {
    for (auto& [number, message] : messages_) {
      if (!message.is_settled) Count(number, message);
    }
  }

  std::uint64_t resends = 0;
  std::uint64_t premature = 0;
  std::uint64_t excesses = 0;
  std::map<std::uint64_t, std::uint64_t> settled_by;  // attempt -> messages

 private:
  struct Send {
    std::uint32_t from;
    std::uint32_t to;
    bool is_handed = false;
  };
  struct Message {
    bool is_sent = false;
    bool is_settled = false;
    std::vector<Send> sends;
  };

  static bool IsBetweenCorrect(const Send& send) { return send.from != 3 && send.to != 0; }
  static std::vector<Send>::iterator Pending(Message& message, std::uint32_t from,
                                             std::uint32_t to) {
    return std::find_if(message.sends.begin(), message.sends.end(), [&](const Send& send) {
      return send.from == from && send.to == to && !send.is_handed;
    });
  }
  static std::size_t Settling(const Message& message) {
    const auto found = std::find_if(message.sends.begin(), message.sends.end(), IsBetweenCorrect);
    return static_cast<std::size_t>(found - message.sends.begin());
  }
  // Every pair is some attempt's: 4 and 5 have no common factor.
  static std::uint64_t AttemptOf(std::uint64_t number, const Send& send) {
    std::uint64_t t = 0;
    while ((number + t) % kSenders != send.from ||
           (number % kSenders + number / kSenders + t) % kReceivers != send.to) {
      ++t;
    }
    return t;
  }
  void Settle(std::uint64_t number, Message& message) {
    const std::size_t at = Settling(message);
    if (message.is_settled || at == message.sends.size() || !message.sends[at].is_handed) return;
    Count(number, message);
    ++settled_by[AttemptOf(number, message.sends[at])];
    message.is_settled = true;
    message.sends.clear();
  }
  void Count(std::uint64_t number, const Message& message) {
    const std::size_t settling = Settling(message);
    premature += message.sends.size() - std::min(settling + 1, message.sends.size());
    std::set<std::uint64_t> failed;
    for (std::size_t i = 0; i < settling; ++i) failed.insert(AttemptOf(number, message.sends[i]));
    const std::uint64_t sends = failed.size() + (settling < message.sends.size() ? 1 : 0);
    // u_s = u_r = 1: a3 has 5 of 20 attempts, b0 has 4.
    const std::uint64_t skipped = failed.empty() ? 0 : *failed.rbegin() + 1 - failed.size();
    if (sends > std::min<std::uint64_t>(5 + 4 + 1, 2 * (skipped + 1) + 1)) ++excesses;
  }

  std::map<std::uint64_t, Message> messages_;
};

}  // namespace

TEST_CASE("send ledger: counted as one message at a time would be") {
  core::Random random(3);
  for (int round = 0; round < 100; ++round) {
    Story story(TwoClusters(kSenders, kReceivers));
    story.Faulty(A(3)).Faulty(B(0), 2);
    const auto facts = std::make_shared<analysis::StreamFacts>(
        std::make_shared<const analysis::Recipe>(story.recipe()), 0);
    analysis::SendLedger ledger(facts);
    PlainLedger plain;
    for (int step = 0; step < 200; ++step) {
      const std::uint64_t strides[] = {1, kSenders, kSenders * kReceivers};
      const core::Run run{random.Below(40), 1 + random.Below(9), strides[random.Below(3)]};
      const auto from = static_cast<std::uint32_t>(random.Below(kSenders));
      const auto to = static_cast<std::uint32_t>(random.Below(kReceivers));
      switch (random.Below(3)) {
        case 0:
          story.Offered(A(from), B(to), run);
          plain.Offered(from, to, run);
          break;
        case 1:
          story.Handed(B(to), A(from), run);
          plain.Handed(from, to, run);
          break;
        default:
          story.Destroyed(A(from), B(to), run);
          plain.Destroyed(from, to, run);
      }
    }
    for (const trace::Event& event : story.events()) {
      facts->OnEvent(event);
      ledger.OnEvent(event);
    }
    ledger.Finish();
    plain.Finish();
    CAPTURE(round);
    CHECK(ledger.resends() == plain.resends);
    CHECK(ledger.premature() == plain.premature);
    CHECK(ledger.excesses() == plain.excesses);
    std::uint64_t settled = 0;
    for (std::size_t t = 0; t < ledger.settled_by().size(); ++t) {
      CHECK(ledger.settled_by()[t] == plain.settled_by[t]);
      settled += ledger.settled_by()[t];
    }
    CHECK(settled > 0);
  }
}

TEST_CASE("send ledger: of turns that are many, too, what first sends settled is counted") {
  analysis::Recipe recipe = TwoClusters(4, 4);
  for (core::Cluster& cluster : recipe.clusters) cluster.stake = {64, 1, 1, 1};
  const analysis::Schedule schedule(recipe.clusters[0], recipe.clusters[1]);
  REQUIRE(schedule.is_dense());
  Story story(recipe);
  constexpr std::uint64_t kMessages = 200;
  for (std::uint64_t k = 0; k < kMessages; ++k) {
    story.Passed(A(static_cast<std::uint32_t>(schedule.Sender(k, 0))),
                 B(static_cast<std::uint32_t>(schedule.Receiver(k, 0))), {k, 1, 1});
  }
  const auto facts = std::make_shared<analysis::StreamFacts>(
      std::make_shared<const analysis::Recipe>(story.recipe()), 0);
  analysis::SendLedger ledger(facts);
  for (const trace::Event& event : story.events()) {
    facts->OnEvent(event);
    ledger.OnEvent(event);
  }
  ledger.Finish();
  CHECK(ledger.settled_by() == std::vector<std::uint64_t>{kMessages});
}

TEST_CASE("send ledger: state is bounded by what is open, not by what has passed") {
  Story story(TwoClusters(4, 4));
  story.Faulty(B(3), 2);
  const auto facts = std::make_shared<analysis::StreamFacts>(
      std::make_shared<const analysis::Recipe>(story.recipe()), 0);
  analysis::SendLedger ledger(facts);
  constexpr std::uint64_t kRounds = 1000;
  for (std::uint64_t round = 0; round < kRounds; ++round) {
    for (std::uint32_t lane = 0; lane < 16; ++lane) {
      story.Passed(A(lane % 4), B((lane % 4 + lane / 4) % 4), {160 * round + lane, 10, 16});
    }
  }
  for (const trace::Event& event : story.events()) {
    facts->OnEvent(event);
    ledger.OnEvent(event);
  }
  CHECK(ledger.sends() == kRounds * 160);
  CHECK(ledger.resends() == 0);
  // One stretch a lane: settled, or swallowed by b3.
  CHECK(ledger.size() == 16);
}

}  // namespace lockstep::tests
