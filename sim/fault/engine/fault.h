// What breaks, as plain values: one fault of a scenario, and the table that says what its kind is.
//
// A kind is one file, sim/fault/NAME.cc. It defines
//
//   extern const FaultKind kNameFault = {.name = "name", ...};
//
// which the build finds by the file's name: `nic_stall.cc` defines kNicStallFault. What a scenario
// may say of it, its errors, the schema, the list of `lockstep list faults`, what the fuzzer draws
// and the shrinker tries all come from that table. What it does stands in the same file: see
// actor.h.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/numeric/int128.h"

#include "protocols/core/ids.h"
#include "protocols/core/keys.h"
#include "protocols/core/program.h"
#include "protocols/core/random.h"
#include "protocols/core/time.h"
#include "sim/chance/ratio.h"

namespace lockstep::sim {

struct WorldSpec;
struct FaultScene;
struct Fault;
struct ViewChange;  // views.h
class FaultActor;

// --- Selectors ---

// Which messages a fault is about; an empty part matches all.
struct MessageSelector {
  std::string type;                    // name in MessageFields, such as "picsou.batch"
  std::optional<std::uint64_t> seq;    // carries this k′
  std::optional<std::uint64_t> round;  // is of this round
  bool has_round = false;              // states a round, whichever
  std::string field;                   // path of a number that it has, such as "ack.cumulative"
  core::Numbers in;                    // and that is in this range
  std::optional<std::uint64_t> nth;    // the nth that matches otherwise, from 0
};

struct LinkSelector {
  std::vector<core::NodeId> src;  // empty: any
  std::vector<core::NodeId> dst;
  std::string link_class;  // of kPairClassNames, or empty: any
};

// What of a scenario a kind is told beside its own parameters, a bit each.
struct Takes {
  static constexpr std::uint32_t kTarget = 1;   // "target": hosts that it hits
  static constexpr std::uint32_t kLink = 2;     // "link": between which hosts
  static constexpr std::uint32_t kMessage = 4;  // "msg": which messages
};

// Where an actor is asked, a bit each.
struct Points {
  static constexpr std::uint32_t kSends = 1;       // what a node on a target wants sent
  static constexpr std::uint32_t kMessages = 2;    // messages on their way, above the transport
  static constexpr std::uint32_t kPackets = 4;     // packets as they come to their sender's card
  static constexpr std::uint32_t kEffects = 8;     // effects that are about to be performed
  static constexpr std::uint32_t kTimers = 16;     // timers that have expired
  static constexpr std::uint32_t kWrites = 32;     // writes that a disk is about to begin
  static constexpr std::uint32_t kCrashes = 64;    // hosts that are about to crash
  static constexpr std::uint32_t kLost = 128;      // packets and messages that are lost
  static constexpr std::uint32_t kSettings = 256;  // timers that a host is about to set
  static constexpr std::uint32_t kRecords = 512;   // records that are about to be written, or read
  static constexpr std::uint32_t kPorts = 1024;    // packets as they come to any port's queue
  static constexpr std::uint32_t kBoots = 2048;    // nodes that a target builds
  // It acts on one thing after the other, and so may be limited to some of them: "prob", "count".
  static constexpr std::uint32_t kEach = kSends | kMessages | kPackets;
};

// What a host that it hits counts as.
enum class Spends : std::uint8_t {
  kNothing,  // a fault of network, clock, machine or load: it ends by heal
  kU,        // one that fails
  kUAndR,    // one that fails, and lies
};

enum class Lasting : std::uint8_t {
  kSpan,    // from its beginning to its end
  kMoment,  // happens at an instant, and has no end
  kStays,   // begins, and never ends: who ends it is another, if anybody
};

// --- Activation ---

// Which effects of a host are counted.
enum class EffectClass : std::uint8_t { kAny, kSend, kSave, kNote };

// An event that a fault waits for: the nth that matches the rest, from 0.
struct EventPattern {
  std::vector<core::NodeId> hosts;     // where it happens; empty: anywhere
  std::string note;                    // a note of this kind, if it is not empty; else
  std::optional<EffectClass> effect;   // such an effect is performed; else
  std::string handed;                  // a message of this type is handed to the node
  std::optional<std::uint64_t> value;  // of the note, or one of its run
  std::uint64_t nth = 0;
  std::optional<std::uint64_t> nth_of_call;  // of the sends that one call lists, from 0
};

// When a fault begins and ends again, beside the instants between which it may.
struct Activation {
  core::Duration every;            // it begins again so long after it began; zero: it doesn't
  core::Duration poisson;          // the same, after a time drawn with this mean
  core::Duration lasts;            // each time; zero: until its end
  std::optional<EventPattern> on;  // it begins when such an event has happened, not at `at`
  bool is_repeated() const { return every.ps() > 0 || poisson.ps() > 0; }
};

// --- Parameters ---

// Reads names of hosts, where a kind has keys of its own that hold some. Errors are recorded.
class HostNames {
 public:
  virtual ~HostNames() = default;
  // The fault's own, for what is drawn before the run.
  virtual core::Random random() const = 0;
  virtual std::vector<core::NodeId> Hosts(core::Keys& keys, std::string_view key) const = 0;
  // A list of such lists.
  virtual std::vector<std::vector<core::NodeId>> Groups(core::Keys& keys,
                                                        std::string_view key) const = 0;
  // Of all clusters, in order.
  virtual std::vector<core::NodeId> Replicas() const = 0;
  // The replicas called so; null where there are none.
  virtual const core::Cluster* ClusterNamed(std::string_view name) const = 0;
  // A list of whole numbers from the range, as many as are wanted.
  virtual std::vector<std::uint32_t> Numbers(core::Keys& keys, std::string_view key,
                                             std::size_t wanted, core::Numbers range) const = 0;
};

// What is wrong with a fault in its scenario: about which of its parameters, and what.
struct Refusal {
  std::string_view key;
  std::string what;
};

// By how much a fault moves a clock of each target, at most, from an instant on: forth and back.
struct ClockMove {
  core::Instant at;
  core::Clock clock;
  absl::int128 forth;  // ps
  absl::int128 back;
  std::string_view key;  // that says it
};

// The longest that a fault keeps a message, and the key that says it.
struct LongestKept {
  absl::int128 ps = 0;
  std::string_view key;
};

// The parameters of one fault, as its kind describes them; none where it has none.
class FaultBody {
 public:
  virtual ~FaultBody() = default;

  // Walks over them; fields hold their defaults before. Selectors are not among them.
  virtual void Describe(core::Keys&, const HostNames&) {}
  // Those that say something about the whole fault; called once, when it was read.
  virtual void Complete(core::Keys&, const HostNames&, Fault&) {}

  virtual Lasting lasting(Lasting of_kind) const { return of_kind; }
  virtual std::uint32_t points(std::uint32_t of_kind) const { return of_kind; }
  // Why it makes no sense in a scenario that was read otherwise.
  virtual std::optional<Refusal> Refuse(const Fault&, const WorldSpec&) const { return {}; }
  // Sums that must stay within the range of a time.
  virtual std::vector<ClockMove> Moves(const Fault&, core::Instant /*end*/) const { return {}; }
  virtual LongestKept Kept() const { return {}; }
  // Whether it keeps its targets down at an instant, where that can be known before.
  virtual bool IsDownAt(const Fault&, core::Instant) const { return false; }
  // What it changes of who counts how much, and whose turn is which; null: nothing.
  virtual const ViewChange* view_change() const { return nullptr; }
  // A path of the program's message fields that it names, so that it can be checked; by "field".
  virtual std::string_view field() const { return {}; }
  // How many of its targets it hits, at most, where it chooses them while it runs; who that is, is
  // told when it is chosen.
  virtual std::optional<std::uint64_t> hits() const { return {}; }
  // Whether it strikes only whom its cluster can spare at that moment.
  virtual bool is_within_budget() const { return false; }
};

template <typename Body>
std::unique_ptr<FaultBody> MakeBody() {
  return std::make_unique<Body>();
}

// --- Kinds ---

struct FaultKind {
  std::string_view name;
  // Sentences: what it does; and what its receipt counts as changed.
  std::string_view meaning;
  std::string_view changed;
  std::string_view family;   // network, messages, connections, clocks, timers, hosts, disks, ...
  std::uint32_t takes = 0;   // Takes
  std::uint32_t points = 0;  // Points
  Spends spends = Spends::kNothing;
  Lasting lasting = Lasting::kSpan;
  // Hosts go down by it: a concurrent budget has them back when they have rejoined, and at one
  // instant it comes before faults that need hosts that are up.
  bool is_crash = false;
  // It acts also on what a host says to itself, which crosses no link.
  bool is_of_loopback = false;
  // It changes when messages come, and so wants a transport that keeps no order.
  bool wants_datagrams = false;
  // Its parameters, with their defaults.
  std::unique_ptr<FaultBody> (*body)() = MakeBody<FaultBody>;
  // What does it in one world, to which it is fault number `index`; see ActBy in actor.h.
  std::unique_ptr<FaultActor> (*act)(const FaultScene& scene, std::size_t index,
                                     const FaultBody& body) = nullptr;

  bool Has(std::uint32_t selector) const { return (takes & selector) != 0; }
  bool is_of_each() const { return (points & Points::kEach) != 0; }
};

// --- Faults ---

struct Fault {
  std::string id;
  const FaultKind* kind = nullptr;
  std::shared_ptr<const FaultBody> body;
  std::string pointer;  // JSON pointer of the entry, for messages

  // As far as its kind takes them.
  std::vector<core::NodeId> targets;
  LinkSelector link;
  MessageSelector message;

  core::Instant at;
  core::Instant until = core::Instant::Max();
  Activation activation;
  std::uint64_t count = ~std::uint64_t{0};  // ends after so many effects
  Ratio probability{1, 1};
  std::uint64_t expect_effect = 1;  // least number of effects; 0: none is fine

  bool spends_u() const { return kind->spends != Spends::kNothing; }
  bool spends_r() const { return kind->spends == Spends::kUAndR; }
  // Whether it hits only some of its targets, whom it chooses while it runs.
  bool chooses() const { return body->hits() && *body->hits() < targets.size(); }
  Lasting lasting() const { return body->lasting(kind->lasting); }
  bool is_moment() const { return lasting() == Lasting::kMoment; }
  bool ActsAt(std::uint32_t point) const { return (body->points(kind->points) & point) != 0; }
  // How often it begins by `end`, at most, where that is known.
  absl::int128 BeginsBy(core::Instant end) const {
    if (activation.every.ps() == 0) return 1;
    return 1 + absl::int128(((until < end ? until : end) - at).ps()) / activation.every.ps();
  }
  // When it ends, if it begins at `begun`.
  core::Instant EndOf(core::Instant begun) const {
    const core::Duration lasts = activation.lasts;
    if (lasts.ps() == 0 || lasts > core::Instant::Max() - begun) return until;
    return begun + lasts < until ? begun + lasts : until;
  }
};

}  // namespace lockstep::sim
