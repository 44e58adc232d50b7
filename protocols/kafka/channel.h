// Kafka as a channel between two clusters, on a replica: it produces its share of the own stream
// into the topic of that direction, and consumes all partitions of the other one.
//
// What is delivered is what brokers have committed, each message once. A replica that has crashed
// leaves its partition silent, since no other one produces into it: Kafka as the Picsou evaluation
// wires it is no C3B then. Nothing is authenticated.
//
// Source: the Picsou paper, section 6, and its artifact (replica i produces k′ mod n = i into
// partition i; every receiver consumes all partitions); the Kafka documentation. Decided here: a
// restarted consumer begins at the oldest offset that brokers still have, as of a group without
// committed offsets (auto.offset.reset=earliest).

#pragma once

#include <cstdint>
#include <vector>

#include "protocols/core/log.h"
#include "protocols/core/node.h"
#include "protocols/core/program.h"
#include "protocols/kafka/config.h"
#include "protocols/kafka/fetcher.h"
#include "protocols/kafka/outbox.h"
#include "protocols/kafka/producer.h"

namespace lockstep::kafka {

class Channel : public core::Node, public core::LogReader {
 public:
  // `log` and `owner` outlive the node.
  Channel(const ChannelConfig& config, const core::Seat& seat, core::Log& log,
          core::LogOwner& owner);
  Channel(const Channel&) = delete;  // Its parts refer to `config_`.
  Channel& operator=(const Channel&) = delete;

  void OnStart(const core::Now& now, std::span<const core::Bytes> saved,
               core::Effects& out) override;
  void OnMessage(const core::Now& now, core::NodeId from, const core::Bytes& payload,
                 core::Effects& out) override;
  void OnTimer(const core::Now& now, core::TimerId timer, core::Effects& out) override;
  void OnWritable(const core::Now& now, core::NodeId peer, core::Effects& out) override;
  void OnSubmit(const core::Now& now, core::ClientId client, core::RequestId id,
                core::RequestId low, const core::Bytes& request, core::Effects& out) override;
  void OnCommitted(const core::Now& now, core::Effects& out) override;

 private:
  // False where it is not for this replica, or not from whom it says.
  bool Handle(const core::Now& now, core::NodeId from, const Message& message, core::Effects& out);
  bool HandleFetched(const core::Now& now, std::uint32_t broker, const Message& fetched,
                     core::Effects& out);
  void Ask(const core::Now& now, Fetcher& fetcher, core::Effects& out);
  void SetTimeout(const core::Now& now, core::Effects& out);

  ChannelConfig config_;
  core::LogOwner& owner_;
  Producer producer_;
  std::vector<Fetcher> fetchers_;  // fetchers_[broker]
  Outbox outbox_;                  // of fetches: one a broker, and one more after a timeout
  bool is_timeout_set_ = false;
};

}  // namespace lockstep::kafka
