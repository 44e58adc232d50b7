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
  recipe.streams[0].promises.resends = false;
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
  CHECK_FALSE(stream.contains("resends"));
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

TEST_CASE("traffic: sends and resends are given for each message delivered") {
  Story story(TwoClusters(4, 4));
  story.Passed(A(0), B(0), {0, 4, 16}).Offered(A(1), B(1), {0, 2, 16}).Delivered(B(0), {0, 4, 16});
  const nlohmann::json stream = StreamOf(story.AtMs(3000).End());
  CHECK(stream["sends_per_message"] == 1.5);
  CHECK(stream["resends"] == 2);
  CHECK(stream["resends_per_message"] == 0.5);
  CHECK(stream["premature_resends"] == 2);
  CHECK(stream["premature_per_message"] == 0.5);
}

TEST_CASE("traffic: a run that ends in the warm-up measures nothing") {
  Story story(TwoClusters(4, 4));
  story.AtMs(500).Quacked(A(0), 100).Delivered(B(0), {0, 10, 1}).AtMs(900).End(true);
  const nlohmann::json stream = StreamOf(story);
  CHECK(stream["as_published"]["messages_per_s"] == 0);
  CHECK(stream["as_delivered"]["messages_per_s"] == 0);
}

TEST_CASE("traffic: bytes of a host are those of the periods after the warm-up") {
  Story story(TwoClusters(4, 4));
  for (const std::int64_t ms : {500, 1000, 1500, 2000}) {
    story.AtMs(ms).Metric(B(2), trace::Metric::kEgressBytes, static_cast<std::uint64_t>(ms));
  }
  analysis::Judge judge(story.recipe());
  story.AtMs(3000).End().Tell(judge);
  const nlohmann::json hosts = judge.Summary()["hosts"];
  REQUIRE(hosts.size() == 8);
  CHECK(hosts[6]["node"] == "b2");
  CHECK(hosts[6]["egress_bytes"] == 3500);
  CHECK(hosts[6]["ingress_bytes"] == 0);
}

}  // namespace lockstep::tests
