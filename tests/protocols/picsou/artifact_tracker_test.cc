// How the published artifact counts what is missing.

#include "protocols/picsou/artifact_tracker.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "protocols/core/run.h"
#include "protocols/picsou/quack.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using picsou::ArtifactSchedule;
using picsou::ArtifactTracker;
using ArtifactOrders = std::vector<ArtifactTracker::Order>;

// A sender's view: four receivers, f = 1, or whatever stake and f.
struct ArtifactView {
  explicit ArtifactView(std::uint32_t self = 3, std::vector<std::uint32_t> stake = {},
                        std::uint32_t f = 1)
      : cluster{"x", core::NodeId(0), 4, f, f, false, std::move(stake)},
        schedule(cluster, cluster),
        tracker(schedule, self, cluster),
        quacks(4, f + 1, cluster.stake) {}

  // Receiver j holds what is below `cumulative`, and of what is above these runs.
  ArtifactOrders Hear(std::uint32_t j, std::uint64_t cumulative,
                      const std::vector<core::Run>& phi = {}) {
    picsou::Ack ack{cumulative, 0, phi};
    for (const core::Run& run : phi) ack.phi_end = std::max(ack.phi_end, run.Last() + 1);
    quacks.Ack(j, cumulative);
    return tracker.Report(j, ack, quacks.quack());
  }

  core::Cluster cluster;
  ArtifactSchedule schedule;
  ArtifactTracker tracker;
  picsou::QuackCounter quacks;
};

TEST_CASE("artifact tracker: the first report of a missing message counts nothing") {
  ArtifactView view;
  for (std::uint32_t j = 0; j < 4; ++j) CHECK(view.Hear(j, 0).empty());
  CHECK(view.tracker.AttemptsOn(0) == 0);
}

TEST_CASE("artifact tracker: resend k takes f + 1 receivers with k + 1 reports each") {
  ArtifactView view;
  for (std::uint64_t k = 1; k <= 3; ++k) {
    if (k == 1) CHECK(view.Hear(0, 0).empty());
    if (k == 1) CHECK(view.Hear(1, 0).empty());
    CHECK(view.Hear(0, 0).empty());
    CHECK(view.Hear(1, 0) == ArtifactOrders{{0, k}});
  }
}

TEST_CASE("artifact tracker: one receiver alone orders nothing, however often it reports") {
  ArtifactView view;
  for (int i = 0; i < 100; ++i) CHECK(view.Hear(2, 0).empty());
}

TEST_CASE("artifact tracker: reports that came long before count with the others") {
  ArtifactView view;
  for (int i = 0; i < 4; ++i) CHECK(view.Hear(2, 0).empty());
  CHECK(view.Hear(1, 0).empty());
  // The second receiver's reports raise c one by one, for nothing starts anew.
  CHECK(view.Hear(1, 0) == ArtifactOrders{{0, 1}});
  CHECK(view.Hear(1, 0) == ArtifactOrders{{0, 2}});
  CHECK(view.Hear(1, 0) == ArtifactOrders{{0, 3}});
}

TEST_CASE("artifact tracker: after the third attempt a message is never judged again") {
  ArtifactView view;
  for (int i = 0; i < 4; ++i) view.Hear(0, 0), view.Hear(1, 0);
  CHECK(view.tracker.AttemptsOn(0) == 3);
  for (int i = 0; i < 100; ++i) {
    for (std::uint32_t j = 0; j < 4; ++j) REQUIRE(view.Hear(j, 0).empty());
  }
  CHECK(view.tracker.AttemptsOn(0) == 3);
}

TEST_CASE("artifact tracker: who has a message is heard no more of it") {
  ArtifactView view;
  view.Hear(0, 0);
  view.Hear(1, 0);
  // Receiver 1 has what it lacked, which is above its ACK in no list: its ACK says so.
  view.Hear(1, 1);
  view.Hear(0, 0);
  for (int i = 0; i < 10; ++i) CHECK(view.Hear(1, 0).empty());
  // Another's reports count with receiver 0's, two of them so far.
  CHECK(view.Hear(2, 0).empty());
  CHECK(view.Hear(2, 0) == ArtifactOrders{{0, 1}});
}

TEST_CASE("artifact tracker: above f of stake that has it, a message is closed") {
  ArtifactView view;
  // Position 2 is in the lists of two receivers, while position 0 holds up the QUACK.
  const std::vector<core::Run> list = {{2, 1, 1}};
  view.Hear(0, 0, list);
  view.Hear(1, 0, list);
  const std::vector<core::Run> beyond = {{5, 1, 1}};
  for (int i = 0; i < 5; ++i) view.Hear(2, 0, beyond), view.Hear(3, 0, beyond);
  CHECK(view.tracker.AttemptsOn(1) == 3);
  CHECK(view.tracker.AttemptsOn(2) == 0);
  // One that has it is not enough.
  ArtifactView one;
  one.Hear(0, 0, list);
  for (int i = 0; i < 5; ++i) one.Hear(2, 0, beyond), one.Hear(3, 0, beyond);
  CHECK(one.tracker.AttemptsOn(2) == 3);
}

TEST_CASE("artifact tracker: zero bits are missing up to the last set one") {
  ArtifactView view;
  const std::vector<core::Run> list = {{2, 2, 3}};  // 2 and 5
  for (int i = 0; i < 2; ++i) view.Hear(0, 0, list), view.Hear(1, 0, list);
  for (const std::uint64_t missing : {0U, 1U, 4U}) CHECK(view.tracker.AttemptsOn(missing) == 1);
  // 3 is sent first by this very replica; 2 and 5 are there; beyond 5 nothing is judged.
  for (const std::uint64_t other : {2U, 3U, 5U, 6U}) CHECK(view.tracker.AttemptsOn(other) == 0);
}

TEST_CASE("artifact tracker: without a bit the first that is lacking is judged alone") {
  ArtifactView view;
  for (int i = 0; i < 2; ++i) view.Hear(0, 4), view.Hear(1, 4);
  CHECK(view.tracker.AttemptsOn(4) == 1);
  CHECK(view.tracker.AttemptsOn(5) == 0);
  CHECK(view.tracker.size() == 1);
}

TEST_CASE("artifact tracker: the report that raises the QUACK is judged above it") {
  ArtifactView view;
  view.Hear(0, 4);  // Position 4 is missing for the first time.
  view.Hear(0, 4);
  CHECK(view.quacks.quack() == 0);
  view.Hear(1, 4);  // The QUACK is 4 now, and this is its first report.
  CHECK(view.quacks.quack() == 4);
  CHECK(view.Hear(1, 4) == ArtifactOrders{{4, 1}});
}

TEST_CASE("artifact tracker: a report from below the QUACK says nothing of what is above") {
  ArtifactView view;
  view.Hear(0, 4);
  view.Hear(1, 4);
  for (int i = 0; i < 9; ++i) CHECK(view.Hear(2, 2).empty());
  CHECK(view.tracker.AttemptsOn(4) == 0);
}

TEST_CASE("artifact tracker: the first sender of a message counts nothing") {
  ArtifactView view(/*self=*/0);
  for (int i = 0; i < 9; ++i) view.Hear(1, 0), view.Hear(2, 0);
  CHECK(view.tracker.AttemptsOn(0) == 0);
  for (int i = 0; i < 9; ++i) view.Hear(1, 1), view.Hear(2, 1);
  CHECK(view.tracker.AttemptsOn(1) == 3);
}

TEST_CASE("artifact tracker: reports count from before the QUACK") {
  ArtifactView view;
  // Nobody but receiver 2 has 0 to 3, so nothing is QUACKed; it lacks 4.
  for (int i = 0; i < 3; ++i) view.Hear(2, 4);
  CHECK(view.quacks.quack() == 0);
  view.Hear(1, 4);
  CHECK(view.Hear(1, 4) == ArtifactOrders{{4, 1}});
}

TEST_CASE("artifact tracker: 8192 messages are judged at most") {
  ArtifactView view;
  const std::vector<core::Run> far = {{20'000, 1, 1}};
  for (int i = 0; i < 2; ++i) view.Hear(0, 0, far), view.Hear(1, 0, far);
  CHECK(view.tracker.size() == 8192);
  CHECK(view.tracker.AttemptsOn(8190) == 1);
  CHECK(view.tracker.AttemptsOn(8192) == 0);
  // Whoever claims to have everything is no exception.
  ArtifactView liar;
  liar.Hear(0, std::uint64_t{1} << 61);
  CHECK(liar.tracker.size() == 8192);
  // What is QUACKed is forgotten.
  view.Hear(0, 20'001);
  view.Hear(1, 20'001);
  CHECK(view.tracker.size() == 1);
}

TEST_CASE("artifact tracker: receivers count by their stake") {
  // f = 3: receiver 3 alone is enough, receivers 0 and 1 are not, with 2 they are.
  ArtifactView heavy(/*self=*/3, {1, 2, 3, 4}, 3);
  CHECK(heavy.Hear(3, 0).empty());
  CHECK(heavy.Hear(3, 0) == ArtifactOrders{{0, 1}});
  ArtifactView light(/*self=*/3, {1, 2, 3, 4}, 3);
  for (int i = 0; i < 2; ++i) CHECK(light.Hear(0, 0).empty());
  for (int i = 0; i < 2; ++i) CHECK(light.Hear(1, 0).empty());
  CHECK(light.Hear(2, 0).empty());
  CHECK(light.Hear(2, 0) == ArtifactOrders{{0, 1}});
}

}  // namespace
}  // namespace lockstep::tests
