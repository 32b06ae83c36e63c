#pragma once

#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/function_ref.h"
#include "sql/bind/bound.h"
#include "sql/exec/context.h"

namespace latchkey::sql::exec {

/// A promise of a foreign key that is still to be looked at: when the statement ends or, if it is
/// deferred, when the transaction does.
struct ForeignCheck {
  enum class Side : std::uint8_t {
    Referring,  ///< the row has come: there must be one that it refers to
    Deleted,    ///< the row that was referred to has gone
    Updated,    ///< it has another key
  };
  Side side = Side::Referring;
  Oid key = Oid::None;    ///< the foreign key
  Oid table = Oid::None;  ///< the table that has it
  std::string row_key;    ///< of a referring row
  std::string before;     ///< the columns that were referred to, as a row of their own
  std::string after;
};

/// What the changes of one statement ask of foreign keys, theirs and those that refer to them.
///
/// Changes that an action makes (CASCADE, SET NULL) add to the same queue, so no chain of rows is
/// deeper than another.
///
/// Threads:   the execution's.
/// Ownership: belongs to the ExecutionContext, which it borrows.
/// Errors:    ForeignKeyViolation; RowLocked and WriteConflict as of any change.
class ForeignKeys {
 public:
  ForeignKeys(ExecutionContext& context, const TextSettings& settings)
      : context_(context), settings_(settings) {}

  void inserted(const Table& table, Bytes row_key);
  void updated(const Table& table, Bytes row_key, std::span<const Value> before,
               std::span<const Value> after);
  void erased(const Table& table, std::span<const Value> before);

  /// Runs a change; the outermost then looks at what has gathered.
  Result<std::uint64_t> around(FunctionRef<Result<std::uint64_t>()> change);

  /// Looks at one check now. For those that were deferred.
  Result<void> run(const ForeignCheck& check);
  /// All of a table's foreign keys, for a row that is there.
  Result<void> check_row(const Table& table, const ForeignKey& key, std::span<const Value> values);

 private:
  Result<void> look();
  void add(ForeignCheck check, const ForeignKey& key);
  Result<void> check_referring(const ForeignCheck& check);
  Result<void> check_referred(const ForeignCheck& check, const Table& referring,
                              const ForeignKey& key);
  Result<bool> referred_exists(const Table& referred, const ForeignKey& key,
                               std::span<const Value> values);
  Result<bool> is_referred_to(const Table& referring, const ForeignKey& key,
                              std::span<const Value> values);
  Result<bool> look_for_referring(ExecutionContext& context, const Table& referring,
                                  const ForeignKey& key, std::span<const Value> values);
  Result<void> act(const Table& referring, const ForeignKey& key, ForeignAction action,
                   const ForeignCheck& check);
  /// The statement `text`, bound once; `name` tells it from others for the same key.
  Result<std::shared_ptr<bind::Bound>> plan(const ForeignKey& key, const std::string& name,
                                            const std::string& text, std::span<const Oid> types);
  Error still_referred(const Table& referring, const ForeignKey& key,
                       std::span<const Value> values) const;
  Error not_present(const Table& referring, const ForeignKey& key,
                    std::span<const Value> values) const;
  std::string shown(const Table& table, const std::vector<std::int16_t>& columns,
                    std::span<const Value> values) const;

  ExecutionContext& context_;
  const TextSettings& settings_;
  int depth_ = 0;
  std::vector<ForeignCheck> waiting_;
  std::set<std::string> found_;  ///< keys of referred rows that are there, and locked
  std::map<std::pair<std::uint32_t, std::string>, std::shared_ptr<bind::Bound>> plans_;
};

}  // namespace latchkey::sql::exec
