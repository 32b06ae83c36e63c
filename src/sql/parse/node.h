#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "latchkey/result.h"
#include "sql/types/arena.h"

namespace latchkey::sql::parse {

/// The kinds of nodes that are told apart. Every other node of the grammar is Other; its name says
/// what it is.
#define LK_SQL_NODE_KINDS(X)                                                                       \
  X(AArrayExpr)                                                                                    \
  X(AConst)                                                                                        \
  X(AExpr)                                                                                         \
  X(AIndices) X(AIndirection) X(AStar) X(AccessPriv) X(Alias) X(AlterEnumStmt) X(                  \
      AlterFunctionStmt) X(AlterObjectSchemaStmt) X(AlterOwnerStmt) X(AlterRoleSetStmt)            \
      X(AlterRoleStmt) X(AlterSeqStmt) X(AlterTableCmd) X(AlterTableStmt) X(BitString) X(          \
          BoolExpr) X(Boolean) X(BooleanTest) X(CallStmt) X(CaseExpr) X(CaseWhen)                  \
          X(CheckPointStmt) X(ClosePortalStmt) X(CoalesceExpr) X(CollateClause) X(ColumnDef) X(    \
              ColumnRef) X(CommentStmt) X(CommonTableExpr) X(CompositeTypeStmt) X(Constraint)      \
              X(ConstraintsSetStmt) X(CopyStmt) X(CreateEnumStmt) X(CreateExtensionStmt) X(        \
                  CreateFunctionStmt) X(CreateRoleStmt) X(CreateSchemaStmt) X(CreateSeqStmt)       \
                  X(CreateStmt) X(CreateTableAsStmt) X(CreateTrigStmt) X(CurrentOfExpr) X(         \
                      DeallocateStmt) X(DeclareCursorStmt) X(DefElem) X(DeleteStmt) X(DiscardStmt) \
                      X(DoStmt) X(DropRoleStmt) X(DropStmt) X(ExecuteStmt) X(ExplainStmt) X(       \
                          FetchStmt) X(Float) X(FuncCall) X(FunctionParameter) X(GrantRoleStmt)    \
                          X(GrantStmt) X(GroupingFunc) X(GroupingSet) X(IndexElem) X(IndexStmt) X( \
                              InferClause) X(InsertStmt) X(Integer) X(IntoClause) X(JoinExpr)      \
                              X(List) X(ListenStmt) X(LockStmt) X(LockingClause) X(MinMaxExpr) X(  \
                                  MultiAssignRef) X(NamedArgExpr) X(NotifyStmt) X(NullTest)        \
                                  X(ObjectWithArgs) X(OnConflictClause) X(ParamRef) X(             \
                                      PartitionBoundSpec) X(PartitionCmd) X(PartitionElem)         \
                                      X(PartitionRangeDatum) X(PartitionSpec) X(PrepareStmt) X(    \
                                          RangeFunction) X(RangeSubselect) X(RangeTableFunc)       \
                                          X(RangeTableSample) X(RangeVar) X(RawStmt) X(            \
                                              RefreshMatViewStmt) X(ReindexStmt) X(RenameStmt)     \
                                              X(ResTarget) X(RoleSpec) X(RowExpr) X(SelectStmt)    \
                                                  X(SetToDefault) X(SortBy) X(SQLValueFunction)    \
                                                      X(String) X(SubLink) X(TransactionStmt)      \
                                                          X(TruncateStmt) X(TypeCast) X(TypeName)  \
                                                              X(UnlistenStmt) X(UpdateStmt)        \
                                                                  X(VacuumRelation) X(VacuumStmt)  \
                                                                      X(VariableSetStmt) X(        \
                                                                          VariableShowStmt)        \
                                                                          X(ViewStmt) X(WindowDef) \
                                                                              X(WithClause)

enum class NodeKind : std::uint8_t {
  Other,
#define LK_SQL_NODE_KIND(name) name,
  LK_SQL_NODE_KINDS(LK_SQL_NODE_KIND)
#undef LK_SQL_NODE_KIND
};

/// One node of a statement as it was written: its kind and the fields that are there, under the
/// names they have in PostgreSQL's grammar.
///
/// The tree is as loose as that: the binder asks for what it knows. A field that is absent is a
/// null child, an empty list, an empty text or a 0.
///
/// Ownership: belongs to its Statement.
class Node {
 public:
  NodeKind kind = NodeKind::Other;
  Bytes name;                  ///< SelectStmt
  std::int32_t location = -1;  ///< byte in the text, or -1

  bool is(NodeKind wanted) const { return kind == wanted; }
  const Node* child(Bytes field) const {
    const Field* const found = find(field);
    return found == nullptr ? nullptr : found->child;
  }
  std::span<const Node* const> list(Bytes field) const {
    const Field* const found = find(field);
    return found == nullptr ? std::span<const Node* const>() : found->list;
  }
  Bytes text(Bytes field) const {
    const Field* const found = find(field);
    return found == nullptr ? Bytes() : found->text;
  }
  std::int64_t number(Bytes field) const {
    const Field* const found = find(field);
    return found == nullptr ? 0 : found->number;
  }
  bool flag(Bytes field) const { return number(field) != 0; }
  template <typename Enum>
  Enum as(Bytes field) const {
    return static_cast<Enum>(number(field));
  }

  struct Field {
    Bytes name;
    const Node* child = nullptr;
    std::span<const Node* const> list;
    Bytes text;
    std::int64_t number = 0;
  };
  std::span<const Field> fields;

 private:
  const Field* find(Bytes field) const {
    for (const Field& each : fields) {
      if (each.name == field) return &each;
    }
    return nullptr;
  }
};

/// The texts of a list of String nodes: the parts of a name.
std::vector<std::string> texts_of(std::span<const Node* const> strings);

}  // namespace latchkey::sql::parse
