// Payloads: what slices, builders and comparisons make of literals and filler.

#include "protocols/core/bytes.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "protocols/core/random.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Bytes;
using core::BytesBuilder;
using core::FillerRun;

// The definition, byte by byte: record i is content number first + i * stride, from `begin` on.
std::string WrittenOut(const FillerRun& run) {
  std::string text;
  for (std::uint64_t i = 0; i < run.count; ++i) {
    for (std::uint64_t at = 0; at < run.size; ++at) {
      text.push_back(static_cast<char>(
          core::FillerByte(run.generator, run.first + i * run.stride, run.begin + at)));
    }
  }
  return text;
}

// Seven records of five bytes, numbers 3, 7, 11, ..., behind six literal ones.
constexpr FillerRun kRun{9, 3, 4, 7, 5, 0};
Bytes Sample() { return Bytes::Of("header", {kRun}); }
std::string SampleText() { return "header" + WrittenOut(kRun); }

TEST_CASE("bytes: filler is written out by its definition") {
  CHECK(Bytes::Filler(kRun).ToString() == WrittenOut(kRun));
  CHECK(Sample().ToString() == SampleText());
  CHECK(Sample().size() == 6 + 7 * 5);
  CHECK(Sample().byte_count() == core::ByteCount(6 + 7 * 5));
  CHECK(Sample().literal() == "header");
  CHECK(WrittenOut({0, 3, 4, 2, 3, 0}) == std::string(6, '\0'));
}

TEST_CASE("bytes: filler of other generators, numbers and positions differs") {
  const auto content = [](std::uint64_t generator, std::uint64_t number, std::uint64_t begin) {
    return Bytes::Filler({generator, number, 0, 1, 16, begin});
  };
  CHECK(content(1, 2, 3) == content(1, 2, 3));
  CHECK_FALSE(content(1, 2, 3) == content(2, 2, 3));
  CHECK_FALSE(content(1, 2, 3) == content(1, 3, 3));
  CHECK_FALSE(content(1, 2, 3) == content(1, 2, 4));
  // Numbers and positions are no sum: neighbours don't overlap.
  CHECK_FALSE(content(1, 2, 8) == content(1, 3, 0));
}

TEST_CASE("bytes: every slice is the same part of the text") {
  const Bytes bytes = Sample();
  const std::string text = SampleText();
  for (std::uint64_t from = 0; from <= text.size(); ++from) {
    for (std::uint64_t size = 0; from + size <= text.size(); ++size) {
      const Bytes slice = bytes.Slice(from, size);
      REQUIRE(slice.size() == size);
      REQUIRE(slice.ToString() == text.substr(from, size));
      // Slices of slices are slices.
      REQUIRE(slice.Slice(size / 3, size / 2).ToString() == text.substr(from + size / 3, size / 2));
    }
  }
}

TEST_CASE("bytes: parts put together again have the form and the digest of the whole") {
  const Bytes whole = Sample();
  for (std::uint64_t record = 0; record <= kRun.count; ++record) {
    const std::uint64_t cut = 6 + record * kRun.size;
    BytesBuilder builder;
    builder.Append(whole.Slice(0, cut));
    builder.Append(whole.Slice(cut, whole.size() - cut));
    CHECK(builder.size() == whole.size());
    const Bytes again = builder.Take();
    CHECK(again == whole);
    CHECK(again.filler() == whole.filler());
    CHECK(again.Digest() == whole.Digest());
    CHECK(builder.size() == 0);
  }
}

TEST_CASE("bytes: records have one canonical form, however runs were cut") {
  // Numbers 1, 2, 3, 5, 7, 9: the steps change in the middle of a run.
  const std::vector<std::uint64_t> numbers = {1, 2, 3, 5, 7, 9};
  BytesBuilder one_by_one;
  for (const std::uint64_t n : numbers) one_by_one.Append(Bytes::Filler({4, n, 0, 1, 8, 0}));
  const Bytes expected = one_by_one.Take();
  for (std::size_t cut = 1; cut < numbers.size(); ++cut) {
    CAPTURE(cut);
    BytesBuilder builder;
    builder.Append(expected.Slice(0, cut * 8));
    builder.Append(expected.Slice(cut * 8, (numbers.size() - cut) * 8));
    CHECK(builder.Take().filler() == expected.filler());
  }
  BytesBuilder in_runs;
  in_runs.Append(Bytes::Filler({4, 1, 0, 1, 8, 0}));
  in_runs.Append(Bytes::Filler({4, 2, 1, 2, 8, 0}));
  in_runs.Append(Bytes::Filler({4, 5, 2, 3, 8, 0}));
  const Bytes runs = in_runs.Take();
  CHECK(runs.filler() == expected.filler());
  CHECK(runs.Digest() == expected.Digest());
}

TEST_CASE("bytes: literal and filler of the same content are equal") {
  const Bytes filler = Sample();
  const Bytes literal = Bytes::Copy(SampleText());
  CHECK(filler == literal);
  CHECK(literal == filler);
  CHECK(filler.Slice(3, 20) == literal.Slice(3, 20));
  std::string damaged = SampleText();
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  CHECK_FALSE(filler == Bytes::Copy(damaged));
  CHECK_FALSE(filler == literal.Slice(0, literal.size() - 1));
  // Beyond one page of the comparison, at a size that is no multiple of it.
  const FillerRun large{2, 0, 1, 3, 4'099, 0};
  CHECK(Bytes::Filler(large) == Bytes::Copy(WrittenOut(large)));
}

TEST_CASE("bytes: digests tell contents apart") {
  const Bytes whole = Bytes::Filler({5, 0, 1, 10, 100, 0});
  for (const FillerRun& other : std::vector<FillerRun>{{6, 0, 1, 10, 100, 0},
                                                       {5, 1, 1, 10, 100, 0},
                                                       {5, 0, 2, 10, 100, 0},
                                                       {5, 0, 1, 11, 100, 0},
                                                       {5, 0, 1, 10, 101, 0},
                                                       {5, 0, 1, 10, 100, 1}}) {
    CHECK(whole.Digest() != Bytes::Filler(other).Digest());
  }
  CHECK(Bytes::Copy("a").Digest() != Bytes::Copy("b").Digest());
  CHECK(Bytes::Copy("abc").Digest() == Bytes::Copy("xabcx").Slice(1, 3).Digest());
  CHECK(Bytes().Digest() == Bytes::Copy("").Digest());
}

TEST_CASE("bytes: a literal behind filler writes the filler out") {
  BytesBuilder builder;
  builder.Append("a");
  builder.Append(Bytes::Filler({3, 0, 1, 2, 4, 0}));
  builder.Append("z");
  builder.AppendZeros(2);
  const Bytes bytes = builder.Take();
  CHECK(bytes.literal().size() == 1 + 2 * 4 + 1);
  CHECK(bytes.ToString() == "a" + WrittenOut({3, 0, 1, 2, 4, 0}) + "z" + std::string(2, '\0'));
}

TEST_CASE("bytes: copies and slices share memory, and outlive what they came from") {
  Bytes slice;
  {
    const Bytes whole = Sample();
    const Bytes copy = whole;
    CHECK(copy.SharesWith(whole));
    slice = whole.Slice(2, 9);
    CHECK(slice.SharesWith(whole.Slice(2, 9)));
    CHECK_FALSE(slice.SharesWith(Sample().Slice(2, 9)));
  }
  const Bytes moved = std::move(slice);
  CHECK(moved.ToString() == SampleText().substr(2, 9));
  CHECK(slice.empty());  // NOLINT: a moved-from value is empty, by contract.
}

TEST_CASE("bytes: nothing is empty, however it was made") {
  CHECK(Bytes().empty());
  CHECK(Bytes::Copy("").empty());
  CHECK(Bytes::Filler({1, 0, 1, 0, 10, 0}).empty());
  CHECK(Bytes::Filler({1, 0, 1, 10, 0, 0}).empty());
  CHECK(BytesBuilder().Take() == Bytes());
  CHECK(Sample().Slice(41, 0) == Bytes());
}

TEST_CASE("bytes: random cuts and joins agree with strings") {
  core::Random random = core::Random(11).Fork("bytes");
  for (int round = 0; round < 300; ++round) {
    BytesBuilder builder;
    std::string text;
    for (std::uint64_t parts = random.Below(6); parts > 0; --parts) {
      if (random.Chance(1, 3)) {
        const std::string literal(random.Below(9), static_cast<char>('a' + random.Below(26)));
        builder.Append(literal);
        text += literal;
        continue;
      }
      const FillerRun run{random.Below(3),     random.Below(4),     random.Below(3),
                          random.Below(4) + 1, random.Below(5) + 1, random.Below(3)};
      const std::string all = WrittenOut(run);
      const std::uint64_t from = random.Below(all.size() + 1);
      const std::uint64_t size = random.Below(all.size() - from + 1);
      builder.Append(Bytes::Filler(run).Slice(from, size));
      text += all.substr(from, size);
    }
    CHECK(builder.size() == text.size());
    const Bytes bytes = builder.Take();
    REQUIRE(bytes.ToString() == text);
    REQUIRE(bytes == Bytes::Copy(text));
  }
}

}  // namespace
}  // namespace lockstep::tests
