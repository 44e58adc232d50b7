// Latency: expected numbers from the times of the story.

#include "analysis/latency.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "protocols/core/random.h"
#include "tests/analysis/events.h"
#include "tools/lockstep/runner.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

constexpr std::uint64_t kPsPerMs = 1'000'000'000;

analysis::Latency Measured(const Story& story) {
  analysis::Latency latency(std::make_shared<const analysis::Recipe>(story.recipe()), 0);
  story.Tell(latency);
  return latency;
}

std::uint64_t MsAt(const analysis::Latency& latency, std::uint64_t percent) {
  // Of a few milliseconds, a bucket's error is far below one.
  return (latency.picoseconds().Quantile(percent, 100) + kPsPerMs / 2) / kPsPerMs;
}

analysis::Recipe OneShot() {
  analysis::Recipe recipe = TwoClusters(4, 4);
  recipe.streams[0].is_for_all = false;
  return recipe;
}

TEST_CASE("latency: from the offer to each delivery, every correct receiver counting once") {
  Story story(TwoClusters(4, 3));
  story.AtMs(2000).Offered(A(0), B(0), {0, 100, 4});
  story.AtMs(2002).Delivered(B(0), {0, 100, 4});
  story.AtMs(2003).Delivered(B(1), {0, 50, 4}).Delivered(B(2), {200, 50, 4});
  story.AtMs(2007).Delivered(B(1), {200, 50, 4}).Delivered(B(2), {0, 50, 4});
  story.Delivered(B(0), {0, 100, 4});  // Again: counts no more.
  const analysis::Latency latency = Measured(story);
  CHECK(latency.picoseconds().count() == 300);
  CHECK(latency.picoseconds().min() == 2 * kPsPerMs);
  CHECK(latency.picoseconds().max() == 7 * kPsPerMs);
  // A third after 2 ms, a third after 3 ms, a third after 7 ms.
  CHECK(MsAt(latency, 33) == 2);
  CHECK(MsAt(latency, 34) == 3);
  CHECK(MsAt(latency, 66) == 3);
  CHECK(MsAt(latency, 67) == 7);
}

TEST_CASE("latency: a resend does not set it back, before the delivery or after it") {
  Story story(TwoClusters(4, 1));
  story.AtMs(2000).Offered(A(0), B(0), {0, 10, 4}).Offered(A(1), B(0), {1, 1, 1});
  story.AtMs(2010).Offered(A(1), B(0), {0, 12, 1});
  story.AtMs(2015).Delivered(B(0), {0, 4, 1});
  story.AtMs(2020).Offered(A(2), B(0), {0, 12, 1});
  story.AtMs(2021).Delivered(B(0), {0, 4, 1});
  const analysis::Latency latency = Measured(story);
  // Two since the first time, two since the second.
  CHECK(latency.picoseconds().count() == 4);
  CHECK(MsAt(latency, 50) == 5);
  CHECK(MsAt(latency, 51) == 15);
}

TEST_CASE("latency: what a receiver delivers once it is faulty is left out, and not waited for") {
  Story story(TwoClusters(4, 3));
  story.AtMs(2000).Offered(A(0), B(0), {0, 10, 1});
  story.AtMs(2001).Delivered(B(2), {0, 3, 1}).Faulty(B(2));
  story.AtMs(2002).Delivered(B(2), {3, 3, 1}).Delivered(B(0), {0, 10, 1});
  story.Delivered(B(1), {0, 10, 1});
  const analysis::Latency latency = Measured(story);
  CHECK(latency.picoseconds().count() == 23);
  CHECK(latency.size() == 10);  // One entry for each lane: nobody is waited for.
}

TEST_CASE("latency: deliveries in the warm-up are not measured, later ones of older offers are") {
  Story story(TwoClusters(4, 1));
  story.AtMs(900).Offered(A(0), B(0), {0, 10, 1});
  story.AtMs(1000).Delivered(B(0), {0, 4, 1}).AtMs(1001).Delivered(B(0), {4, 6, 1});
  const analysis::Latency latency = Measured(story);
  CHECK(latency.picoseconds().count() == 6);
  CHECK(latency.picoseconds().min() == 101 * kPsPerMs);
}

TEST_CASE("latency: what was not offered across has none") {
  Story story(TwoClusters(4, 4));
  story.AtMs(2000).Delivered(B(0), {0, 10, 1}).Offered(A(0), A(1), {0, 10, 1});
  story.Offered(B(0), B(1), {0, 10, 1}).Offered(B(0), A(1), {0, 10, 1});
  story.AtMs(2001).Delivered(B(1), {0, 10, 1}).Delivered(A(1), {0, 10, 1});
  const analysis::Latency latency = Measured(story);
  CHECK(latency.picoseconds().count() == 0);
  CHECK(latency.Summary().is_null());
}

TEST_CASE("latency: where delivery to all is not promised, the first one ends it") {
  Story story(OneShot());
  story.Faulty(B(3)).AtMs(2000).Offered(A(0), B(0), {0, 10, 1});
  story.AtMs(2001).Delivered(B(3), {0, 10, 1});
  story.AtMs(2004).Delivered(B(1), {0, 5, 1}).AtMs(2005).Delivered(B(0), {0, 10, 1});
  const analysis::Latency latency = Measured(story);
  CHECK(latency.picoseconds().count() == 10);
  CHECK(MsAt(latency, 50) == 4);
  CHECK(MsAt(latency, 51) == 5);
}

TEST_CASE("latency: runs are measured as one message at a time would be") {
  constexpr std::uint32_t kReceivers = 70;  // More than a word of bits.
  core::Random random(5);
  for (int round = 0; round < 10; ++round) {
    Story story(TwoClusters(4, kReceivers));
    std::map<std::uint64_t, std::int64_t> offered_ms;
    std::map<std::pair<std::uint64_t, std::uint32_t>, bool> is_delivered;
    std::vector<std::uint64_t> expected_ms;
    for (std::int64_t ms = 1001; ms < 1600; ++ms) {
      const std::uint64_t strides[] = {1, 4, 280, 3};
      const core::Run run{random.Below(500), 1 + random.Below(30), strides[random.Below(4)]};
      const auto receiver = static_cast<std::uint32_t>(random.Below(kReceivers));
      const bool is_offer = random.Below(3) == 0;
      story.AtMs(ms);
      if (is_offer) story.Offered(A(1), B(receiver), run);
      if (!is_offer) story.Delivered(B(receiver), run);
      for (std::uint64_t i = 0; i < run.count; ++i) {
        const auto at = offered_ms.find(run.At(i));
        if (is_offer) {
          offered_ms.try_emplace(run.At(i), ms);
        } else if (at != offered_ms.end() &&
                   !std::exchange(is_delivered[{run.At(i), receiver}], true)) {
          expected_ms.push_back(static_cast<std::uint64_t>(ms - at->second));
        }
      }
    }
    const analysis::Latency latency = Measured(story);
    std::sort(expected_ms.begin(), expected_ms.end());
    REQUIRE_FALSE(expected_ms.empty());
    CHECK(latency.picoseconds().count() == expected_ms.size());
    CHECK(latency.picoseconds().max() == expected_ms.back() * kPsPerMs);
    for (std::uint64_t percent = 1; percent <= 100; ++percent) {
      const std::uint64_t exact = expected_ms[(expected_ms.size() * percent + 99) / 100 - 1];
      const std::uint64_t found = latency.picoseconds().Quantile(percent, 100);
      CAPTURE(exact);
      CHECK(found >= exact * kPsPerMs / 256 * 255);
      CHECK(found <= exact * kPsPerMs / 256 * 257);
    }
  }
}

TEST_CASE("latency: state is bounded by what is open, not by what has passed") {
  Story story(TwoClusters(4, 2));
  constexpr std::uint64_t kRounds = 1000;
  for (std::uint64_t round = 0; round < kRounds; ++round) {
    story.AtMs(1001 + static_cast<std::int64_t>(round));
    for (std::uint32_t lane = 0; lane < 8; ++lane) {
      const core::Run run{80 * round + lane, 10, 8};
      story.Offered(A(lane % 4), B(lane % 2), run).Delivered(B(0), run).Delivered(B(1), run);
    }
  }
  const analysis::Latency latency = Measured(story);
  CHECK(latency.picoseconds().count() == kRounds * 80 * 2);
  CHECK(latency.size() == 8);
  CHECK(latency.given_up() == 0);
}

TEST_CASE("latency: of what is never delivered, the older half is given up when it is too much") {
  constexpr std::size_t kMost = analysis::Latency::kMostPieces;
  Story story(TwoClusters(1, 2));
  for (std::uint64_t k = 0; k <= kMost; ++k) {
    story.At(core::Duration::Seconds(2) +
             core::Duration::Nanoseconds(static_cast<std::int64_t>(k)));
    story.Offered(A(0), B(0), {k, 1, 1});
  }
  story.AtMs(2900).Delivered(B(0), {0, 2, 1}).Delivered(B(0), {kMost - 1, 2, 1});
  const analysis::Latency latency = Measured(story);
  CHECK(latency.size() <= kMost / 2 + 8);
  CHECK(latency.picoseconds().count() == 2);
  // By both receivers.
  CHECK(latency.given_up() == 2 * (kMost / 2));
  CHECK(latency.Summary()["given_up"] == latency.given_up());
}

TEST_CASE("latency: a summary says it in microseconds, of the streams that have one") {
  Story story(TwoClusters(4, 1));
  story.AtMs(2000).Offered(A(0), B(0), {0, 1000, 1});
  story.At(core::Duration::Microseconds(2'000'100)).Delivered(B(0), {0, 999, 1});
  story.At(core::Duration::Microseconds(2'000'300)).Delivered(B(0), {999, 1, 1}).End();
  analysis::Judge judge(story.recipe());
  story.Tell(judge);
  const nlohmann::json latency = judge.Summary()["streams"][0]["latency"];
  CHECK(latency["count"] == 1000);
  for (const char* quantile : {"p50_us", "p90_us", "p99_us", "p999_us"}) {
    CHECK(latency[quantile].get<double>() == doctest::Approx(100).epsilon(1.0 / 256));
  }
  CHECK(latency["max_us"] == 300);
  CHECK_FALSE(latency.contains("given_up"));

  analysis::Judge silent((TwoClusters(4, 1)));
  Story(TwoClusters(4, 1)).End().Tell(silent);
  CHECK_FALSE(silent.Summary()["streams"][0].contains("latency"));
}

TEST_CASE("latency: in a whole run, nobody is faster than the link") {
  const auto prepared =
      cli::Prepare("scenarios/smoke/picsou.json",
                   {{"/network/cross/delay", "\"7ms\""}, {"/network/cross/jitter", "\"0us\""}});
  REQUIRE_MESSAGE(prepared.ok(), std::string(prepared.status().message()));
  const auto result = cli::Run(*prepared, {});
  REQUIRE(result.ok());
  for (const nlohmann::json& stream : result->summary["streams"]) {
    REQUIRE(stream.contains("latency"));
    const nlohmann::json& latency = stream["latency"];
    double before = 7000;
    for (const char* quantile : {"p50_us", "p90_us", "p99_us", "p999_us", "max_us"}) {
      CHECK(latency[quantile].get<double>() >= before);
      before = latency[quantile].get<double>();
    }
    CHECK(latency["count"].get<double>() > 0);
  }
}

}  // namespace
}  // namespace lockstep::tests
