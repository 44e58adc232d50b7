// One-shot and all-to-all: see baseline.h.

#include "protocols/c3b/baseline.h"

#include <optional>

namespace lockstep::c3b {
namespace {

Route RouteOf(const Config& config, std::uint32_t index) {
  if (config.pattern == Pattern::kAllToAll) return {0, config.other.size, 1, 0};
  return {index % config.other.size, 1, config.own.size, index};
}

}  // namespace

Baseline::Baseline(const Config& config, const core::Seat& seat, core::Log& log,
                   core::LogOwner& owner)
    : config_(config),
      outbound_(config, seat, log, RouteOf(config, seat.index)),
      inbound_(config.in_stream, owner,
               config.pattern == Pattern::kAllToAll ? 1 : config.other.size) {}

void Baseline::OnStart(const core::Now& now, std::span<const core::Bytes>, core::Effects& out) {
  outbound_.Pump(now, out);
}

void Baseline::OnCommitted(const core::Now& now, core::Effects& out) { outbound_.Pump(now, out); }

void Baseline::OnTimer(const core::Now& now, core::TimerId timer, core::Effects& out) {
  outbound_.OnTimer(now, timer, out);
}

void Baseline::OnWritable(const core::Now& now, core::NodeId peer, core::Effects& out) {
  outbound_.OnWritable(now, peer.value() - config_.other.first.value(), out);
}

void Baseline::OnMessage(const core::Now& now, core::NodeId from, const core::Bytes& payload,
                         core::Effects& out) {
  const std::optional<Batch> batch = Decode(payload);
  if (!batch || batch->stream != config_.in_stream || !config_.other.Has(from)) {
    out.Note({core::NoteKind::kMalformed, from, core::StreamId(), core::Run{}, 0, 0});
    return;
  }
  inbound_.Receive(now, batch->data, out);
}

void Baseline::OnSubmit(const core::Now&, core::ClientId client, core::RequestId id,
                        core::RequestId, const core::Bytes&, core::Effects& out) {
  out.Reply(client, id, core::Bytes());
}

}  // namespace lockstep::c3b
