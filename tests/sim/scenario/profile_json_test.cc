// Reading hardware profiles: every number with its source.

#include "sim/scenario/profile_json.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "protocols/parameters/parameters.h"

#undef CHECK  // Ours aborts; doctest's counts.
#include "doctest/doctest.h"

namespace lockstep::sim {
namespace {

using nlohmann::json;

constexpr const char* kProfile = "scenarios/profiles/gcp-c2-standard-8.json";

core::Duration Nanoseconds10(std::int64_t tenths) {
  return core::Duration::Picoseconds(tenths * 100);
}

const Price& PriceOf(const Profile& profile, core::Work work) {
  return profile.prices[static_cast<std::size_t>(work)];
}

core::Duration UnitOf(const Profile& profile, core::Work work) {
  const Distribution& per_unit = PriceOf(profile, work).per_unit;
  CHECK(per_unit.is_constant());
  return per_unit.min();
}

// What is said about the published profile once one place is changed; a null takes the key away.
std::string ErrorOf(const std::string& parent, const std::string& key, const json& value) {
  json document = ReadJsonFile(kProfile).value();
  json& place = document[json::json_pointer(parent)];
  if (value.is_null()) {
    place.erase(key);
  } else {
    place[key] = value;
  }
  const absl::StatusOr<Profile> profile = ReadProfile(Parameters(document, "p.json", ""));
  return profile.ok() ? "none" : std::string(profile.status().message());
}

TEST_CASE("profile: the published machine is read to the picosecond") {
  const json document = ReadJsonFile(kProfile).value();
  const absl::StatusOr<Profile> profile = ReadProfile(Parameters(document, kProfile, ""));
  REQUIRE_MESSAGE(profile.ok(), std::string(profile.status().message()));
  CHECK(profile->nic.rate_bps == 15'000'000'000);
  CHECK(profile->nic.mtu_payload == core::ByteCount(1'408));
  CHECK(profile->nic.header == core::ByteCount(52));
  REQUIRE(profile->stages.size() == 3);
  CHECK(UnitOf(*profile, core::Work::kReceive) == Nanoseconds10(812));
  CHECK(PriceOf(*profile, core::Work::kReceive).stage == Profile::kReceiveStage);
  CHECK(UnitOf(*profile, core::Work::kSkip) == Nanoseconds10(382));
  CHECK(UnitOf(*profile, core::Work::kSend) == Nanoseconds10(1'963));
  CHECK(PriceOf(*profile, core::Work::kSend).stage == Profile::kSendStage);
  CHECK(UnitOf(*profile, core::Work::kBookkeep) == Nanoseconds10(945));
  CHECK(UnitOf(*profile, core::Work::kHash) == core::Duration());
  CHECK(PriceOf(*profile, core::Work::kHash).stage == Profile::kProtocolStage);
  CHECK(profile->fabric.port_queue == core::ByteCount(64 << 20));
  CHECK_FALSE(profile->fabric.is_cut_through);
  CHECK(profile->noise.per_second == 10);
  CHECK(profile->disk.is_instant);
  CHECK(profile->send_message.stage == Profile::kSendStage);
  CHECK(profile->clocks.monotonic.drift_ppb_max == 10'000);
  CHECK(profile->clocks.wall.drift_ppb_max == 10'000);
  CHECK(profile->clocks.sync_interval == core::Duration());
}

TEST_CASE("profile: its prices follow from the published throughputs") {
  const auto ps = [](std::int64_t messages_per_second) {
    return 1'000'000'000'000 / messages_per_second;
  };
  const json document = ReadJsonFile(kProfile).value();
  const Profile profile = ReadProfile(Parameters(document, kProfile, "")).value();
  const auto near = [](std::int64_t got, std::int64_t wanted) {
    return got >= wanted - 100 && got <= wanted + 100;  // 0.1 ns
  };
  // All-to-all, 100 B, n = 10: one thread receives n copies of each message.
  CHECK(near(UnitOf(profile, core::Work::kReceive).ps(), ps(1'231'317 * 10)));
  // One-shot: each replica walks N numbers, sends one in n and skips the rest.
  const std::int64_t at4 = 4 * ps(12'866'093);    // send + 3 skip
  const std::int64_t at10 = 10 * ps(18'513'127);  // send + 9 skip
  CHECK(near(UnitOf(profile, core::Work::kSkip).ps(), (at10 - at4) / 6));
  CHECK(near(UnitOf(profile, core::Work::kSend).ps(), at4 - (at10 - at4) / 2));
  // Picsou, n = 4: each number is received once and kept account of.
  CHECK(
      near(UnitOf(profile, core::Work::kBookkeep).ps() + UnitOf(profile, core::Work::kReceive).ps(),
           ps(5'691'942)));
}

TEST_CASE("profile: every number needs a source") {
  CHECK(ErrorOf("/nic/rate", "source", nullptr) ==
        "p.json: /nic/rate/source: is missing; want a text that is not empty");
  CHECK(ErrorOf("/nic/rate", "source", "") ==
        "p.json: /nic/rate/source: want a text that is not empty, not \"\"");
  CHECK(ErrorOf("/nic", "rate", "15Gbps") == "p.json: /nic/rate: want an object, not \"15Gbps\"");
  CHECK(ErrorOf("/work/send/per_unit", "source", 7) ==
        "p.json: /work/send/per_unit/source: want a text that is not empty, not 7");
  CHECK(ErrorOf("/clocks", "offset_max", nullptr) ==
        "p.json: /clocks/offset_max: is missing; want an object");
}

TEST_CASE("profile: an interval of corrections is optional, and suits the offsets it corrects") {
  const auto interval = [](const json& value) {
    return ErrorOf("/clocks", "sync_interval", {{"value", value}, {"source", "a test"}});
  };
  CHECK(interval("1s") == "none");
  CHECK(interval("0s") == "none");
  CHECK(interval("999ns").find("p.json: /clocks/sync_interval/value: want zero (never), or") == 0);
  CHECK(interval(7).find("p.json: /clocks/sync_interval/value: want a time") == 0);
  CHECK(ErrorOf("/clocks", "sync_interval", "1s").find("want an object") > 0);
  CHECK(ErrorOf("/clocks/synced_offset_max", "value", "86401s").find("at most a day") > 0);
}

// A number with its source.
json Sourced(const json& value) { return {{"value", value}, {"source", "a test"}}; }

// The first three stages, and what is said of more or of them.
json Stages(const std::vector<json>& more) {
  json stages = {{{"name", "receive"}}, {{"name", "protocol"}}, {{"name", "send"}}};
  for (const json& stage : more) {
    const auto same = std::find_if(stages.begin(), stages.end(), [&](const json& each) {
      return each["name"] == stage.value("name", "");
    });
    if (same == stages.end()) {
      stages.push_back(stage);
    } else {
      *same = stage;
    }
  }
  return stages;
}

std::string StagesError(const std::vector<json>& more) {
  return ErrorOf("", "stages", Stages(more));
}

// The published profile, changed by a merge patch.
Profile Changed(const json& patch) {
  json document = ReadJsonFile(kProfile).value();
  document.merge_patch(patch);
  const absl::StatusOr<Profile> profile = ReadProfile(Parameters(document, "p.json", ""));
  REQUIRE_MESSAGE(profile.ok(), std::string(profile.status().message()));
  return *profile;
}

TEST_CASE("profile: every one that is shipped is read, and names no place of one machine") {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("scenarios/profiles")) {
    const std::string file = entry.path().generic_string();
    CAPTURE(file);
    const json document = ReadJsonFile(file).value();
    const absl::StatusOr<Profile> profile = ReadProfile(Parameters(document, file, ""));
    REQUIRE_MESSAGE(profile.ok(), std::string(profile.status().message()));
    CHECK(profile->name == entry.path().stem().string());
    CHECK(profile->noise.per_second > 0);
    CHECK(document.dump().find(".md") == std::string::npos);
    ++count;
  }
  CHECK(count >= 5);
}

TEST_CASE("profile: a queue that holds no packet, and a price that is none, are refused") {
  const json small = {{"value", "100B"}, {"source", "a test"}};
  CHECK(ErrorOf("/nic", "tx_queue", small).find("p.json: /nic/tx_queue/value: want room for a") ==
        0);
  CHECK(ErrorOf("/nic", "rx_queue", small).find("p.json: /nic/rx_queue/value: want room for a") ==
        0);
  const json slow = {{"value", "2us"}, {"source", "a test"}};
  CHECK(ErrorOf("/nic", "dma_per_byte", slow) ==
        "p.json: /nic/dma_per_byte/value: want a time of at most 1us for a byte, not \"2us\"");
  const json slower = {{"value", "2s"}, {"source", "a test"}};
  CHECK(ErrorOf("/work/send", "per_unit", slower) ==
        "p.json: /work/send/per_unit/value: want a time of at most 1s for a unit, not \"2s\"");
}

TEST_CASE("profile: an unknown kind of work or stage is refused") {
  CHECK(ErrorOf("/work", "recieve", json::object())
            .find("p.json: /work/recieve: unknown key; did you mean \"receive\"?") == 0);
  CHECK(ErrorOf("/work/send", "stage", "sned") ==
        "p.json: /work/send/stage: want \"receive\", \"protocol\" or \"send\", not \"sned\"");
  CHECK(ErrorOf("/work/rest", "stage", "log").find("p.json: /work/rest/stage: want") == 0);
  CHECK(ErrorOf("", "stages", {"send", "receive", "protocol"}).find("p.json: /stages: want") == 0);
  CHECK(ErrorOf("", "stages", {"receive", "protocol", "send", "send"})
            .find("p.json: /stages: want") == 0);
  CHECK(ErrorOf("", "stages", {"receive", "protocol", "send", "log"}) == "none");
}

TEST_CASE("profile: each kind of work is bound to a stage, by its name or by the rest") {
  CHECK(ErrorOf("/work", "rest", nullptr) ==
        "p.json: /work: the kind \"broadcast\" is bound to no stage; name it or add \"rest\"");
  CHECK(ErrorOf("", "work", nullptr) == "p.json: /work: is missing; want an object");
  const Profile profile = Changed({{"work", {{"rest", {{"per_byte", Sourced("5ps")}}}}}});
  CHECK(PriceOf(profile, core::Work::kSign).per_byte == core::Duration::Picoseconds(5));
  CHECK(PriceOf(profile, core::Work::kSend).per_byte == core::Duration());
}

TEST_CASE("profile: stages say who feeds them, on which core, and how much may wait") {
  const json log = {{"name", "log"}, {"queue", Sourced(7)}, {"hand_off", Sourced("80ns")}};
  const json apply = {{"name", "apply"}, {"after", "log"}, {"core", "log"}};
  const Profile profile =
      Changed({{"stages", Stages({{{"name", "send"}, {"core", "protocol"}}, apply, log})}});
  REQUIRE(profile.stages.size() == 5);
  CHECK(profile.cores == std::vector<std::string>{"receive", "protocol", "log"});
  CHECK(profile.stages[0].feeder == 0);
  CHECK(profile.stages[1].feeder == 0);
  CHECK(profile.stages[2].feeder == 1);
  CHECK(profile.stages[2].core == 1);
  CHECK(profile.stages[3].name == "apply");
  CHECK(profile.stages[3].feeder == 4);
  CHECK(profile.stages[3].core == 2);
  CHECK(profile.stages[3].queue == 0);
  CHECK(profile.stages[4].feeder == 1);
  CHECK(profile.stages[4].core == 2);
  CHECK(profile.stages[4].queue == 7);
  CHECK(profile.stages[4].hand_off.min() == core::Duration::Nanoseconds(80));
}

TEST_CASE("profile: stages that cannot be are refused where they stand") {
  CHECK(StagesError({{{"name", "log"}, {"after", "lgo"}}}).find("p.json: /stages/3/after: want") ==
        0);
  CHECK(StagesError({{{"name", "x"}, {"after", "y"}}, {{"name", "y"}, {"after", "x"}}}) ==
        "p.json: /stages/3/after: is fed by itself in the end; want a way back to \"receive\"");
  CHECK(StagesError({{{"name", "protocol"}, {"after", "send"}}})
            .find("p.json: /stages/1/after: want \"receive\"") == 0);
  CHECK(StagesError({{{"name", "receive"}, {"queue", Sourced(3)}}}) ==
        "p.json: /stages/0/queue: has no meaning here");
  CHECK(StagesError({{{"name", "log"}, {"queue", Sourced(0)}}})
            .find("p.json: /stages/3/queue/value: want a whole number from 1") == 0);
  CHECK(StagesError({{{"name", "log"}, {"queue", 3}}}) ==
        "p.json: /stages/3/queue: want an object, not 3");
  CHECK(StagesError({{{"nmae", "log"}}}).find("p.json: /stages/3/nmae: unknown key") == 0);
  json twice = Stages({{{"name", "log"}}});
  twice.push_back({{"name", "log"}});
  CHECK(ErrorOf("", "stages", twice) ==
        "p.json: /stages/3/name: want a name that no other stage has, not \"log\"");
}

TEST_CASE("profile: card, switch and wire say more where they can") {
  const Profile profile = Changed({
      {"nic",
       {{"tx_descriptors", Sourced(9)},
        {"rx_latency", Sourced({{"constant", "330ns"}})},
        {"poll_delay", Sourced({{"uniform", {{"from", "10ns"}, {"to", "40ns"}}}})},
        {"dma_per_byte", Sourced("20ps")},
        {"limit", {{"rate", Sourced("1Gbps")}, {"burst", Sourced("1MB")}}}}},
      {"switch", {{"forwarding", "cut_through"}, {"buffer", Sourced("16MB")}}},
      {"wire", {{"fec", Sourced("90ns")}, {"loss", Sourced({1, 1000})}}},
  });
  CHECK(profile.nic.tx.descriptors == 9);
  CHECK(profile.nic.rx.descriptors == 0);
  CHECK(profile.nic.rx_latency.min() == core::Duration::Nanoseconds(330));
  CHECK(profile.nic.poll_delay.min() == core::Duration::Nanoseconds(10));
  CHECK_FALSE(profile.nic.poll_delay.is_constant());
  CHECK(profile.nic.dma_per_byte == core::Duration::Picoseconds(20));
  CHECK(profile.nic.limit.rate_bps == 1'000'000'000);
  CHECK(profile.nic.limit.burst == core::ByteCount(1'000'000));
  CHECK(profile.fabric.is_cut_through);
  CHECK(profile.fabric.buffer == core::ByteCount(16'000'000));
  CHECK(profile.wire.fec == core::Duration::Nanoseconds(90));
  CHECK(profile.wire.loss.denominator == 1'000);
  CHECK(ErrorOf("", "wire", {{"loss", Sourced({2, 1})}}).find("p.json: /wire/loss/value: want") ==
        0);
  CHECK(ErrorOf("", "wire", {{"loss", {{"source", "a test"}}}})
            .find("p.json: /wire/loss/value: is missing") == 0);
  CHECK(ErrorOf("/switch", "forwarding", "fast")
            .find("p.json: /switch/forwarding: want \"store_and_forward\"") == 0);
}

TEST_CASE("profile: noise is that of the class in use, and leaves the core most of its time") {
  CHECK(Changed({{"noise", {{"use", "none"}}}}).noise.per_second == 0);
  CHECK(Changed({{"noise", nullptr}}).noise.per_second == 0);
  CHECK(ErrorOf("/noise", "use", "quiet") ==
        "p.json: /noise/use: want \"none\" or \"pinned\", not \"quiet\"");
  CHECK(ErrorOf("/noise/classes/pinned", "duration", nullptr)
            .find("p.json: /noise/classes/pinned/duration: is missing") == 0);
  CHECK(ErrorOf("/noise/classes/pinned", "duration", Sourced("60ms")) ==
        "p.json: /noise/classes/pinned/duration: want stalls that take less than half of the "
        "core's time");
}

TEST_CASE("profile: a disk takes time where there is one") {
  const Profile profile = Changed({{"disk", {{"bandwidth", Sourced("560Mbps")}}}});
  CHECK_FALSE(profile.disk.is_instant);
  CHECK(profile.disk.bandwidth_bps == 560'000'000);
  CHECK(profile.disk.sync.is_constant());
  CHECK(ErrorOf("", "disk", {{"bandwidth", Sourced("0bps")}})
            .find("p.json: /disk/bandwidth/value: want a rate") == 0);
}

TEST_CASE("profile: sizes that cannot be are refused") {
  CHECK(ErrorOf("/nic/rx_queue", "value", "0B") ==
        "p.json: /nic/rx_queue/value: want a size from 1B to 1099511627776B, not \"0B\"");
  CHECK(ErrorOf("/nic/mtu_payload", "value", "0B").find("p.json: /nic/mtu_payload/value: want") ==
        0);
  CHECK(ErrorOf("/nic/header", "value", "0B") == "none");
  CHECK(ErrorOf("/nic/rate", "value", "0bps").find("p.json: /nic/rate/value: want a rate") == 0);
  CHECK(ErrorOf("/nic/rate", "value", "-1Gbps").find("p.json: /nic/rate/value: want a rate") == 0);
  CHECK(ErrorOf("/nic", "tx_descriptors", Sourced(0)).find("p.json: /nic/tx_descriptors/value") ==
        0);
  CHECK(ErrorOf("/nic", "tx_latency", Sourced("-5ns")).find("p.json: /nic/tx_latency/value: ") ==
        0);
  CHECK(ErrorOf("/switch/port_queue", "value", "0B")
            .find("p.json: /switch/port_queue/value: want a size from 1B") == 0);
  CHECK(ErrorOf("/work/send/per_unit", "value", -3).find("p.json: /work/send/per_unit/value: ") ==
        0);
  CHECK(ErrorOf("/clocks/drift_ppb_max", "value", 100'000'001).find("want a whole number") > 0);
}

}  // namespace
}  // namespace lockstep::sim
