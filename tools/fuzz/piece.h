// What a worker is asked: which scenario it is to make, and run.

#pragma once

#include <cstdint>
#include <string>

namespace lockstep::fuzz {

struct Piece {
  enum class Kind : std::uint8_t {
    kDrawn,   // from the seed alone
    kMutant,  // from the seed and a scenario that it changes
    kKept,    // a scenario as it is
  };
  Kind kind = Kind::kDrawn;
  std::uint64_t seed = 0;
  std::string parent;  // a scenario, as JSON; empty of a kDrawn
  friend bool operator==(const Piece&, const Piece&) = default;
};

// Text between processes; Decode gives back what Encode was given.
std::string Encode(const Piece& piece);
Piece DecodePiece(const std::string& text);

}  // namespace lockstep::fuzz
