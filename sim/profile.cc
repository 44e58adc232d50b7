// What a machine costs: NIC, stages and prices, clocks. Read from JSON, each number with its
// source.

#include "sim/profile.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "absl/strings/str_cat.h"

#include "sim/clock_json.h"

namespace lockstep::sim {
namespace {

constexpr std::int64_t kQueueBytesMax = std::int64_t{1} << 40;
constexpr std::int64_t kPacketBytesMax = std::int64_t{1} << 20;
constexpr std::size_t kStagesMax = 16;

// The object {"value": ..., "source": ...} of a number; the source is wanted, but not kept.
Parameters Sourced(Parameters& parent, std::string_view key) {
  Parameters number = parent.Object(key);
  number.String("source");
  return number;
}

core::Duration SourcedTime(Parameters& parent, std::string_view key) {
  return Sourced(parent, key).Time("value");
}

core::ByteCount SourcedSize(Parameters& parent, std::string_view key, std::int64_t min,
                            std::int64_t max) {
  Parameters number = Sourced(parent, key);
  const core::ByteCount size = number.Size("value");
  if (number.ok() && (size.value() < min || size.value() > max))
    number.FailWanted("value", absl::StrCat("a size from ", min, "B to ", max, "B"));
  return size;
}

// A price that is left out is nothing.
core::Duration PriceOr0(Parameters& parent, std::string_view key) {
  if (!parent.Has(key)) return {};
  return SourcedTime(parent, key);
}

void ReadNic(Parameters nic, Profile& profile) {
  profile.nic.rate_bps = Sourced(nic, "rate").Rate("value");
  profile.nic.tx.bytes = SourcedSize(nic, "tx_queue", 1, kQueueBytesMax);
  profile.nic.rx.bytes = SourcedSize(nic, "rx_queue", 1, kQueueBytesMax);
  profile.fabric.port_queue = profile.nic.rx.bytes;
  profile.nic.mtu_payload = SourcedSize(nic, "mtu_payload", 1, kPacketBytesMax);
  profile.nic.header = SourcedSize(nic, "header", 0, kPacketBytesMax);
}

void ReadStages(Parameters& parameters, Profile& profile) {
  const nlohmann::json* stages = parameters.Raw("stages");
  const bool is_array = stages != nullptr && stages->is_array();
  if (is_array && stages->size() <= kStagesMax)
    for (const nlohmann::json& stage : *stages)
      profile.stages.push_back(stage.is_string() ? stage.get<std::string>() : "");
  const std::vector<std::string> first = {"receive", "protocol", "send"};
  if (profile.stages.size() < first.size() ||
      !std::equal(first.begin(), first.end(), profile.stages.begin())) {
    parameters.FailWanted("stages",
                          "an array of at most 16 names that begins with \"receive\", "
                          "\"protocol\", \"send\"");
    return;
  }
  for (std::size_t i = 0; i < profile.stages.size(); ++i) {
    const auto same = std::count(profile.stages.begin(), profile.stages.end(), profile.stages[i]);
    if (profile.stages[i].empty() || same > 1)
      parameters.Fail("stages", absl::StrCat("want names that differ; look at number ", i));
  }
}

Price ReadPrice(Parameters price, std::size_t stage) {
  return {stage, PriceOr0(price, "per_unit"), PriceOr0(price, "per_byte")};
}

Price ReadMessagePrice(Parameters& messages, std::string_view key, std::size_t stage) {
  std::optional<Parameters> price = messages.ObjectOr(key);
  return price.has_value() ? ReadPrice(*price, stage) : Price{stage, {}, {}};
}

// Kinds of work that are left out cost nothing.
void ReadWork(Parameters& parameters, Profile& profile) {
  std::optional<Parameters> work = parameters.ObjectOr("work");
  const std::vector<std::string_view> stages(profile.stages.begin(), profile.stages.end());
  for (std::size_t kind = 0; kind < core::kWorkNames.size(); ++kind) {
    profile.prices[kind].stage = Profile::kProtocolStage;
    if (!work.has_value()) continue;
    std::optional<Parameters> price = work->ObjectOr(core::kWorkNames[kind]);
    if (!price.has_value()) continue;
    profile.prices[kind] = ReadPrice(*price, price->Choice("stage", stages));
  }
}

}  // namespace

absl::StatusOr<Profile> ReadProfile(const Parameters& parameters) {
  Parameters reader = parameters;  // The same object: copies share what is known.
  Profile profile;
  reader.StringOr("$schema", "");
  profile.name = reader.String("name");
  reader.StringOr("about", "");
  ReadNic(reader.Object("nic"), profile);
  ReadStages(reader, profile);
  std::optional<Parameters> messages = reader.ObjectOr("messages");
  if (messages.has_value()) {
    profile.receive_message = ReadMessagePrice(*messages, "receive", Profile::kReceiveStage);
    profile.send_message = ReadMessagePrice(*messages, "send", Profile::kSendStage);
    profile.call = ReadMessagePrice(*messages, "call", Profile::kProtocolStage);
  } else {
    profile.receive_message.stage = Profile::kReceiveStage;
    profile.send_message.stage = Profile::kSendStage;
    profile.call.stage = Profile::kProtocolStage;
  }
  ReadWork(reader, profile);
  ReadClocks(reader.Object("clocks"), profile.clocks);
  if (const absl::Status status = reader.Done(); !status.ok()) return status;
  return profile;
}

}  // namespace lockstep::sim
