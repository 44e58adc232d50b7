// The parameters of Kafka: see keys.h.

#include "protocols/kafka/keys.h"

namespace lockstep::kafka {
namespace {

constexpr std::uint64_t kPaddingMax = 1U << 20;
constexpr std::uint64_t kSizeMost = std::uint64_t{1} << 40;
// A wait, added to a reading of a clock, has to stay within 64 bits.
constexpr core::Duration kWaitMost = core::Duration::Seconds(86'400);

void DescribeFetch(core::Keys& keys, FetchLimits& fetch, const char* otherwise) {
  keys.Object({"fetch", otherwise}, [&](core::Keys& limits) {
    limits.Size({"min_bytes", "It is answered when there is so much, by the broker's count."},
                fetch.min_bytes, {1, kSizeMost});
    limits.Period({"wait", "It is answered, too, when it has waited so long."}, fetch.wait,
                  kWaitMost);
    limits.Size({"bytes",
                 "An answer holds so much at most, but for one batch; and no more than "
                 "there is credit for."},
                fetch.bytes, {1, kSizeMost});
    limits.Size({"partition_bytes", "The same of each partition in it."}, fetch.partition_bytes,
                {1, kSizeMost});
  });
}

void DescribeWire(core::Keys& keys, WireSizes& sizes) {
  keys.Object(
      {"wire",
       "Padding, so that messages are as long as Kafka's: by its format of records, a batch "
       "has 61 B, and each message of 100 B in it 10 B."},
      [&](core::Keys& wire) {
        wire.Integer({"record_bytes", "Of each message in a batch, beside its content."},
                     sizes.record_bytes, {0, kPaddingMax});
        wire.Integer({"batch_bytes", "Of each batch."}, sizes.batch_bytes, {0, kPaddingMax});
      });
}

}  // namespace

void Describe(core::Keys& keys, ChannelConfig& config) {
  constexpr std::uint32_t kInFlightMost = 1'000;
  keys.Size({"batch_bytes",
             "A producer's batch holds so much at most, but for one message (batch.size). The send "
             "buffer has room for one, with a message more and 1 MiB."},
            config.batch_bytes, {1});
  keys.Time({"linger", "A batch that is not full waits so long for more (linger.ms)."},
            config.linger, kWaitMost);
  keys.Integer({"in_flight",
                "Requests of a producer that are not answered yet, at most "
                "(max.in.flight.requests.per.connection)."},
               config.in_flight, {1, kInFlightMost});
  keys.Period({"request_timeout",
               "What is not answered in so long is sent again (request.timeout.ms). More than "
               "fetches wait.",
               false, "30s, as in Kafka"},
              config.request_timeout, kWaitMost);
  keys.Period({"retry_backoff", "After a refusal, a producer waits so long (retry.backoff.ms).",
               false, "100ms, as in Kafka"},
              config.retry_backoff, kWaitMost);
  DescribeFetch(keys, config.fetch,
                "Of a consumer (fetch.min.bytes, fetch.max.wait.ms, fetch.max.bytes, "
                "max.partition.fetch.bytes).");
  DescribeWire(keys, config.wire);
}

void Describe(core::Keys& keys, BrokerConfig& config) {
  constexpr std::uint32_t kReplicationMost = 1'000;
  // What fewer bytes would lose is more than some batches that are on their way.
  constexpr std::uint64_t kRetainLeast = 1U << 22;
  keys.Integer({"replication",
                "Brokers that have each partition (replication.factor); no more than there are."},
               config.replication, {1, kReplicationMost});
  keys.Period({"request_timeout",
               "A follower's fetch that is not answered in so long is made again "
               "(replica.socket.timeout.ms). More than fetches wait.",
               false, "30s, as in Kafka"},
              config.request_timeout, kWaitMost);
  DescribeFetch(keys, config.fetch,
                "Of a follower (replica.fetch.min.bytes, replica.fetch.wait.max.ms, "
                "replica.fetch.response.max.bytes, replica.fetch.max.bytes).");
  keys.Size({"retain",
             "Of each partition, so much is kept for consumers that are behind (retention.bytes); "
             "who is further behind has lost it."},
            config.retain, {kRetainLeast, kSizeMost});
  DescribeWire(keys, config.wire);
}

}  // namespace lockstep::kafka
