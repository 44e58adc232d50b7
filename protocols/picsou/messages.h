// What Picsou's replicas say to each other.
//
// A batch crosses to the other cluster: messages of the own stream, and what the sender holds of
// the other's. A local broadcast passes on, within a cluster, what came from across. A fetch asks a
// peer of the own cluster for what is missing, a supply answers it. Sources: the Picsou paper,
// sections 4.1 to 4.3; wire sizes as declared in WireSizes.
//
// Where contents have certificates, what peers of a cluster say is authenticated, too: the paper
// says nothing of it, but an acknowledgement or a floor that nobody stands for would let a single
// liar speak for all, or a flipped bit, and what only one replica holds would be let go. A
// broadcast, which all others get alike, is signed; a fetch and a supply bear a code for one.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "protocols/core/bytes.h"
#include "protocols/core/crypto.h"
#include "protocols/core/fields.h"
#include "protocols/core/ids.h"
#include "protocols/core/records.h"

namespace lockstep::picsou {

// What a replica holds of a stream. Positions count from 0.
struct Ack {
  std::uint64_t cumulative = 0;  // every position below is held, this one is not
  std::uint64_t phi_end = 0;     // the φ-list judges (cumulative, phi_end); 0: there is none
  std::vector<core::Run> phi;    // of these, the ones that are held
  friend bool operator==(const Ack&, const Ack&) = default;
};

struct Batch {
  core::StreamId data_stream;       // the sender's own
  std::vector<core::Records> data;  // empty in a no-op
  core::StreamId ack_stream;        // the receiver's
  Ack ack;
  std::uint64_t quack = 0;  // of the own stream, as far as the sender knows
  std::uint32_t view = 0;   // of the clusters, by which the sender goes
};

struct Broadcast {
  core::StreamId stream;
  std::vector<core::Records> data;
  std::uint64_t cumulative = 0;  // the sender's own ACK
};

// Without anything that is wanted, it asks for a sign of life.
struct Fetch {
  static constexpr std::uint64_t kPositionsMax = 256;
  core::StreamId stream;
  std::uint64_t number = 0;  // which the answer repeats
  std::uint64_t cumulative = 0;
  std::vector<core::Run> wanted;  // at most kPositionsMax positions
};

// What of it is not in `data` is not there yet, or is there no more if it is below `floor`.
struct Supply {
  core::StreamId stream;
  std::uint64_t floor = 0;
  std::uint64_t number = 0;
  std::uint64_t cumulative = 0;
  std::vector<core::Records> data;
};

// Bytes of the implementation that a figure reproduces, charged by padding. Zeros: our own codec's.
struct WireSizes {
  std::uint64_t record_bytes = 0;    // for each message, beside its content
  std::uint64_t batch_bytes = 0;     // for each batch: framing, ACK, MAC
  std::uint64_t phi_word_bytes = 0;  // for each 64 positions of the bitmap, up to its last set bit
  std::uint64_t certificate_bytes = 0;  // for each message that has one
};

// Whose rule replicas follow (`rule`).
enum class Rule : std::uint8_t {
  kPaper,     // the paper's, and what this simulator decided where it is silent
  kArtifact,  // the published artifact's, defects included
};

// φ positions lie in (cumulative, cumulative + phi]; what lies outside is cut off.
Ack LimitPhi(const Ack& ack, std::uint64_t phi);

class Codec {
 public:
  Codec(const WireSizes& sizes, std::uint64_t phi, Rule rule = Rule::kPaper,
        bool has_certificates = false)
      : sizes_(sizes), phi_(phi), rule_(rule), has_certificates_(has_certificates) {}

  core::Bytes Encode(const Batch& batch, const core::Signer& signer, core::Identity receiver) const;
  // `signer` is wanted where there are certificates.
  core::Bytes Encode(const Broadcast& broadcast, const core::Signer* signer = nullptr) const;
  core::Bytes Encode(const Fetch& fetch, const core::Signer* signer = nullptr,
                     core::Identity receiver = {}) const;
  core::Bytes Encode(const Supply& supply, const core::Signer* signer = nullptr,
                     core::Identity receiver = {}) const;

  // What a payload is: none of these if it is malformed.
  struct Decoded {
    std::optional<Batch> batch;
    std::optional<Broadcast> broadcast;
    std::optional<Fetch> fetch;
    std::optional<Supply> supply;
    std::uint64_t signed_digest = 0;  // what `mac` covers, where there is one
    core::Tag mac;                    // or the signature of a broadcast
  };
  Decoded Decode(const core::Bytes& payload) const;
  // The same but for the digest, for whoever verifies nothing.
  Decoded Parse(const core::Bytes& payload) const;

  const WireSizes& sizes() const { return sizes_; }
  std::uint64_t phi() const { return phi_; }
  Rule rule() const { return rule_; }
  bool has_certificates() const { return has_certificates_; }
  // Charged for each message beside its content.
  std::uint64_t RecordBytes() const {
    return sizes_.record_bytes + (has_certificates_ ? sizes_.certificate_bytes : 0);
  }
  // Most bytes of a batch of `data_runs` runs beside its contents and their record bytes, if its
  // φ-list has at most `phi_runs`.
  std::uint64_t OverheadMax(std::uint64_t data_runs, std::uint64_t phi_runs) const;

 private:
  WireSizes sizes_;
  std::uint64_t phi_;
  Rule rule_;
  bool has_certificates_;
};

// Types "picsou.batch", "picsou.broadcast", "picsou.fetch" and "picsou.supply".
class Fields : public core::MessageFields {
 public:
  explicit Fields(const Codec& codec) : codec_(codec) {}
  std::span<const core::TypeSpec> types() const override;
  bool Read(const core::Bytes& payload, core::FieldedMessage& out) const override;
  core::Bytes Build(const core::FieldedMessage& message, const core::Signer& signer,
                    core::Identity receiver) const override;

 private:
  Codec codec_;
};

}  // namespace lockstep::picsou
