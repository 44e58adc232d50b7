// When a receiver is left behind, whom it asks for what it lacks, and when it gives that up.
//
// A receiver is left behind when its cumulative ACK has stood below what senders of stake r_s + 1
// state as QUACKed for longer than a broadcast that is on its way would take: for one no-op period
// and four smoothed local round trips. It then asks its peers in turn, one at a time, as long as
// they have something, and goes past what no correct peer can have any more.
//
// Source: the Picsou paper, section 4.2, names the two remedies, to fetch or to advance; whom to
// ask, when, and when to go past a message is decided here.

#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"

#include "protocols/core/time.h"

namespace lockstep::picsou {

class Fetcher {
 public:
  // Of one request.
  static constexpr std::uint64_t kPositionsMax = 256;
  static constexpr std::int64_t kBytesMax = 1'000'000;

  struct Config {
    std::uint32_t peers = 1;     // of the own cluster, itself among them
    std::uint32_t self = 0;      // its index
    std::uint64_t believed = 1;  // so many floors are not all lies: r_r + 1
    core::Duration noop_delay;
    std::uint64_t life = 0;  // incarnation: answers to another one's requests are none
    std::vector<std::uint32_t> stake = {};  // stake[peer], of which `believed` is; empty: one each
  };
  explicit Fetcher(const Config& config);

  struct Ask {
    std::uint32_t peer = 0;
    std::uint64_t number = 0;  // by which its answer is known
    bool is_probe = false;     // asks for nothing but a sign of life
  };
  // What an answer says.
  struct Answer {
    std::uint32_t peer = 0;
    std::uint64_t number = 0;
    std::uint64_t floor = 0;   // nothing below it is kept there
    bool brought_any = false;  // something that was not held before
  };

  // Peers have another stake from now on, as in Config.
  void OnView(std::vector<std::uint32_t> stake) { config_.stake = std::move(stake); }
  // To be called when either has changed, and now and then.
  void Observe(const core::Now& now, std::uint64_t cumulative, std::uint64_t believable);
  // What to ask now, if anything. Until OnAnswer or Wakes(), nothing else is to be asked.
  std::optional<Ask> Next(const core::Now& now);
  // A probe of the next peer that `is_idle`, where one is wanted: while there is no round trip to
  // go by, while the own ACK is below h, or since nothing else has told the peers of it. A probe
  // that would wait behind what a peer has not taken yet tells nothing of a round trip.
  std::optional<Ask> Probe(const core::Now& now, bool is_quiet,
                           absl::FunctionRef<bool(std::uint32_t)> is_idle);
  void OnAnswer(const core::Now& now, const Answer& answer);
  // When to call Next again though nothing has come; none: never.
  std::optional<core::Instant> Wakes() const;
  // Where to go on, if what comes next is not to be had.
  std::optional<std::uint64_t> Past(const core::Now& now) const;

  // Everything that is missing below it is fetched; 0: nothing is.
  std::uint64_t target() const { return target_; }
  // Four smoothed local round trips, at least 1 ms.
  core::Duration patience() const;

 private:
  struct Peer {
    std::uint64_t number = 0;  // of what it was asked last
    core::Instant asked;
    bool is_awaited = false;   // that has not been answered
    std::uint64_t floor = 0;   // as it was stated last
    bool has_nothing = false;  // of what is wanted now
  };
  struct Open {
    std::uint32_t peer = 0;
    std::uint64_t number = 0;
    core::Instant until;
  };

  Ask AskPeer(const core::Now& now, std::uint32_t peer, bool is_probe);
  std::uint32_t After(std::uint32_t peer) const;
  void Sample(core::Duration round_trip);
  // The peer that was asked gave nothing, or no answer.
  void PassOn(const core::Now& now);

  Config config_;
  std::vector<Peer> peers_;
  std::uint64_t numbers_ = 0;
  std::optional<core::Duration> smoothed_;  // round trip
  std::uint64_t cumulative_ = 0;
  std::uint64_t believable_ = 0;
  core::Instant since_;  // cumulative_ stands, and is below believable_
  std::uint64_t target_ = 0;
  std::optional<Open> open_;
  std::optional<core::Instant> first_asked_;  // for what is wanted now
  std::uint32_t next_peer_;
  std::uint32_t next_probe_;
  std::uint32_t in_vain_ = 0;  // peers in a row, of this lap
  core::Duration lap_wait_;    // after a lap in vain
  core::Instant not_before_;
};

}  // namespace lockstep::picsou
