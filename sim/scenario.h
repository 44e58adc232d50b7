// An experiment as data: who runs what, on which machines and network, what breaks, what is
// expected.
//
// scenarios/schema.json is the reference of the file format. Reading is strict: unknown and
// duplicate keys, numbers without a unit, impossible clusters and overspent budgets are refused,
// with the place.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

#include "protocols/core/ids.h"
#include "protocols/core/program.h"
#include "protocols/core/time.h"
#include "sim/disk.h"
#include "sim/net/topology.h"
#include "sim/override.h"
#include "sim/profile.h"

namespace lockstep::sim {

enum class Transport : std::uint8_t { kDatagram, kStream };

// What travels, is lost and is resent as one packet; it carries a header for each MTU in it.
enum class Segmentation : std::uint8_t {
  kBytes,    // up to `segment` bytes, as segmentation offload hands them to the card; streams only
  kMtu,      // what one MTU carries
  kMessage,  // a whole message, if the window allows
};

// Congestion control of a stream: see transport.h.
enum class Congestion : std::uint8_t { kNone, kReno };

// How hosts of one class of pairs are connected.
struct LinkClass {
  Transport transport = Transport::kStream;
  Segmentation segmentation = Segmentation::kBytes;
  core::ByteCount segment;  // payload bytes at most, of kBytes
  // Of the fabric, where the scenario names no topology:
  core::Duration delay;   // one way, host to host
  core::Duration jitter;  // uniform in [0, jitter], drawn per packet
  Ratio loss;             // per packet
  // Of a stream:
  Congestion congestion = Congestion::kReno;
  std::int64_t pair_rate_bps = 0;   // for an ordered pair of hosts; 0: none
  core::ByteCount pair_burst;       // that may pass at once
  core::ByteCount window;           // sent and not yet read by the receiving host
  core::Duration retransmit_after;  // least retransmission timeout
};

struct NetworkSpec {
  LinkClass intra;
  LinkClass cross;
  core::ByteCount send_buffer;  // credit of each (node, peer)
  // What the scenario describes or imports; else the fabric of the two classes.
  std::optional<Topology> topology;
};

enum class FaultKind : std::uint8_t {
  kCrash,
  kSilent,
  kLieAck,
  kDrop,
  kNicStall,
  kPause,
  kFreeze,
  kSlowCpu,
  kClockStep,
  kClockOffset,
  kClockDrift,
  kClockSlew,
  kClockFreeze,
  kConnReset,
  kHalfOpen,
};
inline constexpr std::array<std::string_view, 15> kFaultNames = {
    "crash",       "silent",     "lie_ack",      "drop",       "nic_stall",
    "pause",       "freeze",     "slow_cpu",     "clock_step", "clock_offset",
    "clock_drift", "clock_slew", "clock_freeze", "conn_reset", "half_open"};
enum class LieMode : std::uint8_t { kInf, kZero, kLag };

// Which messages a fault is about; an empty part matches all.
struct MessageSelector {
  std::string type;                  // name in MessageFields, such as "picsou.batch"
  std::optional<std::uint64_t> seq;  // carries this k′
  std::optional<std::uint64_t> nth;  // the nth that matches otherwise, from 0
};

struct LinkSelector {
  std::vector<core::NodeId> src;  // empty: any
  std::vector<core::NodeId> dst;
  std::string link_class;  // "intra", "cross" or empty: any
};

// What is done to one clock of a host.
struct ClockChange {
  core::Clock clock = core::Clock::kWall;
  core::Duration by;     // of a step, an offset or a slew; negative: back
  std::int64_t ppb = 0;  // a drift, negative: slow; or how fast a slew goes
};

// Which directions of a card.
enum class CardSide : std::uint8_t { kBoth, kIn, kOut };

struct Fault {
  std::string id;
  FaultKind kind = FaultKind::kCrash;
  std::string pointer;                // JSON pointer of the entry, for messages
  std::vector<core::NodeId> targets;  // hosts; empty for link faults
  core::Instant at;
  core::Instant until = core::Instant::Max();
  std::uint64_t count = ~std::uint64_t{0};  // ends after so many effects
  Ratio probability{1, 1};
  core::Duration restart_after;  // of a crash; zero: never
  CrashState disk = CrashState::kKeep;
  LieMode lie = LieMode::kInf;
  std::uint64_t lag = 0;
  MessageSelector message;
  LinkSelector link;
  bool is_both_ways = false;        // the connections back as well
  CardSide side = CardSide::kBoth;  // of a card that stalls
  Ratio slowdown{1, 1};             // of a CPU: work costs so many times its price
  ClockChange clock;
  std::uint64_t expect_effect = 1;  // least number of effects; 0: none is fine

  // Spends the budget u (and r, where it lies); faults of network, clock and CPU spend none.
  bool spends_u() const {
    return kind == FaultKind::kCrash || kind == FaultKind::kSilent || kind == FaultKind::kLieAck;
  }
  bool spends_r() const { return kind == FaultKind::kLieAck; }
  // Acts on one message after the other, and so may be limited to some of them.
  bool is_of_messages() const {
    return kind == FaultKind::kSilent || kind == FaultKind::kLieAck || kind == FaultKind::kDrop;
  }
  // Happens at an instant, and has no end.
  bool is_moment() const { return kind == FaultKind::kClockStep || kind == FaultKind::kConnReset; }
};

struct Expectation {
  std::string verdict = "holds";
  std::string oracle;  // who must object, where the verdict is "violated"
  std::optional<std::uint64_t> premature_resends;  // most that are allowed
};

struct Scenario {
  // As run: after --set and --seed, and with the profile and the topology in place of their files'
  // names, so that it says all there is to say.
  nlohmann::json document;
  std::string path;  // of the file
  std::string name;
  std::string why;

  core::Instant end;      // run.for
  core::Instant warmup;   // measuring begins
  core::Duration period;  // between metrics
  std::uint64_t seed = 0;

  Profile profile;
  std::vector<core::Cluster> clusters;
  // stacks[c]: layers of cluster c's hosts from below, as the catalogue wants them, "like X"
  // resolved.
  std::vector<nlohmann::json> stacks;
  // stack_pointers[c]: where they stand in the document, for the catalogue's messages.
  std::vector<std::string> stack_pointers;
  NetworkSpec network;
  std::vector<Fault> faults;
  bool is_negative_control = false;
  core::Instant heal;     // faults that spend no budget end; default: the middle of the run
  core::Duration settle;  // time allowed after it; default: the rest of the run
  Expectation expect;
  // What was assumed where files that it imports say nothing; for people.
  std::vector<std::string> remarks;
};

// Reads and validates the scenario in `path`. Relative file names inside resolve against the
// nearest folder called "scenarios" above the file, else its own.
absl::StatusOr<Scenario> ReadScenario(const std::string& path,
                                      const std::vector<Override>& overrides);
// The same for a document, such as a trace's recipe, that stands in for the file `path`.
absl::StatusOr<Scenario> ReadScenarioDocument(nlohmann::json document, const std::string& path,
                                              const std::vector<Override>& overrides = {});

// What a file name inside the scenario `path` means. Kept as short as `path` was given, since it is
// shown in messages.
std::string ResolveName(const std::string& path, const std::string& name);

// The name of a host: cluster and index, such as "b3".
std::string HostName(const std::vector<core::Cluster>& clusters, core::NodeId node);

}  // namespace lockstep::sim
