// What the content of a test message is made of, as the world hands it in.
//
// The same bytes have one digest as filler and another written out, so a world has one kind: then
// what is signed in it verifies in it, and whoever expects a content expects the same digest.

#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "protocols/core/bytes.h"
#include "protocols/core/run.h"

namespace lockstep::core {

enum class ContentKind : std::uint8_t {
  kFiller,  // never stored: compared, hashed and damaged by its description
  kReal,    // the same bytes, written out
};
inline constexpr std::array<std::string_view, 2> kContentNames = {"filler", "real"};

class Contents {
 public:
  virtual ~Contents() = default;
  // Contents `numbers` of a generator, of `size` bytes each, one after the other.
  virtual Bytes Make(std::uint64_t generator, const Run& numbers, std::uint64_t size) const = 0;
};

// Lives as long as the program.
const Contents& ContentsOf(ContentKind kind);

}  // namespace lockstep::core
