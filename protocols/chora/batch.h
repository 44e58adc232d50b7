// What an owner puts into a slot: commands of clients, and changes of lanes.
//
// A batch is one value of bytes from the first to the last replica that holds it; it is checked
// when it comes in and read when it is executed. Numbers come first, contents last, so that
// contents may be filler.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/core/bytes.h"
#include "protocols/core/ids.h"

namespace lockstep::chora {

// A request of a client. The client waits for no answer to requests below `low`.
struct Command {
  core::ClientId client;
  core::RequestId id;
  std::uint64_t low = 0;
  core::Bytes content;
  friend bool operator==(const Command&, const Command&) = default;
};

// Makes a lane active or inactive, if its present state has held from round `epoch` on.
struct Reconf {
  std::uint32_t lane = 0;
  bool is_on = false;
  std::uint64_t epoch = 0;
  friend bool operator==(const Reconf&, const Reconf&) = default;
};

class Batch {
 public:
  static constexpr std::uint64_t kCommandsMax = 1'024;
  static constexpr std::uint64_t kReconfsMax = 8;
  static constexpr std::uint64_t kHeadBytes = 5;      // counts and the size of the contents
  static constexpr std::uint64_t kCommandBytes = 24;  // of a command, beside its content
  static constexpr std::uint64_t kSizeBytes = 2;      // of a content, where they differ
  static constexpr std::uint64_t kReconfBytes = 10;

  static core::Bytes Encode(std::span<const Reconf> reconfs, std::span<const Command> commands);
  // Bytes of a batch of so many commands, whose contents come to `content_bytes` together.
  static std::uint64_t BytesOf(std::uint64_t reconfs, std::uint64_t commands,
                               std::uint64_t content_bytes, bool is_uniform) {
    return kHeadBytes + reconfs * kReconfBytes +
           commands * (kCommandBytes + (is_uniform ? 0 : kSizeBytes)) + content_bytes;
  }
  // Whether `bytes` are a batch for so many lanes.
  static bool IsValid(const core::Bytes& bytes, std::uint32_t lanes);

  // `bytes` are at least a head, and outlive this; they must be valid before commands are read.
  explicit Batch(const core::Bytes& bytes);
  explicit Batch(const core::Bytes&&) = delete;

  std::uint64_t commands() const { return commands_; }
  // Bytes of the numbers, that contents follow.
  std::uint64_t numbers_bytes() const { return ContentsBegin(); }
  bool has_reconfs() const { return reconfs_ > 0; }
  std::vector<Reconf> Reconfs() const;
  // Calls `visit(Command&&)` for each command, in order.
  template <typename Visit>
  void ForEachCommand(Visit&& visit) const;
  // The numbers of a command, without its content.
  struct Head {
    core::ClientId client;
    core::RequestId id;
    std::uint64_t low;
  };
  template <typename Visit>
  void ForEachHead(Visit&& visit) const {
    for (std::uint64_t i = 0; i < commands_; ++i) visit(HeadAt(i));
  }

 private:
  static constexpr std::uint64_t kSizesDiffer = 65'535;

  Head HeadAt(std::uint64_t index) const;
  std::uint64_t SizeAt(std::uint64_t index) const;
  // The numbers of the batch, `size` bytes of them at least, wherever they stand.
  void ReadNumbers(std::uint64_t size);
  std::uint64_t HeadsBegin() const { return kHeadBytes + reconfs_ * kReconfBytes; }
  std::uint64_t SizesBegin() const { return HeadsBegin() + commands_ * kCommandBytes; }
  std::uint64_t ContentsBegin() const {
    return SizesBegin() + (size_ == kSizesDiffer ? kSizeBytes * commands_ : 0);
  }

  const core::Bytes& bytes_;
  std::string_view numbers_;  // from the beginning on
  std::string written_out_;   // where they are filler, as in damaged messages alone
  std::uint64_t commands_ = 0;
  std::uint64_t reconfs_ = 0;
  std::uint64_t size_ = 0;  // of each content, or kSizesDiffer
};

template <typename Visit>
void Batch::ForEachCommand(Visit&& visit) const {
  std::uint64_t at = ContentsBegin();
  for (std::uint64_t i = 0; i < commands_; ++i) {
    const Head head = HeadAt(i);
    const std::uint64_t size = SizeAt(i);
    visit(Command{head.client, head.id, head.low, bytes_.Slice(at, size)});
    at += size;
  }
}

}  // namespace lockstep::chora
