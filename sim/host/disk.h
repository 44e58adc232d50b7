// The disk of one host: what Save and SaveSnapshot leave for the next life of its node.
//
// Writes are served in order. Those that a call lists in a row are a group: each takes its latency
// and its bytes, then one sync makes all of them durable at once. Until then they are in flight,
// and a crash decides what becomes of them. A snapshot is written beside what it replaces and
// takes its place when the group is durable, so it is there whole or not at all.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "protocols/core/bytes.h"
#include "protocols/core/ids.h"
#include "protocols/core/random.h"
#include "protocols/core/time.h"
#include "sim/profile.h"

namespace lockstep::sim {

// What a crash leaves of the disk.
enum class CrashState : std::uint8_t {
  kKeep,          // all that was written, also what was in flight
  kLoseUnsynced,  // all that was durable
  kTorn,          // besides that, some of what was in flight, oldest first, then a part of the next
  kAmnesia,       // nothing at all
};

class Disk {
 public:
  // What is wrong with a record or snapshot that was written, by which fault; it shows when it is
  // read.
  struct Harm {
    enum class What : std::uint8_t {
      kLost,         // it is not there
      kTorn,         // only its beginning is
      kRotten,       // a bit of it has flipped
      kUnsynced,     // it is lost with the power of the machine
      kMisdirected,  // it stands where the record before it of its layer stood
    };
    What what = What::kLost;
    std::size_t fault = 0;
    std::uint64_t draw = 0;  // that decides where
  };

  // `spec` outlives the disk; `random` is its own.
  Disk(const DiskSpec& spec, const core::Random& random) : spec_(spec), random_(random) {}

  struct Write {
    core::Layer layer;
    core::Bytes record;
    bool is_snapshot = false;
    std::optional<Harm> harm = {};
  };
  // Makes a write durable at once, as an instant disk does.
  void Keep(Write write);
  // Begins a group of writes, no earlier than what was begun before is done, which takes so much
  // longer than usual; says when it is durable.
  core::Instant Begin(core::Instant now, std::vector<Write> group, core::Duration longer = {});
  bool is_instant() const { return spec_.is_instant; }
  // What is due now has become durable: somebody has acted on it.
  void Settle(core::Instant now);
  // What is due at that instant and was not acted on is still in flight. Of a torn record a part is
  // kept whose length is uniform in [0, size): a prefix, and nothing where that is empty.
  void Crash(core::Instant now, CrashState state, bool is_power_lost = false);

  // Of all layers, oldest first; durable. Without so many of the newest; `harmed` gets the faults
  // because of which one is otherwise, or is not there.
  std::vector<core::Bytes> Records(std::uint64_t missing = 0,
                                   std::vector<std::size_t>* harmed = nullptr) const;
  std::uint64_t records() const { return saved_.size(); }

  // What is durable, to be put back later: what a virtual machine's image holds.
  struct Saved {
    core::Layer layer;
    core::Bytes record;
    std::optional<Harm> harm = {};
  };
  using Image = std::vector<Saved>;
  Image TakeImage(core::Instant now);
  // Of a host that is down. How many records that were there are not in it.
  std::uint64_t Restore(Image image);

 private:
  struct InFlight {
    core::Instant durable;
    Write write;
  };

  void Tear();
  // What is read of a record; nothing where it is lost.
  static std::optional<core::Bytes> ReadBack(const Saved& saved);

  const DiskSpec& spec_;
  core::Random random_;
  core::Instant free_;
  std::deque<InFlight> in_flight_;
  std::vector<Saved> saved_;
};

}  // namespace lockstep::sim
