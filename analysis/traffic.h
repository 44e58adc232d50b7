// How much a run moved: throughput as published and as delivered, sends, bytes of each host.
//
// Measured from the warm-up to the end of the run:
// - *as published*, as the paper of the protocol counts it (c3b/published.h): the growth of that
//   number over time, of each correct replica that has one; the median over these;
// - *as delivered*: distinct k′ that some correct receiver delivered, over time.
// *As delivered* is also given by periods, those between metrics that begin after the warm-up: the
// rates that were reached for 90 % of that time and for half of it.
// Sends for each message are counted over the whole run, so that no resend is lost at its edges.
//
// Source: the Picsou paper, evaluation (how throughput is measured).

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "nlohmann/json.hpp"

#include "analysis/c3b/published.h"
#include "analysis/histogram.h"
#include "analysis/recipe.h"
#include "protocols/core/seq_set.h"
#include "sim/trace/event.h"
#include "sim/trace/sink.h"

namespace lockstep::analysis {

class Traffic final : public trace::Sink {
 public:
  explicit Traffic(std::shared_ptr<const Recipe> recipe);

  trace::Interest Wants() const override;
  void OnEvent(const trace::Event& event) override;
  void Finish() override {}

  // One object for each stream: {"stream", "as_published": {"definition", "messages_per_s",
  // "payload_mbps"}, "as_delivered": {"messages_per_s", "payload_mbps", "messages_per_s_p10"?,
  // "messages_per_s_p50"?}, "delivered", "sends_per_message", "outstanding_most"?,
  // "outstanding_swing"?}; the last two of a stream that is counted by QUACKs: how many messages
  // had been sent, at most, and not QUACKed, and by how many that varied since the warm-up.
  nlohmann::json Streams() const;
  // Distinct messages of this stream that some correct receiver delivered; 0 where there is none.
  std::uint64_t Delivered(std::optional<core::StreamId> stream) const;
  // One object for each host, {"node", "egress_bytes", ...}, over the periods of metrics that begin
  // after the warm-up; none where there is no such period.
  nlohmann::json Hosts() const;
  // How long these periods are together.
  core::Duration hosts_measured() const { return hosts_measured_; }
  // What was dropped in the whole run: {cause: {"count", "bytes"}}.
  const nlohmann::json& Drops() const { return drops_; }

 private:
  struct OfStream {
    // Of `recipe->streams[index]`.
    OfStream(const std::shared_ptr<const Recipe>& recipe, std::size_t index);
    PublishedProgress progress;
    std::vector<std::uint64_t> progress_at_warmup;  // the same, by then
    core::SeqSet delivered;
    std::uint64_t delivered_at_warmup = 0;
    std::uint64_t delivered_at_period = 0;  // when the present one began
    Histogram rates;  // of periods, in thousandths of a message per second; weighed by their length
    std::uint64_t sends = 0;
    std::uint64_t sent_end = 0;  // one past the greatest k′ that was sent
    std::uint64_t quacked_most = 0;
    std::uint64_t outstanding_most = 0;
    // The same since the warm-up.
    std::uint64_t measured_most = 0;
    std::uint64_t measured_least = 0;
  };
  struct OfHost {
    std::vector<std::uint64_t> sums;  // by Metric
  };

  void EndWarmup();
  void EndPeriod(core::Instant at);
  void OnStreamEvent(const trace::Event& event, std::size_t index);
  // What is outstanding has changed.
  void Watch(OfStream& of) const;
  void OnMetric(const trace::Event& event);
  bool IsCorrect(core::NodeId node) const;
  double Seconds() const;
  nlohmann::json Rate(double messages, std::uint64_t message_bytes) const;
  double MedianProgress(std::size_t index) const;

  std::shared_ptr<const Recipe> recipe_;
  std::vector<OfStream> streams_;           // as in the recipe
  std::vector<std::vector<OfHost>> hosts_;  // hosts_[cluster][index]
  std::vector<core::NodeId> faulty_;        // sorted
  bool is_warm_ = false;
  core::Instant last_;
  core::Instant period_began_;
  bool is_period_measured_ = false;  // the one that ended last: it began after the warm-up
  core::Duration hosts_measured_;
  nlohmann::json drops_ = nlohmann::json::object();
};

}  // namespace lockstep::analysis
