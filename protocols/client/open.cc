// Clients in an open loop: see open.h.

#include "protocols/client/open.h"

#include "absl/numeric/int128.h"

#include "protocols/core/check.h"

namespace lockstep::client {
namespace {

constexpr std::int64_t kPicosecondsInSecond = 1'000'000'000'000;

}  // namespace

// The length of a descending run of uniform numbers is odd with probability 1 - 1/e,
// and then its first number is distributed as the fraction is; each even one adds a whole mean.
core::Duration DrawExponential(core::Duration mean, core::Random& random) {
  constexpr int kBits = 32;
  CHECK(mean.ps() > 0);
  std::uint64_t wholes = 0;
  while (true) {
    const std::uint64_t first = random.Next() >> kBits;
    std::uint64_t last = first;
    bool is_odd = true;
    while (true) {
      const std::uint64_t next = random.Next() >> kBits;
      if (next >= last) break;
      last = next;
      is_odd = !is_odd;
    }
    if (is_odd) {
      const absl::uint128 steps = (absl::uint128(wholes) << kBits) + first;
      return core::Duration::Picoseconds(
          static_cast<std::int64_t>((steps * static_cast<std::uint64_t>(mean.ps())) >> kBits));
    }
    ++wholes;
  }
}

OpenLoop::OpenLoop(const Config& config, const core::Seat& seat)
    : requester_(config, seat),
      random_(seat.random.Fork("client")),
      mean_gap_(core::Duration::Picoseconds(
          kPicosecondsInSecond /
          static_cast<std::int64_t>(config.rate_per_s * std::uint64_t{config.count}))) {}

void OpenLoop::OnStart(const core::Now& now, std::span<const core::Bytes>, core::Effects& out) {
  next_ = now.monotonic() + DrawExponential(mean_gap_, random_);
  out.SetTimer(kArrival, next_);
}

void OpenLoop::OnTimer(const core::Now& now, core::TimerId timer, core::Effects& out) {
  if (timer == kArrival) {
    OnArrivals(now, out);
  } else {
    requester_.OnRetryTime(now, out);
  }
}

// Several, where the host was late.
void OpenLoop::OnArrivals(const core::Now& now, core::Effects& out) {
  while (next_ <= now.monotonic()) {
    const std::uint32_t client = next_client_;
    if (!requester_.HasMore(client)) return;  // They take turns, so nobody has.
    next_client_ = (client + 1) % requester_.config().count;
    if (requester_.MayInvoke(client)) {
      requester_.Invoke(now, client, out);
    } else {
      out.Note({kTurnedAway, core::NodeId(), core::StreamId(), core::Run{},
                requester_.config().first.value() + client, 0});
    }
    next_ = next_ + DrawExponential(mean_gap_, random_);
  }
  out.SetTimer(kArrival, next_);
}

void OpenLoop::OnAnswer(const core::Now& now, core::ClientId id, core::RequestId request,
                        const core::Bytes& answer, core::Effects& out) {
  requester_.OnAnswer(now, id, request, answer, out);
}

// Nobody has anything to say to a client but answers.
void OpenLoop::OnMessage(const core::Now&, core::NodeId from, const core::Bytes&,
                         core::Effects& out) {
  out.Note({core::NoteKind::kMalformed, from, core::StreamId(), core::Run{}, 0, 0});
}

}  // namespace lockstep::client
