// Settings of Chora-R: which are wrong, and which are merely unwise.

#include "protocols/chora/config.h"

#include <functional>
#include <string>

#include "protocols/chora/batch.h"
#include "protocols/chora/messages.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

chora::Config ConfigFor(std::uint32_t replicas) {
  chora::Config config;
  config.cluster = core::Cluster{"a", core::NodeId(0), replicas, (replicas - 1) / 2, 0, false};
  return config;
}

// The complaint about a configuration with one change, or "ok".
std::string Complaint(const std::function<void(chora::Config&)>& change) {
  chora::Config config = ConfigFor(3);
  change(config);
  const absl::Status status = chora::Validate(config);
  return status.ok() ? "ok" : std::string(status.message());
}
bool Names(const std::string& complaint, const std::string& what) {
  return complaint.rfind(what + ": want ", 0) == 0;
}

TEST_CASE("chora config: the defaults are legal and without remarks, 3 to 9 replicas") {
  for (const std::uint32_t replicas : {3U, 5U, 7U}) {
    const chora::Config config = ConfigFor(replicas);
    CHECK(chora::Validate(config).ok());
    CHECK(chora::Remarks(config).empty());
    CHECK(chora::RoundOverhead(config) + chora::Batch::kHeadBytes == 64);
  }
  // Nine of them keep the log core busier than 1.86 us: (N - 1) 100 + 150 + 60 N = 1490 ns with
  // empty batches still fit.
  CHECK(chora::Remarks(ConfigFor(9)).empty());
  CHECK(chora::RoundOverhead(ConfigFor(9)) + chora::Batch::kHeadBytes == 64);
}

TEST_CASE("chora config: what is wrong is named, with what is wanted") {
  CHECK(Names(Complaint([](chora::Config& c) { c.cluster.size = 4; }), "replicas"));
  CHECK(Names(Complaint([](chora::Config& c) { c.cluster.size = 65; }), "replicas"));
  CHECK(Names(Complaint([](chora::Config& c) { c.depth = 0; }), "depth"));
  CHECK(Names(Complaint([](chora::Config& c) { c.round_length = core::Duration(); }),
              "round_length"));
  CHECK(Names(Complaint([](chora::Config& c) { c.vote_rounds = c.depth; }), "vote_rounds"));
  CHECK(Names(Complaint([](chora::Config& c) { c.alpha = 0; }), "alpha"));
  CHECK(Names(Complaint([](chora::Config& c) { c.hard_window = c.depth; }), "hard_window"));
  CHECK(
      Names(Complaint([](chora::Config& c) { c.soft_window = c.hard_window + 1; }), "soft_window"));
  CHECK(Names(Complaint([](chora::Config& c) { c.ring_rounds = 8'192; }), "ring_rounds"));
  CHECK(Names(Complaint([](chora::Config& c) { c.checkpoint_rounds = 0; }), "checkpoint_rounds"));
  CHECK(Names(Complaint([](chora::Config& c) { c.dead_rounds = 0; }), "dead_rounds"));
  CHECK(Names(Complaint([](chora::Config& c) { c.batch_commands = 0; }), "batch_commands"));
  CHECK(Names(Complaint([](chora::Config& c) {
                c.clock = chora::ClockMode::kSelf;
                c.gain_permille = 0;
              }),
              "gain_permille"));
}

TEST_CASE("chora config: a batch must fit a packet") {
  // 22 commands of 64 B are 1408 B, and 64 B of header make 1472.
  CHECK(Complaint([](chora::Config&) {}) == "ok");
  CHECK(Names(Complaint([](chora::Config& c) { c.batch_commands = 23; }), "packet_bytes"));
  CHECK(Names(Complaint([](chora::Config& c) { c.packet_bytes = 1'471; }), "packet_bytes"));
  CHECK(Complaint([](chora::Config& c) {
          c.batch_commands = 64;
          c.packet_bytes = 64 + 64 * 64;
        }) == "ok");
}

TEST_CASE("chora config: what makes no promise of recovery is remarked on") {
  const auto remarks = [](const std::function<void(chora::Config&)>& change) {
    chora::Config config = ConfigFor(3);
    change(config);
    CHECK(chora::Validate(config).ok());
    return chora::Remarks(config).size();
  };
  CHECK(remarks([](chora::Config& c) { c.hard_window = 64; }) == 0);
  CHECK(remarks([](chora::Config& c) {
          c.hard_window = 63;
          c.soft_window = 12;
        }) == 1);
  CHECK(remarks([](chora::Config& c) { c.soft_window = 11; }) == 1);  // (4 + 8) D
  CHECK(remarks([](chora::Config& c) {
          c.packet_bytes = 37 + 26 * 18 - 1;
          c.batch_commands = 4;
        }) == 1);
  // An empty round at N = 3: 2 * 100 + 150 + 3 * 60 ns.
  CHECK(remarks([](chora::Config& c) { c.round_length = core::Duration::Nanoseconds(530); }) == 1);
  CHECK(remarks([](chora::Config& c) { c.round_length = core::Duration::Nanoseconds(531); }) == 0);
}

TEST_CASE("chora config: a state that takes long to transfer is remarked on") {
  // 5 rounds until the first chunk, then two of 1300 B a round, and C = 1024: 2.65 MB.
  CHECK(chora::Remarks(ConfigFor(3), 2'600'000).empty());
  CHECK(chora::Remarks(ConfigFor(3), 2'700'000).size() == 1);
  CHECK(chora::Remarks(ConfigFor(3), 11'000'000).size() == 1);
  // However little there is, it takes the way there, back and there again.
  chora::Config config = ConfigFor(3);
  for (const auto& [rounds, count] : {std::pair{1U, 1U}, {2U, 1U}, {4U, 1U}, {5U, 0U}}) {
    config.checkpoint_rounds = rounds;
    CHECK(chora::Remarks(config, 0).size() == count);
  }
  config.checkpoint_rounds = 1;
  CHECK(chora::Remarks(config, 0)[0].find("may never end") != std::string::npos);
  config.checkpoint_rounds = 2;
  CHECK(chora::Remarks(config, 0)[0].find("may need several") != std::string::npos);
}

TEST_CASE("chora config: rounds that are too short, or carry too much, get a remark (5.1, 5.3)") {
  chora::Config config;
  config.cluster.size = 3;
  config.batch_commands = 4;
  config.round_length = core::Duration::Nanoseconds(1'475);
  CHECK(chora::RoundRemarks(config).size() == 1);
  config.round_length = core::Duration::Nanoseconds(1'476);
  CHECK(chora::RoundRemarks(config).empty());
  // The log core needs 2030 ns for nine full batches of four.
  config.cluster.size = 9;
  config.round_length = core::Duration::Nanoseconds(2'030);
  CHECK(chora::RoundRemarks(config).size() == 1);
  config.round_length = core::Duration::Nanoseconds(2'031);
  CHECK(chora::RoundRemarks(config).empty());
  // At D = 3, eight packets of 1472 B with 196 B of frames: 8 x 134 ns.
  config.depth = 3;
  config.batch_commands = 1;
  config.round_length = core::Duration::Nanoseconds(3 * 1'860);
  CHECK(chora::RoundRemarks(config).empty());
  config.cluster.size = 3;
  config.round_length = core::Duration::Nanoseconds(3 * 620);
  CHECK(chora::RoundRemarks(config).empty());
  config.packet_bytes = 4'000;  // 2 x 336 ns
  CHECK(chora::RoundRemarks(config).size() == 1);
}

}  // namespace
}  // namespace lockstep::tests
