#include <pg_query.h>
#include <pg_query/pg_query.pb-c.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "base/assert.h"
#include "sql/parse/enums.h"
#include "sql/parse/statement.h"

namespace latchkey::sql::parse {

namespace {

static_assert(static_cast<int>(ExprKind::NotBetweenSymmetric) ==
              PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN_SYM);
static_assert(static_cast<int>(BoolKind::Not) == PG_QUERY__BOOL_EXPR_TYPE__NOT_EXPR);
static_assert(static_cast<int>(SetKind::Except) == PG_QUERY__SET_OPERATION__SETOP_EXCEPT);
static_assert(static_cast<int>(JoinKind::Right) == PG_QUERY__JOIN_TYPE__JOIN_RIGHT);
static_assert(static_cast<int>(SubLinkKind::Array) == PG_QUERY__SUB_LINK_TYPE__ARRAY_SUBLINK);
static_assert(static_cast<int>(SortDirection::Using) == PG_QUERY__SORT_BY_DIR__SORTBY_USING);
static_assert(static_cast<int>(SortNulls::Last) == PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_LAST);
static_assert(static_cast<int>(LimitKind::WithTies) ==
              PG_QUERY__LIMIT_OPTION__LIMIT_OPTION_WITH_TIES);
static_assert(static_cast<int>(MinMaxKind::Least) == PG_QUERY__MIN_MAX_OP__IS_LEAST);
static_assert(static_cast<int>(NullTestKind::IsNotNull) == PG_QUERY__NULL_TEST_TYPE__IS_NOT_NULL);
static_assert(static_cast<int>(BoolTestKind::IsNotUnknown) ==
              PG_QUERY__BOOL_TEST_TYPE__IS_NOT_UNKNOWN);
static_assert(static_cast<int>(ValueFunction::CurrentSchema) ==
              PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_SCHEMA);
static_assert(static_cast<int>(ConflictAction::Update) ==
              PG_QUERY__ON_CONFLICT_ACTION__ONCONFLICT_UPDATE);
static_assert(static_cast<int>(LockStrength::ForUpdate) ==
              PG_QUERY__LOCK_CLAUSE_STRENGTH__LCS_FORUPDATE);
static_assert(static_cast<int>(LockWait::Error) == PG_QUERY__LOCK_WAIT_POLICY__LockWaitError);
static_assert(static_cast<int>(ConstraintKind::Immediate) ==
              PG_QUERY__CONSTR_TYPE__CONSTR_ATTR_IMMEDIATE);
static_assert(static_cast<int>(TransactionKind::RollbackTo) ==
              PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK_TO);
static_assert(static_cast<int>(VariableSetKind::ResetAll) ==
              PG_QUERY__VARIABLE_SET_KIND__VAR_RESET_ALL);
static_assert(static_cast<int>(DropKind::Cascade) == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE);
static_assert(static_cast<int>(GroupingSetKind::Sets) ==
              PG_QUERY__GROUPING_SET_KIND__GROUPING_SET_SETS);
static_assert(static_cast<int>(OverridingKind::SystemValue) ==
              PG_QUERY__OVERRIDING_KIND__OVERRIDING_SYSTEM_VALUE);
static_assert(static_cast<int>(DiscardKind::Temp) == PG_QUERY__DISCARD_MODE__DISCARD_TEMP);
static_assert(static_cast<int>(ObjectKind::View) == PG_QUERY__OBJECT_TYPE__OBJECT_VIEW);
static_assert(static_cast<int>(AlterTableKind::AlterColumnType) ==
              PG_QUERY__ALTER_TABLE_TYPE__AT_AlterColumnType);
static_assert(static_cast<int>(AlterTableKind::DropIdentity) ==
              PG_QUERY__ALTER_TABLE_TYPE__AT_DropIdentity);
static_assert(static_cast<int>(ObjectKind::Trigger) == PG_QUERY__OBJECT_TYPE__OBJECT_TRIGGER);
static_assert(static_cast<int>(ObjectKind::Constraint) ==
              PG_QUERY__OBJECT_TYPE__OBJECT_TABCONSTRAINT);
static_assert(static_cast<int>(ObjectKind::Index) == PG_QUERY__OBJECT_TYPE__OBJECT_INDEX);
static_assert(static_cast<int>(ObjectKind::Schema) == PG_QUERY__OBJECT_TYPE__OBJECT_SCHEMA);
static_assert(static_cast<int>(ObjectKind::Table) == PG_QUERY__OBJECT_TYPE__OBJECT_TABLE);

const std::map<std::string_view, NodeKind>& kinds_by_name() {
  static const std::map<std::string_view, NodeKind> kKinds = {
#define LK_SQL_NODE_KIND(name) {#name, NodeKind::name},
#include "sql/parse/node_kinds.def"
#undef LK_SQL_NODE_KIND
  };
  return kKinds;
}

/// Copies the library's messages into nodes, by their own descriptions.
class Converter {
 public:
  explicit Converter(Arena& arena) : arena_(arena) {}

  const Node* convert(const ProtobufCMessage* message) {
    // A message called Node only says which of the others stands in its place.
    while (message != nullptr && message->descriptor == &pg_query__node__descriptor) {
      message = inner(message);
    }
    if (message == nullptr) return nullptr;
    const ProtobufCMessageDescriptor& shape = *message->descriptor;
    Node* const node = new (arena_.allocate(sizeof(Node))) Node;
    node->name = shape.short_name;
    const auto kind = kinds_by_name().find(schema_name(shape));
    if (kind != kinds_by_name().end()) {
      node->kind = kind->second;
      node->name = kind->first;
    }
    auto* const fields =
        reinterpret_cast<Node::Field*>(arena_.allocate(shape.n_fields * sizeof(Node::Field)));
    std::size_t count = 0;
    for (unsigned i = 0; i < shape.n_fields; ++i) {
      Node::Field field;
      field.name = shape.fields[i].name;
      if (!read(*message, shape.fields[i], field)) continue;
      if (field.name == "location") node->location = static_cast<std::int32_t>(field.number);
      new (&fields[count++]) Node::Field(field);
    }
    node->fields = {fields, count};
    return node;
  }

 private:
  /// A_Expr is called AExpr in C.
  static std::string_view schema_name(const ProtobufCMessageDescriptor& shape) {
    return shape.short_name;
  }

  static const char* at(const ProtobufCMessage& message, unsigned offset) {
    return reinterpret_cast<const char*>(&message) + offset;
  }
  template <typename T>
  static T load_at(const ProtobufCMessage& message, unsigned offset) {
    T value;
    std::memcpy(&value, at(message, offset), sizeof value);
    return value;
  }

  static bool is_chosen(const ProtobufCMessage& message, const ProtobufCFieldDescriptor& field) {
    if ((field.flags & PROTOBUF_C_FIELD_FLAG_ONEOF) == 0) return true;
    return load_at<std::uint32_t>(message, field.quantifier_offset) == field.id;
  }

  static const ProtobufCMessage* inner(const ProtobufCMessage* message) {
    const ProtobufCMessageDescriptor& shape = *message->descriptor;
    for (unsigned i = 0; i < shape.n_fields; ++i) {
      if (is_chosen(*message, shape.fields[i])) {
        return load_at<const ProtobufCMessage*>(*message, shape.fields[i].offset);
      }
    }
    return nullptr;
  }

  bool read(const ProtobufCMessage& message, const ProtobufCFieldDescriptor& field,
            Node::Field& out) {
    if (field.label == PROTOBUF_C_LABEL_REPEATED) return read_list(message, field, out);
    if (!is_chosen(message, field)) return false;
    switch (field.type) {
      case PROTOBUF_C_TYPE_MESSAGE:
        out.child = convert(load_at<const ProtobufCMessage*>(message, field.offset));
        return out.child != nullptr;
      case PROTOBUF_C_TYPE_STRING: {
        const auto* const text = load_at<const char*>(message, field.offset);
        if (text == nullptr) return false;
        out.text = arena_.copy(text);
        return !out.text.empty() || (field.flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
      }
      case PROTOBUF_C_TYPE_BOOL:
        out.number = load_at<protobuf_c_boolean>(message, field.offset) != 0 ? 1 : 0;
        return out.number != 0;
      case PROTOBUF_C_TYPE_UINT32:
        out.number = load_at<std::uint32_t>(message, field.offset);
        return true;
      case PROTOBUF_C_TYPE_UINT64:
      case PROTOBUF_C_TYPE_INT64:
        out.number = load_at<std::int64_t>(message, field.offset);
        return true;
      default:
        out.number = load_at<std::int32_t>(message, field.offset);
        return true;
    }
  }

  bool read_list(const ProtobufCMessage& message, const ProtobufCFieldDescriptor& field,
                 Node::Field& out) {
    const auto count = load_at<std::size_t>(message, field.quantifier_offset);
    if (count == 0 || field.type != PROTOBUF_C_TYPE_MESSAGE) return false;
    const auto* const* const from = load_at<const ProtobufCMessage* const*>(message, field.offset);
    auto* const to = reinterpret_cast<const Node**>(arena_.allocate(count * sizeof(const Node*)));
    for (std::size_t i = 0; i < count; ++i) to[i] = convert(from[i]);
    out.list = {to, count};
    return true;
  }

  Arena& arena_;
};

struct ParseResult {
  explicit ParseResult(const std::string& text) : raw(pg_query_parse_protobuf(text.c_str())) {
    if (raw.error != nullptr) return;
    tree = pg_query__parse_result__unpack(
        nullptr, raw.parse_tree.len, reinterpret_cast<const std::uint8_t*>(raw.parse_tree.data));
  }
  ~ParseResult() {
    if (tree != nullptr) pg_query__parse_result__free_unpacked(tree, nullptr);
    pg_query_free_protobuf_parse_result(raw);
  }
  ParseResult(const ParseResult&) = delete;
  ParseResult& operator=(const ParseResult&) = delete;

  PgQueryProtobufParseResult raw;
  PgQuery__ParseResult* tree = nullptr;
};

Error error_of(const PgQueryError& error) {
  const std::string_view message = error.message == nullptr ? "syntax error" : error.message;
  // What the scanner says of an encoding is no syntax error at PostgreSQL either.
  const bool is_encoding = message.starts_with("invalid byte sequence");
  return Error(is_encoding ? ErrorCode::BadEncoding : ErrorCode::SyntaxError, std::string(message))
      .at(error.cursorpos);
}

bool is_utf8(Bytes text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead == 0) return false;
    std::size_t more = 0;
    if (lead >= 0x80) {
      if (lead >= 0xc2 && lead <= 0xdf)
        more = 1;
      else if (lead >= 0xe0 && lead <= 0xef)
        more = 2;
      else if (lead >= 0xf0 && lead <= 0xf4)
        more = 3;
      else
        return false;
    }
    if (text.size() - i <= more) return false;
    for (std::size_t j = 1; j <= more; ++j) {
      if ((static_cast<unsigned char>(text[i + j]) & 0xc0) != 0x80) return false;
    }
    i += more + 1;
  }
  return true;
}

}  // namespace

std::vector<std::string> texts_of(std::span<const Node* const> strings) {
  std::vector<std::string> texts;
  for (const Node* const each : strings) {
    if (each != nullptr && each->is(NodeKind::String)) texts.emplace_back(each->text("sval"));
  }
  return texts;
}

std::int32_t position_of(Bytes text, std::int32_t offset) {
  if (offset < 0) return 0;
  const Bytes before = text.substr(0, static_cast<std::size_t>(offset));
  const auto is_start = [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; };
  return 1 + static_cast<std::int32_t>(std::count_if(before.begin(), before.end(), is_start));
}

Result<std::shared_ptr<const Script>> parse(Bytes text) {
  if (!is_utf8(text)) {
    return Error(ErrorCode::BadEncoding, "invalid byte sequence for encoding \"UTF8\"");
  }
  LK_CHECK(check_depth(text));
  auto script = std::make_shared<Script>(text);
  const std::string terminated(text);
  const ParseResult result(terminated);
  if (result.raw.error != nullptr) return error_of(*result.raw.error);
  if (result.tree == nullptr) {
    return Error(ErrorCode::Internal, "the parser's answer does not decode");
  }
  Converter converter(script->arena());
  for (std::size_t i = 0; i < result.tree->n_stmts; ++i) {
    const PgQuery__RawStmt& raw = *result.tree->stmts[i];
    const Bytes whole = script->text();
    const auto begin = static_cast<std::size_t>(raw.stmt_location);
    const std::size_t length =
        raw.stmt_len > 0 ? static_cast<std::size_t>(raw.stmt_len) : std::string::npos;
    if (begin > whole.size()) return Error(ErrorCode::Internal, "a statement is outside its text");
    const Node* const node = raw.stmt == nullptr ? nullptr : converter.convert(&raw.stmt->base);
    if (node == nullptr) continue;
    script->statements.push_back({node, whole.substr(begin, length)});
  }
  return std::shared_ptr<const Script>(std::move(script));
}

}  // namespace latchkey::sql::parse
