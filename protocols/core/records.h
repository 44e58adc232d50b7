// Batches of stream messages: record headers first, as runs, then their contents.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "protocols/core/bytes.h"
#include "protocols/core/certificate.h"
#include "protocols/core/fields.h"
#include "protocols/core/run.h"
#include "protocols/core/wire.h"

namespace lockstep::core {

// Messages of one stream with contents of one size.
struct Records {
  Run run;                 // their k′
  std::uint64_t size = 0;  // bytes of each
  Bytes contents;          // run.count * size bytes, in the order of the run
  // That they were committed, where the protocol has proofs.
  std::optional<Certificate> certificate = std::nullopt;

  friend bool operator==(const Records&, const Records&) = default;
};

std::uint64_t CountOf(const std::vector<Records>& batch);
std::uint64_t BytesOf(const std::vector<Records>& batch);

// Whether each of them bears a certificate by which it was committed.
bool AreProven(const std::vector<Records>& batch, const StreamProofs& proofs);

// The numbers `part` of `records`, which must hold all of them. Without `proofs` a part has no
// certificate.
Records Pick(const Records& records, const Run& part, const StreamProofs* proofs = nullptr);

// Headers and contents are written apart, so that other headers can stand between.
// `has_certificates`: they are part of headers, both as they are written and as they are read.
void PutHeaders(Encoder& encoder, const std::vector<Records>& batch, bool has_certificates = false);
void PutContents(Encoder& encoder, const std::vector<Records>& batch);
// Fails the decoder on anything that PutHeaders or PutContents cannot have written.
std::vector<Records> GetHeaders(Decoder& decoder, bool has_certificates = false);
void GetContents(Decoder& decoder, std::vector<Records>& batch);

// A certificate as fields: a group `certificate`, and behind it the fields "signer" (a run of
// indices each), "epoch" and "signature" (two numbers).
struct CertificateSpecs {
  std::uint32_t group = 0;
  std::uint32_t signer() const { return group + 1; }
  std::uint32_t epoch() const { return group + 2; }
  std::uint32_t signature() const { return group + 3; }
};

// As fields: the i-th element is group i of `group_spec`, with a member of each of the other two,
// and its certificate where those have specs.
void ReadRecords(const std::vector<Records>& batch, std::uint32_t group_spec,
                 std::uint32_t seq_spec, std::uint32_t content_spec, std::vector<Field>& out,
                 std::optional<CertificateSpecs> certificates = std::nullopt);
// Back from fields; a content whose size does not fit its run makes the size of each zero.
std::vector<Records> BuildRecords(const std::vector<Field>& fields, std::uint32_t seq_spec,
                                  std::uint32_t content_spec,
                                  std::optional<CertificateSpecs> certificates = std::nullopt);

}  // namespace lockstep::core
