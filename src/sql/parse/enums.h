#pragma once

#include <cstdint>

namespace latchkey::sql::parse {

// What the numbers in nodes mean. parser.cc checks them against the library's.

enum class ExprKind : std::uint8_t {
  Op = 1,
  OpAny,
  OpAll,
  Distinct,
  NotDistinct,
  NullIf,
  In,
  Like,
  ILike,
  Similar,
  Between,
  NotBetween,
  BetweenSymmetric,
  NotBetweenSymmetric,
};
enum class BoolKind : std::uint8_t { And = 1, Or, Not };
enum class SetKind : std::uint8_t { None = 1, Union, Intersect, Except };
enum class JoinKind : std::uint8_t { Inner = 1, Left, Full, Right };
enum class SubLinkKind : std::uint8_t { Exists = 1, All, Any, RowCompare, Expr, MultiExpr, Array };
enum class SortDirection : std::uint8_t { Default = 1, Ascending, Descending, Using };
enum class SortNulls : std::uint8_t { Default = 1, First, Last };
enum class LimitKind : std::uint8_t { Default = 1, Count, WithTies };
enum class MinMaxKind : std::uint8_t { Greatest = 1, Least };
enum class NullTestKind : std::uint8_t { IsNull = 1, IsNotNull };
enum class BoolTestKind : std::uint8_t {
  IsTrue = 1,
  IsNotTrue,
  IsFalse,
  IsNotFalse,
  IsUnknown,
  IsNotUnknown
};
enum class ValueFunction : std::uint8_t {
  CurrentDate = 1,
  CurrentTime,
  CurrentTimePrecise,
  CurrentTimestamp,
  CurrentTimestampPrecise,
  LocalTime,
  LocalTimePrecise,
  LocalTimestamp,
  LocalTimestampPrecise,
  CurrentRole,
  CurrentUser,
  User,
  SessionUser,
  CurrentCatalog,
  CurrentSchema,
};
enum class ConflictAction : std::uint8_t { None = 1, Nothing, Update };
enum class LockStrength : std::uint8_t {
  None = 1,
  ForKeyShare,
  ForShare,
  ForNoKeyUpdate,
  ForUpdate
};
enum class LockWait : std::uint8_t { Block = 1, Skip, Error };
enum class ConstraintKind : std::uint8_t {
  Null = 1,
  NotNull,
  Default,
  Identity,
  Generated,
  Check,
  Primary,
  Unique,
  Exclusion,
  Foreign,
  Deferrable,
  NotDeferrable,
  Deferred,
  Immediate,
};
enum class TransactionKind : std::uint8_t {
  Begin = 1,
  Start,
  Commit,
  Rollback,
  Savepoint,
  Release,
  RollbackTo,
};
enum class VariableSetKind : std::uint8_t { Value = 1, Default, Current, Multi, Reset, ResetAll };
enum class DropKind : std::uint8_t { Restrict = 1, Cascade };
enum class GroupingSetKind : std::uint8_t { Empty = 1, Simple, Rollup, Cube, Sets };
enum class OverridingKind : std::uint8_t { NotSet = 1, UserValue, SystemValue };
enum class DiscardKind : std::uint8_t { All = 1, Plans, Sequences, Temp };
enum class AlterTableKind : std::uint8_t {
  AddColumn = 1,
  ColumnDefault = 4,
  DropNotNull = 6,
  SetNotNull = 7,
  DropExpression = 8,
  SetStatistics = 10,
  SetOptions = 11,
  ResetOptions = 12,
  SetStorage = 13,
  SetCompression = 14,
  DropColumn = 15,
  AddConstraint = 19,
  AlterConstraint = 23,
  ValidateConstraint = 24,
  DropConstraint = 27,
  AlterColumnType = 30,
  ChangeOwner = 32,
  SetLogged = 35,
  SetUnlogged = 36,
  SetRelOptions = 40,
  ResetRelOptions = 41,
  EnableRowSecurity = 60,
  DisableRowSecurity = 61,
  ForceRowSecurity = 62,
  NoForceRowSecurity = 63,
  AttachPartition = 65,
  DetachPartition = 66,
  AddIdentity = 68,
  SetIdentity = 69,
  DropIdentity = 70,
};
enum class ObjectKind : std::uint8_t {
  Column = 7,
  Database = 10,
  Domain = 13,
  DomainConstraint = 14,
  Extension = 16,
  Function = 20,
  Index = 21,
  MaterializedView = 24,
  Procedure = 30,
  Role = 34,
  Routine = 35,
  Rule = 36,
  Schema = 37,
  Sequence = 38,
  Statistics = 40,
  Constraint = 41,
  Table = 42,
  Trigger = 45,
  Type = 50,
  View = 52,
};

}  // namespace latchkey::sql::parse
