// A Picsou replica in another view of the clusters (core/view.h): what it begins anew, and what
// stays.
//
// What was QUACKed stays delivered. All that is above is sent again, by the schedule of the new
// view: batches that wait of the old one go, attempts and complaints begin anew, and only
// acknowledgements that state the same view count together. What it holds it holds, and says so.
//
// Decided here, where the paper is silent: hints (what senders state as their QUACK) count like
// acknowledgements; h stays, since somebody who does not lie has said it. Who has no stake is sent
// nothing by the schedule, and sends nothing but no-ops, which weigh nothing; it still hears local
// broadcasts and hints, fetches and supplies, so that it can take part in a later view at once, and
// what it alone holds of the time when it did is to be had. How long a repeat takes is a property
// of the pair's links, and is not learned again.
//
// Source: the Picsou paper, on reconfiguration.

#include <limits>

#include "protocols/core/view.h"
#include "protocols/picsou/replica.h"

namespace lockstep::picsou {

void Replica::OnView(const core::Now& now, const core::View& view, core::Effects& out) {
  // Nobody announces such a one: it would come from a disk that is damaged.
  if (view.number <= view_ || view.number > std::numeric_limits<std::uint32_t>::max()) return;
  const std::optional<core::Cluster> own = view.Of(config_.own);
  const std::optional<core::Cluster> other = view.Of(config_.other);
  if (!own || !other) return;
  view_ = static_cast<std::uint32_t>(view.number);
  config_.own = *own;
  config_.other = *other;
  schedule_ = Schedule(*own, *other);

  // Of the own stream.
  quacks_.OnView(std::uint64_t{other->u} + 1, other->stake);
  complaints_.interval().OnView(std::uint64_t{other->u} + 1, other->stake);
  complaints_ = ComplaintTracker(schedule_, std::uint64_t{other->r} + 1, complaints_.interval(),
                                 other->stake);
  first_sends_.DropBelow(core::LaneLine::kNumberLimit);
  resends_.OnView(schedule_.lanes());
  walked_ = schedule_.OwnBelow(seat_.index, quacks_.quack());

  // Of the other.
  hints_.OnView(std::uint64_t{other->r} + 1, other->stake);
  inbound_.OnView(Schedule(*other, *own).set_period());
  if (retained_) retained_->OnView(Sparing(*own, seat_.index), own->stake);
  fetcher_.OnView(own->stake);
  passing_.OnView(*own, out);
  Pump(now, out);
}

}  // namespace lockstep::picsou
