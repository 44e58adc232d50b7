// The File RSM: a committed log without consensus, endless or growing at a fixed rate, be it to an
// end.
//
// Every replica holds the same entries of one size from the start, as the load generator of the
// Picsou evaluation does (Picsou, section 6): it measures the C3B layer above it and nothing else.
// Contents are made when they are asked for, so an endless log costs no memory.
//
// Nobody asks it for anything but the service that announces views of the clusters (core/view.h):
// the newest is saved, and handed up to whoever reads the log.

#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "protocols/core/certificate.h"
#include "protocols/core/content.h"
#include "protocols/core/log.h"
#include "protocols/core/node.h"

namespace lockstep::file {

struct Config {
  std::uint64_t generator = 1;      // of the contents; another for each cluster
  std::uint64_t message_bytes = 0;  // of each entry
  std::uint64_t rate_per_s = 0;     // entries committed a second; 0: endless
  std::uint64_t messages = 0;       // entries in all, at a rate; 0: no end
};

class FileRsm : public core::Node, public core::Log, public core::LogOwner {
 public:
  // `contents` outlives the state machine. `proofs`: of the own stream; without, its entries have
  // no certificates.
  FileRsm(const Config& config, const core::Contents& contents,
          std::optional<core::StreamProofs> proofs = std::nullopt)
      : config_(config), contents_(contents), proofs_(std::move(proofs)) {}

  // Who is to be told that the log has grown; may be null. Not owned.
  void set_reader(core::LogReader* reader) { reader_ = reader; }

  void OnStart(const core::Now& now, std::span<const core::Bytes> saved,
               core::Effects& out) override;
  void OnMessage(const core::Now& now, core::NodeId from, const core::Bytes& payload,
                 core::Effects& out) override;
  void OnTimer(const core::Now& now, core::TimerId timer, core::Effects& out) override;
  void OnWritable(const core::Now& now, core::NodeId peer, core::Effects& out) override;
  void OnSubmit(const core::Now& now, core::ClientId client, core::RequestId id,
                core::RequestId low, const core::Bytes& request, core::Effects& out) override;

  core::SeqNo Committed() const override { return core::SeqNo(committed_); }
  core::Entry At(core::SeqNo k) const override;
  core::SeqNo Positions() const override { return core::SeqNo(committed_); }
  core::Extent Uniform(const core::Run& positions) const override;
  core::Bytes Contents(const core::Run& positions) const override;
  std::optional<core::Certificate> CertificateOf(const core::Run& positions,
                                                 const core::Bytes& contents) const override;
  void Release(core::SeqNo) override {}

  void OnQuacked(const core::Now&, core::SeqNo, core::Effects&) override {}
  void OnDelivered(const core::Now&, core::StreamId, const core::Run&, const core::Bytes&,
                   core::Effects&) override {}

 private:
  void Grow(const core::Now& now, core::Effects& out);
  // Takes up `record` if it is a view newer than the one that is known; saves it where that is
  // wanted.
  void TakeView(const core::Now& now, const core::Bytes& record, bool saves, core::Effects& out);
  std::uint64_t end() const { return config_.messages > 0 ? config_.messages : kEndless; }

  Config config_;
  const core::Contents& contents_;
  std::optional<core::StreamProofs> proofs_;
  core::LogReader* reader_ = nullptr;
  core::Instant began_;  // when the log began to grow, by the own clock; outlives a crash
  std::uint64_t committed_ = 0;
  std::uint64_t view_ = 0;  // the number of the newest
};

}  // namespace lockstep::file
