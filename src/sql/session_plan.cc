#include <fmt/format.h>

#include "sql/session_impl.h"

namespace latchkey::sql {

namespace {

using parse::Literal;
using parse::Template;

Oid type_of(const Literal& literal) {
  switch (literal.kind) {
    case Literal::Kind::Int4:
      return oid::kInt4;
    case Literal::Kind::Int8:
      return oid::kInt8;
    case Literal::Kind::Numeric:
      return oid::kNumeric;
    case Literal::Kind::Text:
      return Oid::None;  // what stands around it says
  }
  return Oid::None;
}

bool same_columns(const Prepared& a, const Prepared& b) {
  if (a.columns.size() != b.columns.size()) return false;
  for (std::size_t i = 0; i < a.columns.size(); ++i) {
    const ResultColumn& left = a.columns[i];
    const ResultColumn& right = b.columns[i];
    if (left.name != right.name || left.type != right.type || left.typmod != right.typmod) {
      return false;
    }
  }
  return true;
}

}  // namespace

/// Whether what this session means by a name is what all others mean.
bool SessionImpl::may_share_plans() {
  return change_ == nullptr && !has_temporary_ && current_catalog() == database_.catalog();
}

/// A statement ready to run if `text` is a single one that binds; else none.
SessionImpl::Planned SessionImpl::plan(Bytes text) {
  const UserTypesScope types = see_types();
  Planned planned = plan_from_cache(text);
  if (planned.statement != nullptr) return planned;
  const auto script = parse::parse(text);
  if (!script.has_value() || (*script)->statements.size() != 1) return planned;
  auto prepared = analyze(*script, (*script)->statements[0], {});
  if (!prepared.has_value()) return planned;
  planned.text = text;
  planned.statement = std::move(*prepared);
  return planned;
}

SessionImpl::Planned SessionImpl::plan_from_cache(Bytes text) {
  constexpr std::size_t kShortWordBytes = 32;
  Planned planned;
  if (has_failed_ || !may_share_plans()) return planned;
  const std::optional<Template> made = parse::make_template(text);
  const bool may_be_word = !made.has_value() && text.size() <= kShortWordBytes;
  if (!made.has_value() && !may_be_word) return planned;
  const std::shared_ptr<const Catalog> catalog = made ? current_catalog() : nullptr;
  const std::string key =
      made ? usual_settings().plan_context + made->kinds() + '\n' + made->text : std::string(text);
  bool is_wanted = false;
  std::shared_ptr<const Prepared> shared = database_.plans().find(key, catalog.get(), is_wanted);
  if (shared == nullptr && is_wanted) {
    // The plan with its constants says what the one without them must be like.
    const auto script = parse::parse(text);
    if (!script.has_value() || (*script)->statements.size() != 1) return planned;
    auto original = analyze(*script, (*script)->statements[0], {});
    if (!original.has_value()) return planned;
    std::shared_ptr<Prepared> fresh;
    if (made) {
      if ((*original)->is_query()) fresh = make_plan(*made, **original);
    } else if ((*original)->node->is(parse::NodeKind::TransactionStmt)) {
      fresh = std::move(*original);
    }
    if (fresh != nullptr) fresh->is_shared = true;
    database_.plans().put(key, catalog.get(), fresh);
    shared = std::move(fresh);
  }
  if (shared == nullptr) return planned;
  // Nobody changes it: see Prepared::is_shared.
  planned.statement = std::const_pointer_cast<Prepared>(shared);
  if (made && !take_literals(*made, planned)) return {};
  planned.text = text;
  return planned;
}

/// The plan of a template, or null if it is not the same statement without its constants.
std::shared_ptr<Prepared> SessionImpl::make_plan(const Template& made, const Prepared& original) {
  const auto script = parse::parse(made.text);
  if (!script.has_value() || (*script)->statements.size() != 1) return nullptr;
  std::vector<Oid> types;
  for (const Literal& literal : made.literals) types.push_back(type_of(literal));
  auto prepared = analyze(*script, (*script)->statements[0], types);
  if (!prepared.has_value() || !(*prepared)->is_query()) return nullptr;
  if ((*prepared)->bound->parameter_types.size() != made.literals.size()) return nullptr;
  for (std::size_t i = 0; i < types.size(); ++i) {
    const Oid type = (*prepared)->bound->parameter_types[i];
    if (types[i] != Oid::None && types[i] != type) return nullptr;
    if (type == Oid::None || type == oid::kUnknown) return nullptr;
  }
  return same_columns(original, **prepared) ? *prepared : nullptr;
}

/// False where a constant is not of its type: the statement itself tells that best.
bool SessionImpl::take_literals(const Template& made, Planned& planned) {
  planned.arena = std::make_unique<Arena>();
  const std::vector<Oid>& types = planned.statement->bound->parameter_types;
  planned.parameters.reserve(types.size());
  for (std::size_t i = 0; i < types.size(); ++i) {
    const Literal& literal = made.literals[i];
    if (literal.kind == Literal::Kind::Int4 || literal.kind == Literal::Kind::Int8) {
      planned.parameters.push_back(Value::of_integer(literal.integer));
      continue;
    }
    Result<Value> value = parse_text(types[i], -1, literal.text, text_settings_, *planned.arena);
    if (!value.has_value()) return false;
    planned.parameters.push_back(*value);
  }
  return true;
}

/// A statement of the extended protocol.
Result<std::shared_ptr<Prepared>> SessionImpl::prepare_text(Bytes text,
                                                            std::span<const Oid> parameters) {
  std::string key;
  std::shared_ptr<const Catalog> catalog;
  bool is_wanted = false;
  const bool may_share = text.size() <= parse::kTemplateBytesMax && !has_failed_ &&
                         may_share_plans() && !parse::names_a_moment(text);
  if (may_share) {
    catalog = current_catalog();
    key = usual_settings().plan_context;
    for (const Oid type : parameters) key += fmt::format("{},", value_of(type));
    key += '\n';
    key += text;
    const auto shared = database_.plans().find(key, catalog.get(), is_wanted);
    if (shared != nullptr) {
      auto own = std::make_shared<Prepared>(*shared);
      own->is_shared = false;
      return own;
    }
  }
  LK_CHECK(install_mentioned(text));
  LK_TRY(const auto script, parse::parse(text));
  if (script->statements.size() > 1) {
    return Error(ErrorCode::SyntaxError,
                 "cannot insert multiple commands into a prepared statement");
  }
  if (script->statements.empty()) {
    auto nothing = std::make_shared<Prepared>();
    nothing->script = script;
    return nothing;
  }
  LK_TRY(auto prepared, analyze(script, script->statements[0], parameters));
  if (is_wanted && prepared->is_query()) {
    database_.plans().put(key, catalog.get(), std::make_shared<Prepared>(*prepared));
  }
  return prepared;
}

}  // namespace latchkey::sql
