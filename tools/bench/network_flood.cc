// A flood through one switch: how many messages a second of wall time a world delivers, and whether
// each arrives when other simulators say it does.
//
// Each host keeps a number of messages outstanding, each to a random other host; a delivery makes
// its receiver send the next one. Cards and switch ports are FIFO at line rate, the switch stores
// and forwards, and hosts cost nothing. This is workload W2 of the peer benchmarks that ns-3,
// OMNeT++, htsim and bare loops were measured with; with the default options the sum of the first
// 5,000,000 delivery times, in picoseconds, is 028822e15fc85d00 in all of them. Destinations come
// from W2's own generator (splitmix64, one state per host), the only use of it; so results do not
// depend on how ties are broken.

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <sys/resource.h>
#include <vector>

#include "CLI/CLI.hpp"
#include "nlohmann/json.hpp"

#include "protocols/parameters/parameters.h"
#include "sim/scenario/scenario.h"
#include "sim/trace/digest.h"
#include "tools/validate/lab.h"

namespace lockstep::tools {
namespace {

constexpr std::int64_t kHeaderBytes = 30;

struct Options {
  std::uint32_t hosts = 64;
  std::int64_t rate_bps = 10'000'000'000;
  core::Duration delay = core::Duration::Microseconds(1);
  std::int64_t wire_bytes = 1'054;
  std::uint32_t outstanding = 8;
  std::uint64_t messages = 5'000'000;
};

// What all hosts together have seen delivered.
struct Tally {
  std::uint64_t wanted = 0;
  std::uint64_t delivered = 0;
  std::uint64_t sum_ps = 0;  // of delivery times, modulo 2^64
};

class FloodNode final : public validate::QuietNode {
 public:
  FloodNode(core::NodeId self, const Options& options, const core::Bytes& payload, Tally& tally)
      : self_(self),
        options_(options),
        payload_(payload),
        tally_(tally),
        state_(0xC0'FFEE + std::uint64_t{0x100'0003} * self.value()) {}

  void OnStart(const core::Now&, std::span<const core::Bytes>, core::Effects& out) override {
    for (std::uint32_t i = 0; i < options_.outstanding; ++i) SendNext(out);
  }
  void OnMessage(const core::Now& now, core::NodeId, const core::Bytes&,
                 core::Effects& out) override {
    if (tally_.delivered == tally_.wanted) return;
    ++tally_.delivered;
    tally_.sum_ps += static_cast<std::uint64_t>(now.monotonic().ps());
    SendNext(out);
  }

 private:
  void SendNext(core::Effects& out) {
    state_ += 0x9E37'79B9'7F4A'7C15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58'476D'1CE4'E5B9;
    z = (z ^ (z >> 27)) * 0x94D0'49BB'1331'11EB;
    z ^= z >> 31;
    const auto other = static_cast<std::uint32_t>((z >> 32) * (options_.hosts - 1) >> 32);
    out.Send(core::NodeId(other >= self_.value() ? other + 1 : other), payload_);
  }

  core::NodeId self_;
  const Options& options_;
  const core::Bytes& payload_;
  Tally& tally_;
  std::uint64_t state_;
};

// Links and switch are bounded by their rate alone.
sim::Scenario MakeScenario(const Options& options) {
  sim::Scenario scenario = validate::LabScenario({options.hosts});
  scenario.end = core::Instant::Max();
  scenario.period = core::Duration::Seconds(1'000);
  sim::NicSpec& nic = scenario.profile.nic;
  nic.rate_bps = options.rate_bps;
  nic.mtu_payload = core::ByteCount(options.wire_bytes);
  nic.header = core::ByteCount(kHeaderBytes);
  nic.tx = {};
  nic.rx = {};
  scenario.network.intra.transport = sim::Transport::kDatagram;
  scenario.network.intra.segmentation = sim::Segmentation::kMessage;
  scenario.network.send_buffer = core::ByteCount(std::int64_t{1} << 40);
  sim::WireSpec wire;
  wire.delay = options.delay;
  scenario.network.topology = validate::Star(scenario, wire, options.rate_bps);
  return scenario;
}

struct Measured {
  Tally tally;
  std::uint64_t steps = 0;
  double seconds = 0;
  std::string digest;
};

Measured Flood(const Options& options, bool is_digested) {
  Measured measured;
  measured.tally.wanted = options.messages;
  const core::Bytes payload =
      validate::Filler(static_cast<std::uint64_t>(options.wire_bytes - kHeaderBytes));
  trace::Digest digest;
  std::vector<trace::Sink*> sinks;
  if (is_digested) sinks.push_back(&digest);
  validate::Lab lab(
      MakeScenario(options),
      [&](const core::Seat& seat) {
        return std::make_unique<FloodNode>(seat.self, options, payload, measured.tally);
      },
      sinks);
  const auto begin = std::chrono::steady_clock::now();
  // In small bites: once all is delivered, what is left of one is measured, too.
  while (measured.tally.delivered < measured.tally.wanted) {
    lab.RunSteps(64);
  }
  const auto end = std::chrono::steady_clock::now();
  measured.seconds = std::chrono::duration<double>(end - begin).count();
  measured.steps = lab.world().steps();
  if (is_digested) measured.digest = digest.Hex();
  return measured;
}

nlohmann::json Report(const Options& options, const Measured& measured) {
  char check[17];
  std::snprintf(check, sizeof(check), "%016llx",
                static_cast<unsigned long long>(measured.tally.sum_ps));
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  nlohmann::json report = {
      {"benchmark", "network_flood"},
      {"hosts", options.hosts},
      {"rate_bps", options.rate_bps},
      {"delay_ps", options.delay.ps()},
      {"wire_bytes", options.wire_bytes},
      {"outstanding", options.outstanding},
      {"messages", measured.tally.delivered},
      {"check", check},
      {"queue_entries", measured.steps},
      {"wall_s", measured.seconds},
      {"messages_per_s", static_cast<double>(measured.tally.delivered) / measured.seconds},
      {"peak_rss_kb", usage.ru_maxrss},
  };
  if (!measured.digest.empty()) report["digest"] = measured.digest;
  return report;
}

void PrintForPeople(const Measured& measured, const nlohmann::json& report) {
  std::printf(
      "%-11s %8.2f M messages/s  %6.3f s  %5.2f entries/message  check %s  peak %lld kB%s%s\n",
      measured.digest.empty() ? "no digest" : "with digest",
      report["messages_per_s"].get<double>() / 1e6, measured.seconds,
      static_cast<double>(measured.steps) / static_cast<double>(measured.tally.delivered),
      report["check"].get<std::string>().c_str(),
      static_cast<long long>(report["peak_rss_kb"].get<std::int64_t>()),
      measured.digest.empty() ? "" : "  digest ", measured.digest.c_str());
}

// Reads "10Gbps" and the like into an option.
template <typename T, typename Parse>
std::function<std::string(const std::string&)> Into(T& target, Parse parse) {
  return [&target, parse](const std::string& text) -> std::string {
    const auto value = parse(text);
    if (!value.ok()) return std::string(value.status().message());
    target = *value;
    return "";
  };
}

// What the world has no room for; empty where there is nothing wrong.
std::string Impossible(const Options& options) {
  constexpr std::uint64_t kOutstandingMost = 4'000'000;
  constexpr core::Duration kSlowest = core::Duration::Seconds(1);
  if (std::uint64_t{options.hosts} * options.outstanding > kOutstandingMost)
    return "--hosts times --outstanding: want at most 4000000 messages on their way";
  if (options.delay > core::Duration::Seconds(3'600)) return "--delay: want at most an hour";
  const double seconds =
      8.0 * static_cast<double>(options.wire_bytes) / static_cast<double>(options.rate_bps);
  if (seconds > static_cast<double>(kSlowest.ps()) * 1e-12)
    return "--rate: want one at which a message takes at most a second";
  return "";
}

int Main(int argc, char** argv) {
  Options options;
  std::string digest = "both";
  bool is_json = false;
  CLI::App app(
      "A flood through one switch (workload W2 of the peer benchmarks): messages delivered per\n"
      "second of wall time, and the sum of all delivery times in picoseconds (check), which other\n"
      "simulators must agree with. With the defaults it is 028822e15fc85d00.");
  app.add_option("--hosts", options.hosts, "hosts at the switch")
      ->check(CLI::Range(2, 10'000))
      ->capture_default_str();
  app.add_option("--rate", "rate of each card and port, such as 10Gbps (default)")
      ->check(Into(options.rate_bps, ParseRate));
  app.add_option("--delay", "propagation of each link, such as 1us (default)")
      ->check(Into(options.delay, ParseDuration));
  app.add_option("--size", options.wire_bytes,
                 "bytes of a message on the wire, 30 B of headers included")
      ->check(CLI::Range(std::int64_t{kHeaderBytes}, std::int64_t{1} << 30))
      ->capture_default_str();
  app.add_option("--outstanding", options.outstanding, "messages that each host keeps on their way")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  app.add_option("--messages", options.messages, "deliveries to count")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000'000}))
      ->capture_default_str();
  app.add_option("--digest", digest, "off, on, or both one after the other")
      ->check(CLI::IsMember({"off", "on", "both"}))
      ->capture_default_str();
  app.add_flag("--json", is_json, "one JSON object a line");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    constexpr int kBadInput = 2;
    return app.exit(error) == 0 ? 0 : kBadInput;
  }
  if (const std::string wrong = Impossible(options); !wrong.empty()) {
    std::fprintf(stderr, "network_flood: %s\n", wrong.c_str());
    return 2;
  }
  for (const bool is_digested : {false, true}) {
    if (digest != "both" && is_digested != (digest == "on")) continue;
    const Measured measured = Flood(options, is_digested);
    const nlohmann::json report = Report(options, measured);
    if (is_json) {
      std::printf("%s\n", report.dump().c_str());
    } else {
      PrintForPeople(measured, report);
    }
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace lockstep::tools

int main(int argc, char** argv) { return lockstep::tools::Main(argc, argv); }
