#include "storage/engine.h"

namespace latchkey::storage {

Result<std::optional<Record>> Transaction::get(TreeId tree, Bytes key) {
  std::optional<Record> copy;
  LK_TRY(
      const bool found, read(tree, key, [&](const RecordView& record) {
        copy = Record{std::string(record.value), record.version, record.deadline_ms, record.kind};
      }));
  (void)found;
  return copy;
}

}  // namespace latchkey::storage
