// Reading scenarios: what a good one means, and what each bad one is told.

#include "sim/scenario/scenario.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

#include "protocols/parameters/parameters.h"
#include "sim/fault/engine/kinds.h"

// Last: CHECK becomes doctest's.
#include "tests/sim/scenario/two_clusters.h"

namespace lockstep::sim {
namespace {

using core::Duration;
using core::Instant;
using core::NodeId;
using nlohmann::json;

Instant At(Duration since_start) { return Instant() + since_start; }

std::vector<NodeId> Nodes(const std::vector<std::uint32_t>& numbers) {
  std::vector<NodeId> nodes;
  for (const std::uint32_t number : numbers) nodes.emplace_back(number);
  return nodes;
}

std::string FaultErrorOf(const std::string& fault) { return ErrorOf("/faults", "[" + fault + "]"); }

TEST_CASE("scenario: a good one means what it says") {
  const Scenario s = Read({});
  CHECK(s.path == kGood);
  CHECK(s.name == "two clusters");
  CHECK(s.end == At(Duration::Seconds(3)));
  CHECK(s.warmup == At(Duration::Milliseconds(500)));
  CHECK(s.period == Duration::Milliseconds(100));
  CHECK(s.seed == 7);
  CHECK(s.profile.name == "gcp-c2-standard-8");
  REQUIRE(s.clusters.size() == 2);
  CHECK(s.clusters[0].first == NodeId(0));
  CHECK(s.clusters[1].first == NodeId(4));
  CHECK(s.clusters[1].size == 7);
  CHECK(s.clusters[1].u == 2);
  CHECK(s.clusters[1].r == 1);
  CHECK(s.stacks[0][1]["c3b"] == "picsou");
  CHECK(s.stacks[1] == s.stacks[0]);
  CHECK(s.stack_pointers == std::vector<std::string>{"/clusters/0/stack", "/clusters/0/stack"});
  CHECK(s.network.cross.transport == Transport::kStream);
  CHECK(s.network.cross.delay == Duration::Microseconds(25));
  CHECK(s.network.cross.jitter == Duration::Microseconds(1));
  CHECK(s.network.cross.loss.denominator == 1'000);
  CHECK(s.network.cross.pair_rate_bps == 7'500'000'000);
  CHECK(s.network.intra.pair_rate_bps == 0);
  CHECK(s.network.intra.segment == core::ByteCount(64 * 1'024));
  CHECK(s.network.intra.window == core::ByteCount(4 * 1'024 * 1'024));
  CHECK(s.network.intra.retransmit_after == Duration::Milliseconds(200));
  CHECK(s.network.intra.give_up == Duration::Seconds(15));
  CHECK(s.network.send_buffer == core::ByteCount(8 * 1'024 * 1'024));
  CHECK(s.heal == At(Duration::Seconds(2)));
  CHECK(s.settle == Duration::Seconds(1));
  CHECK(s.expect.verdict == "holds");
  CHECK(s.expect.premature_resends == 0);
  CHECK_FALSE(s.is_negative_control);
}

TEST_CASE("scenario: faults are read with their targets, times and selectors") {
  const Scenario s = Read({});
  REQUIRE(s.faults.size() == 4);
  const Fault& dead = s.faults[0];
  CHECK(dead.kind->name == "crash");
  CHECK(dead.pointer == "/faults/0");
  CHECK(dead.targets == Nodes({2}));
  CHECK(dead.at == At(Duration::Seconds(1)));
  CHECK(dead.until == Instant::Max());
  CHECK(dead.expect_effect == 1);
  const Fault& mute = s.faults[1];
  CHECK(mute.targets == Nodes({5, 8}));
  CHECK(mute.until == At(Duration::Seconds(1)));
  const Fault& liar = s.faults[2];
  CHECK(liar.kind->name == "lie_ack");
  CHECK(liar.expect_effect == 3);
  const Fault& lost = s.faults[3];
  CHECK(lost.targets.empty());
  CHECK(lost.link.src == Nodes({0, 1, 2, 3}));
  CHECK(lost.link.dst == Nodes({6, 9}));  // b2 and b5: index mod 3 is 2.
  CHECK(lost.link.link_class == "cross");
  CHECK(lost.message.type == "picsou.batch");
  CHECK(lost.message.seq == 9);
  CHECK(lost.message.nth == 2);
  CHECK(lost.count == 5);
  CHECK(lost.probability.denominator == 2);
  CHECK(lost.until == s.heal);  // It spends no budget, so it ends when the network heals.
}

TEST_CASE("scenario: without phases the network heals in the middle of the run") {
  const Scenario s = Read({{"/phases", "{}"}});
  CHECK(s.heal == At(Duration::Milliseconds(1'500)));
  CHECK(s.settle == Duration::Milliseconds(1'500));
}

TEST_CASE("scenario: hosts are called by cluster and index") {
  const Scenario s = Read({});
  CHECK(HostName(s.clusters, NodeId(0)) == "a0");
  CHECK(HostName(s.clusters, NodeId(3)) == "a3");
  CHECK(HostName(s.clusters, NodeId(4)) == "b0");
  CHECK(HostName(s.clusters, NodeId(10)) == "b6");
}

TEST_CASE("scenario: the published crash pattern hits a third of the replicas") {
  for (const std::uint32_t size : {4u, 7u, 10u, 19u}) {
    const Scenario s = Read({{"/clusters/0/size", std::to_string(size)},
                             {"/clusters/0/budget/u", std::to_string((size - 1) / 3)},
                             {"/faults", R"([{"id": "third", "crash": {"target":
                             {"cluster": "a", "mod": 3, "is": 2}}}])"}});
    CHECK(s.faults[0].targets.size() == (size - 1) / 3);
    CHECK(s.faults[0].targets[0] == NodeId(2));
  }
}

TEST_CASE("scenario: a bad file is told what is wrong where") {
  const auto error = [](const std::string& name) {
    const std::string file = "tests/data/bad/" + name + ".json";
    const absl::StatusOr<Scenario> scenario = ReadScenario(file, {});
    REQUIRE_FALSE(scenario.ok());
    const std::string message(scenario.status().message());
    CAPTURE(message);
    REQUIRE(message.rfind(file + ":", 0) == 0);
    return message.substr(file.size() + 1);
  };
  CHECK(error("broken_comma").rfind("4:3: syntax error", 0) == 0);
  CHECK(error("broken_end").rfind("4:1: syntax error", 0) == 0);
  CHECK(error("broken_duplicate") == "3:23: duplicate key \"seed\"");
  CHECK(error("broken_empty").rfind("1:1: syntax error", 0) == 0);
  CHECK(error("shape_missing_seed") == " /run/seed: is missing; want a whole number below 2^64");
  CHECK(error("shape_unknown_key") ==
        " /run/sed: unknown key; did you mean \"seed\"? known keys: "
        "for, period, seed, ties, warmup");
  CHECK(error("shape_size_text") ==
        " /clusters/0/size: want a whole number from 1 to 10000, not \"four\"");
  CHECK(error("shape_no_replicas") ==
        " /clusters/0/size: want a whole number from 1 to 10000, not 0");
  CHECK(error("shape_too_many_replicas") ==
        " /clusters/0/size: want a whole number from 1 to 10000, not 1000000000");
  CHECK(error("shape_negative_time") == " /run/for: want a time that is not negative, not \"-1s\"");
  CHECK(error("shape_time_without_unit") ==
        " /network/intra/delay: want a time with its unit, such as \"250us\" (s, ms, us, ns, ps), "
        "not 25");
  CHECK(error("shape_version") == " /lockstep: want 1, not 2");
  CHECK(error("shape_transport") ==
        " /network/intra/transport: want \"datagram\" or \"stream\", not \"tcp\"");
  CHECK(error("shape_no_clusters") ==
        " /clusters: want an array of at least one cluster, not an empty array");
  CHECK(error("shape_two_faults") == " /faults/0: want one fault, not crash and silent");
  CHECK(Contains(error("shape_cluster_name"), " /clusters/0/name: want at most 32 of a-z"));
  CHECK(error("shape_lag_without_number") ==
        " /faults/0/lie_ack/lag: is missing; want a whole number of at least 1");
  CHECK(error("shape_profile_without_source") ==
        " /profile/nic/rate/source: is missing; want a text that is not empty");
  CHECK(error("meaning_overflowing_time") ==
        " /run/for: want a time below 106 days, not \"9223373s\"");
  CHECK(error("meaning_too_few_replicas") ==
        " /clusters/0/size: want at least 2u + r + 1 = 4, not 3");
  CHECK(error("meaning_too_little_stake") ==
        " /clusters/0/stake: want at least 2u + r + 1 = 7 in all, not 6");
  CHECK(error("shape_stake_of_none") ==
        " /clusters/0/stake/1: want a whole number from 1 to 1048576, not 0");
  CHECK(error("meaning_overspent_u") ==
        " /faults/1/silent/target: overspends the budget: 2 of b fail (b1, b2), u = 1; where that "
        "is the point, say \"negative_control\": true");
  CHECK(error("meaning_overspent_r") ==
        " /faults/0/lie_ack/target: overspends the budget: 1 of a lie (a1), r = 0; where that is "
        "the point, say \"negative_control\": true");
  CHECK(error("meaning_unknown_host") ==
        " /faults/0/crash/target: there is no host \"a7\"; the nearest is \"a3\": cluster a has "
        "the hosts \"a0\" to \"a3\"");
  CHECK(error("meaning_like_nobody") ==
        " /clusters/0/stack: there is no cluster \"b\"; there are: a");
  CHECK(error("meaning_warmup") == " /run/warmup: want less than the run, which is 1s, not \"1s\"");
  CHECK(error("meaning_no_cross") == " /network/cross: is missing; want an object");
  CHECK(error("meaning_profile_missing")
            .find(" /profile: tests/data/bad/no-such-profile.json: cannot be read: No such file or "
                  "directory (looked for tests/data/bad/no-such-profile.json and ") == 0);
}

TEST_CASE("scenario: a missing file is told so") {
  CHECK(ReadScenario("no/such.json", {}).status().message() ==
        "no/such.json: cannot be read: No such file or directory");
}

TEST_CASE("scenario: whatever a file is cut down to, it is refused with a place") {
  const std::string text = ReadJsonFile(kGood).value().dump(1);
  for (std::size_t size = 0; size < text.size(); size += 7) {
    const absl::StatusOr<json> cut = ParseJson(text.substr(0, size), "cut");
    REQUIRE_FALSE(cut.ok());
    CHECK(cut.status().message().find("cut:") == 0);
  }
}

// Puts each of some odd values in each place of the good scenario.
void Disturb(const json& document, const std::string& pointer, int& refused, int& accepted) {
  static const std::vector<std::string> kOdd = {"null", "-1",   "0",  "1e9", "\"\"",
                                                "{}",   "[{}]", "[]", "true"};
  for (const std::string& value : kOdd)
    ++(ReadScenario(kGood, {{pointer, value}}).ok() ? accepted : refused);
  std::size_t index = 0;
  for (const auto& [key, child] : document.items()) {
    const std::string token = document.is_array() ? std::to_string(index++) : EscapeForPointer(key);
    if (child.is_structured()) Disturb(child, absl::StrCat(pointer, "/", token), refused, accepted);
  }
}

TEST_CASE("scenario: an odd value in any place is read or refused, never fatal") {
  const json document = ReadJsonFile(kGood).value();
  int refused = 0;
  int accepted = 0;
  for (const auto& [key, child] : document.items()) Disturb(child, "/" + key, refused, accepted);
  CHECK(refused > 10 * accepted);
  CHECK(accepted > 0);
}

TEST_CASE("scenario: impossible clusters are refused") {
  CHECK(ErrorOf("/clusters/0/size", "3") ==
        "/clusters/0/size: want at least 2u + r + 1 = 4, not 3");
  CHECK(ErrorOf("/clusters/0/budget/r", "2") ==
        "/clusters/0/budget/r: want at most u = 1: who lies has failed, not 2");
  CHECK(ErrorOf("/clusters/1/size", "9997") ==
        "/clusters/1/size: want at most 10000 hosts in all, not 9997");
  CHECK(ErrorOf("/clusters/1/size", "9996") == "none");
  CHECK(ErrorOf("/clusters/1/name", "a") == "/clusters/1/name: another cluster has this name");
  for (const std::string name : {"b1", "B", "9", "-b", "b c", "b/", "bé"})
    CHECK(Contains(ErrorOf("/clusters/1/name", "\"" + name + "\""),
                   "/clusters/1/name: want at most"));
  CHECK(ErrorOf("/clusters/1/budget", "{\"u\": 1}") ==
        "/clusters/1/budget/r: is missing; want a whole number from 0 to 1073741824");
}

TEST_CASE("scenario: a stack is written out, or like one that is") {
  CHECK(ErrorOf("/clusters/1/stack", "like c") ==
        "/clusters/1/stack: there is no cluster \"c\"; there are: a, b");
  CHECK(ErrorOf("/clusters/1/stack", "like b") ==
        "/clusters/1/stack: want a cluster whose stack is written out; that of b is not");
  CHECK(ErrorOf("/clusters/1/stack", "as a") ==
        "/clusters/1/stack: want an array of layers, from below, or \"like\" and a cluster, not "
        "\"as a\"");
  CHECK(ErrorOf("/clusters/0/stack", "[]") == "/clusters/0/stack: want 1 to 7 layers, not 0");
  CHECK(Contains(ErrorOf("/clusters/0/stack", "[7]"), "/clusters/0/stack: want layers that are"));
}

TEST_CASE("scenario: times that do not fit each other are refused") {
  CHECK(ErrorOf("/run/warmup", "3s") ==
        "/run/warmup: want less than the run, which is 3s, not \"3s\"");
  CHECK(ErrorOf("/run/for", "0s") == "/run/for: want a time above zero, not \"0s\"");
  CHECK(ErrorOf("/run/period", "0s") == "/run/period: want a time above zero, not \"0s\"");
  CHECK(ErrorOf("/run/period", "1us") ==
        "/run/period: want at most 1000000 periods in a run, not \"1us\"");
  CHECK(ErrorOf("/phases/heal", "4s") ==
        "/phases/heal: want a time within the run, which is 3s, not \"4s\"");
  CHECK(ErrorOf("/phases/settle", "1001ms") ==
        "/phases/settle: want at most what the run leaves after heal, which is 1s, not \"1001ms\"");
  CHECK(ErrorOf("/faults/0/at", "3s") ==
        "/faults/0/at: want a time before the end of the run, 3s, not \"3s\"");
  CHECK(ErrorOf("/faults/3/at", "2s") ==
        "/faults/3/at: want a time before heal, 2s, which ends all faults that spend no budget, "
        "not \"2s\"");
  CHECK(ErrorOf("/faults/2/until", "0s") ==
        "/faults/2/until: want a fault to end after it has begun, not \"0s\"");
  CHECK(ErrorOf("/faults/1/until", "1s") ==
        "/faults/1/for: is given beside \"until\"; want one of them");
  CHECK(ErrorOf("/faults/0/for", "1s") == "/faults/0/for: has no meaning here");
  CHECK(ErrorOf("/faults/2/for", "9158399s") == "none");
}

TEST_CASE("scenario: a network that cannot work is refused") {
  CHECK(ErrorOf("/network/cross/loss", "[2, 1]") ==
        "/network/cross/loss: want a probability as [numerator, denominator], such as [1, 1000], "
        "not an array");
  CHECK(ErrorOf("/network/cross/loss", "0.1") ==
        "/network/cross/loss: want a probability as [numerator, denominator], such as [1, 1000], "
        "not 0.1");
  CHECK(ErrorOf("/network/cross/transport", "datagram") ==
        "/network/cross/pair_rate: has no meaning here");
  CHECK(ErrorOf("/network/cross/window", "1KiB") ==
        "/network/cross/window: want at least a segment, 65536B, not 1024B");
  CHECK(ErrorOf("/network/cross/give_up", "100ms") ==
        "/network/cross/give_up: want at least retransmit_after, 200ms, not 100ms");
  CHECK(ErrorOf("/network/cross/open", "lukewarm") ==
        "/network/cross/open: want \"warm\" or \"cold\", not \"lukewarm\"");
  CHECK(ErrorOf("/network/cross/retransmit_after", "52us") ==
        "/network/cross/retransmit_after: want more than a round trip, 52us, not 52us");
  CHECK(ErrorOf("/network/cross/segment", "0B") ==
        "/network/cross/segment: want a size above zero, not \"0B\"");
  CHECK(ErrorOf("/network/send_buffer", "0B") ==
        "/network/send_buffer: want a size above zero, not \"0B\"");
  CHECK(ErrorOf("/network/intra/delay", "86401s") ==
        "/network/intra/delay: want a time of at most 86400s, not \"86401s\"");
  CHECK(Contains(
      ErrorOf({{"/network/intra/segment", "4MiB"}, {"/profile/switch/port_queue/value", "4MiB"}}),
      "/network/intra/segment: want a segment that fits a queue"));
}

TEST_CASE("scenario: one cluster needs no cross links, and may have none") {
  const std::string one =
      R"([{"name": "a", "size": 1, "budget": {"u": 0, "r": 0}, "stack": [{"protocol": "x"}]}])";
  CHECK(ErrorOf({{"/clusters", one}, {"/faults", "[]"}}) == "/network/cross: has no meaning here");
  CHECK(ErrorOf({{"/clusters", one},
                 {"/faults", "[]"},
                 {"/network", R"({"intra": {"transport": "datagram", "delay": "1us"}})"}}) ==
        "none");
}

TEST_CASE("scenario: a fault is one of the vocabulary, spelt right") {
  std::vector<std::string> kinds;
  for (const sim::FaultKind* kind : sim::FaultKinds()) kinds.emplace_back(kind->name);
  CHECK(Contains(FaultErrorOf(R"({"id": "x", "crahs": {"target": "a0"}})"),
                 "/faults/0/crahs: unknown key; did you mean \"crash\"? known keys: adaptive, at, "
                 "attrition, "));
  CHECK(FaultErrorOf(R"({"id": "x"})") ==
        absl::StrCat("/faults/0: want a fault: ", absl::StrJoin(kinds, ", ")));
  CHECK(FaultErrorOf(R"({"crash": {"target": "a0"}})") ==
        "/faults/0/id: is missing; want a text that is not empty");
  CHECK(ErrorOf("/swarm", "{}") == "/swarm: is not built yet");
  CHECK(FaultErrorOf(R"({"id": "x", "drop": {}}, {"id": "x", "drop": {}})") ==
        "/faults/1/id: another fault is called \"x\"");
  CHECK(FaultErrorOf(R"({"id": "x", "lie_ack": {"target": "a0", "mode": "zero", "lag": 5}})") ==
        "/faults/0/lie_ack/lag: has no meaning here");
  CHECK(FaultErrorOf(R"({"id": "x", "drop": {}, "prob": [0, 1]})") ==
        "/faults/0/prob: want a probability above zero, not an array");
  CHECK(FaultErrorOf(R"({"id": "x", "crash": {"target": "a0", "restart_after": "0s"}})") ==
        "/faults/0/crash/restart_after: want a time above zero, not \"0s\"");
}

TEST_CASE("scenario: faults of hosts, clocks and connections mean what they say") {
  const auto read = [](const std::string& fault) {
    return Read({{"/faults", absl::StrCat("[{\"id\": \"x\", \"at\": \"1s\", ", fault, "}]")}})
        .faults[0];
  };
  const Fault stall = read(R"("nic_stall": {"target": ["a0", "b1"], "dir": "out"}, "for": "3ms")");
  CHECK(stall.kind->name == "nic_stall");
  CHECK(stall.targets == Nodes({0, 5}));
  CHECK(stall.until == At(Duration::Milliseconds(1'003)));
  const Scenario heals = Read({{"/faults", R"([{"id": "x", "pause": {"target": "a0"}}])"}});
  CHECK(heals.faults[0].until == heals.heal);
  const Fault reset =
      read(R"("conn_reset": {"link": {"src": "a1", "class": "cross"}, "both": true})");
  CHECK(reset.link.src == Nodes({1}));
  CHECK(reset.link.link_class == "cross");
}

TEST_CASE("scenario: faults of hosts, clocks and connections say what they want") {
  const auto error = [](const std::string& fault) {
    return FaultErrorOf(absl::StrCat("{\"id\": \"x\", \"at\": \"1s\", ", fault, "}"));
  };
  const std::string factor =
      "/faults/0/slow_cpu/factor: want a factor above one and at most "
      "1000000, as 3 or [3, 2], not ";
  CHECK(error(R"("slow_cpu": {"target": "a0", "factor": 1})") == factor + "1");
  CHECK(error(R"("slow_cpu": {"target": "a0", "factor": [3, 3]})") == factor + "an array");
  CHECK(error(R"("slow_cpu": {"target": "a0", "factor": "2"})") == factor + "\"2\"");
  CHECK(Contains(error(R"("slow_cpu": {"target": "a0"})"),
                 "/faults/0/slow_cpu/factor: is missing; want a factor above one"));
  CHECK(error(R"("nic_stall": {"target": "a0", "dir": "up"})") ==
        "/faults/0/nic_stall/dir: want \"both\", \"in\" or \"out\", not \"up\"");
  CHECK(error(R"("clock_step": {"target": "a0", "by": "0s"})") ==
        "/faults/0/clock_step/by: want a time above zero, not \"0s\"");
  CHECK(error(R"("clock_step": {"target": "a0", "by": "1s"}, "for": "1s")") ==
        "/faults/0/for: has no meaning here");
  CHECK(error(R"("conn_reset": {}, "until": "2s")") == "/faults/0/until: has no meaning here");
  CHECK(error(R"("conn_reset": {}, "prob": [1, 2])") == "/faults/0/prob: has no meaning here");
  CHECK(error(R"("clock_freeze": {"target": "a0", "by": "1s"})") ==
        "/faults/0/clock_freeze/by: unknown key; known keys: clock, target");
  CHECK(error(R"("clock_drift": {"target": "a0", "ppb": 500000001})") ==
        "/faults/0/clock_drift/ppb: want a whole number from 1 to 500000000, not 500000001");
  CHECK(error(R"("clock_drift": {"target": "a0", "ppb": -5})") ==
        "/faults/0/clock_drift/ppb: want a whole number from 1 to 500000000, not -5");
  CHECK(error(R"("clock_slew": {"target": "a0", "by": "1ms", "rate_ppb": 400000001})") ==
        "/faults/0/clock_slew/rate_ppb: want a whole number from 1 to 400000000, not 400000001");
  CHECK(error(R"("crash": {"target": "a0", "state": "torn"})") ==
        "/faults/0/crash/state: want \"keep\" or \"amnesia\": the profile's disk takes no time, "
        "so that nothing is ever unsynced");
  CHECK(Contains(FaultErrorOf(R"({"id": "x", "pause": {"target": "a0"}, "at": "5s"})"),
                 "/faults/0/at: want a time before"));
  CHECK(error(R"("pause": {"target": {"cluster": "b"}})") == "none");  // Spends no budget.
}

TEST_CASE("scenario: a target that is no host is refused with the nearest") {
  const auto error = [](const std::string& target) {
    return FaultErrorOf(R"({"id": "x", "crash": {"target": )" + target + "}}");
  };
  const std::string at = "/faults/0/crash/target: ";
  CHECK(error("\"b7\"") == at + "there is no host \"b7\"; the nearest is \"b6\": cluster b has the "
                                "hosts \"b0\" to \"b6\"");
  CHECK(error("\"bb3\"") == at + "there is no host \"bb3\"; did you mean \"b3\"?");
  CHECK(error("\"zulu3\"") == at + "there is no host \"zulu3\"; clusters: a, b");
  CHECK(error("\"b\"") ==
        at + "\"b\" is a cluster; want a host such as \"b0\", or {\"cluster\": \"b\"}");
  CHECK(Contains(error("\"b01\""), at + "there is no host \"b01\""));
  CHECK(Contains(error("\"b99999999999999999999\""), at + "there is no host"));
  CHECK(Contains(error("\"\""), at + "there is no host \"\""));
  CHECK(error("[\"a1\", \"a1\"]") == at + "names \"a1\" twice");
  CHECK(error("[3]") == at + "want names of hosts, not 3");
  CHECK(Contains(error("[]"), at + "want a host such as \"a0\""));
  CHECK(Contains(error("7"), at + "want a host such as \"a0\""));
  CHECK(error(R"({"cluster": "bb"})") ==
        "/faults/0/crash/target/cluster: there is no cluster \"bb\"; did you mean \"b\"?");
  CHECK(error(R"({"cluster": "a", "mod": 3, "is": 3})") ==
        "/faults/0/crash/target/is: want a whole number from 0 to 2, not 3");
  CHECK(error(R"({"cluster": "a", "mod": 3})") ==
        "/faults/0/crash/target/is: is missing; want a whole number from 0 to 2");
  CHECK(error(R"({"cluster": "a", "mod": 9, "is": 8})") ==
        at + "matches no host: cluster a has the hosts \"a0\" to \"a3\"");
}

TEST_CASE("scenario: a budget counts hosts, not faults, and an overspend must be meant") {
  const std::string twice = R"([{"id": "x", "crash": {"target": "a0"}, "at": "1s"},
                                {"id": "y", "lie_ack": {"target": "a0", "mode": "inf"}}])";
  CHECK(ErrorOf("/faults", twice) == "none");
  const std::string all = R"([{"id": "x", "silent": {"target": {"cluster": "b"}}}])";
  CHECK(ErrorOf("/faults", all) ==
        "/faults/0/silent/target: overspends the budget: 7 of b fail (b0, b1, b2, b3, b4, ...), "
        "u = 2; where that is the point, say \"negative_control\": true");
  const Scenario control = Read({{"/faults", all}, {"/negative_control", "true"}});
  CHECK(control.is_negative_control);
  CHECK(control.faults[0].targets.size() == 7);
  const std::string liars = R"([{"id": "x", "lie_ack": {"target": ["b0", "b1"], "mode": "zero"}}])";
  CHECK(Contains(ErrorOf("/faults", liars), "2 of b lie (b0, b1), r = 1"));
  const std::string drops = R"([{"id": "x", "drop": {"link": {"dst": {"cluster": "b"}}}}])";
  CHECK(ErrorOf("/faults", drops) == "none");
}

TEST_CASE("scenario: who is chosen in the run counts as one more, unless all it may be count") {
  const std::string known = R"([{"id": "x", "crash": {"target": "b0"}, "at": "1s"},
      {"id": "y", "adaptive": {"target": TARGETS, "most": MOST}}])";
  const auto error = [&](const std::string& targets, const std::string& most) {
    return ErrorOf("/faults", absl::StrReplaceAll(known, {{"TARGETS", targets}, {"MOST", most}}));
  };
  CHECK(error(R"({"cluster": "b"})", "1") == "none");
  CHECK(error(R"(["b0", "b1"])", "2") == "none");
  CHECK(Contains(error(R"({"cluster": "b"})", "2"),
                 "/faults/1/adaptive/target: overspends the "
                 "budget: 3 of b fail"));
}

TEST_CASE("scenario: a rollback that never ends would restore nothing, and is refused") {
  const auto error = [&](const std::string& more) {
    return ErrorOf("/faults", R"([{"id": "x", "rollback": {"target": "a0"})" + more + "}]");
  };
  CHECK(error(R"(, "at": "1s", "for": "1s")") == "none");
  CHECK(Contains(error(""), "/faults/0/rollback: want \"for\" or \"until\" beside it"));
}

TEST_CASE("scenario: a release names a hold") {
  const std::string faults =
      R"([{"id": "x", "hold": {}}, {"id": "y", "release": {"hold": "HOLD"}}])";
  const auto error = [&](const std::string& hold) {
    return ErrorOf("/faults", absl::StrReplaceAll(faults, {{"HOLD", hold}}));
  };
  CHECK(error("x") == "none");
  CHECK(error("y") == "/faults/1/release/hold: no fault \"hold\" is called \"y\"; there are: x");
}

TEST_CASE("scenario: an expected violation names its oracle") {
  CHECK(ErrorOf("/expect", R"({"verdict": "violated"})") ==
        "/expect/oracle: is missing; want a text that is not empty");
  CHECK(ErrorOf("/expect", R"({"oracle": "R1"})") == "/expect/oracle: has no meaning here");
  CHECK(ErrorOf("/expect", R"({"verdict": "hold"})") ==
        "/expect/verdict: want \"holds\", \"violated\", \"not_exercised\", \"unknown\", "
        "\"not_judged\", \"not exercised\" or \"not judged\", not \"hold\"");
  const Scenario s = Read({{"/expect", R"({"verdict": "violated", "oracle": "R1"})"}});
  CHECK(s.expect.oracle == "R1");
  CHECK_FALSE(s.expect.premature_resends.has_value());
  const auto verdict = [](const char* expect) {
    return Read({{"/expect", expect}}).expect.verdict;
  };
  CHECK(verdict(R"({"verdict": "not judged"})") == "not judged");
  CHECK(verdict(R"({"verdict": "not_judged"})") == "not judged");
  CHECK(verdict(R"({"verdict": "not_exercised"})") == "not exercised");
}

TEST_CASE("override: a value is JSON, or else a text") {
  const Scenario s = Read({{"/run/for", "6s"},
                           {"/run/seed", "18446744073709551615"},
                           {"/clusters/0/size", "7"},
                           {"/faults/-", R"({"id": "more", "drop": {}})"},
                           {"/run/period", "\"20ms\""},
                           {"/clusters/0/stack/1/phi", "0"}});
  CHECK(s.end == At(Duration::Seconds(6)));
  CHECK(s.seed == ~std::uint64_t{0});
  CHECK(s.clusters[1].first == NodeId(7));
  CHECK(s.faults.size() == 5);
  CHECK(s.period == Duration::Milliseconds(20));
  CHECK(s.stacks[1][1]["phi"] == 0);
  CHECK(s.document["run"]["for"] == "6s");
}

TEST_CASE("override: what is appended to where there is no list yet begins one") {
  const auto scenario =
      ReadScenario("scenarios/smoke/picsou.json",
                   {{"/faults/-", R"({"id": "one", "crash": {"target": "a1"}})"},
                    {"/faults/-", R"({"id": "two", "crash": {"target": "b1"}})"}});
  REQUIRE_MESSAGE(scenario.ok(), std::string(scenario.status().message()));
  CHECK(scenario->faults.size() == 2);
  CHECK(ErrorOf("/fautls/-", "{}").find("/fautls: unknown key; did you mean \"faults\"?") == 0);
  CHECK(ErrorOf("/run/a/b/-", "{}") ==
        "--set /run/a/b/-={}: there is no /run/a; /run has: for, seed, warmup");
}

TEST_CASE("override: what it stands in must be there") {
  CHECK(ErrorOf("/rum/seed", "7") == "--set /rum/seed=7: there is no /rum; did you mean /run?");
  CHECK(ErrorOf("/run/zeal/x", "7") ==
        "--set /run/zeal/x=7: there is no /run/zeal; /run has: for, seed, warmup");
  CHECK(ErrorOf("/clusters/2/size", "7") ==
        "--set /clusters/2/size=7: /clusters has 2 elements, from 0 on; /clusters/- appends");
  CHECK(ErrorOf("/clusters/2", "7") ==
        "--set /clusters/2=7: /clusters has 2 elements, from 0 on; /clusters/- appends");
  CHECK(ErrorOf("/run/for/x", "7") ==
        "--set /run/for/x=7: /run/for is \"3s\", in which nothing can stand");
  CHECK(ErrorOf("run/seed", "7") == "--set run/seed=7: want a JSON pointer such as /run/seed");
  CHECK(ErrorOf("", "7") == "--set =7: want a JSON pointer such as /run/seed");
  CHECK(ErrorOf("/a~2", "7") == "--set /a~2=7: want a JSON pointer such as /run/seed");
  CHECK(Contains(ErrorOf("/name", "\xff"), "want UTF-8"));
  CHECK(Contains(ErrorOf("/run/sed", "7"), "/run/sed: unknown key; did you mean \"seed\"?"));
}

TEST_CASE("scenario: the document as run says all there is to say") {
  const Scenario s = Read({{"/run/seed", "8"}});
  const absl::StatusOr<Scenario> again = ReadScenarioDocument(s.document, "elsewhere/recipe.json");
  REQUIRE(again.ok());
  CHECK(again->document == s.document);
  CHECK(again->seed == 8);
  CHECK(again->profile.nic.rate_bps == s.profile.nic.rate_bps);
}

}  // namespace
}  // namespace lockstep::sim
