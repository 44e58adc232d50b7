// The catalogue: from JSON to nodes, fields and promises, and what it says of JSON that is wrong.

#include "protocols/catalog.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/catalog_list.h"
#include "protocols/parameters/parameters.h"
#include "tests/support/keys.h"
#include "tests/support/listed.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using nlohmann::json;

constexpr std::int64_t kBuffer = 1 << 23;

json Parsed(std::string_view text) { return ParseJson(text, "test").value(); }

// Two clusters of unequal sizes, a (4) and b (7), with these stacks.
CatalogInput InputOf(const json& a, const json& b) {
  CatalogInput input;
  input.clusters = {{"a", core::NodeId(0), 4, 1, 1}, {"b", core::NodeId(4), 7, 2, 2}};
  input.stacks = {a, b};
  input.pointers = {"/clusters/0/stack", "/clusters/1/stack"};
  input.file = "f.json";
  input.send_buffer = core::ByteCount(kBuffer);
  return input;
}

// A File RSM of 1 kB messages under this layer.
json Over(std::string_view layer) {
  return json::array({Parsed(R"({"rsm": "file", "message_bytes": 1000})"), Parsed(layer)});
}

std::unique_ptr<CatalogProgram> Compiled(std::string_view layer) {
  auto program = CatalogProgram::Compile(InputOf(Over(layer), Over(layer)));
  REQUIRE_MESSAGE(program.ok(), std::string(program.status().message()));
  return *std::move(program);
}

// What is wrong with this stack of cluster b.
std::string ErrorOf(const json& stack) {
  const auto program = CatalogProgram::Compile(InputOf(Over(R"({"c3b": "picsou"})"), stack));
  return program.ok() ? "none" : std::string(program.status().message());
}
std::string ErrorOfLayer(std::string_view layer) { return ErrorOf(Over(layer)); }

bool Begins(const std::string& text, const std::string& start) { return text.rfind(start, 0) == 0; }

// "ORACLE SCOPE PARAMETERS" of each promise.
std::vector<std::string> PromisesOf(const CatalogProgram& program) {
  std::vector<std::string> promises;
  for (const Promise& promise : program.promises()) {
    promises.push_back(promise.oracle + " " + promise.scope.dump() + " " +
                       promise.parameters.dump());
  }
  return promises;
}

TEST_CASE("catalog: Picsou promises delivery to all, QUACKs, ACKs and bounded resends") {
  const auto program = Compiled(R"({"c3b": "picsou", "phi": 256, "repeat_interval": "100ms"})");
  REQUIRE(program->streams().size() == 2);
  std::vector<std::string> wanted;
  for (std::uint32_t c = 0; c < 2; ++c) {
    const StreamInfo& stream = program->streams()[c];
    CHECK(stream.stream == core::StreamId(c));
    CHECK(stream.from == core::ClusterId(c));
    CHECK(stream.to == core::ClusterId(1 - c));
    CHECK(stream.generator == c + 1);
    CHECK(stream.message_bytes == 1'000);
    CHECK(stream.rate_per_s == 0);
    CHECK(stream.is_for_all);
    CHECK(stream.throughput == "quack");
    const std::string scope = " {\"stream\":" + std::to_string(c) + "} ";
    for (const char* promise : {"I", "D", "L", "Q", "A", "R1", "R2", "S"}) {
      wanted.push_back(promise + scope + "{}");
      if (*promise == 'L') wanted.back() = "L" + scope + R"({"retain":256000,"to":"all"})";
      if (wanted.back().starts_with("R1")) {
        wanted.back() = "R1" + scope + R"({"repeat_interval_ps":100000000000})";
      }
    }
  }
  CHECK(PromisesOf(*program) == wanted);
}

TEST_CASE("catalog: who goes past what it lacks is promised that some correct receiver has it") {
  const auto to_of = [](const CatalogProgram& program, std::uint32_t stream) {
    for (const Promise& promise : program.promises())
      if (promise.oracle == "L" && promise.scope["stream"] == stream)
        return promise.parameters["to"].get<std::string>();
    return std::string();
  };
  const auto program = CatalogProgram::Compile(
      InputOf(Over(R"({"c3b": "picsou"})"), Over(R"({"c3b": "picsou", "remedy": "advance"})")));
  REQUIRE(program.ok());
  // The stream of a goes to b, which advances.
  CHECK(to_of(**program, 0) == "one");
  CHECK_FALSE((*program)->streams()[0].is_for_all);
  CHECK(to_of(**program, 1) == "all");
}

TEST_CASE(
    "catalog: Picsou's default interval for repeats is measured, and a round of ACKs at least") {
  const auto interval_of = [](const CatalogProgram& program, std::uint32_t stream) {
    for (const Promise& promise : program.promises()) {
      if (promise.oracle != "R1" || promise.scope["stream"] != stream) continue;
      return promise.parameters["repeat_interval_ps"].get<std::int64_t>();
    }
    return std::int64_t{-1};
  };
  // The no-ops of a receiver go to the 4 or 7 senders in turn; those of b come every 3 ms.
  auto program = CatalogProgram::Compile(
      InputOf(Over(R"({"c3b": "picsou"})"), Over(R"({"c3b": "picsou", "noop_delay": "3ms"})")));
  REQUIRE(program.ok());
  CHECK(interval_of(**program, 0) == core::Duration::Milliseconds(4 * 3).ps());
  CHECK(interval_of(**program, 1) == core::Duration::Milliseconds(7 * 5).ps());
  CHECK(interval_of(*Compiled(R"({"c3b": "picsou", "repeat_interval": "0ms"})"), 0) == 0);
}

TEST_CASE("catalog: both ends of Picsou have φ-lists of one length, or the longer one is refused") {
  const auto error = [](std::string_view a, std::string_view b) {
    const auto program = CatalogProgram::Compile(InputOf(Over(a), Over(b)));
    return program.ok() ? "none" : std::string(program.status().message());
  };
  constexpr std::string_view kNone = R"({"c3b": "picsou"})";
  constexpr std::string_view kLong = R"({"c3b": "picsou", "phi": 256})";
  CHECK(error(kLong, kLong) == "none");
  CHECK(error(kNone, R"({"c3b": "picsou", "phi": 0})") == "none");
  CHECK(error(kLong, kNone) ==
        "f.json: /clusters/0/stack/1/phi: want the same at both ends, as b has 0: each reads the "
        "other's φ-lists, not 256");
  CHECK(Begins(error(kNone, kLong), "f.json: /clusters/0/stack/1/phi: "));
  // What is wrong in itself is said where it stands.
  CHECK(Begins(error(kNone, R"({"c3b": "picsou", "phi": "7"})"),
               "f.json: /clusters/1/stack/1/phi: want a whole number"));
}

TEST_CASE("catalog: the artifact promises what Picsou does, by a schedule of its own") {
  const auto program = Compiled(R"({"c3b": "picsou", "rule": "artifact"})");
  std::vector<std::string> wanted;
  for (std::uint32_t c = 0; c < 2; ++c) {
    const std::string scope = " {\"stream\":" + std::to_string(c) + "} ";
    for (const char* promise : {"I", "D", "L", "Q", "A"})
      wanted.push_back(promise + scope + (*promise == 'L' ? R"({"to":"all"})" : "{}"));
    wanted.push_back("R1" + scope + R"({"repeat_interval_ps":0,"rule":"artifact"})");
    wanted.push_back("R2" + scope + R"({"rule":"artifact"})");
    wanted.push_back("S" + scope + R"({"rule":"artifact"})");
  }
  CHECK(PromisesOf(*program) == wanted);
}

TEST_CASE(
    "catalog: the artifact has no key for what it does not know, and wants another artifact") {
  for (const std::string key :
       {R"("remedy": "fetch")", R"("retain": 5)", R"("repeat_interval": "0ms")", R"("wire": {})"}) {
    const std::string layer = R"({"c3b": "picsou", "rule": "artifact", )" + key + "}";
    CHECK_FALSE(CatalogProgram::Compile(InputOf(Over(layer), Over(layer))).ok());
  }
  const auto mixed = CatalogProgram::Compile(
      InputOf(Over(R"({"c3b": "picsou", "rule": "artifact"})"), Over(R"({"c3b": "picsou"})")));
  CHECK(std::string(mixed.status().message()) ==
        "f.json: /clusters/0/stack/1/rule: want the same at both ends, as b has \"paper\", not "
        "\"artifact\"");
}

TEST_CASE("catalog: a batch of no bytes, or of more than a send buffer has room for, is refused") {
  const std::string pointer = "f.json: /clusters/1/stack/1/batch_bytes: want a size from 1 B to ";
  for (const std::string name : {"picsou", "one-shot", "all-to-all", "ll", "otu"}) {
    const auto error = [&](std::int64_t bytes) {
      return ErrorOfLayer("{\"c3b\": \"" + name + "\", \"batch_bytes\": \"" +
                          std::to_string(bytes) + "B\"}");
    };
    CHECK(Begins(error(0), "f.json: /clusters/1/stack/1/batch_bytes: want "));
    CHECK(Begins(error(kBuffer), pointer));
    CHECK(Begins(error(2 * kBuffer), pointer));
    // With a message of 1 kB and 1 MiB beside, the largest that fits.
    const std::int64_t most = kBuffer - 1'000 - (1 << 20);
    CHECK(Begins(error(most + 1), pointer + std::to_string(most) + " B"));
    CHECK(error(most) == "none");
    CHECK(error(1) == "none");
  }
}

TEST_CASE("catalog: one-shot promises no delivery, all-to-all delivery to all, neither more") {
  const auto one_shot = Compiled(R"({"c3b": "one-shot"})");
  CHECK(PromisesOf(*one_shot) ==
        std::vector<std::string>{R"(I {"stream":0} {})", R"(D {"stream":0} {})",
                                 R"(I {"stream":1} {})", R"(D {"stream":1} {})"});
  CHECK_FALSE(one_shot->streams()[1].is_for_all);
  CHECK(one_shot->streams()[1].throughput == "enqueue");
  const auto all_to_all = Compiled(R"({"c3b": "all-to-all"})");
  CHECK(PromisesOf(*all_to_all) ==
        std::vector<std::string>{R"(I {"stream":0} {})", R"(D {"stream":0} {})",
                                 R"(L {"stream":0} {"to":"all"})", R"(I {"stream":1} {})",
                                 R"(D {"stream":1} {})", R"(L {"stream":1} {"to":"all"})"});
  CHECK(all_to_all->streams()[1].is_for_all);
}

TEST_CASE("catalog: leader to leader promises delivery to all while both leaders are correct") {
  for (const std::string variant : {"paper", "artifact"}) {
    const auto program = Compiled(R"({"c3b": "ll", "variant": ")" + variant + R"("})");
    // Clusters a and b of seven and four: their first hosts are 0 and 7.
    const core::NodeId b0 = program->clusters()[1].first;
    const std::string leaders = "0," + std::to_string(b0.value());
    const std::string back = std::to_string(b0.value()) + ",0";
    CHECK(
        PromisesOf(*program) ==
        std::vector<std::string>{R"(I {"stream":0} {})", R"(D {"stream":0} {})",
                                 R"(L {"stream":0} {"if_correct":[)" + leaders + R"(],"to":"all"})",
                                 R"(I {"stream":1} {})", R"(D {"stream":1} {})",
                                 R"(L {"stream":1} {"if_correct":[)" + back + R"(],"to":"all"})"});
    CHECK(program->streams()[0].is_for_all);
    CHECK(program->streams()[0].throughput == "prefix");
  }
  CHECK(Begins(ErrorOfLayer(R"({"c3b": "ll", "variant": "mine"})"),
               "f.json: /clusters/1/stack/1/variant: want "));
  CHECK(Begins(ErrorOfLayer(R"({"c3b": "all-to-all", "variant": "paper"})"),
               "f.json: /clusters/1/stack/1/variant: unknown key"));
}

TEST_CASE("catalog: optimistic transmission promises delivery to all, and without a timer none") {
  const auto program = Compiled(R"({"c3b": "otu"})");
  CHECK(PromisesOf(*program) ==
        std::vector<std::string>{R"(I {"stream":0} {})", R"(D {"stream":0} {})",
                                 R"(L {"stream":0} {"to":"all"})", R"(I {"stream":1} {})",
                                 R"(D {"stream":1} {})", R"(L {"stream":1} {"to":"all"})"});
  CHECK(program->streams()[0].is_for_all);
  CHECK(program->streams()[0].throughput == "broadcast");
  std::vector<std::string> notes;
  for (const core::NoteSpec& note : program->Notes()) notes.emplace_back(note.name);
  CHECK(std::count(notes.begin(), notes.end(), "leads") == 1);
  const auto artifact = Compiled(R"({"c3b": "otu", "variant": "artifact"})");
  CHECK(PromisesOf(*artifact) ==
        std::vector<std::string>{R"(I {"stream":0} {})", R"(D {"stream":0} {})",
                                 R"(I {"stream":1} {})", R"(D {"stream":1} {})"});
  CHECK(program->Fields(core::ClusterId(0)).types().size() == 5);
  CHECK(artifact->Fields(core::ClusterId(0)).types().size() == 2);
  // What belongs to the timer has no meaning where there is none; a timer of zero would never rest.
  CHECK(Begins(ErrorOfLayer(R"({"c3b": "otu", "variant": "artifact", "timeout": "5ms"})"),
               "f.json: /clusters/1/stack/1/timeout: has no meaning"));
  CHECK(Begins(ErrorOfLayer(R"({"c3b": "otu", "timeout": "0ms"})"),
               "f.json: /clusters/1/stack/1/timeout: want "));
  CHECK(Begins(ErrorOfLayer(R"({"c3b": "otu", "retain": "1MB"})"),
               "f.json: /clusters/1/stack/1/retain: want "));
}

TEST_CASE(
    "catalog: Kafka promises delivery to all, and has brokers for each stream that bear none") {
  // Clusters a and b, then brokers of the streams that these send.
  const auto input_of = [](const std::vector<std::string>& of) {
    CatalogInput input = InputOf(Over(R"({"c3b": "kafka"})"), Over(R"({"c3b": "kafka"})"));
    for (const std::string& from : of) {
      const core::Cluster& last = input.clusters.back();
      input.clusters.push_back({std::string("k_") + static_cast<char>('a' + input.clusters.size()),
                                core::NodeId(last.first.value() + last.size), 3});
      input.stacks.push_back(Parsed(R"([{"kafka": "broker", "from": ")" + from + R"("}])"));
      input.pointers.push_back("/clusters/" + std::to_string(input.stacks.size() - 1) + "/stack");
    }
    return input;
  };
  const auto error = [](const CatalogInput& input) {
    const auto program = CatalogProgram::Compile(input);
    return program.ok() ? "none" : std::string(program.status().message());
  };
  const auto program = CatalogProgram::Compile(input_of({"a", "b"}));
  REQUIRE_MESSAGE(program.ok(), std::string(program.status().message()));
  CHECK(PromisesOf(**program) ==
        std::vector<std::string>{R"(I {"stream":0} {})", R"(D {"stream":0} {})",
                                 R"(L {"stream":0} {"to":"all"})", R"(I {"stream":1} {})",
                                 R"(D {"stream":1} {})", R"(L {"stream":1} {"to":"all"})"});
  CHECK((*program)->streams().size() == 2);
  CHECK((*program)->streams()[0].throughput == "consumed");
  CHECK((*program)->Fields(core::ClusterId(2)).types()[3].name == "kafka.fetched");
  CHECK(Begins(error(input_of({"b"})),
               R"(f.json: /clusters/0/stack/1: want a cluster with the stack [{"kafka": )"));
  CHECK(Begins(error(input_of({"a", "c"})), "f.json: /clusters/3/stack/0/from: want the name of "));
  CHECK(error(input_of({"a", "b", "a"})) ==
        "f.json: /clusters/4/stack/0/from: the brokers of a are k_c");
  // There is no failover: a budget that says there were is refused.
  CatalogInput bearing = input_of({"a", "b"});
  bearing.clusters[3].u = 1;
  CHECK(Begins(error(bearing), "f.json: /clusters/3/budget/u: want 0, not 1: "));
  CatalogInput hasty = input_of({"a", "b"});
  hasty.stacks[0][1]["request_timeout"] = "500ms";
  CHECK(Begins(error(hasty), "f.json: /clusters/0/stack/1/request_timeout: want more than "));
  hasty.stacks[0][1]["fetch"] = {{"wait", "499ms"}};
  CHECK(error(hasty) == "none");
  hasty.stacks[2][0]["request_timeout"] = "1ms";
  CHECK(Begins(error(hasty), "f.json: /clusters/2/stack/0/request_timeout: want more than "));
  // Another protocol at the other end reads nothing of it.
  CatalogInput mixed = input_of({"a"});
  mixed.stacks[1] = Over(R"({"c3b": "picsou"})");
  CHECK(Begins(error(mixed), "f.json: /clusters/0/stack/1: want a cluster with the stack "));
}

TEST_CASE("catalog: a node built by name sends what its fields read") {
  for (const std::string name : {"one-shot", "all-to-all", "ll", "otu"}) {
    const auto program = Compiled("{\"c3b\": \"" + name + "\"}");
    for (std::uint32_t c = 0; c < 2; ++c) {
      // Where there is a leader, the others send nothing by themselves.
      const std::uint32_t index = name == "ll" || name == "otu" ? 0 : 1;
      const core::NodeId self = program->clusters()[c].Replica(index);
      const Keys keys(self);
      core::Seat seat;
      seat.self = self;
      seat.cluster = core::ClusterId(c);
      seat.index = index;
      seat.send_buffer = core::ByteCount(kBuffer);
      seat.signer = &keys;
      seat.verifier = &keys;
      core::Effects out;
      const std::unique_ptr<core::Node> node = program->Build(seat);
      node->OnStart(NowAtMs(0), {}, out);
      const auto sends = All<core::effect::Send>(out);
      REQUIRE(!sends.empty());
      const core::MessageFields& fields = program->Fields(core::ClusterId(c));
      for (const core::effect::Send& send : sends) {
        CHECK(program->clusters()[1 - c].Has(send.to));
        core::FieldedMessage message;
        REQUIRE(fields.Read(send.payload, message));
        CHECK(fields.types()[message.type].name == "c3b.batch");
        CHECK(fields.Build(message, keys, core::SpeakerOf(send.to)) == send.payload);
      }
    }
  }
}

TEST_CASE("catalog: a cluster of ping-pong has no stream") {
  const json stack = Parsed(R"([{"protocol": "pingpong", "retry": "5ms"}])");
  const auto program = CatalogProgram::Compile(InputOf(stack, stack));
  REQUIRE(program.ok());
  CHECK((*program)->streams().empty());
  CHECK((*program)->Fields(core::ClusterId(0)).types()[0].name == "pingpong.ball");
}

TEST_CASE("catalog: a rate and a size of messages reach the log and the promise") {
  json stack = Over(R"({"c3b": "picsou"})");
  stack[0]["rate"] = 500;
  stack[0]["message_bytes"] = 77;
  const auto program = CatalogProgram::Compile(InputOf(stack, Over(R"({"c3b": "picsou"})")));
  REQUIRE(program.ok());
  CHECK((*program)->streams()[0].rate_per_s == 500);
  CHECK((*program)->streams()[0].message_bytes == 77);
  CHECK((*program)->streams()[0].messages == 0);
  CHECK((*program)->streams()[1].rate_per_s == 0);
}

TEST_CASE("catalog: errors name file, pointer and what was wanted") {
  CHECK(Begins(ErrorOfLayer(R"({"c3b": "picsoo"})"), "f.json: /clusters/1/stack/1/c3b: "));
  CHECK(
      Begins(ErrorOfLayer(R"({"c3b": "picsou", "phi": -1})"), "f.json: /clusters/1/stack/1/phi: "));
  CHECK(Begins(ErrorOfLayer(R"({"c3b": "picsou", "quack_window": 0})"),
               "f.json: /clusters/1/stack/1/quack_window: "));
  CHECK(Begins(ErrorOfLayer(R"({"c3b": "picsou", "noop_delay": "0ms"})"),
               "f.json: /clusters/1/stack/1/noop_delay: "));
  CHECK(Begins(ErrorOfLayer(R"({"c3b": "picsou", "wire": {"phi_word_bytes": 99999}})"),
               "f.json: /clusters/1/stack/1/wire/phi_word_bytes: "));
  const std::string unknown = ErrorOfLayer(R"({"c3b": "picsou", "quak_window": 5})");
  CHECK(Begins(unknown, "f.json: /clusters/1/stack/1/quak_window: unknown key"));
  CHECK(unknown.find("quack_window") != std::string::npos);
  // What only Picsou has means nothing to a baseline.
  CHECK(Begins(ErrorOfLayer(R"({"c3b": "one-shot", "phi": 5})"),
               "f.json: /clusters/1/stack/1/phi: "));
  CHECK(Begins(ErrorOf(Parsed(R"([{"rsm": "file"}, {"c3b": "picsou"}])")),
               "f.json: /clusters/1/stack/0/message_bytes: "));
}

TEST_CASE("catalog: a stack of another shape is refused where it stands") {
  for (const std::string_view stack :
       {"[]", "{}", "5", "null", R"([{"rsm": "file", "message_bytes": 5}])",
        R"([{"c3b": "picsou"}, {"rsm": "file", "message_bytes": 5}])", R"([5, 6])",
        R"([{"protocol": "pingpong"}, {"protocol": "pingpong"}])"}) {
    CAPTURE(stack);
    CHECK(Begins(ErrorOf(Parsed(stack)), "f.json: /clusters/1/stack: "));
  }
}

TEST_CASE(
    "catalog: a C3B layer wants another cluster with one, and credit for two of the largest "
    "messages") {
  CatalogInput alone = InputOf(Over(R"({"c3b": "picsou"})"), Over(R"({"c3b": "picsou"})"));
  alone.clusters.pop_back();
  alone.stacks.pop_back();
  alone.pointers.pop_back();
  const auto program = CatalogProgram::Compile(alone);
  REQUIRE(!program.ok());
  CHECK(Begins(std::string(program.status().message()), "f.json: /clusters/0/stack/1/to: "));

  json large = Over(R"({"c3b": "picsou"})");
  // kBuffer is 2^23: 2 * (2^22 - 2^20) + 2 * 2^20 fits, one byte more does not.
  large[0]["message_bytes"] = (1 << 22) - (1 << 20);
  CHECK(ErrorOf(large) == "none");
  large[0]["message_bytes"] = (1 << 22) - (1 << 20) + 1;
  CHECK(ErrorOf(large).find("/network/send_buffer") != std::string::npos);
}

// Clusters a, b, ... of four, with these C3B layers.
std::string ErrorAmong(const std::vector<std::string>& layers) {
  CatalogInput input;
  for (std::uint32_t c = 0; c < layers.size(); ++c) {
    input.clusters.push_back(
        {std::string(1, static_cast<char>('a' + c)), core::NodeId(4 * c), 4, 1, 1});
    input.stacks.push_back(Over(layers[c]));
    input.pointers.push_back("/clusters/" + std::to_string(c) + "/stack");
  }
  input.file = "f.json";
  input.send_buffer = core::ByteCount(kBuffer);
  const auto program = CatalogProgram::Compile(input);
  if (!program.ok()) return std::string(program.status().message());
  std::string pairs;
  for (const StreamInfo& stream : (*program)->streams()) {
    pairs +=
        input.clusters[stream.from.value()].name + input.clusters[stream.to.value()].name + " ";
  }
  return pairs;
}

TEST_CASE("catalog: a C3B layer names the cluster that it speaks to, and that speaks to it") {
  const std::string plain = R"({"c3b": "picsou"})";
  const auto to = [](const std::string& name) {
    return R"({"c3b": "picsou", "to": ")" + name + R"("})";
  };
  CHECK(ErrorAmong({plain, plain}) == "ab ba ");
  CHECK(ErrorAmong({to("b"), plain}) == "ab ba ");
  CHECK(ErrorAmong({to("c"), to("d"), to("a"), to("b")}) == "ac bd ca db ");
  CHECK(ErrorAmong({plain, plain, plain}) ==
        "f.json: /clusters/0/stack/1/to: want the cluster that a speaks to, since 2 others have a "
        "C3B layer");
  CHECK(ErrorAmong({to("b"), to("c"), to("b")}) ==
        "f.json: /clusters/0/stack/1/to: want a cluster that speaks to a; b speaks to c");
  CHECK(ErrorAmong({to("a"), plain}) ==
        "f.json: /clusters/0/stack/1/to: want another cluster with a C3B layer for a, not a");
  CHECK(Begins(ErrorAmong({plain, to("z")}),
               "f.json: /clusters/1/stack/1/to: want the name of a cluster; there are: a, b"));
}

TEST_CASE(
    "catalog: protocols want sizes that work, and Chora-R clients whose requests fit its "
    "commands") {
  std::uint32_t size = 3;
  std::uint32_t r = 0;
  const auto error = [&](std::string_view chora, std::string_view client = "") {
    CatalogInput input = InputOf(Parsed(R"([{"protocol": "pingpong"}])"), json());
    input.clusters[1].size = size;
    input.clusters[1].u = (size - 1) / 2;
    input.clusters[1].r = r;
    input.stacks[1] = json::array({Parsed(chora)});
    if (!client.empty()) input.stacks[1].push_back(Parsed(client));
    const auto program = CatalogProgram::Compile(input);
    return program.ok() ? "none" : std::string(program.status().message());
  };
  CHECK(error(R"({"protocol": "chora"})") == "none");
  for (const std::uint32_t wrong : {1U, 4U, 65U}) {
    size = wrong;
    CHECK(Begins(error(R"({"protocol": "chora"})"),
                 "f.json: /clusters/1/stack/0: replicas: want an odd number"));
  }
  // Nor does a ball go round one: it would at one instant, for ever.
  size = 1;
  CHECK(error(R"({"protocol": "pingpong"})") ==
        "f.json: /clusters/1/stack/0: replicas: want at least 2, not 1");
  size = 3;
  r = 1;
  CHECK(error(R"({"protocol": "chora"})") ==
        "f.json: /clusters/1/stack/0: want a budget r of 0 for this cluster: Chora-R bears "
        "crashes, and no liars");
  r = 0;
  CHECK(error(R"({"protocol": "chora"})", R"({"client": "closed", "request_bytes": 40})") ==
        "none");
  CHECK(error(R"({"protocol": "chora"})", R"({"client": "closed", "request_bytes": 41})") ==
        "f.json: /clusters/1/stack/1/request_bytes: want at most 40, as much as a request to b may "
        "hold");
  CHECK(Begins(
      error(R"({"protocol": "chora"})", R"({"client": "closed", "request_bytes": 40, "to": "b"})"),
      "f.json: /clusters/1/stack/1/to: has no meaning here"));
  CHECK(
      Begins(error(R"({"protocol": "chora", "depth": 0})"), "f.json: /clusters/1/stack/0/depth: "));
  for (const std::string_view wrong : {R"("hard_window": 1)", R"("vote_rounds": 1)",
                                       R"("batch_commands": 64)", R"("ring_rounds": 10)"}) {
    CAPTURE(wrong);
    const std::string layer = R"({"protocol": "chora", )" + std::string(wrong) + "}";
    const std::string said = error(layer);
    CHECK(Begins(said, "f.json: /clusters/1/stack/0: "));
    CHECK(said.find(": want ") != std::string::npos);
  }
}

TEST_CASE("catalog: clients of a store ask for operations, and it promises to be linearizable") {
  const auto compiled = [](std::string_view chora, std::string_view client) {
    CatalogInput input = InputOf(Parsed(R"([{"protocol": "pingpong"}])"), json());
    input.clusters[1].size = 3;
    input.clusters[1].u = 1;
    input.clusters[1].r = 0;
    input.stacks[1] = json::array({Parsed(chora), Parsed(client)});
    return CatalogProgram::Compile(input);
  };
  const std::string store = R"({"protocol": "chora", "machine": "key_value"})";
  const auto fine = compiled(store, R"({"client": "closed", "window": 400})");
  REQUIRE(fine.ok());
  const auto& promises = (*fine)->promises();
  const auto z = std::find_if(promises.begin(), promises.end(),
                              [](const Promise& each) { return each.oracle == "Z"; });
  REQUIRE(z != promises.end());
  CHECK(z->scope == json{{"cluster", 1}});
  CHECK(z->parameters["loads"][0]["clients"] == 1);
  CHECK(z->parameters["loads"][0]["keys"] == 16);
  const auto error = [&](std::string_view client) {
    return std::string(compiled(store, client).status().message());
  };
  CHECK(Begins(error(R"({"client": "closed", "request_bytes": 40})"),
               "f.json: /clusters/1/stack/1/request_bytes: "));
  CHECK(Begins(error(R"({"client": "closed", "operations": {"value_bytes": 64}})"),
               "f.json: /clusters/1/stack/1/operations/value_bytes: want requests of at most 40"));
  CHECK(Begins(error(R"({"client": "closed", "operations": {"gets": 60, "appends": 40}})"),
               "f.json: /clusters/1/stack/1/operations: want gets and appends of at most 99"));
  // Others have no operations.
  CHECK(Begins(std::string(compiled(R"({"protocol": "chora"})",
                                    R"({"client": "closed", "request_bytes": 9, "operations": {}})")
                               .status()
                               .message()),
               "f.json: /clusters/1/stack/1/operations: has no meaning here"));
}

TEST_CASE("catalog: a period of zero is refused, whichever protocol reads it") {
  const std::string wanted = ": want a time above zero, not \"0ms\"";
  for (const std::string key : {"noop_delay", "max_delay"}) {
    CHECK(ErrorOfLayer(R"({"c3b": "picsou", ")" + key + R"(": "0ms"})") ==
          "f.json: /clusters/1/stack/1/" + key + wanted);
  }
  CatalogInput input = InputOf(Parsed(R"([{"protocol": "pingpong"}])"), json());
  input.clusters[1].size = 3;
  input.clusters[1].u = 1;
  input.clusters[1].r = 0;
  const auto error = [&](std::string_view stack) {
    input.stacks[1] = Parsed(stack);
    return std::string(CatalogProgram::Compile(input).status().message());
  };
  CHECK(error(R"([{"protocol": "pingpong", "retry": "0ms"}])") ==
        "f.json: /clusters/1/stack/0/retry" + wanted);
  CHECK(error(R"([{"protocol": "chora", "round_length": "0ms"}])") ==
        "f.json: /clusters/1/stack/0/round_length" + wanted);
  CHECK(error(R"([{"protocol": "chora"},
                  {"client": "closed", "request_bytes": 9, "retry": "0ms"}])") ==
        "f.json: /clusters/1/stack/1/retry" + wanted);
}

TEST_CASE("catalog: each layer is listed with its keys, notes and the oracles of its promises") {
  const std::vector<LayerInfo> layers = ListLayers();
  std::vector<std::string> names;
  for (const LayerInfo& layer : layers) names.push_back(layer.kind + " " + layer.name);
  CHECK(names == std::vector<std::string>{"rsm file", "c3b picsou", "c3b one-shot",
                                          "c3b all-to-all", "c3b ll", "c3b otu", "c3b kafka",
                                          "protocol pingpong", "protocol chora", "client closed",
                                          "client open", "kafka broker"});
  CHECK(layers[2].oracles == std::vector<std::string>{"I", "D"});
  CHECK(layers[6].oracles == std::vector<std::string>{"I", "D", "L"});
  CHECK(layers[8].oracles.size() == 11);
  CHECK(layers[0].keys[0].name == "message_bytes");
  CHECK(layers[0].keys[0].is_required);
  CHECK(layers[10].notes[0].name == "turned_away");
}

TEST_CASE("catalog: clients name the cluster of replicas that they ask") {
  CatalogInput input = InputOf(Parsed(R"([{"protocol": "pingpong"}])"), json());
  input.clusters[1].is_client = true;
  const auto error = [&](std::string_view layer) {
    input.stacks[1] = json::array({Parsed(layer)});
    const auto program = CatalogProgram::Compile(input);
    return program.ok() ? "none" : std::string(program.status().message());
  };
  CHECK(error(R"({"client": "closed", "to": "a", "request_bytes": 10, "think": "1ms"})") == "none");
  CHECK(Begins(error(R"({"client": "closed", "request_bytes": 10})"),
               "f.json: /clusters/1/stack/0/to: "));
  CHECK(Begins(error(R"({"client": "closed", "to": "b", "request_bytes": 10})"),
               "f.json: /clusters/1/stack/0/to: want a cluster of replicas"));
  CHECK(Begins(error(R"({"client": "loop", "to": "a", "request_bytes": 10})"),
               "f.json: /clusters/1/stack/0/client: "));
  CHECK(Begins(error(R"({"client": "open", "to": "a", "request_bytes": 10})"),
               "f.json: /clusters/1/stack/0/rate: "));
  CHECK(error(R"({"client": "open", "to": "a", "request_bytes": 10, "rate": 5})") == "none");
  CHECK(Begins(error(R"({"client": "open", "to": "a", "request_bytes": 10, "rate": 1000000,
                         "clients": 1001})"),
               "f.json: /clusters/1/stack/0/rate: want at most 1000000000 requests per second"));
  CHECK(Begins(error(R"({"client": "closed", "to": "a", "request_bytes": 10, "retry": "0s"})"),
               "f.json: /clusters/1/stack/0/retry: "));
}

}  // namespace
}  // namespace lockstep::tests
