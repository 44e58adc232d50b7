// Certificates: see certificate.h.

#include "protocols/core/certificate.h"

#include <array>

#include "protocols/core/hash.h"

namespace lockstep::core {

std::uint64_t SignedDigest(const Committed& entries, std::uint64_t epoch) {
  const std::array<std::uint64_t, 7> words = {epoch,
                                              entries.stream.value(),
                                              entries.run.first,
                                              entries.run.count,
                                              entries.run.stride,
                                              entries.size,
                                              entries.digest};
  return HashWords(words);
}

std::uint64_t QuorumOf(const Cluster& cluster) { return std::uint64_t{cluster.u} + cluster.r + 1; }

bool IsQuorum(const Cluster& cluster, const std::vector<Run>& signers) {
  std::uint64_t stake = 0;
  std::uint64_t next = 0;  // in ascending order nobody stands twice
  for (const Run& run : signers) {
    for (std::uint64_t i = 0; i < run.count; ++i) {
      const std::uint64_t index = run.At(i);
      if (index < next || index >= cluster.size) return false;
      stake += cluster.StakeOf(index);
      next = index + 1;
    }
  }
  return stake >= QuorumOf(cluster);
}

Certificate StreamProofs::Certify(const Run& run, std::uint64_t size, const Bytes& contents) const {
  return certificates_->Certify(by_, epoch_, Entries(run, size, contents));
}

bool StreamProofs::IsProven(const Run& run, std::uint64_t size, const Bytes& contents,
                            const Certificate& certificate) const {
  return certificate.epoch == epoch_ && IsQuorum(by_, certificate.signers) &&
         certificates_->HasSigned(by_, Entries(run, size, contents), certificate);
}

Certificate StreamProofs::Part(const Run& run, std::uint64_t size, const Bytes& contents,
                               const Certificate& certificate, const Run& part,
                               const Bytes& part_contents) const {
  return certificates_->Part(by_, Entries(run, size, contents), certificate,
                             Entries(part, size, part_contents));
}

}  // namespace lockstep::core
