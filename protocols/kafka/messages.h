// What producers, brokers and consumers say to each other.
//
// Kafka's requests name topic and partition; here the topic is the stream, and a partition is told
// by the k′ of its messages. A batch of records is one Records: messages of one size.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "protocols/core/bytes.h"
#include "protocols/core/fields.h"
#include "protocols/core/ids.h"
#include "protocols/core/records.h"
#include "protocols/kafka/config.h"

namespace lockstep::kafka {

// In the order of Fields::types().
enum class Kind : std::uint8_t {
  kProduce,   // producer to leader: batches of its partition
  kProduced,  // leader to producer
  kFetch,     // consumer or follower to leader
  kFetched,   // leader to either
};

// The answer to produce requests, for all of them together: offsets below `acked` are on all
// in-sync replicas (acks=all), and those below `end` on the leader. Where one was refused, since
// what comes before it is lacking, the producer goes back to `end`.
struct Produced {
  std::uint64_t acked = 0;
  std::uint64_t end = 0;
  bool is_refused = false;
};

struct Fetch {
  std::uint64_t id = 0;  // the answer bears the same
  FetchLimits limits;
  // The next offset wanted of each partition that the broker leads, in ascending order.
  std::vector<std::uint64_t> offsets;
};

struct Message {
  Kind kind = Kind::kProduce;
  core::StreamId stream;
  std::uint64_t id = 0;             // of kFetched
  std::vector<core::Records> data;  // of kProduce and kFetched
  Produced produced;
  Fetch fetch;
};

core::Bytes EncodeProduce(core::StreamId stream, const std::vector<core::Records>& data,
                          const WireSizes& sizes);
core::Bytes EncodeProduced(core::StreamId stream, const Produced& produced);
core::Bytes EncodeFetch(core::StreamId stream, const Fetch& fetch);
core::Bytes EncodeFetched(core::StreamId stream, std::uint64_t id,
                          const std::vector<core::Records>& data, const WireSizes& sizes);
// Most bytes that a message with these records has.
std::uint64_t BytesMost(const core::Records& records, const WireSizes& sizes);
inline constexpr std::uint64_t kHeaderBytes = 64;  // and what it has beside them

std::optional<Message> Decode(const core::Bytes& payload);

// The partition of a batch, and the offset of its first message; none where its k′ are not
// messages of one partition, one after the other.
struct Place {
  std::uint32_t partition = 0;
  std::uint64_t offset = 0;
};
std::optional<Place> PlaceOf(const core::Records& records, const Topic& topic);
// Of a batch, what begins at `offset`, which lies in it.
core::Records From(const core::Records& records, const Topic& topic, std::uint64_t offset);

// Types "kafka.produce", "kafka.produced", "kafka.fetch" and "kafka.fetched".
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

}  // namespace lockstep::kafka
