// Any bytes in the log's files are read or refused. The input is one segment's stream behind a
// header made for it, so that the checksums of whole frames are the only thing left to guess; with
// the first bit of the first byte set, it is a whole file, header and all.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "env/simulated_file_system.h"
#include "storage/tree/log_format.h"
#include "storage/tree/log_reader.h"
#include "storage/tree/log_record.h"

namespace {

using namespace latchkey;
using namespace latchkey::storage;
using namespace latchkey::storage::tree;

constexpr LogEpoch kEpoch{1, 2};

/// Gives every frame that could be one the checksum it claims to have.
void mend_checksums(std::string& stream) {
  for (std::size_t at = 0; at + kFrameHeaderBytes <= stream.size();) {
    const auto word = load<std::uint32_t>(stream.data() + at + 4);
    const std::uint64_t bytes = frame_bytes(frame_body_bytes(word));
    if (!frame_word_is_sane(word) || bytes > stream.size() - at) {
      at += 8;
      continue;
    }
    store(stream.data() + at,
          frame_checksum(kEpoch.seed(), at, word, stream.data() + at + kFrameHeaderBytes));
    at += bytes;
  }
}

void put_file(env::FileSystem& files, const std::string& path, const std::string& bytes) {
  auto file = files.open(path, env::OpenMode::CreateNew);
  if (!file.has_value() || !(*file)->write_at(0, bytes).has_value()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::uint8_t mode = data[0];
  std::string stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  stream.resize((stream.size() + 15) / 8 * 8);
  env::SimulatedFileSystem files;
  if (!files.create_directories("db").has_value()) std::abort();
  if ((mode & 1) != 0) {
    put_file(files, "db/" + segment_name(0), stream);
  } else {
    if ((mode & 2) != 0) mend_checksums(stream);
    put_file(files, "db/" + segment_name(0),
             encode_segment_header({kEpoch, 0, stream.size()}) + stream);
    if ((mode & 4) != 0) {
      put_file(files, "db/" + segment_name(stream.size()),
               encode_segment_header({kEpoch, stream.size(), stream.size()}) + stream);
    }
  }
  std::uint64_t joined = 0;
  LogReadOptions options;
  options.directory = "db";
  const auto end = read_log(files, options, [&](Lsn lsn, Bytes body) -> Result<void> {
    joined += body.size();
    if (value_of(lsn) > 2 * stream.size()) std::abort();
    static_cast<void>(
        decode_record(body, [](const LogOperation&) -> Result<void> { return {}; }).has_value());
    return {};
  });
  if (joined > 2 * stream.size()) std::abort();
  if (end.has_value() && value_of(end->end) > 2 * stream.size()) std::abort();
  return 0;
}
