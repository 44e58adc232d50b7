// Contents of test messages: see content.h.

#include "protocols/core/content.h"

namespace lockstep::core {
namespace {

class FillerContents final : public Contents {
 public:
  Bytes Make(std::uint64_t generator, const Run& numbers, std::uint64_t size) const override {
    return Bytes::Filler({generator, numbers.first, numbers.stride, numbers.count, size, 0});
  }
};

class RealContents final : public Contents {
 public:
  Bytes Make(std::uint64_t generator, const Run& numbers, std::uint64_t size) const override {
    return Bytes::Copy(FillerContents().Make(generator, numbers, size).ToString());
  }
};

}  // namespace

const Contents& ContentsOf(ContentKind kind) {
  static const FillerContents filler;
  static const RealContents real;
  if (kind == ContentKind::kReal) return real;
  return filler;
}

}  // namespace lockstep::core
