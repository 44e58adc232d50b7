// The two baselines without acknowledgements that Picsou is compared with.
//
// One-shot (OST): replica i sends every message k′ with k′ mod n_s = i, once, always to receiver
// i mod n_r; nobody passes it on. An upper bound on speed that promises no delivery.
// All-to-all (ATA): every replica sends every message to every receiver.
// Source: the Picsou paper, section 6, and its artifact (one batch is duplicated to all receivers).

#pragma once

#include <cstdint>
#include <optional>

#include "protocols/c3b/messages.h"
#include "protocols/core/batcher.h"
#include "protocols/core/credit_waits.h"
#include "protocols/core/log.h"
#include "protocols/core/node.h"
#include "protocols/core/pace.h"
#include "protocols/core/program.h"
#include "protocols/core/seq_set.h"

namespace lockstep::c3b {

enum class Pattern : std::uint8_t { kOneShot, kAllToAll };

struct Config {
  Pattern pattern = Pattern::kOneShot;
  core::Cluster own;
  core::Cluster other;
  core::StreamId out_stream;
  core::StreamId in_stream;
  std::uint64_t batch_bytes = 200'000;
  core::Duration batch_delay = core::Duration::Milliseconds(1);
  WireSizes wire;
};

class Baseline : public core::Node, public core::LogReader {
 public:
  // `log` and `owner` outlive the node.
  Baseline(const Config& config, const core::Seat& seat, core::Log& log, core::LogOwner& owner);

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
  void Pump(const core::Now& now, core::Effects& out);
  // Walks on along the stream, by about one batch; false if nothing may follow yet.
  bool Walk(const core::Now& now, core::Effects& out);
  bool SendBatch(const core::Now& now, core::Effects& out);
  // Towards whoever has least.
  std::int64_t CreditLeft(const core::Effects& out) const;
  void Want(std::uint64_t bytes, const core::Effects& out);

  // All-to-all sends one batch to all, so one queue stands for all receivers.
  bool is_to_all() const { return config_.pattern == Pattern::kAllToAll; }
  // Receivers first_receiver() .. first_receiver() + receivers() - 1 are sent to.
  std::uint32_t first_receiver() const {
    return is_to_all() ? 0 : seat_.index % config_.other.size;
  }
  std::uint32_t receivers() const { return is_to_all() ? config_.other.size : 1; }
  std::uint64_t Stride() const { return is_to_all() ? 1 : config_.own.size; }

  Config config_;
  core::Seat seat_;
  core::Log& log_;
  core::LogOwner& owner_;
  core::Batcher batcher_;
  core::CreditWaits waits_;
  core::Pace pace_;
  std::uint64_t next_ = 0;  // position
  core::SeqSet held_;
  std::optional<core::Instant> flush_timer_;
};

}  // namespace lockstep::c3b
