// Rounds that align themselves: spread, pauses, a runaway clock, and who comes late. Clocks drift,
// and messages take a delay with jitter; the test plays the network.

#include "protocols/chora/self_clock.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "protocols/core/random.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

constexpr std::int64_t kRoundPs = 2'000'000;
constexpr std::int64_t kDelayPs = 1'300'000;

class Ensemble {
 public:
  Ensemble(std::uint32_t replicas, std::uint32_t gain_permille) : random_(replicas) {
    chora::Config config;
    config.cluster = core::Cluster{"a", core::NodeId(0), replicas, 0, 0, false};
    config.round_length = core::Duration::Picoseconds(kRoundPs);
    config.clock = chora::ClockMode::kSelf;
    config.gain_permille = gain_permille;
    // Wrong by a third, until it has been measured.
    config.expected_delay = core::Duration::Picoseconds(900'000);
    for (std::uint32_t i = 0; i < replicas; ++i) {
      nodes_.push_back({chora::SelfClock(config, i)});
      nodes_[i].drift_ppm = static_cast<std::int64_t>(random_.Below(101)) - 50;
    }
  }

  // They begin within half a round.
  void Start() {
    for (std::uint32_t i = 0; i < nodes_.size(); ++i) StartOne(i);
  }
  void StartOne(std::uint32_t i) {
    const core::Instant local =
        LocalAt(i, now_ps_ + static_cast<std::int64_t>(random_.Below(kRoundPs / 2)));
    nodes_[i].next = *nodes_[i].clock.Start(local, /*is_first_start=*/true);
    nodes_[i].is_up = true;
  }
  // From now on it hears, and has no memory.
  void Listen(std::uint32_t i) {
    CHECK_FALSE(nodes_[i].clock.Start(LocalAt(i, now_ps_), false).has_value());
    nodes_[i].is_listening = true;
  }
  void Pause(std::uint32_t i, std::int64_t rounds) {
    nodes_[i].paused_until_ps = now_ps_ + rounds * kRoundPs;
  }
  void LeapAhead(std::uint32_t i, std::int64_t rounds) { nodes_[i].leap_ps += rounds * kRoundPs; }

  // Plays so many rounds of real time, in hundredths.
  void Run(std::int64_t rounds) {
    for (const std::int64_t end = now_ps_ + rounds * kRoundPs; now_ps_ < end;
         now_ps_ += kRoundPs / 100) {
      Deliver();
      for (std::uint32_t i = 0; i < nodes_.size(); ++i) Beat(i);
    }
  }

  std::uint64_t round(std::uint32_t i) const { return nodes_[i].round; }
  // Between the first and the last to begin the newest round that all have begun, of these.
  std::int64_t SpreadPs(std::uint32_t except = 99) const {
    std::uint64_t newest = ~std::uint64_t{0};
    for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
      if (i != except) newest = std::min(newest, nodes_[i].round);
    }
    std::int64_t first = INT64_MAX;
    std::int64_t last = 0;
    for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
      if (i == except) continue;
      const std::int64_t began = nodes_[i].began_ps[newest % 64];
      first = std::min(first, began);
      last = std::max(last, began);
    }
    return last - first;
  }

 private:
  struct Node {
    chora::SelfClock clock;
    std::int64_t drift_ppm = 0;
    std::int64_t leap_ps = 0;
    bool is_up = false;
    bool is_listening = false;
    std::uint64_t next = 0;
    std::uint64_t round = 0;
    std::int64_t paused_until_ps = 0;
    std::int64_t began_ps[64] = {};  // real time
  };
  struct Message {
    std::int64_t at_ps;
    std::uint32_t from;
    std::uint32_t to;
    std::uint64_t round;
    chora::SelfClock::Echo echo;
  };

  core::Instant LocalAt(std::uint32_t i, std::int64_t real_ps) const {
    return core::Instant::FromPicoseconds(real_ps + real_ps / 1'000'000 * nodes_[i].drift_ppm +
                                          nodes_[i].leap_ps);
  }

  void Deliver() {
    std::vector<Message> later;
    for (const Message& message : messages_) {
      Node& node = nodes_[message.to];
      if (message.at_ps > now_ps_ || node.paused_until_ps > now_ps_) {
        later.push_back(message);
        continue;
      }
      if (!node.is_up && !node.is_listening) continue;
      const auto jump = node.clock.OnRound(message.from, message.round, message.echo,
                                           LocalAt(message.to, now_ps_));
      if (!jump) continue;
      node.next = *jump;
      node.is_up = true;
    }
    messages_ = std::move(later);
  }

  void Beat(std::uint32_t i) {
    Node& node = nodes_[i];
    const core::Instant local = LocalAt(i, now_ps_);
    if (!node.is_up || node.paused_until_ps > now_ps_ || local < node.clock.NextAt()) return;
    node.round = node.clock.Enter(local, node.next);
    node.next = node.round + 1;
    node.began_ps[node.round % 64] = now_ps_;
    for (std::uint32_t to = 0; to < nodes_.size(); ++to) {
      if (to == i) continue;
      const auto jitter = static_cast<std::int64_t>(random_.Below(kRoundPs / 50));
      messages_.push_back(
          {now_ps_ + kDelayPs + jitter, i, to, node.round, node.clock.MakeEcho(local)});
    }
  }

  core::Random random_;
  std::int64_t now_ps_ = 0;
  std::vector<Node> nodes_;
  std::vector<Message> messages_;
};

TEST_CASE("self clock: replicas that drift begin their rounds within a few hundredths") {
  for (const std::uint32_t replicas : {3U, 5U, 7U}) {
    for (const std::uint32_t gain : {100U, 200U, 300U}) {
      Ensemble ensemble(replicas, gain);
      ensemble.Start();
      ensemble.Run(300);
      // Two hundredths of jitter, and time passes in hundredths.
      CHECK(ensemble.SpreadPs() <= kRoundPs * 5 / 100);
      // Rounds keep their length: an error of the delay would stretch them all.
      CHECK(ensemble.round(0) >= 290);
      CHECK(ensemble.round(0) <= 310);
    }
  }
}

TEST_CASE("self clock: a pause of two rounds is made good without the others") {
  Ensemble ensemble(3, 200);
  ensemble.Start();
  ensemble.Run(200);
  ensemble.Pause(1, 2);
  ensemble.Run(40);
  CHECK(ensemble.SpreadPs() <= kRoundPs * 5 / 100);
  CHECK(ensemble.round(0) >= 230);
}

TEST_CASE("self clock: one clock that runs away drags nobody, and comes back slowly") {
  Ensemble ensemble(3, 200);
  ensemble.Start();
  ensemble.Run(200);
  ensemble.LeapAhead(2, 300);
  ensemble.Run(20);
  CHECK(ensemble.round(2) > 400);
  CHECK(ensemble.round(0) < 250);
  CHECK(ensemble.SpreadPs(/*except=*/2) <= kRoundPs * 5 / 100);
  // A quarter of a round in each round.
  ensemble.Run(300 * 5);
  CHECK(ensemble.SpreadPs() <= kRoundPs * 5 / 100);
}

TEST_CASE("self clock: who has been away starts when it has heard a quorum, and is in step") {
  Ensemble ensemble(3, 200);
  ensemble.StartOne(0);
  ensemble.StartOne(1);
  ensemble.Run(1'000);
  ensemble.Listen(2);
  ensemble.Run(60);
  CHECK(ensemble.round(2) + 1 >= ensemble.round(0));
  CHECK(ensemble.SpreadPs() <= kRoundPs * 5 / 100);
}

}  // namespace
}  // namespace lockstep::tests
