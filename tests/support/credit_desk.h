// The credit of one node, in a test's hand: what was sent stays spent until the test gives it back.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <variant>

#include "protocols/core/credit.h"
#include "protocols/core/effects.h"
#include "protocols/core/node.h"

namespace lockstep::tests {

class CreditDesk final : public core::Credit {
 public:
  // `each`: bytes towards each peer.
  explicit CreditDesk(std::int64_t each) : each_(each) {}

  std::int64_t Left(core::NodeId peer) const override {
    const auto spent = spent_.find(peer);
    return spent == spent_.end() ? each_ : each_ - spent->second;
  }
  bool Take(core::NodeId peer, std::uint64_t bytes) override {
    const std::int64_t left = Left(peer);
    spent_[peer] += static_cast<std::int64_t>(bytes);
    return left >= static_cast<std::int64_t>(bytes);
  }

  // Takes the list away, and keeps what it awaits.
  core::Effects TakeList(core::Effects& out) {
    Heed(out);
    heeded_ = 0;
    return std::exchange(out, core::Effects(this));
  }
  // So many bytes are back. Calls the node if it waits for what is free now.
  void Free(const core::Now& now, core::NodeId peer, std::int64_t bytes, core::Node& node,
            core::Effects& out) {
    spent_[peer] -= bytes;
    Heed(out);
    const auto awaited = awaited_.find(peer);
    if (awaited == awaited_.end() || Left(peer) < awaited->second) return;
    awaited_.erase(awaited);
    node.OnWritable(now, peer, out);
  }
  // All that was spent is back, of one peer after the other.
  void FreeAll(const core::Now& now, core::Node& node, core::Effects& out) {
    const std::map<core::NodeId, std::int64_t> spent = spent_;
    for (const auto& [peer, bytes] : spent) Free(now, peer, bytes, node, out);
  }

 private:
  void Heed(const core::Effects& out) {
    for (; heeded_ < out.list().size(); ++heeded_) {
      const auto* await = std::get_if<core::effect::AwaitWritable>(&out.list()[heeded_].what);
      if (await != nullptr) awaited_[await->peer] = await->bytes.value();
    }
  }

  std::int64_t each_;
  std::map<core::NodeId, std::int64_t> spent_;
  std::map<core::NodeId, std::int64_t> awaited_;
  std::size_t heeded_ = 0;  // effects of the list
};

}  // namespace lockstep::tests
