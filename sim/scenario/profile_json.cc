// Reading what a machine costs: see profile.h.

#include "sim/scenario/profile_json.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"

#include "protocols/parameters/key_reader.h"
#include "sim/scenario/distribution_json.h"
#include "sim/scenario/profile_keys.h"
#include "sim/scenario/sourced.h"

namespace lockstep::sim {
namespace {

constexpr std::size_t kStagesMax = 16;
constexpr std::uint64_t kStageQueueMax = std::uint64_t{1} << 20;
constexpr std::uint64_t kStallsMax = 1'000'000;  // per second

// Numbers that are left out are nothing.
Distribution SpanOr0(Parameters& parent, std::string_view key) {
  if (!parent.Has(key)) return Distribution();
  Parameters number = Sourced(parent, key);
  return ReadDistribution(number, "value");
}
std::uint64_t IntegerOr0(Parameters& parent, std::string_view key, std::uint64_t max) {
  return parent.Has(key) ? Sourced(parent, key).Integer("value", 1, max) : 0;
}

// What is described of a part of a profile, from its object; nothing where it is left out.
template <typename Spec>
bool ReadPart(Parameters& profile, std::string_view key, Spec& spec) {
  std::optional<Parameters> reader = profile.ObjectOr(key);
  if (!reader.has_value()) return false;
  KeyReader keys(*reader);
  Describe(keys, spec);
  return true;
}

// --- Stages ---

// The core of that name, which is added where it is new.
std::size_t CoreCalled(const std::string& name, Profile& profile) {
  const auto found = std::find(profile.cores.begin(), profile.cores.end(), name);
  const auto index = static_cast<std::size_t>(found - profile.cores.begin());
  if (found == profile.cores.end()) profile.cores.push_back(name);
  return index;
}

// The names of the stages, which stand alone or in objects.
std::vector<std::string> ReadStageNames(Parameters& profile, std::vector<Parameters>& entries) {
  const nlohmann::json* stages = profile.Raw("stages");
  std::vector<std::string> names;
  if (stages == nullptr || !stages->is_array() || stages->size() > kStagesMax) return names;
  if (!stages->empty() && stages->front().is_object()) {
    entries = profile.ObjectsOr("stages");
    for (Parameters& entry : entries) names.push_back(entry.String("name"));
    return names;
  }
  for (const nlohmann::json& stage : *stages)
    names.push_back(stage.is_string() ? stage.get<std::string>() : "");
  return names;
}

// What an object says of its stage; the first three stand fast.
void ReadStage(Parameters& entry, std::size_t index, const std::vector<std::string_view>& names,
               Profile& profile) {
  StageSpec& stage = profile.stages[index];
  stage.core = CoreCalled(entry.StringOr("core", stage.name), profile);
  for (const std::string_view key : {"after", "queue", "hand_off"}) entry.Has(key);
  // The wire feeds it, and the card's ring bounds what waits: both are the card's to say.
  if (index == Profile::kReceiveStage) return;
  stage.feeder = entry.ChoiceOr("after", stage.feeder, names);
  if (index == Profile::kProtocolStage && stage.feeder != Profile::kReceiveStage)
    entry.FailWanted("after", "\"receive\", which feeds the protocol stage");
  stage.queue = static_cast<std::uint32_t>(IntegerOr0(entry, "queue", kStageQueueMax));
  stage.hand_off = SpanOr0(entry, "hand_off");
}

// Follows the feeders from each stage; `receive` alone feeds itself.
void RefuseCycles(std::vector<Parameters>& entries, const Profile& profile) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    std::size_t at = i;
    for (std::size_t hops = 0; hops <= entries.size(); ++hops) at = profile.stages[at].feeder;
    if (at != Profile::kReceiveStage)
      entries[i].Fail("after", "is fed by itself in the end; want a way back to \"receive\"");
  }
}

void ReadStages(Parameters& parameters, Profile& profile) {
  std::vector<Parameters> entries;
  const std::vector<std::string> names = ReadStageNames(parameters, entries);
  const std::vector<std::string> first = {"receive", "protocol", "send"};
  if (names.size() < first.size() || !std::equal(first.begin(), first.end(), names.begin())) {
    parameters.FailWanted("stages",
                          "an array of at most 16 names that begins with \"receive\", "
                          "\"protocol\", \"send\", or of objects with these names");
    return;
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto same = std::count(names.begin(), names.end(), names[i]);
    if (!names[i].empty() && same == 1) continue;
    if (entries.empty())
      parameters.Fail("stages", absl::StrCat("want names that differ; look at number ", i));
    else
      entries[i].FailWanted("name", "a name that no other stage has");
  }
  if (!parameters.ok()) return;
  for (const std::string& name : names) profile.AddStage(name);
  if (entries.empty()) return;
  profile.cores.clear();
  const std::vector<std::string_view> choices(names.begin(), names.end());
  for (std::size_t i = 0; i < entries.size(); ++i) ReadStage(entries[i], i, choices, profile);
  RefuseCycles(entries, profile);
}

// --- Prices ---

Price ReadPrice(Parameters reader, std::size_t stage) {
  Price price{stage, Distribution(), {}};
  KeyReader keys(reader);
  Describe(keys, price);
  return price;
}

Price ReadMessagePrice(std::optional<Parameters>& messages, std::string_view key,
                       std::size_t stage) {
  std::optional<Parameters> price;
  if (messages.has_value()) price = messages->ObjectOr(key);
  return price.has_value() ? ReadPrice(*price, stage) : Price{stage, Distribution(), {}};
}

// Each kind of work is bound to a stage, by its name or by "rest".
void ReadWork(Parameters& parameters, Profile& profile) {
  Parameters work = parameters.Object("work");
  if (!parameters.ok()) return;
  std::vector<std::string_view> stages;
  for (const StageSpec& stage : profile.stages) stages.push_back(stage.name);
  std::optional<Parameters> rest = work.ObjectOr("rest");
  Price of_rest;
  if (rest.has_value()) of_rest = ReadPrice(*rest, rest->Choice("stage", stages));
  for (std::size_t kind = 0; kind < core::kWorkNames.size(); ++kind) {
    std::optional<Parameters> price = work.ObjectOr(core::kWorkNames[kind]);
    profile.prices[kind] =
        price.has_value() ? ReadPrice(*price, price->Choice("stage", stages)) : of_rest;
    if (!price.has_value() && !rest.has_value())
      work.Fail("", absl::StrCat("the kind \"", std::string(core::kWorkNames[kind]),
                                 "\" is bound to no stage; name it or add \"rest\""));
  }
}

// --- Noise and disk ---

// A class whose stalls would leave the core less than half of its time is refused: the model has no
// end to a stall that always meets the next.
NoiseSpec ReadNoiseClass(Parameters reader) {
  for (const std::string_view key : {"per_second", "duration"}) reader.Has(key);
  if (!reader.Has("per_second") && !reader.Has("duration")) return {};
  const std::uint64_t per_second = Sourced(reader, "per_second").Integer("value", 1, kStallsMax);
  Parameters duration = Sourced(reader, "duration");
  const Distribution lasts = ReadDistribution(duration, "value");
  if (!reader.ok()) return {};
  const std::int64_t gap_ps =
      core::Duration::Seconds(1).ps() / static_cast<std::int64_t>(per_second);
  if (lasts.mean().ps() > gap_ps / 2)
    reader.Fail("duration", "want stalls that take less than half of the core's time");
  return {per_second, lasts};
}

NoiseSpec ReadNoise(Parameters& profile) {
  NoiseSpec used;
  std::optional<Parameters> reader = profile.ObjectOr("noise");
  if (!reader.has_value()) return used;
  Parameters classes = reader->Object("classes");
  const std::vector<std::string> names = classes.keys();
  if (names.empty()) {
    reader->FailWanted("classes", "at least one class, such as \"none\": {}");
    return used;
  }
  const std::vector<std::string_view> choices(names.begin(), names.end());
  const std::size_t use = reader->Choice("use", choices);
  for (std::size_t i = 0; i < names.size(); ++i) {
    NoiseSpec noise = ReadNoiseClass(classes.Object(names[i]));
    if (i == use) used = std::move(noise);
  }
  return used;
}

}  // namespace

void Profile::AddStage(const std::string& stage) {
  StageSpec spec;
  spec.name = stage;
  spec.core = cores.size();
  spec.feeder = stages.size() < 2 ? kReceiveStage : kProtocolStage;
  cores.push_back(stage);
  stages.push_back(std::move(spec));
}

namespace {

// A queue that holds no packet would drop all of them.
void CheckQueues(Parameters& reader, const Profile& profile) {
  if (!reader.ok()) return;
  const core::ByteCount packet = profile.nic.mtu_payload + profile.nic.header;
  const auto check = [&](std::string_view part, std::string_view key, core::ByteCount bytes) {
    if (bytes.value() == 0 || bytes >= packet) return;
    reader.Object(part).Object(key).FailWanted(
        "value",
        absl::StrCat("room for a packet of mtu_payload and header, ", packet.value(), "B"));
  };
  check("nic", "tx_queue", profile.nic.tx.bytes);
  check("nic", "rx_queue", profile.nic.rx.bytes);
  check("switch", "port_queue", profile.fabric.port_queue);
  check("switch", "buffer", profile.fabric.buffer);
}

}  // namespace

absl::StatusOr<Profile> ReadProfile(const Parameters& parameters) {
  Parameters reader = parameters;  // The same object: copies share what is known.
  Profile profile;
  reader.StringOr("$schema", "");
  profile.name = reader.String("name");
  reader.StringOr("about", "");
  reader.Object("nic");
  ReadPart(reader, "nic", profile.nic);
  ReadPart(reader, "switch", profile.fabric);
  ReadPart(reader, "wire", profile.wire);
  ReadStages(reader, profile);
  std::optional<Parameters> messages = reader.ObjectOr("messages");
  profile.receive_message = ReadMessagePrice(messages, "receive", Profile::kReceiveStage);
  profile.send_message = ReadMessagePrice(messages, "send", Profile::kSendStage);
  profile.call = ReadMessagePrice(messages, "call", Profile::kProtocolStage);
  ReadWork(reader, profile);
  profile.noise = ReadNoise(reader);
  profile.disk.is_instant = !ReadPart(reader, "disk", profile.disk);
  CheckQueues(reader, profile);
  const nlohmann::json* network = reader.Raw("network");
  if (network != nullptr && !network->is_object()) reader.FailWanted("network", "an object");
  reader.Object("clocks");
  ReadPart(reader, "clocks", profile.clocks);
  if (const absl::Status status = reader.Done(); !status.ok()) return status;
  return profile;
}

}  // namespace lockstep::sim
