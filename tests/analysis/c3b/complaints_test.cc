// Counting complaints: the rule on hand-made reports, and against a count number by
// number.

#include "analysis/c3b/complaints.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "protocols/core/random.h"

#undef CHECK  // Ours aborts; doctest's counts.
#include "doctest/doctest.h"

namespace lockstep::tests {
namespace {

using analysis::ComplaintBook;
using analysis::Report;
using analysis::Stretch;

core::Instant Ms(std::int64_t ms) { return core::Instant() + core::Duration::Milliseconds(ms); }

// Attempts by k′, as a book orders them.
class Attempts {
 public:
  explicit Attempts(const ComplaintBook::Rule& rule) : book_(rule) {}

  void Hear(std::int64_t at_ms, std::uint64_t receiver, std::uint64_t p,
            const std::vector<core::Run>& listed = {}, std::uint64_t phi_end = 0) {
    book_.Hear({Ms(at_ms), receiver, p, phi_end, listed}, [&](const Stretch& stretch) {
      for (std::uint64_t place = stretch.begin; place < stretch.end; ++place) {
        ++of_[book_.line().Number(place)];
      }
    });
  }
  std::uint64_t Of(std::uint64_t number) const {
    const auto found = of_.find(number);
    return found == of_.end() ? 0 : found->second;
  }
  const std::map<std::uint64_t, std::uint64_t>& all() const { return of_; }
  const ComplaintBook& book() const { return book_; }

 private:
  ComplaintBook book_;
  std::map<std::uint64_t, std::uint64_t> of_;
};

// n = 4 and u = r = 1 on both sides.
ComplaintBook::Rule Four(std::int64_t repeat_interval_ms) {
  return {{4, 4}, 2, 2, core::Duration::Milliseconds(repeat_interval_ms)};
}

// The same rule, one number at a time.
class PlainCount {
 public:
  explicit PlainCount(const ComplaintBook::Rule& rule)
      : rule_(rule), acknowledged_(rule.schedule.receivers(), 0) {}

  void Hear(const Report& report) {
    std::uint64_t& acknowledged = acknowledged_[report.receiver];
    if (report.acknowledged < acknowledged) return;
    acknowledged = report.acknowledged;
    std::vector<std::uint64_t> ranked = acknowledged_;
    std::sort(ranked.rbegin(), ranked.rend());
    const std::uint64_t quack = ranked[rule_.acks_needed - 1];
    std::set<std::uint64_t> listed;
    for (const core::Run& run : report.listed) {
      for (std::uint64_t i = 0; i < run.count; ++i) listed.insert(run.At(i));
    }
    const std::uint64_t p = report.acknowledged;
    std::vector<std::uint64_t> fresh;
    for (std::uint64_t k = std::max(p, quack); k < std::max(p + 1, report.phi_end); ++k) {
      const bool is_missing = k == p || !listed.contains(k);
      if (Judge(report, k, is_missing, quack >= p)) fresh.push_back(k);
    }
    for (const std::uint64_t k : fresh) Count(k);
  }
  const std::map<std::uint64_t, std::uint64_t>& attempts() const { return attempts_; }

 private:
  struct Entry {
    core::Instant since;
    bool is_complaint = false;
  };

  // True where this makes a complaint.
  bool Judge(const Report& report, std::uint64_t k, bool is_missing, bool is_counted) {
    const auto key = std::pair(k, report.receiver);
    const auto found = entries_.find(key);
    if (!is_missing) {
      if (is_counted && found != entries_.end()) entries_.erase(found);
      return false;
    }
    if (found == entries_.end()) {
      entries_[key] = {report.at, false};
      return false;
    }
    const std::int64_t patience = rule_.repeat_interval.ps() / 1000 * 999;
    if (!is_counted || found->second.is_complaint) return false;
    if ((report.at - found->second.since).ps() < patience) return false;
    return found->second.is_complaint = true;
  }
  void Count(std::uint64_t k) {
    std::uint64_t complaints = 0;
    for (std::uint64_t j = 0; j < rule_.schedule.receivers(); ++j) {
      const auto found = entries_.find({k, j});
      if (found != entries_.end() && found->second.is_complaint) ++complaints;
    }
    if (complaints < rule_.complaints_needed) return;
    ++attempts_[k];
    for (std::uint64_t j = 0; j < rule_.schedule.receivers(); ++j) entries_.erase({k, j});
  }

  ComplaintBook::Rule rule_;
  std::vector<std::uint64_t> acknowledged_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, Entry> entries_;
  std::map<std::uint64_t, std::uint64_t> attempts_;
};

}  // namespace

TEST_CASE("complaints: two repeats after the QUACK order attempt 1") {
  Attempts attempts(Four(0));
  for (std::uint64_t receiver = 0; receiver < 4; ++receiver) attempts.Hear(1, receiver, 4);
  CHECK(attempts.book().quack() == 4);
  CHECK(attempts.Of(4) == 0);
  attempts.Hear(2, 0, 4);
  CHECK(attempts.Of(4) == 0);
  attempts.Hear(3, 3, 4);
  CHECK(attempts.Of(4) == 1);
}

TEST_CASE("complaints: one receiver counts once, however often it repeats itself") {
  Attempts attempts(Four(0));
  attempts.Hear(1, 0, 4);
  attempts.Hear(1, 1, 4);
  for (std::int64_t at = 2; at < 9; ++at) attempts.Hear(at, 0, 4);
  CHECK(attempts.Of(4) == 0);
  attempts.Hear(9, 1, 4);
  CHECK(attempts.Of(4) == 1);
}

TEST_CASE("complaints: repeats before the QUACK do not count, first reports do") {
  Attempts attempts(Four(0));
  // b0 alone is at 4: QUACK 0. Its repeats say nothing yet.
  for (std::int64_t at = 1; at < 5; ++at) attempts.Hear(at, 0, 4);
  CHECK(attempts.book().quack() == 0);
  attempts.Hear(5, 1, 4);
  CHECK(attempts.book().quack() == 4);
  attempts.Hear(6, 1, 4);
  CHECK(attempts.Of(4) == 0);
  attempts.Hear(7, 0, 4);
  CHECK(attempts.Of(4) == 1);
}

TEST_CASE("complaints: a repeat must come an interval after the first, less 1 in 1000 for clocks") {
  const auto after = [](core::Duration wait) {
    ComplaintBook book(Four(100));
    std::uint64_t ordered = 0;
    for (const core::Instant at : {Ms(0), Ms(0) + wait}) {
      for (std::uint64_t receiver = 0; receiver < 2; ++receiver) {
        book.Hear({at, receiver, 4, 0, {}}, [&](const Stretch&) { ++ordered; });
      }
    }
    return ordered;
  };
  CHECK(after(core::Duration::Milliseconds(100)) == 1);
  CHECK(after(core::Duration::Microseconds(99'900)) == 1);
  CHECK(after(core::Duration::Microseconds(99'899)) == 0);
  CHECK(after(core::Duration::Milliseconds(250)) == 1);
}

TEST_CASE("complaints: after an attempt everything starts anew") {
  Attempts attempts(Four(100));
  for (const std::int64_t at : {0, 100}) {
    attempts.Hear(at, 0, 4);
    attempts.Hear(at, 1, 4);
  }
  CHECK(attempts.Of(4) == 1);
  // First reports of attempt 2, then repeats.
  attempts.Hear(150, 0, 4);
  attempts.Hear(150, 1, 4);
  attempts.Hear(249, 0, 4);
  attempts.Hear(249, 1, 4);
  CHECK(attempts.Of(4) == 1);
  attempts.Hear(250, 0, 4);
  attempts.Hear(250, 2, 4);
  CHECK(attempts.Of(4) == 1);
  attempts.Hear(251, 1, 4);
  CHECK(attempts.Of(4) == 2);
}

TEST_CASE("complaints: a list complains about every hole below its end, and none above") {
  Attempts attempts(Four(0));
  const std::vector<core::Run> listed = {{3, 2, 1}, {7, 1, 1}};
  for (const std::int64_t at : {1, 2}) {
    attempts.Hear(at, 0, 2, listed, 8);
    attempts.Hear(at, 1, 2, listed, 8);
  }
  CHECK(attempts.all() == std::map<std::uint64_t, std::uint64_t>{{2, 1}, {5, 1}, {6, 1}});
}

TEST_CASE("complaints: who got a message complains about it no more") {
  Attempts attempts(Four(0));
  for (const std::int64_t at : {1, 2}) attempts.Hear(at, 0, 2, {{3, 1, 1}}, 6);
  attempts.Hear(3, 1, 2, {{3, 1, 1}}, 6);
  // b0 got 4 in the meantime; b1 repeats that 4 and 5 are missing.
  attempts.Hear(4, 0, 2, {{3, 2, 1}}, 6);
  attempts.Hear(5, 1, 2, {{3, 1, 1}}, 6);
  CHECK(attempts.Of(4) == 0);
  CHECK(attempts.Of(5) == 1);
}

TEST_CASE("complaints: below the QUACK nobody complains") {
  Attempts attempts(Four(0));
  for (const std::int64_t at : {1, 2, 3}) {
    attempts.Hear(at, 0, 9);
    attempts.Hear(at, 1, 9);
    attempts.Hear(at, 2, 4, {{5, 1, 1}}, 12);
    attempts.Hear(at, 3, 4, {{5, 1, 1}}, 12);
  }
  // b0 and b1 complain about 9 as well, and b2 and b3 once more after that.
  CHECK(attempts.all() == std::map<std::uint64_t, std::uint64_t>{{9, 2}, {10, 1}, {11, 1}});
}

TEST_CASE("complaints: without liars one repeat is enough") {
  Attempts attempts({{5, 5}, 3, 1, core::Duration()});
  for (std::uint64_t receiver = 0; receiver < 3; ++receiver) attempts.Hear(1, receiver, 4);
  attempts.Hear(2, 1, 4);
  CHECK(attempts.Of(4) == 1);
}

TEST_CASE("complaints: absurd counters neither crash nor complain") {
  Attempts attempts(Four(0));
  for (const std::int64_t at : {1, 2, 3}) {
    attempts.Hear(at, 0, ~std::uint64_t{0}, {{0, 1, 1}}, ~std::uint64_t{0});
    attempts.Hear(at, 1, 4, {{4, 1, 1}}, ~std::uint64_t{0});
  }
  CHECK(attempts.book().quack() == 4);
  CHECK(attempts.all().empty());
}

TEST_CASE("complaints: state is bounded by what is open, not by what has passed") {
  Attempts attempts(Four(100));
  std::size_t most = 0;
  for (std::uint64_t round = 1; round < 2000; ++round) {
    for (std::uint64_t receiver = 0; receiver < 4; ++receiver) {
      const std::uint64_t p = round * 32;
      attempts.Hear(static_cast<std::int64_t>(round), receiver, p, {{p + 1, 4, 16}}, p + 64);
    }
    most = std::max(most, attempts.book().size());
  }
  CHECK(most < 4 * 16 * 8);
  CHECK(attempts.all().empty());
}

TEST_CASE("complaints: a report that goes back is none, and takes nothing back") {
  Attempts attempts(Four(0));
  for (std::uint64_t receiver = 0; receiver < 3; ++receiver) attempts.Hear(1, receiver, 4);
  // Three old reports of b0, and b1's repeat: one complaint.
  for (const std::int64_t at : {2, 3, 4}) attempts.Hear(at, 0, 3, {{4, 1, 1}}, 5);
  attempts.Hear(5, 1, 4);
  CHECK(attempts.all().empty());
  attempts.Hear(6, 0, 4);
  CHECK(attempts.Of(4) == 1);
}

TEST_CASE("complaints: counted as one number at a time would be") {
  core::Random random(5);
  for (int round = 0; round < 60; ++round) {
    const std::uint64_t senders = 2 + random.Below(4);
    const std::uint64_t receivers = 3 + random.Below(4);
    const ComplaintBook::Rule rule{
        {senders, receivers},
        1 + random.Below(receivers / 2 + 1),
        1 + random.Below(3),
        core::Duration::Milliseconds(static_cast<std::int64_t>(random.Below(2) * 20))};
    Attempts attempts(rule);
    PlainCount plain(rule);
    std::vector<std::uint64_t> acknowledged(receivers, 0);
    std::int64_t at = 0;
    for (int step = 0; step < 300; ++step) {
      at += static_cast<std::int64_t>(random.Below(8));
      const std::uint64_t receiver = random.Below(receivers);
      std::uint64_t& p = acknowledged[receiver];
      if (random.Chance(1, 5)) p += random.Below(20);
      // Now and then somebody lies.
      const std::uint64_t told = random.Chance(1, 20) ? random.Below(200) : p;
      std::vector<core::Run> listed;
      const std::uint64_t lists = random.Below(4);
      for (std::uint64_t i = 0; i < lists; ++i) {
        const std::uint64_t strides[] = {1, senders, senders * receivers};
        listed.push_back({told + random.Below(30), 1 + random.Below(5), strides[random.Below(3)]});
      }
      const std::uint64_t phi_end = random.Chance(1, 3) ? 0 : told + random.Below(70);
      attempts.Hear(at, receiver, told, listed, phi_end);
      plain.Hear({Ms(at), receiver, told, phi_end, listed});
    }
    CAPTURE(round);
    CHECK(attempts.all() == plain.attempts());
  }
}

}  // namespace lockstep::tests
