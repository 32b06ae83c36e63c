#pragma once

#include "sql/catalog/define_parts.h"

namespace latchkey::sql::definitions {

/// PARTITION BY: the table has no rows of its own from then on.
/// Errors: those of PostgreSQL; NotSupported for expressions.
Result<void> set_partition_key(const parse::Node& spec, Table& table, DefineContext& context);

/// CREATE TABLE .. PARTITION OF.
Result<std::string> create_partition(const parse::Node& statement, Table table,
                                     DefineContext& context);

/// ALTER TABLE .. ATTACH PARTITION, DETACH PARTITION.
Result<void> attach_partition(const Table& parent, const parse::Node& command,
                              DefineContext& context);
Result<void> detach_partition(const Table& parent, const parse::Node& command,
                              DefineContext& context);

/// An index of a partitioned table as one of a partition's: without its tree.
Index index_of_partition(const Index& index, const Table& parent, const Table& partition,
                         DefineContext& context);

/// A unique index must tell apart rows of one partition alone.
Result<void> check_unique_key(const Index& index, const Table& table);

}  // namespace latchkey::sql::definitions
