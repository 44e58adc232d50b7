// Complaints and attempts (the Picsou paper, section 4.2, and where it is silent, our rule).
//
// The intervals are compared with a model that keeps one entry for each receiver and position.

#include "protocols/picsou/resend.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

#include "protocols/core/random.h"
#include "protocols/core/run.h"
#include "protocols/picsou/quack.h"
#include "tests/support/listed.h"
#include "tests/support/script.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Run;
using picsou::Ack;
using picsou::ComplaintTracker;

// (position, attempt), in order of position.
using Noted = std::set<std::pair<std::uint64_t, std::uint64_t>>;

Noted NotedOf(const std::vector<picsou::Attempt>& attempts) {
  Noted noted;
  for (const picsou::Attempt& attempt : attempts) {
    for (std::uint64_t i = 0; i < attempt.positions.count; ++i) {
      REQUIRE(noted.emplace(attempt.positions.At(i), attempt.number).second);
    }
  }
  return noted;
}

Ack AckOf(std::uint64_t cumulative, const std::vector<Run>& phi) {
  Ack ack;
  ack.cumulative = cumulative;
  ack.phi = phi;
  for (const Run& run : phi) ack.phi_end = std::max(ack.phi_end, run.Last() + 1);
  return ack;
}

// "5-6,8": runs of stride one.
std::vector<Run> ParsePhi(const std::string& text) {
  std::vector<Run> phi;
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    const std::vector<std::string> ends = absl::StrSplit(part, '-');
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    REQUIRE(absl::SimpleAtoi(ends.front(), &first));
    REQUIRE(absl::SimpleAtoi(ends.back(), &last));
    phi.push_back({first, last - first + 1, 1});
  }
  return phi;
}

constexpr std::uint64_t kPeriod = 16;
constexpr std::uint32_t kReceivers = 4;

// A sender's view: QUACK at two ACKs, attempts at two complaints.
struct View {
  explicit View(core::Duration interval)
      : quacks(kReceivers, 2), complaints(kPeriod, kReceivers, 2, interval) {}
  Noted Report(core::Instant now, std::uint32_t receiver, const Ack& ack) {
    quacks.Ack(receiver, ack.cumulative);
    return NotedOf(complaints.Report(now, receiver, ack, quacks.quack()));
  }
  picsou::QuackCounter quacks;
  ComplaintTracker complaints;
};

TEST_CASE("complaints: what counts, what doesn't, and what starts anew (4.2 and our rule)") {
  std::optional<View> view;
  RunScript("protocols/picsou/resend.txt", [&](const Command& command) -> std::string {
    if (command.name() == "new") {
      view.emplace(core::Duration::Milliseconds(command.Get<std::int64_t>("interval_ms")));
      return "";
    }
    std::vector<Run> phi;
    if (command.Has("phi")) phi = ParsePhi(command.Get<std::string>("phi"));
    const std::int64_t at_ms = command.Has("at_ms") ? command.Get<std::int64_t>("at_ms") : 0;
    const Noted noted = view->Report(NowAtMs(at_ms).monotonic(), command.Get<std::uint32_t>("node"),
                                     AckOf(command.Get<std::uint64_t>("ack"), phi));
    std::vector<std::string> words;
    for (const auto& [position, attempt] : noted) {
      words.push_back(absl::StrCat(position, "#", attempt));
    }
    return words.empty() ? "none" : absl::StrJoin(words, " ");
  });
}

TEST_CASE("complaints: in a cluster that crashes only one repeat is enough (4.2)") {
  ComplaintTracker complaints(kPeriod, 3, /*complaints_needed=*/1, core::Duration());
  CHECK(complaints.Report({}, 0, AckOf(5, {}), 5).empty());
  CHECK(NotedOf(complaints.Report({}, 0, AckOf(5, {}), 5)) == Noted{{5, 1}});
  CHECK(complaints.Report({}, 0, AckOf(5, {}), 5).empty());
  CHECK(NotedOf(complaints.Report({}, 0, AckOf(5, {}), 5)) == Noted{{5, 2}});
}

TEST_CASE("complaints: a receiver that holds everything takes back what it said") {
  ComplaintTracker complaints(kPeriod, kReceivers, 2, core::Duration());
  complaints.Report({}, 0, AckOf(4, {}), 4);
  complaints.Report({}, 0, AckOf(4, {}), 4);
  complaints.Report({}, 1, AckOf(4, {}), 4);
  complaints.TakeBackBelow(0, 5);
  CHECK(complaints.Report({}, 1, AckOf(4, {}), 4).empty());
  complaints.Report({}, 2, AckOf(4, {}), 4);
  CHECK(NotedOf(complaints.Report({}, 2, AckOf(4, {}), 4)) == Noted{{4, 1}});
}

TEST_CASE("complaints: a thousand equal fates are one attempt a lane") {
  ComplaintTracker complaints(kPeriod, kReceivers, 2, core::Duration());
  // Everything of lane 3 is missing between 0 and 16000.
  std::vector<Run> phi;
  for (std::uint64_t lane = 0; lane < kPeriod; ++lane) {
    if (lane != 3) phi.push_back({lane == 0 ? kPeriod : lane, 1'000, kPeriod});
  }
  std::vector<picsou::Attempt> attempts;
  for (const std::uint32_t receiver : {0U, 1U, 0U, 1U}) {
    attempts = complaints.Report({}, receiver, AckOf(0, phi), 0);
  }
  CHECK(attempts == std::vector<picsou::Attempt>{{{0, 1, kPeriod}, 1}, {{3, 1'000, kPeriod}, 1}});
}

// --- One by one ---

// The rule, for each receiver and position on its own.
class Model {
 public:
  Model(std::uint32_t needed, picsou::RepeatInterval interval)
      : needed_(needed), interval_(std::move(interval)) {}

  Noted Report(core::Instant now, std::uint32_t receiver, const Ack& ack, std::uint64_t quack) {
    Noted noted;
    std::uint64_t& acknowledged = acknowledged_[receiver];
    if (ack.cumulative < acknowledged) return noted;
    acknowledged = ack.cumulative;
    for (auto entry = missing_.begin(); entry != missing_.end();) {
      const auto [who, position] = entry->first;
      const bool is_held = who == receiver && position < ack.cumulative;
      entry = is_held ? missing_.erase(entry) : std::next(entry);
    }
    std::set<std::uint64_t> held;
    for (const Run& run : ack.phi) {
      for (std::uint64_t i = 0; i < run.count; ++i) held.insert(run.At(i));
    }
    const std::uint64_t end = std::max(ack.phi_end, ack.cumulative + 1);
    for (std::uint64_t at = std::max(quack, ack.cumulative); at < end; ++at) {
      if (held.contains(at)) {
        missing_.erase({receiver, at});
      } else if (Miss(now, receiver, at, quack >= ack.cumulative)) {
        noted.emplace(at, ++attempts_[at]);
      }
    }
    return noted;
  }

 private:
  struct Missing {
    core::Instant since;
    bool is_complaint = false;
  };

  // Whether this makes enough complaints for an attempt.
  bool Miss(core::Instant now, std::uint32_t receiver, std::uint64_t at, bool may_count) {
    const auto [entry, is_first] = missing_.try_emplace({receiver, at}, Missing{now, false});
    if (is_first || entry->second.is_complaint) return false;
    const auto attempts = attempts_.find(at);
    const core::Duration interval =
        interval_.After(attempts == attempts_.end() ? 0 : attempts->second);
    if (!may_count || now - entry->second.since < interval) return false;
    entry->second.is_complaint = true;
    std::uint32_t complaints = 0;
    for (const auto& [key, missing] : missing_) {
      if (key.second == at && missing.is_complaint) ++complaints;
    }
    if (complaints < needed_) return false;
    std::erase_if(missing_, [at](const auto& other) { return other.first.second == at; });
    return true;
  }

  std::uint32_t needed_;
  picsou::RepeatInterval interval_;
  std::map<std::uint32_t, std::uint64_t> acknowledged_;                 // by receiver
  std::map<std::pair<std::uint32_t, std::uint64_t>, Missing> missing_;  // by receiver, position
  std::map<std::uint64_t, std::uint64_t> attempts_;
};

// Runs of any stride above `cumulative`, none of them empty.
std::vector<Run> DrawPhi(core::Random& random, std::uint64_t cumulative, std::uint64_t period) {
  std::vector<Run> phi;
  const std::vector<std::uint64_t> strides = {1, 2, 3, period, 2 * period};
  for (std::uint64_t runs = random.Below(4); runs > 0; --runs) {
    phi.push_back({cumulative + 1 + random.Below(60), 1 + random.Below(12),
                   strides[random.Below(strides.size())]});
  }
  return phi;
}

TEST_CASE("complaints: a report that goes back says nothing, neither missing nor held") {
  ComplaintTracker complaints(kPeriod, 3, /*complaints_needed=*/1, core::Duration());
  complaints.Report({}, 0, AckOf(5, {}), 3);
  // 3 and 4 were acknowledged: an old report overtaken on its way, or a restarted receiver.
  for (int time = 0; time < 3; ++time) {
    CHECK(complaints.Report({}, 0, AckOf(3, {{5, 1, 1}}), 3).empty());
  }
  // It did not take back that 5 is missing, nor was it a first report.
  CHECK(NotedOf(complaints.Report({}, 0, AckOf(5, {}), 5)) == Noted{{5, 1}});
}

TEST_CASE("complaints: each attempt doubles a measured interval for the next") {
  ComplaintTracker complaints(kPeriod, 3, 1, picsou::RepeatInterval(core::Duration(), 3, 1, 0));
  std::int64_t at_ms = 0;
  const auto report = [&] {
    return complaints.Report(NowAtMs(at_ms).monotonic(), 0, AckOf(5, {}), 5);
  };
  // 250 ms without a sample, then 500 and 1000, and no more than a second.
  for (const std::int64_t interval_ms : {250, 500, 1000, 1000, 1000}) {
    CHECK(report().empty());
    at_ms += interval_ms - 1;
    CHECK(report().empty());
    at_ms += 1;
    CHECK(report().size() == 1);
  }
}

TEST_CASE("complaints: random reports are counted by runs as they are one by one") {
  core::Random random = core::Random(8).Fork("complaints");
  std::size_t attempts = 0;
  for (int round = 0; round < 60; ++round) {
    const std::uint64_t period = std::vector<std::uint64_t>{4, 6, 28}[random.Below(3)];
    const auto receivers = static_cast<std::uint32_t>(3 + random.Below(5));
    const auto needed = static_cast<std::uint32_t>(1 + random.Below(3));
    const bool is_measured = round % 3 == 0;
    picsou::RepeatInterval interval =
        core::Duration::Milliseconds(static_cast<std::int64_t>(random.Below(3) * 5));
    if (is_measured) interval = picsou::RepeatInterval(core::Duration(), receivers, 1, 0);
    ComplaintTracker tracker(period, receivers, needed, interval);
    Model model(needed, interval);
    std::uint64_t quack = 0;
    std::int64_t now_ms = 0;
    for (int step = 0; step < 120; ++step) {
      now_ms += static_cast<std::int64_t>(random.Below(is_measured ? 200 : 4));
      if (random.Chance(1, 20)) quack += random.Below(8);
      // Around the QUACK, on both sides of it.
      const std::uint64_t cumulative = quack + random.Below(5) - std::min<std::uint64_t>(quack, 2);
      const Ack ack = AckOf(cumulative, DrawPhi(random, cumulative, period));
      const auto receiver = static_cast<std::uint32_t>(random.Below(receivers));
      const core::Instant now = NowAtMs(now_ms).monotonic();
      const Noted noted = NotedOf(tracker.Report(now, receiver, ack, quack));
      REQUIRE(noted == model.Report(now, receiver, ack, quack));
      attempts += noted.size();
    }
  }
  CHECK(attempts > 1'000);
}

}  // namespace
}  // namespace lockstep::tests
