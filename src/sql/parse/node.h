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
enum class NodeKind : std::uint8_t {
  Other,
#define LK_SQL_NODE_KIND(name) name,
#include "sql/parse/node_kinds.def"
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
