// Both ends of a C3B layer, for tests: a log that grows when told to, and an owner that remembers.

#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "protocols/core/bytes.h"
#include "protocols/core/certificate.h"
#include "protocols/core/check.h"
#include "protocols/core/log.h"
#include "protocols/core/run.h"

namespace lockstep::tests {

// Entries of `bytes` filler each, but `bytes_of_odd` at every odd position where that is not 0.
class ScriptedLog : public core::Log {
 public:
  explicit ScriptedLog(std::uint64_t bytes, std::uint64_t generator = 1)
      : bytes_(bytes), generator_(generator) {}

  // From now on its entries have certificates.
  void set_proofs(const core::StreamProofs& proofs) { proofs_ = proofs; }
  void set_committed(std::uint64_t committed) { committed_ = committed; }
  void set_bytes_of_odd(std::uint64_t bytes) { bytes_of_odd_ = bytes; }
  std::uint64_t released() const { return released_; }

  core::SeqNo Committed() const override { return core::SeqNo(committed_); }
  core::SeqNo Positions() const override { return core::SeqNo(committed_); }
  core::Entry At(core::SeqNo k) const override {
    return {Contents(core::Run{k.value(), 1, 1}), std::nullopt, k};
  }
  core::Extent Uniform(const core::Run& positions) const override {
    CHECK(positions.count > 0);
    CHECK(positions.first >= released_);
    CHECK(positions.Last() < committed_);
    const std::uint64_t size = SizeOf(positions.first);
    std::uint64_t count = 1;
    if (bytes_of_odd_ == 0 || positions.stride % 2 == 0) count = positions.count;
    return {count, size};
  }
  core::Bytes Contents(const core::Run& positions) const override {
    return core::Bytes::Filler({generator_, positions.first, positions.stride, positions.count,
                                SizeOf(positions.first), 0});
  }
  std::optional<core::Certificate> CertificateOf(const core::Run& positions,
                                                 const core::Bytes& contents) const override {
    if (!proofs_) return std::nullopt;
    return proofs_->Certify(positions, SizeOf(positions.first), contents);
  }
  void Release(core::SeqNo below) override { released_ = std::max(released_, below.value()); }

 private:
  std::uint64_t SizeOf(std::uint64_t position) const {
    return bytes_of_odd_ != 0 && position % 2 == 1 ? bytes_of_odd_ : bytes_;
  }

  std::optional<core::StreamProofs> proofs_;
  std::uint64_t bytes_;
  std::uint64_t generator_;
  std::uint64_t bytes_of_odd_ = 0;
  std::uint64_t committed_ = 0;
  std::uint64_t released_ = 0;
};

class Deliveries : public core::LogOwner {
 public:
  void OnQuacked(const core::Now&, core::SeqNo below, core::Effects&) override {
    quacked_ = below.value();
  }
  void OnDelivered(const core::Now&, core::StreamId, const core::Run& positions,
                   const core::Bytes& contents, core::Effects&) override {
    for (std::uint64_t i = 0; i < positions.count; ++i) ++times_[positions.At(i)];
    contents_.push_back(contents);
  }

  std::uint64_t quacked() const { return quacked_; }
  // How often each position was delivered.
  const std::map<std::uint64_t, int>& times() const { return times_; }
  const std::vector<core::Bytes>& contents() const { return contents_; }

 private:
  std::uint64_t quacked_ = 0;
  std::map<std::uint64_t, int> times_;
  std::vector<core::Bytes> contents_;
};

}  // namespace lockstep::tests
