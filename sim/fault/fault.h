// What breaks, as plain values: kinds, selectors, and one fault.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/core/ids.h"
#include "protocols/core/time.h"
#include "sim/chance/ratio.h"
#include "sim/host/disk.h"

namespace lockstep::sim {

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
  kLoss,
  kDelay,
  kReorder,
  kDuplicate,
  kRoundBreach,
};
inline constexpr std::array<std::string_view, 20> kFaultNames = {
    "crash",       "silent",     "lie_ack",      "drop",       "nic_stall",
    "pause",       "freeze",     "slow_cpu",     "clock_step", "clock_offset",
    "clock_drift", "clock_slew", "clock_freeze", "conn_reset", "half_open",
    "loss",        "delay",      "reorder",      "duplicate",  "round_breach"};
enum class LieMode : std::uint8_t { kInf, kZero, kLag };

// Which messages a fault is about; an empty part matches all.
struct MessageSelector {
  std::string type;                    // name in MessageFields, such as "picsou.batch"
  std::optional<std::uint64_t> seq;    // carries this k′
  std::optional<std::uint64_t> round;  // is of this round
  std::optional<std::uint64_t> nth;    // the nth that matches otherwise, from 0
};

struct LinkSelector {
  std::vector<core::NodeId> src;  // empty: any
  std::vector<core::NodeId> dst;
  std::string link_class;  // of kPairClassNames, or empty: any
};

// What is done to one clock of a host.
struct ClockChange {
  core::Clock clock = core::Clock::kWall;
  core::Duration by;     // of a step, an offset or a slew; negative: back
  std::int64_t ppb = 0;  // a drift, negative: slow; or how fast a slew goes
};

// How much later messages come, or packets: drawn evenly for each, both ends included.
struct Lateness {
  core::Duration min;
  core::Duration max;
};

// Copies of a message, each so long behind the one before.
struct Copies {
  std::uint32_t count = 0;
  core::Duration spacing;
};

// A message that is to come no sooner than `over_by` after the bound of its round, which is so long
// after its node said that it be sent.
struct Breach {
  core::Duration bound;
  core::Duration over_by;
};

// Before which of its effects a host crashes, counted from the beginning of the fault on.
enum class EffectClass : std::uint8_t { kAny, kSend, kSave, kNote };
struct CrashPoint {
  std::uint64_t nth = 0;  // before the nth that it is about to perform; 0: at once
  EffectClass of = EffectClass::kAny;
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
  bool is_of_machine = false;    // a crash: the machine answers nothing; else it refuses
  CrashState disk = CrashState::kKeep;
  CrashPoint crash_point;
  // A crash strikes only where, at that moment, its cluster can spare the host: see spare.h.
  bool is_within_budget = false;
  LieMode lie = LieMode::kInf;
  std::uint64_t lag = 0;
  MessageSelector message;
  LinkSelector link;
  Lateness late;  // of messages that are delayed
  Copies copies;
  Breach breach;
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
  // Acts on messages on their way, above the transport.
  bool is_on_the_way() const {
    return kind == FaultKind::kDrop || kind == FaultKind::kDelay || kind == FaultKind::kReorder ||
           kind == FaultKind::kDuplicate || kind == FaultKind::kRoundBreach;
  }
  // Changes when messages come, so that it wants a transport that keeps no order.
  bool wants_datagrams() const { return is_on_the_way() && kind != FaultKind::kDrop; }
  // Acts on one message or packet after the other, and so may be limited to some of them.
  bool is_of_messages() const {
    return kind == FaultKind::kSilent || kind == FaultKind::kLieAck || kind == FaultKind::kLoss ||
           is_on_the_way();
  }
  // A crash that waits for its moment.
  bool is_armed_crash() const { return kind == FaultKind::kCrash && crash_point.nth > 0; }
  // Happens at an instant, and has no end.
  bool is_moment() const { return kind == FaultKind::kClockStep || kind == FaultKind::kConnReset; }
};

}  // namespace lockstep::sim
