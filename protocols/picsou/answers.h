// What peers were sent lately because they asked for it: each position at most once in a while, so
// that who asks for the same again and again gets no amplifier.

#pragma once

#include <cstdint>
#include <vector>

#include "protocols/core/interval_map.h"
#include "protocols/core/lane_line.h"
#include "protocols/core/records.h"
#include "protocols/core/time.h"

namespace lockstep::picsou {

class Answers {
 public:
  // `lanes`: of the schedule.
  Answers(std::uint32_t peers, std::uint64_t lanes) : line_(lanes), sent_(peers) {}

  // Of what a peer wants, what it was not sent within `pause` of now.
  std::vector<core::Run> Admit(core::Instant now, core::Duration pause, std::uint32_t peer,
                               const std::vector<core::Run>& wanted);
  void Note(core::Instant now, std::uint32_t peer, const std::vector<core::Records>& sent);

 private:
  using Times = core::IntervalMap<core::Instant>;  // by place
  // Forgets what is no longer lately, once it has become much.
  void Prune(core::Instant now, core::Duration pause, Times& times);

  static constexpr std::size_t kEntriesMax = 1024;
  core::LaneLine line_;
  std::vector<Times> sent_;  // sent_[peer]
};

inline std::vector<core::Run> Answers::Admit(core::Instant now, core::Duration pause,
                                             std::uint32_t peer,
                                             const std::vector<core::Run>& wanted) {
  Times& times = sent_[peer];
  if (times.intervals().size() >= kEntriesMax) Prune(now, pause, times);
  // Nobody who lives by the rules wants so much in so little time.
  if (times.intervals().size() >= kEntriesMax) return {};
  std::vector<core::Run> admitted;
  for (const core::Run& run : wanted) {
    core::ForEachLane(
        run, line_.lanes(), [&](std::uint64_t lane, std::uint64_t begin, std::uint64_t end) {
          const std::uint64_t base = line_.Begin(lane);
          times.ForEach(base + begin, base + end,
                        [&](std::uint64_t from, std::uint64_t to, const core::Instant* at) {
                          if (at == nullptr || now - *at >= pause)
                            admitted.push_back(line_.RunAt(from, to));
                        });
        });
  }
  return admitted;
}

inline void Answers::Note(core::Instant now, std::uint32_t peer,
                          const std::vector<core::Records>& sent) {
  for (const core::Records& records : sent) {
    core::ForEachLane(records.run, line_.lanes(),
                      [&](std::uint64_t lane, std::uint64_t begin, std::uint64_t end) {
                        sent_[peer].Update(line_.Begin(lane) + begin, line_.Begin(lane) + end,
                                           [&](std::uint64_t, std::uint64_t, const core::Instant*) {
                                             return std::optional<core::Instant>(now);
                                           });
                      });
  }
}

inline void Answers::Prune(core::Instant now, core::Duration pause, Times& times) {
  Times recent;
  for (const Times::Interval& each : times.intervals())
    if (now - each.value < pause) recent.Assign(each.begin, each.end, each.value);
  times = std::move(recent);
}

}  // namespace lockstep::picsou
