// One replica of a baseline between two clusters, with its log, its application and its credit in
// the hands of a test. It is replica `index` of cluster a, which sends stream 0 and receives stream
// 1 from cluster b.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "protocols/c3b/config.h"
#include "protocols/c3b/messages.h"
#include "protocols/core/records.h"
#include "tests/support/credit_desk.h"
#include "tests/support/keys.h"
#include "tests/support/listed.h"
#include "tests/support/scripted_log.h"

namespace lockstep::tests {

inline constexpr std::uint64_t kRigMessageBytes = 100;
inline constexpr std::int64_t kRigBuffer = 1 << 18;
inline constexpr core::StreamId kRigOut{0};
inline constexpr core::StreamId kRigIn{1};

// n = 7, u = 2 and n = 4, u = 1; a batch for each message, which leaves at once.
inline c3b::Config RigConfig(c3b::Pattern pattern) {
  c3b::Config config;
  config.pattern = pattern;
  config.own = {"a", core::NodeId(0), 7, 2, 2};
  config.other = {"b", core::NodeId(7), 4, 1, 1};
  config.out_stream = kRigOut;
  config.in_stream = kRigIn;
  config.batch_bytes = kRigMessageBytes;
  config.batch_delay = core::Duration();
  return config;
}

// Positions of `run`, as they are sent in stream 1.
inline core::Records IncomingRecords(const core::Run& run) {
  return {run, 10, core::Bytes::Filler({2, run.first, run.stride, run.count, 10, 0})};
}

template <typename Node>
struct C3bRig {
  C3bRig(const c3b::Config& settings, std::uint32_t index, std::uint64_t incarnation = 0)
      : config(settings), log(kRigMessageBytes), keys(settings.own.Replica(index)) {
    core::Seat seat;
    seat.self = settings.own.Replica(index);
    seat.index = index;
    seat.incarnation = incarnation;
    seat.send_buffer = core::ByteCount(kRigBuffer);
    seat.signer = &keys;
    seat.verifier = &keys;
    node = std::make_unique<Node>(config, seat, log, owner);
  }

  void Start(std::uint64_t committed) {
    log.set_committed(committed);
    node->OnStart(NowAtMs(0), {}, out);
  }
  core::Effects Take() { return credit.TakeList(out); }
  core::NodeId Peer(std::uint32_t i) const { return config.own.Replica(i); }
  core::NodeId Other(std::uint32_t j) const { return config.other.Replica(j); }
  // What was sent to `to` of that kind.
  std::vector<c3b::Message> SentOf(const core::Effects& listed, core::NodeId to,
                                   c3b::Kind kind) const {
    std::vector<c3b::Message> messages;
    for (const core::Bytes& payload : SentTo(listed, to)) {
      std::optional<c3b::Message> message = c3b::DecodeAny(payload);
      if (message && message->kind == kind) messages.push_back(*std::move(message));
    }
    return messages;
  }
  // Positions of these, in order.
  std::vector<std::uint64_t> PositionsOf(const core::Effects& listed, core::NodeId to,
                                         c3b::Kind kind) const {
    std::vector<std::uint64_t> positions;
    for (const c3b::Message& message : SentOf(listed, to, kind)) {
      for (const core::Records& records : message.batch.data) {
        for (std::uint64_t i = 0; i < records.run.count; ++i)
          positions.push_back(records.run.At(i));
      }
    }
    return positions;
  }
  void Handle(std::int64_t at_ms, core::NodeId from, const core::Bytes& payload) {
    node->OnMessage(NowAtMs(at_ms), from, payload, out);
  }
  void HandleBatch(std::int64_t at_ms, core::NodeId from, const core::Run& run,
                   c3b::Kind kind = c3b::Kind::kBatch) {
    Handle(at_ms, from, c3b::Encode({kRigIn, {IncomingRecords(run)}}, {}, kind));
  }
  std::uint64_t Delivered() const {
    std::uint64_t count = 0;
    for (const auto& [position, times] : owner.times()) count += times == 1 ? 1 : 1'000'000;
    return count;
  }

  c3b::Config config;
  ScriptedLog log;
  Deliveries owner;
  Keys keys;
  std::unique_ptr<Node> node;
  CreditDesk credit{kRigBuffer};
  core::Effects out{&credit};
};

// begin, begin + 1, ..., end - 1.
inline std::vector<std::uint64_t> PositionsFrom(std::uint64_t begin, std::uint64_t end) {
  std::vector<std::uint64_t> positions;
  for (; begin < end; ++begin) positions.push_back(begin);
  return positions;
}

}  // namespace lockstep::tests
