// Where a replicated state machine and a C3B layer meet, within one host.
//
// The state machine below appends committed entries; the C3B layer above pulls them by their
// position k′ in the cross-cluster stream, and tells what became of them and of the other stream.

#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "protocols/core/bytes.h"
#include "protocols/core/certificate.h"
#include "protocols/core/effects.h"
#include "protocols/core/ids.h"
#include "protocols/core/run.h"
#include "protocols/core/time.h"

namespace lockstep::core {

struct View;  // protocols/core/view.h

// An entry of the log: what was committed at k, the proof that it was, and its place in the stream.
struct Entry {
  Bytes content;
  std::optional<Certificate> certificate;
  std::optional<SeqNo> position;  // k′; none if it is not to be sent
};

// The leading `count` numbers of a run whose contents are all of `size` bytes.
struct Extent {
  std::uint64_t count = 0;
  std::uint64_t size = 0;
};

class Log {
 public:
  static constexpr std::uint64_t kEndless = std::numeric_limits<std::uint64_t>::max() / 4;

  virtual ~Log() = default;
  // Entries 0 .. Committed() - 1 exist; kEndless if there is always one more.
  virtual SeqNo Committed() const = 0;
  virtual Entry At(SeqNo k) const = 0;
  // Stream positions 0 .. Positions() - 1 exist.
  virtual SeqNo Positions() const = 0;
  // `positions` must exist and not be released; Uniform is at least one number of a non-empty run.
  virtual Extent Uniform(const Run& positions) const = 0;
  // The contents, one after the other.
  virtual Bytes Contents(const Run& positions) const = 0;
  // The proof that these `contents` were committed there; none from a log that has no proofs.
  virtual std::optional<Certificate> CertificateOf(const Run& positions,
                                                   const Bytes& contents) const = 0;
  // Positions below are not asked for again.
  virtual void Release(SeqNo below) = 0;
};

// The C3B layer, as the state machine sees it.
class LogReader {
 public:
  virtual ~LogReader() = default;
  // Committed() has grown.
  virtual void OnCommitted(const Now& now, Effects& out) = 0;
  // The clusters are in another view, of a greater number than any before; who knows no views takes
  // no notice.
  virtual void OnView(const Now&, const View&, Effects&) {}
};

// The state machine and its application, as the C3B layer sees them.
class LogOwner {
 public:
  virtual ~LogOwner() = default;
  // A quorum of the other cluster holds every position below `below`.
  virtual void OnQuacked(const Now& now, SeqNo below, Effects& out) = 0;
  // The other cluster's `positions` have arrived, each once, in no particular order.
  virtual void OnDelivered(const Now& now, StreamId stream, const Run& positions,
                           const Bytes& contents, Effects& out) = 0;
};

}  // namespace lockstep::core
