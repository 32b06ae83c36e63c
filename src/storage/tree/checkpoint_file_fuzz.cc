// Any bytes in a checkpoint file are read or refused. With the first bit of the first byte set the
// checksums of blocks are made right first, so that what stands behind them is reached.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "env/simulated_file_system.h"
#include "storage/tree/checkpoint_file.h"
#include "storage/tree/checkpoint_file_format.h"

namespace {

using namespace latchkey;
using namespace latchkey::storage;
using namespace latchkey::storage::tree;

constexpr std::uint64_t kFileId = 3;

void mend_checksums(std::string& blocks) {
  for (std::size_t at = 0; at + checkpoint::kBlockHeaderBytes <= blocks.size();) {
    const std::uint64_t payload = load<std::uint32_t>(blocks.data() + at + 4) & 0xffffff;
    const std::uint64_t bytes = checkpoint::kBlockHeaderBytes + payload;
    if (bytes > blocks.size() - at) return;
    const std::uint32_t seed = checkpoint::block_seed(kFileId, checkpoint::kHeaderBytes + at);
    store(blocks.data() + at, crc32c_extend(seed, blocks.data() + at + 4, bytes - 4));
    at += bytes;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string blocks(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::string bytes;
  if ((data[0] & 1) != 0) {
    mend_checksums(blocks);
    bytes = checkpoint::encode_header({{}, kFileId, checkpoint::kHeaderBytes + blocks.size()});
  }
  bytes += blocks;
  env::SimulatedFileSystem files;
  auto file = files.open("checkpoint", env::OpenMode::CreateNew);
  if (!file.has_value() || !(*file)->write_at(0, bytes).has_value()) std::abort();
  const auto reader = CheckpointReader::open(files, "checkpoint");
  if (!reader.has_value()) return 0;
  std::uint64_t seen = 0;
  std::string value;
  for (;;) {
    const auto item = (*reader)->next();
    if (!item.has_value() || *item == CheckpointReader::Item::End) break;
    if (*item == CheckpointReader::Item::Tree) continue;
    seen += (*reader)->key().size() + (*reader)->record().value.size();
    if (*item != CheckpointReader::Item::Large || (data[0] & 2) != 0) continue;
    if ((*reader)->value_bytes() > bytes.size()) std::abort();
    value.resize((*reader)->value_bytes());
    if (!(*reader)->read_value(value).has_value()) break;
    seen += value.size();
  }
  if (seen > bytes.size()) std::abort();
  return 0;
}
