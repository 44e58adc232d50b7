// What the baselines have in common: who speaks to whom, in which batches, and by which pattern.

#pragma once

#include <cstdint>

#include "protocols/c3b/messages.h"
#include "protocols/core/ids.h"
#include "protocols/core/program.h"
#include "protocols/core/time.h"

namespace lockstep::c3b {

enum class Pattern : std::uint8_t { kOneShot, kAllToAll, kLeader, kOptimistic };

// Whose reading of a pattern: the paper's text, or what its artifact runs.
enum class Variant : std::uint8_t { kPaper, kArtifact };

struct Config {
  Pattern pattern = Pattern::kOneShot;
  core::Cluster own;
  core::Cluster other;
  core::StreamId out_stream;
  core::StreamId in_stream;
  std::uint64_t batch_bytes = 200'000;
  core::Duration batch_delay = core::Duration::Milliseconds(1);
  WireSizes wire;

  // Of the two patterns with a leader.
  Variant variant = Variant::kPaper;
  // Of optimistic transmission: how long a receiver waits for a position that it knows of, and a
  // leader for a receiver that takes nothing.
  core::Duration timeout = core::Duration::Milliseconds(500);
  // Of optimistic transmission: bytes of contents that a receiver keeps for its peers.
  std::uint64_t retain = 256U << 20;
};

}  // namespace lockstep::c3b
