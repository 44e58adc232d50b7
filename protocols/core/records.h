// Batches of stream messages: record headers first, as runs, then their contents.

#pragma once

#include <cstdint>
#include <vector>

#include "protocols/core/bytes.h"
#include "protocols/core/fields.h"
#include "protocols/core/run.h"
#include "protocols/core/wire.h"

namespace lockstep::core {

// Messages of one stream with contents of one size.
struct Records {
  Run run;                 // their k′
  std::uint64_t size = 0;  // bytes of each
  Bytes contents;          // run.count * size bytes, in the order of the run

  friend bool operator==(const Records&, const Records&) = default;
};

std::uint64_t CountOf(const std::vector<Records>& batch);
std::uint64_t BytesOf(const std::vector<Records>& batch);

// The numbers `part` of `records`, which must hold all of them.
Records Pick(const Records& records, const Run& part);

// Headers and contents are written apart, so that other headers can stand between.
void PutHeaders(Encoder& encoder, const std::vector<Records>& batch);
void PutContents(Encoder& encoder, const std::vector<Records>& batch);
// Fails the decoder on anything that PutHeaders or PutContents cannot have written.
std::vector<Records> GetHeaders(Decoder& decoder);
void GetContents(Decoder& decoder, std::vector<Records>& batch);

// As fields: the i-th element is group i of `group_spec`, with a member of each of the other two.
void ReadRecords(const std::vector<Records>& batch, std::uint32_t group_spec,
                 std::uint32_t seq_spec, std::uint32_t content_spec, std::vector<Field>& out);
// Back from fields; a content whose size does not fit its run makes the size of each zero.
std::vector<Records> BuildRecords(const std::vector<Field>& fields, std::uint32_t seq_spec,
                                  std::uint32_t content_spec);

}  // namespace lockstep::core
