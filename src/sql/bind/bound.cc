#include "sql/bind/bound.h"

namespace latchkey::sql::bind {

bool same(const Expr& a, const Expr& b) {
  if (a.kind != b.kind || a.type != b.type || a.args.size() != b.args.size()) return false;
  if (a.slot != b.slot || a.level != b.level || a.index != b.index || a.query != b.query)
    return false;
  if (a.function != b.function || a.typmod != b.typmod || a.bool_test != b.bool_test) return false;
  if (a.kind == ExprKind::Constant) {
    if (a.constant.is_null != b.constant.is_null) return false;
    if (!a.constant.is_null) {
      const Type* const type = find_type(a.type);
      const bool in_bytes = type == nullptr || type->kept == Kept::Bytes;
      if (in_bytes ? a.constant.bytes() != b.constant.bytes()
                   : a.constant.integer != b.constant.integer) {
        return false;
      }
    }
  }
  for (std::size_t i = 0; i < a.args.size(); ++i) {
    if (!same(*a.args[i], *b.args[i])) return false;
  }
  return true;
}

}  // namespace latchkey::sql::bind
