// What the baselines send: batches of a stream, what is passed on within the cluster that receives
// it, and, where a leader may be replaced, what receivers say of it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "protocols/core/bytes.h"
#include "protocols/core/fields.h"
#include "protocols/core/ids.h"
#include "protocols/core/records.h"

namespace lockstep::c3b {

struct Batch {
  core::StreamId stream;
  std::vector<core::Records> data;
};

// Bytes charged for each message and each batch beside contents, by padding.
struct WireSizes {
  std::uint64_t record_bytes = 0;
  std::uint64_t batch_bytes = 0;
};

// In the order of Fields::types().
enum class Kind : std::uint8_t {
  kBatch,      // from the sending cluster to the other
  kBroadcast,  // the same, passed on within the other
  kHelp,       // what a replica that asks lacks, from a peer of its cluster that holds it
  kAsk,
  kCommitted,
};

// A receiver has waited for position `held`: it holds all below. To the senders, of which that of
// `view` is to lead, and to its own peers.
struct Ask {
  core::StreamId stream;
  std::uint64_t view = 0;
  std::uint64_t held = 0;
};

// The answer of a sender to who asked for less: positions 0 .. end - 1 are committed.
struct Committed {
  core::StreamId stream;
  std::uint64_t end = 0;
};

struct Message {
  Kind kind = Kind::kBatch;
  Batch batch;  // of the first three kinds
  Ask ask;
  Committed committed;
  // Of the last two: as it came, and what it has to cover.
  core::Tag mac;
  std::uint64_t signed_digest = 0;
};

// `kind` is one of the first three.
core::Bytes Encode(const Batch& batch, const WireSizes& sizes, Kind kind = Kind::kBatch);
core::Bytes Encode(const Ask& ask, const core::Signer& signer, core::Identity receiver);
core::Bytes Encode(const Committed& committed, const core::Signer& signer, core::Identity receiver);
// Bytes of the longest of the last two kinds.
inline constexpr std::uint64_t kAskBytesMax = 64;

// Of any kind; or a batch, where only batches are known.
std::optional<Message> DecodeAny(const core::Bytes& payload);
std::optional<Batch> Decode(const core::Bytes& payload);

// Types "c3b.batch", "c3b.broadcast", "c3b.help", "c3b.ask" and "c3b.committed": the first `kinds`.
class Fields : public core::MessageFields {
 public:
  explicit Fields(const WireSizes& sizes, std::size_t kinds = 1) : sizes_(sizes), kinds_(kinds) {}
  std::span<const core::TypeSpec> types() const override;
  bool Read(const core::Bytes& payload, core::FieldedMessage& out) const override;
  core::Bytes Build(const core::FieldedMessage& message, const core::Signer& signer,
                    core::Identity receiver) const override;

 private:
  WireSizes sizes_;
  std::size_t kinds_;
};

}  // namespace lockstep::c3b
