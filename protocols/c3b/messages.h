// What the baselines without acknowledgements send: batches of a stream, and nothing else.

#pragma once

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

core::Bytes Encode(const Batch& batch, const WireSizes& sizes);
std::optional<Batch> Decode(const core::Bytes& payload);

// Type "c3b.batch".
class Fields : public core::MessageFields {
 public:
  explicit Fields(const WireSizes& sizes) : sizes_(sizes) {}
  std::span<const core::TypeSpec> types() const override;
  bool Read(const core::Bytes& payload, core::FieldedMessage& out) const override;
  core::Bytes Build(const core::FieldedMessage& message, const core::Signer& signer,
                    core::Identity receiver) const override;

 private:
  WireSizes sizes_;
};

}  // namespace lockstep::c3b
