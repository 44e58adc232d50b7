// One Picsou replica with a hand on everything around it: its log, its peers, its keys.
//
// Cluster a (hosts 0..3, u = r = 1) sends to cluster b (hosts 4..10, u = r = 2) and the other way.

#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "protocols/core/program.h"
#include "protocols/picsou/replica.h"
#include "tests/support/credit_desk.h"
#include "tests/support/keys.h"
#include "tests/support/listed.h"
#include "tests/support/notary.h"
#include "tests/support/scripted_log.h"

namespace lockstep::tests {

inline constexpr std::uint32_t kOwnSize = 4;
inline constexpr std::uint32_t kOtherSize = 7;
inline constexpr core::StreamId kOut(0);
inline constexpr core::StreamId kIn(1);
inline constexpr std::uint64_t kMessageBytes = 100;
// Ample for a batch of the sizes here, with the most runs that one may have.
inline constexpr std::int64_t kBuffer = 1 << 18;

inline picsou::Config PicsouConfig() {
  picsou::Config config;
  config.own = {"a", core::NodeId(0), kOwnSize, 1, 1};
  config.other = {"b", core::NodeId(kOwnSize), kOtherSize, 2, 2};
  config.out_stream = kOut;
  config.in_stream = kIn;
  config.phi = 64;
  config.batch_bytes = kMessageBytes;  // One message a batch.
  config.batch_delay = core::Duration();
  config.noop_delay = core::Duration::Milliseconds(5);
  config.max_delay = core::Duration::Milliseconds(70);
  // Peers of a rig say what a test wants them to.
  config.certificates = false;
  return config;
}

class Rig {
 public:
  explicit Rig(const picsou::Config& settings, std::uint32_t index = 0,
               std::uint64_t incarnation = 0, std::int64_t buffer = kBuffer)
      : config(settings),
        log(kMessageBytes),
        credit(buffer),
        keys_(core::NodeId(index)),
        notary_(core::NodeId(index)) {
    seat_.self = core::NodeId(index);
    seat_.identity = core::SpeakerOf(seat_.self);
    seat_.index = index;
    seat_.incarnation = incarnation;
    seat_.send_buffer = core::ByteCount(buffer);
    seat_.signer = &keys_;
    seat_.verifier = &keys_;
    seat_.certificates = &notary_.certificates();
    if (config.certificates) log.set_proofs({notary_.certificates(), config.own, kOut});
    replica = std::make_unique<picsou::Replica>(config, seat_, log, owner);
  }

  core::NodeId Receiver(std::uint32_t j) const { return config.other.Replica(j); }
  picsou::Codec codec() const {
    return {config.wire, config.phi, picsou::Rule::kPaper, config.certificates};
  }

  void Start(std::uint64_t committed) {
    log.set_committed(committed);
    replica->OnStart(NowAtMs(0), {}, out);
  }
  void Commit(core::Now now, std::uint64_t committed) {
    log.set_committed(committed);
    replica->OnCommitted(now, out);
  }
  // Receiver j says what it holds, and sends messages of its own stream.
  void Hear(core::Now now, std::uint32_t j, const picsou::Ack& ack,
            const std::vector<core::Records>& data = {}) {
    const picsou::Batch batch{kIn, data, kOut, ack};
    replica->OnMessage(now, Receiver(j), codec().Encode(batch, Keys(Receiver(j)), seat_.identity),
                       out);
  }
  void HearAck(core::Now now, std::uint32_t j, std::uint64_t cumulative) {
    Hear(now, j, picsou::Ack{cumulative, 0, {}});
  }
  // A replica of the own cluster passes messages on.
  void HearLocally(core::Now now, std::uint32_t i, const std::vector<core::Records>& data) {
    const Keys keys(config.own.Replica(i));
    replica->OnMessage(now, config.own.Replica(i),
                       codec().Encode(picsou::Broadcast{kIn, data}, &keys), out);
  }
  // u_r + 1 receivers acknowledge: the QUACK.
  void Quack(core::Now now, std::uint64_t cumulative) {
    for (std::uint32_t j = 0; j <= config.other.u; ++j) HearAck(now, j, cumulative);
  }
  // All that was sent so far has been taken by the transport. What that lets out is listed anew.
  void FreeAll(core::Now now) {
    Take();
    credit.FreeAll(now, *replica, out);
  }
  // So many bytes to `peer` have been taken.
  void Free(core::Now now, core::NodeId peer, std::int64_t bytes) {
    credit.Free(now, peer, bytes, *replica, out);
  }
  // What was listed so far; the list is empty afterwards.
  core::Effects Take() { return credit.TakeList(out); }

  // Batches sent to receiver j, of those listed.
  std::vector<picsou::Batch> BatchesTo(const core::Effects& listed, std::uint32_t j) const {
    std::vector<picsou::Batch> batches;
    for (const core::Bytes& payload : SentTo(listed, Receiver(j))) {
      const picsou::Codec::Decoded decoded = codec().Decode(payload);
      if (decoded.batch) batches.push_back(*decoded.batch);
    }
    return batches;
  }
  // Positions of the own stream that were sent, those to all receivers together. Sorted; what was
  // sent twice stands twice.
  std::vector<std::uint64_t> PositionsSent(const core::Effects& listed) const {
    std::vector<std::uint64_t> positions;
    for (std::uint32_t j = 0; j < kOtherSize; ++j) {
      for (const picsou::Batch& batch : BatchesTo(listed, j)) {
        for (const core::Records& records : batch.data) {
          for (std::uint64_t i = 0; i < records.run.count; ++i) {
            positions.push_back(records.run.At(i));
          }
        }
      }
    }
    std::sort(positions.begin(), positions.end());
    return positions;
  }

  picsou::Config config;
  ScriptedLog log;
  Deliveries owner;
  CreditDesk credit;
  std::unique_ptr<picsou::Replica> replica;
  core::Effects out{&credit};

 private:
  Keys keys_;
  NotaryOf notary_;
  core::Seat seat_;
};

// Positions of the other cluster's stream, as it sends them.
inline core::Records Incoming(const core::Run& run, std::uint64_t size = kMessageBytes) {
  return {run, size, core::Bytes::Filler({2, run.first, run.stride, run.count, size, 0})};
}

// The timer that was set last for this instant.
inline core::TimerId TimerAt(const core::Effects& effects, core::Now now) {
  core::TimerId found(~std::uint64_t{0});
  for (const core::effect::SetTimer& set : All<core::effect::SetTimer>(effects)) {
    if (set.at == now.monotonic()) found = set.id;
  }
  return found;
}

}  // namespace lockstep::tests
