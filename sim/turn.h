// Whose turn it is among what is due at one instant.
//
// The order speaks of the world, not of the engine, so that the engine may be rebuilt under it:
// (generation, receiving host, class, sending host, count). Generations are the queue's: 0 was
// pending when the instant began, g + 1 was made for the same instant by generation g. What is
// about no host comes before all hosts where it is a fault or a restart, else after them. What the
// rule does not tell apart (steps of one host's own work) keeps the order in which it was made.

#pragma once

#include <compare>
#include <cstdint>

namespace lockstep::sim {

enum class TurnClass : std::uint8_t { kFault, kRestart, kMessage, kTimer, kRequest, kRest };

class Turn {
 public:
  // Hosts that it can tell apart.
  static constexpr std::uint32_t kHostsMost = (1U << 20) - 2;

  constexpr Turn() = default;
  // `count`: of the sender's packets, or whatever else tells apart what it has made; its lowest 21
  // bits count.
  static constexpr Turn AtHost(std::uint32_t receiver, TurnClass of, std::uint32_t sender,
                               std::uint64_t count) {
    return Turn((std::uint64_t{receiver} + 1) << 44 | static_cast<std::uint64_t>(of) << 41 |
                std::uint64_t{sender} << 21 | (count & 0x1f'ffff));
  }
  static constexpr Turn BeforeHosts(TurnClass of) { return Turn(static_cast<std::uint64_t>(of)); }
  static constexpr Turn AfterHosts() { return Turn(~std::uint64_t{0}); }

  friend constexpr auto operator<=>(const Turn&, const Turn&) = default;

 private:
  explicit constexpr Turn(std::uint64_t key) : key_(key) {}
  std::uint64_t key_ = 0;
};

}  // namespace lockstep::sim
