// What the published artifact puts on the wire (`rule: artifact`): its bitmap, and its lengths to
// the byte.
//
// A message of b bytes at k′ = s is an element of 1 + L + (1 + L′ + b) + (1 + varint(s)) bytes, L
// and L′ being the lengths of the lengths as varints (L of all that follows it, L′ of b). A batch
// adds 18 B of MAC; 2 B where nothing is acknowledged, else 3 + varint of the last position that
// is; and, where there is a bitmap, 2 B and its 64-bit words as varints, of 1 to 10 B. What is
// passed on within a cluster is a batch of the one that passes it on.
//
// Our own form of the same is never longer, and padded to that. It has positions in runs, as all of
// Picsou's messages do; a bitmap in runs or in words, whichever is shorter.
//
// Source: the artifact's scrooge_message.proto, and lengths that its running program has sent.

#pragma once

#include <cstdint>
#include <vector>

#include "protocols/core/bytes.h"
#include "protocols/core/records.h"
#include "protocols/core/wire.h"
#include "protocols/picsou/messages.h"

namespace lockstep::picsou {

// What of a report goes into the artifact's bitmap: it ends before the first 64 positions of which
// none is held.
Ack ArtifactReport(const Ack& ack);

// How long the element of a message of `size` bytes is.
std::uint64_t ArtifactElementBytes(std::uint64_t size, std::uint64_t position);

// How long a batch is, or what is passed on by whoever reports `ack`.
std::uint64_t ArtifactBytes(const std::vector<core::Records>& data, const Ack& ack);

// `report_bytes`: what the report of whoever passes it on takes, but for its ACK.
core::Bytes EncodeArtifact(const Batch& batch, const core::Tag& mac);
core::Bytes EncodeArtifact(const Broadcast& broadcast, std::uint64_t report_bytes);
// Bytes of a bitmap.
std::uint64_t ArtifactBitmapBytes(const Ack& ack);

// Of a first byte: whether it begins one of these two, which then follow.
bool IsArtifactBatch(std::uint8_t type);
bool IsArtifactBroadcast(std::uint8_t type);
// Fails the decoder on what EncodeArtifact cannot have written, and on lists above `phi` positions.
Batch DecodeArtifactBatch(std::uint8_t type, std::uint64_t phi, core::Decoder& decoder,
                          core::Tag& mac);
Broadcast DecodeArtifactBroadcast(core::Decoder& decoder);

}  // namespace lockstep::picsou
