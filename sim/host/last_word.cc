// Which call has had the last word: see last_word.h.

#include "sim/host/last_word.h"

#include <algorithm>
#include <variant>

namespace lockstep::sim {
namespace {

enum Kind : std::uint8_t { kTimer, kReading, kCredit };

struct Namer {
  using Named = std::optional<LastWord::Thing>;
  Named operator()(const core::effect::SetTimer& set) const { return {{kTimer, set.id.value()}}; }
  Named operator()(const core::effect::CancelTimer& cancel) const {
    return {{kTimer, cancel.id.value()}};
  }
  Named operator()(const core::effect::Hold& hold) const { return {{kReading, hold.peer.value()}}; }
  Named operator()(const core::effect::Resume& resume) const {
    return {{kReading, resume.peer.value()}};
  }
  Named operator()(const core::effect::AwaitWritable& await) const {
    return {{kCredit, await.peer.value()}};
  }
  template <typename T>
  Named operator()(const T&) const {
    return std::nullopt;
  }
};

}  // namespace

std::optional<LastWord::Thing> LastWord::ThingOf(const core::Listed& listed) {
  return std::visit(Namer(), listed.what);
}

bool LastWord::Stands(const Thing& thing, std::uint64_t call) const {
  const auto found = last_.find(thing);
  return found == last_.end() || found->second <= call;
}

void LastWord::Forget(std::uint64_t oldest) {
  absl::erase_if(last_, [oldest](const auto& entry) { return entry.second <= oldest; });
  forget_at_ = std::max(kForgetFirst, 2 * last_.size());
}

}  // namespace lockstep::sim
