#pragma once

#include "sql/bind/name_source.h"
#include "sql/catalog/catalog.h"

namespace latchkey::sql::plpgsql {

/// NEW and OLD in the WHEN of a trigger: the columns of its table, first those of NEW.
class TriggerNames final : public bind::NameSource {
 public:
  explicit TriggerNames(const Table& table) : table_(table) {}

  bool uses_new() const { return uses_new_; }
  bool uses_old() const { return uses_old_; }

  Result<std::optional<Found>> find(std::span<const std::string> names) override {
    const bool is_row = names.size() == 2 && (names[0] == "new" || names[0] == "old");
    if (!is_row) return std::optional<Found>();
    const bool is_new = names[0] == "new";
    (is_new ? uses_new_ : uses_old_) = true;
    for (std::size_t i = 0; i < table_.columns.size(); ++i) {
      const Column& column = table_.columns[i];
      if (column.is_dropped || column.name != names[1]) continue;
      const std::size_t at = is_new ? i : table_.columns.size() + i;
      return std::optional<Found>(Found{static_cast<int>(at), column.type, column.typmod});
    }
    return Error(ErrorCode::ColumnMissing,
                 "column " + names[0] + "." + names[1] + " does not exist");
  }
  std::optional<Found> parameter(std::int64_t) override { return {}; }
  Result<std::optional<std::vector<Field>>> fields(std::span<const std::string>) override {
    return std::optional<std::vector<Field>>();
  }
  Conflict conflict() const override { return Conflict::UseColumn; }

 private:
  const Table& table_;
  bool uses_new_ = false;
  bool uses_old_ = false;
};

}  // namespace latchkey::sql::plpgsql
