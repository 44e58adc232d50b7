// Certificates: proofs that a cluster has committed what somebody else says of it.
//
// A quorum of a cluster signs each entry that it commits, so that a receiver believes the entry and
// not the one that sends it (the Picsou paper, section 2: the receiver must be able to verify that
// the sending RSM committed a request). A certificate of a run of messages stands for those of each
// of them, as filler stands for contents: whoever holds one that is valid has one of every part. An
// implementation on sockets holds lists.

#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "protocols/core/bytes.h"
#include "protocols/core/crypto.h"
#include "protocols/core/ids.h"
#include "protocols/core/program.h"
#include "protocols/core/run.h"

namespace lockstep::core {

struct Certificate {
  std::uint64_t epoch = 0;   // whose members have signed
  std::vector<Run> signers;  // their indices in the cluster, in ascending order
  Tag tag;                   // Folded of what each has signed
  friend bool operator==(const Certificate&, const Certificate&) = default;
};

// Entries of a stream, as those sign them that have committed them.
struct Committed {
  StreamId stream;
  Run run;                   // their k′
  std::uint64_t size = 0;    // bytes of each
  std::uint64_t digest = 0;  // of the contents, one after the other
};
// What is signed of them by members of an epoch.
std::uint64_t SignedDigest(const Committed& entries, std::uint64_t epoch);

// What a certificate wants: replicas of stake u + r + 1, since so many answer where u have failed,
// and one of them at least does not lie.
std::uint64_t QuorumOf(const Cluster& cluster);
// Whether these are distinct members of the cluster, enough of them for a certificate.
bool IsQuorum(const Cluster& cluster, const std::vector<Run>& signers);

// The certificates of a world, handed in like keys: what quorums sign when they commit.
class Certificates {
 public:
  virtual ~Certificates() = default;
  // What a quorum of `own`, the holder's cluster, has signed as it committed `entries`.
  virtual Certificate Certify(const Cluster& own, std::uint64_t epoch,
                              const Committed& entries) const = 0;
  // Whether the tag is the fold of what the listed signers have signed; not who they are.
  virtual bool HasSigned(const Cluster& by, const Committed& entries,
                         const Certificate& certificate) const = 0;
  // That of a part of `whole`. Of one that is not valid it proves nothing either.
  virtual Certificate Part(const Cluster& by, const Committed& whole,
                           const Certificate& certificate, const Committed& part) const = 0;
};

// The certificates of one stream, as its replicas give and want them.
class StreamProofs {
 public:
  // `certificates` outlives it; `by`: the cluster that commits the stream.
  StreamProofs(const Certificates& certificates, Cluster by, StreamId stream)
      : certificates_(&certificates), by_(std::move(by)), stream_(stream) {}

  Certificate Certify(const Run& run, std::uint64_t size, const Bytes& contents) const;
  bool IsProven(const Run& run, std::uint64_t size, const Bytes& contents,
                const Certificate& certificate) const;
  // Of messages `part`, whose contents are `part_contents`, of `run`.
  Certificate Part(const Run& run, std::uint64_t size, const Bytes& contents,
                   const Certificate& certificate, const Run& part,
                   const Bytes& part_contents) const;

 private:
  Committed Entries(const Run& run, std::uint64_t size, const Bytes& contents) const {
    return {stream_, run, size, contents.Digest()};
  }

  const Certificates* certificates_;
  Cluster by_;
  StreamId stream_;
  std::uint64_t epoch_ = 0;  // the only one so far
};

}  // namespace lockstep::core
