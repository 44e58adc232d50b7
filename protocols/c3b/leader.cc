// Leader to leader: see leader.h.

#include "protocols/c3b/leader.h"

#include <optional>

namespace lockstep::c3b {
namespace {

Route LeadersRoute(const Config& config, std::uint32_t index) {
  const std::uint32_t pairs = config.variant == Variant::kPaper ? 1 : config.other.size;
  return {index, index < pairs ? 1U : 0U, 1, 0};
}

}  // namespace

LeaderToLeader::LeaderToLeader(const Config& config, const core::Seat& seat, core::Log& log,
                               core::LogOwner& owner)
    : config_(config),
      is_leader_(seat.index == 0),
      outbound_(config, seat, log, LeadersRoute(config, seat.index)),
      inbound_(config.in_stream, owner, 1),
      passing_(config.own, config.other, seat) {}

void LeaderToLeader::OnStart(const core::Now& now, std::span<const core::Bytes>,
                             core::Effects& out) {
  outbound_.Pump(now, out);
}

void LeaderToLeader::OnCommitted(const core::Now& now, core::Effects& out) {
  outbound_.Pump(now, out);
}

void LeaderToLeader::OnTimer(const core::Now& now, core::TimerId timer, core::Effects& out) {
  outbound_.OnTimer(now, timer, out);
}

void LeaderToLeader::OnWritable(const core::Now& now, core::NodeId peer, core::Effects& out) {
  if (config_.own.Has(peer)) {
    passing_.OnWritable(peer.value() - config_.own.first.value(), out);
  } else {
    outbound_.OnWritable(now, peer.value() - config_.other.first.value(), out);
  }
}

void LeaderToLeader::OnMessage(const core::Now& now, core::NodeId from, const core::Bytes& payload,
                               core::Effects& out) {
  const std::optional<Message> message = DecodeAny(payload);
  const bool is_of_stream = message && message->batch.stream == config_.in_stream;
  if (is_of_stream && message->kind == Kind::kBatch && config_.other.Has(from)) {
    inbound_.Receive(now, message->batch.data, out);
    if (is_leader_) passing_.Broadcast(Encode(message->batch, config_.wire, Kind::kBroadcast), out);
  } else if (is_of_stream && message->kind == Kind::kBroadcast && config_.own.Has(from)) {
    inbound_.Receive(now, message->batch.data, out);
  } else {
    out.Note({core::NoteKind::kMalformed, from, core::StreamId(), core::Run{}, 0, 0});
  }
}

void LeaderToLeader::OnSubmit(const core::Now&, core::ClientId client, core::RequestId id,
                              core::RequestId, const core::Bytes&, core::Effects& out) {
  out.Reply(client, id, core::Bytes());
}

}  // namespace lockstep::c3b
