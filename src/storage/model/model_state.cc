#include "storage/model/model_state.h"

#include <algorithm>

#include "base/assert.h"

namespace latchkey::storage {

std::int64_t ModelState::now_ms() {
  last_now_ms = std::max(last_now_ms, env.clock->wall_ms());
  return last_now_ms;
}

ModelTree* ModelState::find_tree(TreeId tree, Lsn snapshot) {
  const auto found = trees.find(tree);
  if (found == trees.end() || found->second.created > snapshot) return nullptr;
  const auto& dropped = found->second.dropped;
  return dropped.has_value() && *dropped <= snapshot ? nullptr : &found->second;
}

const ModelVersion* ModelState::version_at(const std::vector<ModelVersion>& chain, Lsn snapshot) {
  const auto newest = std::find_if(chain.rbegin(), chain.rend(), [&](const ModelVersion& version) {
    return version.lsn <= snapshot;
  });
  return newest == chain.rend() ? nullptr : &*newest;
}

const Record* ModelState::stored(TreeId tree, Bytes key, Lsn snapshot) {
  ModelTree* const rows = find_tree(tree, snapshot);
  if (rows == nullptr) return nullptr;
  const auto row = rows->rows.find(key);
  if (row == rows->rows.end()) return nullptr;
  const ModelVersion* const version = version_at(row->second, snapshot);
  return version == nullptr || !version->record ? nullptr : &*version->record;
}

bool ModelState::changed_since(TreeId tree, const KeyRange& range, Lsn snapshot,
                               std::int64_t now_ms) {
  ModelTree* const rows = find_tree(tree, kNewest);
  if (rows == nullptr) return find_tree(tree, snapshot) != nullptr;
  for (auto row = rows->rows.lower_bound(range.begin); row != rows->rows.end(); ++row) {
    if (!range.end.empty() && row->first >= range.end) break;
    const ModelVersion* const then = version_at(row->second, snapshot);
    const ModelVersion& now = row->second.back();
    const bool was_there = then != nullptr && then->record && is_live(*then->record, now_ms);
    const bool is_there = now.record && is_live(*now.record, now_ms);
    if (was_there != is_there || (was_there && then->lsn != now.lsn)) return true;
  }
  return false;
}

void ModelState::append(ModelTree& tree, TreeId id, const std::string& key, ModelVersion version) {
  auto& chain = tree.rows[key];
  LK_ASSERT(chain.empty() || chain.back().lsn < version.lsn);
  const bool erases = !version.record.has_value();
  if (snapshots.empty()) {
    chain.clear();
    if (erases) {
      tree.rows.erase(key);
      return;
    }
  } else {
    rows_with_history.emplace_back(id, key);
  }
  chain.push_back(std::move(version));
}

void ModelState::close_snapshot(Lsn snapshot) {
  const auto open = snapshots.find(snapshot);
  LK_ASSERT(open != snapshots.end());
  snapshots.erase(open);
  if (!snapshots.empty()) return;
  for (const auto& [id, key] : rows_with_history) {
    const auto tree = trees.find(id);
    if (tree == trees.end()) continue;
    const auto row = tree->second.rows.find(key);
    if (row == tree->second.rows.end()) continue;
    row->second.erase(row->second.begin(), row->second.end() - 1);
    if (!row->second.back().record) tree->second.rows.erase(row);
  }
  rows_with_history.clear();
  std::erase_if(trees, [](const auto& entry) { return entry.second.dropped.has_value(); });
}

Result<void> ModelState::check_write(TreeId tree, Bytes key, const NewRecord* record) {
  if (key.size() > limits.key_bytes_max) {
    return Error(ErrorCode::KeyTooLong, "a key of " + std::to_string(key.size()) +
                                            " bytes is longer than the limit of " +
                                            std::to_string(limits.key_bytes_max));
  }
  if (record == nullptr) return {};
  if (record->value.size() > limits.value_bytes_max) {
    return Error(ErrorCode::ValueTooLong, "a value of " + std::to_string(record->value.size()) +
                                              " bytes is longer than the limit of " +
                                              std::to_string(limits.value_bytes_max));
  }
  LK_ASSERT(record->kind <= kRecordKindMax);
  const auto found = trees.find(tree);
  LK_ASSERT(found == trees.end() || !found->second.options.counted ||
            record->deadline_ms == kNoDeadline);
  return {};
}

}  // namespace latchkey::storage
