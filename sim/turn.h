// Whose turn it is among what is due at one instant.
//
// The order speaks of the world, not of the engine, so that the engine may be rebuilt under it:
// (generation, receiving host, class, sending host, count). Generations are the queue's: 0 was
// pending when the instant began, g + 1 was made for the same instant by generation g. What is
// about no host comes before all hosts where it is a fault or a restart, else after them. What the
// rule does not tell apart (steps of one host's own work) keeps the order in which it was made.
//
// Nobody may lean on more of it than that generations come one after the other: see Permuted.

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

  // The same among hosts, classes and senders that have changed their places, as `salt` says: what
  // comes before or after all hosts stays there, and what one sender has made keeps its order.
  constexpr Turn Permuted(std::uint64_t salt) const {
    const std::uint64_t host = key_ >> 44;
    if (host == 0 || key_ == ~std::uint64_t{0}) return *this;
    const std::uint64_t sender =
        Scrambled(key_ >> 21 & kNumbers, salt >> 7) ^ (salt >> 43 & kNumbers);
    return Turn(Scrambled(host, salt) << 44 | ClassIn(key_ >> 41 & 7, salt >> 50) << 41 |
                sender << 21 | (key_ & 0x1f'ffff));
  }

  friend constexpr auto operator<=>(const Turn&, const Turn&) = default;

 private:
  static constexpr std::uint64_t kNumbers = (1U << 20) - 1;
  // One to one on 20 bits, and 0 to 0: odd factors and a shifted sum can be undone.
  static constexpr std::uint64_t Scrambled(std::uint64_t number, std::uint64_t salt) {
    number = number * (salt << 1 | 1) & kNumbers;
    number ^= number >> 10;
    return number * (salt >> 20 << 1 | 1) & kNumbers;
  }
  // Faults and restarts stay first.
  static constexpr std::uint64_t ClassIn(std::uint64_t of, std::uint64_t salt) {
    constexpr auto kFirst = static_cast<std::uint64_t>(TurnClass::kMessage);
    if (of < kFirst) return of;
    return kFirst + (((of - kFirst) * (salt << 1 | 1) + (salt >> 1)) & 3);
  }

  explicit constexpr Turn(std::uint64_t key) : key_(key) {}
  std::uint64_t key_ = 0;
};

}  // namespace lockstep::sim
