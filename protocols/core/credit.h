// How much a node may still send to each peer, as its world gives it.

#pragma once

#include <cstdint>
#include <limits>

#include "protocols/core/ids.h"

namespace lockstep::core {

class Credit {
 public:
  // What is left where the transport gives no credit (datagrams). It is never spent, and nobody is
  // ever told that it has come back.
  static constexpr std::int64_t kUnlimited = std::numeric_limits<std::int64_t>::max();

  virtual ~Credit() = default;
  // Bytes; below zero where more was listed than there was.
  virtual std::int64_t Left(NodeId peer) const = 0;
  // Takes them all the same, but false where fewer were left.
  virtual bool Take(NodeId peer, std::uint64_t bytes) = 0;
};

}  // namespace lockstep::core
