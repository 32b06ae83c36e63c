#include "env/sparse_image.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"

namespace latchkey::env {

std::uint64_t EditMark::next() {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

const SparseImage::Block* SparseImage::find_block(std::uint64_t block_index) const {
  const std::uint64_t leaf_index = block_index / kBlocksPerLeaf;
  if (leaf_index >= leaves_.size() || leaves_[leaf_index] == nullptr) return nullptr;
  return leaves_[leaf_index]->blocks[block_index % kBlocksPerLeaf].get();
}

SparseImage::Leaf& SparseImage::writable_leaf(std::uint64_t leaf_index) {
  if (leaf_index >= leaves_.size()) leaves_.resize(leaf_index + 1);
  std::shared_ptr<Leaf>& leaf = leaves_[leaf_index];
  if (leaf == nullptr) {
    leaf = std::make_shared<Leaf>();
    leaf->mark = mark_.id();
  } else if (leaf->mark != mark_.id()) {
    leaf = std::make_shared<Leaf>(*leaf);
    leaf->mark = mark_.id();
  }
  return *leaf;
}

SparseImage::Block& SparseImage::writable_block(std::uint64_t block_index) {
  Leaf& leaf = writable_leaf(block_index / kBlocksPerLeaf);
  std::shared_ptr<Block>& block = leaf.blocks[block_index % kBlocksPerLeaf];
  if (block == nullptr) {
    block = std::make_shared<Block>();  // zeroed
    block->mark = mark_.id();
  } else if (block->mark != mark_.id()) {
    block = std::make_shared<Block>(*block);
    block->mark = mark_.id();
  }
  return *block;
}

std::size_t SparseImage::read(std::uint64_t offset, std::span<char> out) const {
  if (offset >= size_) return 0;
  const std::size_t total = std::min<std::uint64_t>(out.size(), size_ - offset);
  for (std::size_t done = 0; done < total;) {
    const std::uint64_t at = offset + done;
    const std::size_t within = at % kBlockBytes;
    const std::size_t count = std::min(total - done, kBlockBytes - within);
    if (const Block* const block = find_block(at / kBlockBytes)) {
      std::memcpy(out.data() + done, block->bytes.data() + within, count);
    } else {
      std::memset(out.data() + done, 0, count);
    }
    done += count;
  }
  return total;
}

void SparseImage::write(std::uint64_t offset, Bytes bytes) {
  LK_ASSERT(bytes.size() <= kSizeMax);
  LK_ASSERT(offset <= kSizeMax - bytes.size());
  for (std::size_t done = 0; done < bytes.size();) {
    const std::uint64_t at = offset + done;
    const std::size_t within = at % kBlockBytes;
    const std::size_t count = std::min(bytes.size() - done, kBlockBytes - within);
    std::memcpy(writable_block(at / kBlockBytes).bytes.data() + within, bytes.data() + done, count);
    done += count;
  }
  if (!bytes.empty()) size_ = std::max(size_, offset + bytes.size());
}

void SparseImage::resize(std::uint64_t size) {
  LK_ASSERT(size <= kSizeMax);
  if (size < size_) {
    const std::size_t within = size % kBlockBytes;
    if (within != 0 && find_block(size / kBlockBytes) != nullptr) {
      Block& last = writable_block(size / kBlockBytes);
      std::memset(last.bytes.data() + within, 0, kBlockBytes - within);
    }
    const std::uint64_t block_end = (size + kBlockBytes - 1) / kBlockBytes;
    const std::uint64_t leaf_end = (size + kLeafBytes - 1) / kLeafBytes;
    if (leaves_.size() > leaf_end) leaves_.resize(leaf_end);
    // What is cut inside the last leaf must go too, or growing again would show it.
    for (std::uint64_t index = block_end; index < leaves_.size() * kBlocksPerLeaf; ++index) {
      if (find_block(index) == nullptr) continue;
      writable_leaf(index / kBlocksPerLeaf).blocks[index % kBlocksPerLeaf].reset();
    }
  }
  size_ = size;
}

std::size_t SparseImage::block_count() const {
  std::size_t count = 0;
  for (const std::shared_ptr<Leaf>& leaf : leaves_) {
    if (leaf == nullptr) continue;
    for (const std::shared_ptr<Block>& block : leaf->blocks) count += block != nullptr;
  }
  return count;
}

}  // namespace latchkey::env
