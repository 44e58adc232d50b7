// Reading hardware profiles: every number with its source.

#include "sim/profile.h"

#include <string>

#include "protocols/parameters.h"

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
  CHECK(profile->send_message.stage == Profile::kSendStage);
  CHECK(profile->clock_drift_ppb_max == 10'000);
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

TEST_CASE("profile: an unknown kind of work or stage is refused") {
  CHECK(ErrorOf("/work", "recieve", json::object())
            .find("p.json: /work/recieve: unknown key; did you mean \"receive\"?") == 0);
  CHECK(ErrorOf("/work/send", "stage", "sned") ==
        "p.json: /work/send/stage: want \"receive\", \"protocol\" or \"send\", not \"sned\"");
  CHECK(ErrorOf("", "stages", {"send", "receive", "protocol"}).find("p.json: /stages: want") == 0);
  CHECK(ErrorOf("", "stages", {"receive", "protocol", "send", "send"})
            .find("p.json: /stages: want") == 0);
  CHECK(ErrorOf("", "stages", {"receive", "protocol", "send", "log"}) == "none");
}

TEST_CASE("profile: sizes that cannot be are refused") {
  CHECK(ErrorOf("/nic/rx_queue", "value", "0B") ==
        "p.json: /nic/rx_queue/value: want a size from 1B to 1099511627776B, not \"0B\"");
  CHECK(ErrorOf("/nic/mtu_payload", "value", "0B").find("p.json: /nic/mtu_payload/value: want") ==
        0);
  CHECK(ErrorOf("/nic/header", "value", "0B") == "none");
  CHECK(ErrorOf("/clocks/drift_ppb_max", "value", 100'000'001).find("want a whole number") > 0);
}

}  // namespace
}  // namespace lockstep::sim
