// Throughput and bytes: expected numbers from the constants of the story.

#include "analysis/traffic.h"

#include <cstdint>
#include <utility>

#include "tests/analysis/events.h"

#undef CHECK  // Ours aborts; doctest's counts.
#include "doctest/doctest.h"

namespace lockstep::tests {
namespace {

// Measured from 1 s to 3 s.
constexpr double kSeconds = 2;

nlohmann::json StreamOf(const Story& story) {
  analysis::Judge judge(story.recipe());
  story.Tell(judge);
  return judge.Summary()["streams"][0];
}

analysis::Recipe Enqueue() {
  analysis::Recipe recipe = TwoClusters(4, 4);
  recipe.streams[0].throughput = analysis::Published::kEnqueue;
  return recipe;
}

}  // namespace

TEST_CASE("traffic: as published is the median growth of the QUACK after the warm-up") {
  Story story(TwoClusters(4, 4));
  story.AtMs(900).Quacked(A(0), 100).Quacked(A(1), 50).AtMs(1000).Quacked(A(2), 80);
  story.AtMs(2000).Quacked(A(0), 300).Quacked(A(1), 150).Quacked(A(2), 480).Quacked(A(3), 40);
  story.AtMs(3000).End();
  // Growth: 200, 100, 400, 40; in the middle 100 and 200.
  const nlohmann::json published = StreamOf(story)["as_published"];
  CHECK(published["definition"] == "quack");
  CHECK(published["messages_per_s"] == 150 / kSeconds);
  CHECK(published["payload_mbps"] == 150 / kSeconds * kMessageBytes * 8 / 1e6);
}

TEST_CASE("traffic: faulty senders are left out of the median") {
  Story story(TwoClusters(4, 4));
  story.Faulty(A(3)).AtMs(2000).Quacked(A(0), 200).Quacked(A(1), 100).Quacked(A(2), 400);
  CHECK(StreamOf(story.AtMs(3000).End())["as_published"]["messages_per_s"] == 200 / kSeconds);
}

TEST_CASE("traffic: protocols without QUACKs are counted by what they enqueue") {
  Story story(Enqueue());
  story.AtMs(10).Offered(A(0), B(0), {0, 2, 16}).AtMs(2000);
  for (std::uint32_t i = 0; i < 4; ++i) story.Offered(A(i), B(i), {100 + i, 3, 100});
  story.Offered(A(0), A(1), {1'000'000, 1, 1});
  const nlohmann::json stream = StreamOf(story.AtMs(3000).End());
  // Growth: 301 - 17, 302, 303, 304.
  CHECK(stream["as_published"]["messages_per_s"] == 302.5 / kSeconds);
  CHECK(stream["as_published"]["definition"] == "enqueue");
}

TEST_CASE("traffic: leader to leader is counted by the prefix at its receivers, after the leader") {
  analysis::Recipe recipe = TwoClusters(4, 4);
  recipe.streams[0].throughput = analysis::Published::kPrefix;
  Story story(recipe);
  story.AtMs(10).Delivered(B(0), {0, 10, 1}).AtMs(2000);
  // The leader has a hole at 20, behind which nothing counts; of the others the last number does.
  story.Delivered(B(0), {10, 10, 1}).Delivered(B(0), {21, 50, 1});
  for (std::uint32_t i = 1; i < 4; ++i) story.Delivered(B(i), {100 * i, 1, 1});
  const nlohmann::json stream = StreamOf(story.AtMs(3000).End());
  // Growth: 20 - 10, 101, 201, 301.
  CHECK(stream["as_published"]["messages_per_s"] == 151 / kSeconds);
  CHECK(stream["as_published"]["definition"] == "prefix");
  // Whoever is faulty is left out, the leader, too.
  story = Story(recipe);
  story.Faulty(B(0)).AtMs(2000);
  for (std::uint32_t i = 1; i < 4; ++i) story.Delivered(B(i), {100 * i, 1, 1});
  CHECK(StreamOf(story.AtMs(3000).End())["as_published"]["messages_per_s"] == 201 / kSeconds);
}

TEST_CASE("traffic: optimistic transmission is counted by what is heard within the cluster alone") {
  analysis::Recipe recipe = TwoClusters(4, 4);
  recipe.streams[0].throughput = analysis::Published::kBroadcast;
  Story story(recipe);
  story.AtMs(2000).Handed(B(0), A(0), {0, 90, 1}).Handed(B(1), A(0), {0, 90, 1});
  story.Handed(B(0), B(1), {0, 40, 1}).Handed(B(1), B(0), {0, 50, 1});
  story.Handed(B(2), B(1), {0, 60, 1}).Handed(B(2), B(1), {61, 9, 1});
  const nlohmann::json stream = StreamOf(story.AtMs(3000).End());
  // 40, 50, 60, 0: in the middle 40 and 50.
  CHECK(stream["as_published"]["messages_per_s"] == 45 / kSeconds);
  CHECK(stream["as_published"]["definition"] == "broadcast");
}

TEST_CASE(
    "traffic: Kafka is counted by what receivers have consumed, whichever partition it is of") {
  analysis::Recipe recipe = TwoClusters(4, 4);
  recipe.streams[0].throughput = analysis::Published::kConsumed;
  Story story(recipe);
  story.AtMs(10).Delivered(B(0), {1, 10, 4}).AtMs(2000);
  // The partition of k′ 0 is silent: what comes of the others counts, once.
  for (std::uint32_t i = 0; i < 4; ++i) story.Delivered(B(i), {101, 10 * (i + 1), 4});
  story.Delivered(B(3), {101, 10, 4});
  // What goes to a broker is sent, and to a peer is not.
  story.Offered(A(1), core::NodeId(200), {101, 30, 4}).Offered(A(1), A(0), {101, 30, 4});
  const nlohmann::json stream = StreamOf(story.AtMs(3000).End());
  // Growth: 10, 20, 30, 40.
  CHECK(stream["as_published"]["messages_per_s"] == 25 / kSeconds);
  CHECK(stream["as_published"]["definition"] == "consumed");
  // Of 50 different ones, the ten before the warm-up among them.
  CHECK(stream["sends_per_message"] == 30.0 / 50);
}

TEST_CASE(
    "traffic: as delivered counts each message once, at correct receivers, after the warm-up") {
  Story story(TwoClusters(4, 4));
  story.Faulty(B(3), 2)
      .AtMs(500)
      .Delivered(B(0), {0, 10, 1})
      .AtMs(1500)
      .Delivered(B(1), {0, 16, 1});
  story.Delivered(B(2), {12, 8, 1}).Delivered(B(3), {0, 99, 1});
  const nlohmann::json stream = StreamOf(story.AtMs(3000).End());
  CHECK(stream["delivered"] == 20);
  CHECK(stream["as_delivered"]["messages_per_s"] == 10 / kSeconds);
}

TEST_CASE("traffic: by periods, the rates that were reached for 90 % and half of the time") {
  Story story(TwoClusters(4, 4));
  // Twenty periods of 100 ms from 1 s on, of which the i-th delivers i messages; one more of 50 ms.
  std::uint64_t next = 0;
  const auto period = [&](std::int64_t from_ms, std::int64_t to_ms, std::uint64_t count) {
    story.AtMs(from_ms + 10).Delivered(B(0), {next, count, 1}).Delivered(B(1), {next, count, 1});
    for (const core::NodeId node : {A(0), B(0)}) {
      story.AtMs(to_ms).Metric(node, trace::Metric::kEgressBytes, 1);
    }
    next += count;
  };
  period(850, 950, 1000);  // Begins in the warm-up, and so does the next.
  period(950, 1000, 1000);
  for (std::int64_t i = 1; i <= 20; ++i) {
    period(900 + 100 * i, 1000 + 100 * i, static_cast<std::uint64_t>(i));
  }
  period(3000, 3050, 1000);
  const nlohmann::json delivered = StreamOf(story.AtMs(3060).End())["as_delivered"];
  // Of 2050 ms, 205 are those of 1, 2 and 3 messages; 1025 those of up to 11.
  CHECK(delivered["messages_per_s_p10"].get<double>() == doctest::Approx(30).epsilon(0.004));
  CHECK(delivered["messages_per_s_p50"].get<double>() == doctest::Approx(110).epsilon(0.004));

  Story early(TwoClusters(4, 4));
  early.AtMs(900).Metric(A(0), trace::Metric::kEgressBytes, 1).AtMs(1100).End();
  CHECK_FALSE(StreamOf(early)["as_delivered"].contains("messages_per_s_p50"));
}

TEST_CASE("traffic: sends are given for each message delivered") {
  Story story(TwoClusters(4, 4));
  story.Passed(A(0), B(0), {0, 4, 16}).Offered(A(1), B(1), {0, 2, 16}).Delivered(B(0), {0, 4, 16});
  const nlohmann::json stream = StreamOf(story.AtMs(3000).End());
  CHECK(stream["sends_per_message"] == 1.5);
}

TEST_CASE("traffic: a run that ends in the warm-up measures nothing") {
  Story story(TwoClusters(4, 4));
  story.AtMs(500).Quacked(A(0), 100).Delivered(B(0), {0, 10, 1}).AtMs(900).End(true);
  const nlohmann::json stream = StreamOf(story);
  CHECK(stream["as_published"]["messages_per_s"] == 0);
  CHECK(stream["as_delivered"]["messages_per_s"] == 0);
}

TEST_CASE("traffic: bytes of a host are those of the periods that begin after the warm-up") {
  Story story(TwoClusters(4, 4));
  // The warm-up ends at 1 s, in the midst of a period.
  for (const std::int64_t ms : {600, 1200, 1500, 2000}) {
    story.AtMs(ms).Metric(B(2), trace::Metric::kEgressBytes, static_cast<std::uint64_t>(ms));
  }
  analysis::Judge judge(story.recipe());
  story.AtMs(3000).End().Tell(judge);
  const nlohmann::json hosts = judge.Summary()["hosts"];
  REQUIRE(hosts.size() == 8);
  CHECK(hosts[6]["node"] == "b2");
  CHECK(hosts[6]["egress_bytes"] == 3500);
  CHECK(hosts[6]["ingress_bytes"] == 0);
  CHECK(judge.Summary()["hosts_measured_ps"] == 800'000'000'000);
}

TEST_CASE("traffic: where no period begins after the warm-up, nothing is said of hosts") {
  Story story(TwoClusters(4, 4));
  story.AtMs(900).Metric(A(0), trace::Metric::kEgressBytes, 7);
  story.AtMs(1800).Metric(A(0), trace::Metric::kEgressBytes, 7);
  analysis::Judge judge(story.recipe());
  story.AtMs(1900).End().Tell(judge);
  CHECK(judge.Summary()["hosts"].empty());
  CHECK(judge.Summary()["hosts_measured_ps"] == 0);
}

}  // namespace lockstep::tests
