// The keys of a hardware profile: see profile_keys.h.

#include "sim/scenario/profile_keys.h"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"

#include "sim/scenario/distribution_json.h"
#include "sim/scenario/ratio_json.h"
#include "sim/scenario/sourced.h"

namespace lockstep::sim {
namespace {

using core::Duration;
using core::Key;
using core::Keys;
using core::Required;

constexpr std::uint64_t kQueueBytesMax = std::uint64_t{1} << 40;
constexpr std::uint64_t kPacketBytesMax = std::uint64_t{1} << 20;
constexpr std::uint64_t kDescriptorsMax = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t kDriftPpbMax = 100'000'000;  // A tenth: worse is no clock.
constexpr Duration kDay = Duration::Seconds(86'400);
// A time for each byte or unit, which is multiplied by many: what goes beyond this is no price, and
// might not fit 64 bits.
constexpr Duration kPerByteMost = Duration::Microseconds(1);
constexpr Duration kPerUnitMost = Duration::Seconds(1);

// --- Numbers with their source ---

void SourcedTime(Keys& keys, const Key& key, Duration& value, Duration max = Keys::kLongest,
                 std::string_view wanted = {}) {
  keys.Other(key, "sourced_time", [&] {
    Parameters number = Sourced(ParametersOf(keys), key.name);
    value = number.Time("value");
    if (number.ok() && value > max) number.FailWanted("value", wanted);
  });
}

void SourcedRate(Keys& keys, const Key& key, std::int64_t& value) {
  keys.Other(key, "sourced_rate",
             [&] { value = Sourced(ParametersOf(keys), key.name).Rate("value"); });
}

void SourcedSize(Keys& keys, const Key& key, core::ByteCount& value, core::Numbers range) {
  keys.Other(key, "sourced_size", [&] {
    Parameters number = Sourced(ParametersOf(keys), key.name);
    value = number.Size("value");
    const auto bytes = static_cast<std::uint64_t>(value.value());
    if (number.ok() && (bytes < range.min || bytes > range.max))
      number.FailWanted("value", absl::StrCat("a size from ", range.min, "B to ", range.max, "B"));
  });
}

void SourcedSpan(Keys& keys, const Key& key, Distribution& value) {
  keys.Other(key, "sourced_span", [&] {
    Parameters number = Sourced(ParametersOf(keys), key.name);
    value = ReadDistribution(number, "value");
  });
}

template <typename Whole>
void SourcedInteger(Keys& keys, const Key& key, const char* kind, Whole& value,
                    core::Numbers range) {
  keys.Other(key, kind, [&] {
    value = static_cast<Whole>(
        Sourced(ParametersOf(keys), key.name).Integer("value", range.min, range.max));
  });
}

// --- Parts ---

void DescribeBounds(Keys& keys, const Key& offset, const Key& drift, ClockBounds& bounds) {
  SourcedTime(keys, offset, bounds.offset_max, kDay, "a time of at most a day");
  SourcedInteger(keys, drift, "sourced_drift", bounds.drift_ppb_max, {0, kDriftPpbMax});
}

// Zero, or so long that a clock needs not look back over too many of them.
void ReadInterval(Keys& keys, ClockSpec& clocks) {
  constexpr Duration kIntervalMin = Duration::Microseconds(1);
  constexpr std::int64_t kOffsetInIntervals = 16;
  Parameters interval = Sourced(ParametersOf(keys), "sync_interval");
  clocks.sync_interval = interval.Time("value");
  if (!keys.ok() || clocks.sync_interval.ps() == 0) return;
  if (clocks.sync_interval < kIntervalMin ||
      clocks.sync_interval * kOffsetInIntervals < clocks.synced.offset_max)
    interval.FailWanted("value", absl::StrCat("zero (never), or a time of at least 1us and a ",
                                              kOffsetInIntervals, "th of \"synced_offset_max\""));
}

template <typename Spec>
KeyGroup GroupOf(const char* name, const char* pointer, const char* meaning) {
  KeyLister keys;
  Spec spec;
  Describe(keys, spec);
  return {name, pointer, meaning, keys.Take()};
}

}  // namespace

void Describe(Keys& keys, NicSpec& nic) {
  SourcedRate(keys, Required("rate", "Line rate, each way."), nic.rate_bps);
  SourcedSize(
      keys,
      Required("tx_queue", "Waiting to be sent or being sent, at most, in bytes on the wire."),
      nic.tx.bytes, {1, kQueueBytesMax});
  SourcedInteger(keys, {"tx_descriptors", "The same in packets.", false, "no bound"},
                 "sourced_count", nic.tx.descriptors, {1, kDescriptorsMax});
  SourcedSize(keys,
              Required("rx_queue",
                       "Datagrams from their arrival until the receive stage takes them, at most, "
                       "in bytes on the wire."),
              nic.rx.bytes, {1, kQueueBytesMax});
  SourcedInteger(keys, {"rx_descriptors", "The same in packets.", false, "no bound"},
                 "sourced_count", nic.rx.descriptors, {1, kDescriptorsMax});
  SourcedSize(keys, Required("mtu_payload", "Payload of one packet, at most."), nic.mtu_payload,
              {1, kPacketBytesMax});
  SourcedSize(keys, Required("header", "What each packet carries besides."), nic.header,
              {0, kPacketBytesMax});
  SourcedSpan(keys,
              {"tx_latency",
               "From the doorbell to the wire, for each packet; packets keep their "
               "order.",
               false, "none"},
              nic.tx_latency);
  SourcedSpan(keys,
              {"rx_latency", "From the wire to memory, for each packet; packets keep their order.",
               false, "none"},
              nic.rx_latency);
  SourcedTime(keys, {"dma_per_byte", "On top of both.", false, "none"}, nic.dma_per_byte,
              kPerByteMost, "a time of at most 1us for a byte");
  SourcedSpan(keys, {"poll_delay", "From memory until the receive stage looks.", false, "none"},
              nic.poll_delay);
  keys.Object({"limit", "A token bucket for all that leaves the card."}, [&](Keys& limit) {
    SourcedRate(limit, Required("rate", "On average."), nic.limit.rate_bps);
    SourcedSize(limit, Required("burst", "At once."), nic.limit.burst, {1, kQueueBytesMax});
  });
}

void Describe(Keys& keys, SwitchSpec& fabric) {
  static constexpr core::Option kForwarding[] = {{"store_and_forward", "once its last bit is in."},
                                                 {"cut_through", "once its header is."}};
  std::size_t forwarding = 0;
  keys.Choice(Required("forwarding", "When a packet may leave."), forwarding, kForwarding);
  fabric.is_cut_through = forwarding == 1;
  SourcedSpan(keys, {"latency", "Of each packet, from then on to the port.", false, "none"},
              fabric.latency);
  SourcedSize(keys, {"buffer", "Shared by all ports.", false, "unbounded"}, fabric.buffer,
              {1, kQueueBytesMax});
  SourcedSize(keys, {"port_queue", "Of each port.", false, "bounded by the buffer alone"},
              fabric.port_queue, {1, kQueueBytesMax});
}

void Describe(Keys& keys, WireSpec& wire) {
  SourcedTime(keys, {"delay", "Propagation.", false, "none"}, wire.delay);
  SourcedSpan(keys, {"jitter", "On top of it, for each packet.", false, "none"}, wire.jitter);
  SourcedTime(keys, {"fec", "Forward error correction.", false, "none"}, wire.fec);
  keys.Other({"loss", "Of each packet.", false, "none"}, "sourced_probability", [&] {
    Parameters loss = Sourced(ParametersOf(keys), "loss");
    wire.loss = ReadRatioOr(loss, "value", {0, 1});
    if (loss.Raw("value") == nullptr) loss.FailWanted("value", "a probability such as [1, 1000]");
  });
}

void Describe(Keys& keys, DiskSpec& disk) {
  SourcedSpan(keys, {"latency", "Of a write.", false, "none"}, disk.latency);
  SourcedRate(keys, {"bandwidth", "Of writes.", false, "unlimited"}, disk.bandwidth_bps);
  SourcedSpan(keys, {"sync", "Until what was written is durable.", false, "none"}, disk.sync);
}

void Describe(Keys& keys, Price& price) {
  const Key per_unit = {"per_unit", "Of each message, call, or unit of work.", false, "nothing"};
  keys.Other(per_unit, "sourced_span", [&] {
    Parameters number = Sourced(ParametersOf(keys), per_unit.name);
    price.per_unit = ReadDistribution(number, "value");
    if (number.ok() && price.per_unit.max() > kPerUnitMost)
      number.FailWanted("value", "a time of at most 1s for a unit");
  });
  SourcedTime(keys, {"per_byte", "Of each byte of it.", false, "nothing"}, price.per_byte,
              kPerByteMost, "a time of at most 1us for a byte");
}

void Describe(Keys& keys, ClockSpec& clocks) {
  DescribeBounds(keys,
                 Required("offset_max", "Of the monotonic and the wall clock, to either side."),
                 Required("drift_ppb_max", "The same, in parts per 10^9."), clocks.monotonic);
  clocks.wall = clocks.monotonic;
  DescribeBounds(keys, Required("synced_offset_max", "Of the synchronised clock."),
                 Required("synced_drift_ppb_max", "Of the synchronised clock."), clocks.synced);
  keys.Other({"sync_interval",
              "Between corrections of the synchronised clock, each of which draws its offset and "
              "drift anew. Zero: they are drawn once.",
              false, "0s"},
             "sourced_time", [&] { ReadInterval(keys, clocks); });
}

std::vector<KeyGroup> ListProfileKeys() {
  std::vector<KeyGroup> groups = {
      GroupOf<NicSpec>("nic", "/nic", "Network card. Queues are drop-tail, in bytes on the wire."),
      GroupOf<SwitchSpec>("switch", "/switch",
                          "The switches of a topology, where it says nothing else of them."),
      GroupOf<WireSpec>("wire", "/wire",
                        "The wires of a topology, each way, where it says nothing else of them."),
      GroupOf<Price>("price", "/messages/WHAT, /work/KIND",
                     "What a message, a call, or declared work costs."),
      GroupOf<DiskSpec>(
          "disk", "/disk",
          "Writes are served in order; those that a call lists in a row share a sync. "
          "Left out, all is durable at once."),
      GroupOf<ClockSpec>("clocks", "/clocks",
                         "Each host draws its clocks' errors within these bounds."),
  };
  for (KeyGroup& group : ListDistributionKeys()) groups.push_back(std::move(group));
  return groups;
}

}  // namespace lockstep::sim
