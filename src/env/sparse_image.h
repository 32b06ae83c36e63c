#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/bytes.h"

namespace latchkey::env {

/// Tells which parts of a copy-on-write value may be changed in place: those that bear its mark.
///
/// Copying a value renews the mark on both sides, so that all there was before is shared from then
/// on and copied at the first change. Reference counts would say the same, but only with a fence
/// at each change once values that share parts live on several threads.
///
/// Threads: a value that nobody changes may be copied by several threads at once.
class EditMark {
 public:
  EditMark() : id_(next()) {}
  EditMark(const EditMark& other) : id_(next()) { other.renew(); }
  EditMark& operator=(const EditMark& other) {
    renew();
    other.renew();
    return *this;
  }

  std::uint64_t id() const { return id_.load(std::memory_order_relaxed); }

 private:
  static std::uint64_t next();
  void renew() const { id_.store(next(), std::memory_order_relaxed); }

  mutable std::atomic<std::uint64_t> id_;
};

/// The bytes of one simulated file. Blocks that nobody wrote take no memory and read as zero.
///
///   leaves_ -> Leaf (256 KiB of the file) -> Block (4 KiB)        each shared by copies until
///   changed
///
/// Threads:   one at a time; one that nobody changes may be read and copied by many.
/// Ownership: a copy costs one pointer for each 256 KiB of the file.
/// Invariant: bytes of a block at or past size() are zero.                       (README, 5)
class SparseImage {
 public:
  static constexpr std::size_t kBlockBytes = 4096;
  /// Bounds what a wild offset can make us allocate.
  static constexpr std::uint64_t kSizeMax = std::uint64_t{64} << 30;

  std::uint64_t size() const { return size_; }
  /// Returns how many bytes there were before the end.
  std::size_t read(std::uint64_t offset, std::span<char> out) const;
  /// Grows the file if `bytes` end past its end. Requires: that end <= kSizeMax.
  void write(std::uint64_t offset, Bytes bytes);
  /// Cuts, or grows with zeros. Requires: size <= kSizeMax.
  void resize(std::uint64_t size);
  /// How many blocks take memory.
  std::size_t block_count() const;

 private:
  static constexpr std::size_t kBlocksPerLeaf = 64;
  static constexpr std::uint64_t kLeafBytes = kBlockBytes * kBlocksPerLeaf;

  struct Block {
    std::uint64_t mark;
    std::array<char, kBlockBytes> bytes;
  };
  struct Leaf {
    std::uint64_t mark;
    std::array<std::shared_ptr<Block>, kBlocksPerLeaf> blocks;
  };

  const Block* find_block(std::uint64_t block_index) const;
  Leaf& writable_leaf(std::uint64_t leaf_index);
  Block& writable_block(std::uint64_t block_index);

  std::uint64_t size_ = 0;
  std::vector<std::shared_ptr<Leaf>> leaves_;
  EditMark mark_;
};

}  // namespace latchkey::env
