#include "sql/bind/recursion.h"

#include <fmt/format.h>

#include "sql/parse/enums.h"

namespace latchkey::sql::bind {

namespace {

using parse::JoinKind;
using parse::Node;
using parse::NodeKind;
using parse::SetKind;

/// Why a query may not read itself in the place that is looked at.
enum class Place : std::uint8_t { Fine, First, SubLink, OuterJoin, Intersect, Except };

const char* text_of(Place place) {
  switch (place) {
    case Place::First:
      return "its non-recursive term";
    case Place::SubLink:
      return "a subquery";
    case Place::OuterJoin:
      return "an outer join";
    case Place::Intersect:
      return "INTERSECT";
    default:
      return "EXCEPT";
  }
}

/// Walks over a body and finds where it reads itself.
class Walker {
 public:
  explicit Walker(std::string_view name) : name_(name) {}

  int count() const { return count_; }

  Result<void> walk(const Node* node, Place place) {
    if (node == nullptr) return {};
    if (node->is(NodeKind::RangeVar)) return look_at(*node, place);
    if (hides_name(*node)) return {};
    if (node->is(NodeKind::SelectStmt)) return walk_select(*node, place);
    if (node->is(NodeKind::SubLink)) {
      LK_CHECK(walk(node->child("testexpr"), place));
      return walk(node->child("subselect"), stricter(place, Place::SubLink));
    }
    if (node->is(NodeKind::JoinExpr)) return walk_join(*node, place);
    return walk_fields(*node, place);
  }

 private:
  static Place stricter(Place outer, Place here) { return outer == Place::Fine ? here : outer; }

  Result<void> look_at(const Node& range_var, Place place) {
    if (!range_var.text("schemaname").empty() || range_var.text("relname") != name_) return {};
    if (place != Place::Fine) {
      return Error(ErrorCode::RecursionInvalid,
                   fmt::format("recursive reference to query \"{}\" must not appear within {}",
                               name_, text_of(place)))
          .at(range_var.location + 1);
    }
    if (++count_ > 1) {
      return Error(ErrorCode::RecursionInvalid,
                   fmt::format("recursive reference to query \"{}\" must not appear more than once",
                               name_))
          .at(range_var.location + 1);
    }
    return {};
  }

  /// An inner WITH may give the name another meaning.
  bool hides_name(const Node& node) const {
    const Node* const with = node.child("with_clause");
    if (with == nullptr) return false;
    for (const Node* const cte : with->list("ctes")) {
      if (cte->text("ctename") == name_) return true;
    }
    return false;
  }

  Result<void> walk_select(const Node& node, Place place) {
    const auto kind = node.as<SetKind>("op");
    if (kind == SetKind::None || kind == SetKind::Union) return walk_fields(node, place);
    if (kind == SetKind::Intersect) return walk_fields(node, stricter(place, Place::Intersect));
    LK_CHECK(walk(node.child("larg"), place));
    return walk(node.child("rarg"), stricter(place, Place::Except));
  }

  Result<void> walk_join(const Node& node, Place place) {
    const auto kind = node.as<JoinKind>("jointype");
    const bool nulls_left = kind == JoinKind::Right || kind == JoinKind::Full;
    const bool nulls_right = kind == JoinKind::Left || kind == JoinKind::Full;
    LK_CHECK(walk(node.child("larg"), nulls_left ? stricter(place, Place::OuterJoin) : place));
    LK_CHECK(walk(node.child("rarg"), nulls_right ? stricter(place, Place::OuterJoin) : place));
    return walk(node.child("quals"), place);
  }

  Result<void> walk_fields(const Node& node, Place place) {
    for (const Node::Field& field : node.fields) {
      LK_CHECK(walk(field.child, place));
      for (const Node* const each : field.list) LK_CHECK(walk(each, place));
    }
    return {};
  }

  const std::string_view name_;
  int count_ = 0;
};

bool reads(const Node* node, std::string_view name) {
  if (node == nullptr) return false;
  if (node->is(NodeKind::RangeVar)) {
    return node->text("schemaname").empty() && node->text("relname") == name;
  }
  if (const Node* const with = node->child("with_clause")) {
    for (const Node* const cte : with->list("ctes")) {
      if (cte->text("ctename") == name) return false;
    }
  }
  for (const Node::Field& field : node->fields) {
    if (reads(field.child, name)) return true;
    for (const Node* const each : field.list) {
      if (reads(each, name)) return true;
    }
  }
  return false;
}

}  // namespace

bool refers_to_itself(const Node& body, std::string_view name) { return reads(&body, name); }

Result<void> check_recursion(const Node& body, std::string_view name) {
  if (!body.is(NodeKind::SelectStmt)) {
    return Error(
        ErrorCode::RecursionInvalid,
        fmt::format("recursive query \"{}\" must not contain data-modifying statements", name));
  }
  if (body.as<SetKind>("op") != SetKind::Union) {
    return Error(ErrorCode::RecursionInvalid,
                 fmt::format("recursive query \"{}\" does not have the form non-recursive-term "
                             "UNION [ALL] recursive-term",
                             name));
  }
  Walker first(name);
  LK_CHECK(first.walk(body.child("larg"), Place::First));
  Walker step(name);
  LK_CHECK(step.walk(body.child("rarg"), Place::Fine));
  const auto refuse = [](const char* what) -> Result<void> {
    return Error(ErrorCode::NotSupported,
                 fmt::format("{} in a recursive query is not implemented", what));
  };
  if (!body.list("sort_clause").empty()) return refuse("ORDER BY");
  if (body.child("limit_offset") != nullptr) return refuse("OFFSET");
  if (body.child("limit_count") != nullptr) return refuse("LIMIT");
  if (!body.list("locking_clause").empty()) return refuse("FOR UPDATE/SHARE");
  return {};
}

}  // namespace latchkey::sql::bind
