// The flood against other simulators: sums of delivery times that a world must reproduce.
//
// The constants are what ns-3, OMNeT++, htsim and bare loops print for workload W2. The loop below
// is one more of those: written from the description in tools/bench/network_flood.cc, with a queue
// of its own, and sharing no code with the world.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <queue>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"

#include "tests/support/process.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

struct Flood {
  std::uint64_t hosts = 64;
  std::uint64_t rate_gbps = 10;
  std::uint64_t delay_ns = 1'000;
  std::uint64_t wire_bytes = 1'054;
  std::uint64_t outstanding = 8;
  std::uint64_t messages = 0;
};

// What the program prints, with a digest or without.
std::string CheckOf(const Flood& flood, const std::string& digest) {
  const auto text = [](std::uint64_t value) { return std::to_string(value); };
  const Finished run =
      Process({LOCKSTEP_FLOOD, "--hosts", text(flood.hosts), "--rate",
               text(flood.rate_gbps) + "Gbps", "--delay", text(flood.delay_ns) + "ns", "--size",
               text(flood.wire_bytes), "--outstanding", text(flood.outstanding), "--messages",
               text(flood.messages), "--digest", digest, "--json"})
          .Wait();
  REQUIRE(run.exit_code == 0);
  return nlohmann::json::parse(run.out)["check"];
}

// Two kinds of event are enough: a message comes to its port, or to its host.
struct Due {
  std::uint64_t at;
  std::uint64_t order;
  bool is_at_port;
  std::uint64_t to;
  friend bool operator>(const Due& a, const Due& b) {
    return a.at != b.at ? a.at > b.at : a.order > b.order;
  }
};

class BareLoop {
 public:
  explicit BareLoop(const Flood& flood)
      : flood_(flood),
        service_((flood.wire_bytes * 8'000 + flood.rate_gbps - 1) / flood.rate_gbps),
        card_free_(flood.hosts),
        port_free_(flood.hosts) {
    for (std::uint64_t i = 0; i < flood.hosts; ++i) states_.push_back(0xC0'FFEE + 0x100'0003 * i);
  }

  // The sum of the delivery times, in hexadecimal.
  std::string Run() {
    for (std::uint64_t host = 0; host < flood_.hosts; ++host) {
      for (std::uint64_t i = 0; i < flood_.outstanding; ++i) Send(0, host);
    }
    std::uint64_t sum = 0;
    for (std::uint64_t delivered = 0; delivered < flood_.messages;) {
      const Due due = queue_.top();
      queue_.pop();
      if (due.is_at_port) {
        Serve(due.at, port_free_[due.to], /*is_to_port=*/false, due.to);
        continue;
      }
      ++delivered;
      sum += due.at;
      Send(due.at, due.to);
    }
    char text[17];
    std::snprintf(text, sizeof(text), "%016llx", static_cast<unsigned long long>(sum));
    return text;
  }

 private:
  void Send(std::uint64_t now, std::uint64_t from) {
    std::uint64_t z = states_[from] += 0x9E37'79B9'7F4A'7C15;
    z = (z ^ (z >> 30)) * 0xBF58'476D'1CE4'E5B9;
    z = (z ^ (z >> 27)) * 0x94D0'49BB'1331'11EB;
    z ^= z >> 31;
    const std::uint64_t other = ((z >> 32) * (flood_.hosts - 1)) >> 32;
    Serve(now, card_free_[from], /*is_to_port=*/true, other < from ? other : other + 1);
  }

  void Serve(std::uint64_t now, std::uint64_t& free, bool is_to_port, std::uint64_t to) {
    free = std::max(free, now) + service_;
    queue_.push({free + flood_.delay_ns * 1'000, order_++, is_to_port, to});
  }

  Flood flood_;
  std::uint64_t service_;  // picoseconds
  std::vector<std::uint64_t> card_free_;
  std::vector<std::uint64_t> port_free_;
  std::vector<std::uint64_t> states_;
  std::priority_queue<Due, std::vector<Due>, std::greater<Due>> queue_;
  std::uint64_t order_ = 0;
};

}  // namespace

TEST_CASE("flood: delivery times are those of the other simulators") {
  Flood flood;
  flood.messages = 200'000;
  CHECK(CheckOf(flood, "off") == "000109f4227003c0");
  CHECK(BareLoop(flood).Run() == "000109f4227003c0");
}

TEST_CASE("flood: delivery times are those of a bare loop, whatever the network") {
  for (const Flood& flood :
       {Flood{5, 3, 777, 1'500, 3, 20'000}, Flood{17, 7, 13, 1'499, 1, 20'000},
        Flood{2, 100, 50'000, 64, 100, 20'000}, Flood{200, 25, 90, 9'000, 20, 20'000}}) {
    CAPTURE(flood.hosts);
    const std::string expected = BareLoop(flood).Run();
    CHECK(CheckOf(flood, "off") == expected);
    CHECK(CheckOf(flood, "on") == expected);
  }
}

}  // namespace lockstep::tests
