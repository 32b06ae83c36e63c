#include "sql/types/jsonpath_parser.h"

#include <algorithm>
#include <utility>

#include "base/numeric.h"
#include "sql/types/io.h"
#include "sql/types/json_utf8.h"

namespace latchkey::sql {

namespace {

// What walks over the tree recurses once for each level of it.
constexpr std::uint32_t kHeightMax = 4'000;

/// The comparison that the token stands for; Null for none.
JsonPathKind comparison_of(const JsonPathLexer& lexer) {
  switch (lexer.token()) {
    case JsonPathToken::Equal:
      return JsonPathKind::Equal;
    case JsonPathToken::NotEqual:
      return JsonPathKind::NotEqual;
    case JsonPathToken::LessOrEqual:
      return JsonPathKind::LessOrEqual;
    case JsonPathToken::GreaterOrEqual:
      return JsonPathKind::GreaterOrEqual;
    default:
      return lexer.is('<')   ? JsonPathKind::Less
             : lexer.is('>') ? JsonPathKind::Greater
                             : JsonPathKind::Null;
  }
}

/// The method of that name; Null for none.
JsonPathKind method_of(JsonPathWord word) {
  switch (word) {
    case JsonPathWord::Abs:
      return JsonPathKind::Abs;
    case JsonPathWord::Ceiling:
      return JsonPathKind::Ceiling;
    case JsonPathWord::DateTime:
      return JsonPathKind::DateTime;
    case JsonPathWord::Double:
      return JsonPathKind::Double;
    case JsonPathWord::Floor:
      return JsonPathKind::Floor;
    case JsonPathWord::KeyValue:
      return JsonPathKind::KeyValue;
    case JsonPathWord::Size:
      return JsonPathKind::Size;
    case JsonPathWord::Type:
      return JsonPathKind::Type;
    default:
      return JsonPathKind::Null;
  }
}

Result<JsonPathRegexFlags> parse_regex_flags(Bytes letters) {
  JsonPathRegexFlags flags;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    switch (letters[i]) {
      case 'i':
        flags.ignore_case = true;
        break;
      case 's':
        flags.dot_all = true;
        break;
      case 'm':
        flags.multi_line = true;
        break;
      case 'x':
        flags.expanded = true;
        break;
      case 'q':
        flags.quoted = true;
        break;
      default: {
        const std::string letter(letters.substr(i, utf8_bytes(letters.substr(i))));
        return Error(ErrorCode::SyntaxError, "invalid input syntax for type jsonpath")
            .with_detail("Unrecognized flag character \"" + letter + "\" in LIKE_REGEX predicate.");
      }
    }
  }
  return flags;
}

}  // namespace

Result<JsonPath> JsonPathParser::parse() {
  LK_CHECK(lexer_.advance());
  if (lexer_.token() == JsonPathToken::End) return io::invalid_text("jsonpath", text_);
  path_.is_strict_ = lexer_.is(JsonPathWord::Strict);
  if (path_.is_strict_ || lexer_.is(JsonPathWord::Lax)) LK_CHECK(lexer_.advance());
  LK_TRY(const Part part, parse_any());
  if (lexer_.token() != JsonPathToken::End) return lexer_.syntax_error();
  if (misplaced_.has_value()) return std::move(*misplaced_);
  path_.root_ = part.head;
  return std::move(path_);
}

Result<JsonPathIndex> JsonPathParser::add_operator(JsonPathKind kind, JsonPathIndex left,
                                                   JsonPathIndex right) {
  const JsonPathIndex index = add(kind);
  JsonPathNode& added = node(index);
  added.left = left;
  added.right = right;
  // What walks over the tree recurses into operands. A chain of operators is as high as it is long.
  added.height = std::max(node(left).height, right == 0 ? 0 : node(right).height) + 1;
  if (added.height > kHeightMax) return too_complex();
  return index;
}

Result<JsonPathParser::Part> JsonPathParser::parse_any() {
  LK_CHECK(check_stack());
  LK_TRY(Part left, parse_and());
  while (lexer_.token() == JsonPathToken::Or) {
    if (!left.is_predicate) return lexer_.syntax_error();
    LK_CHECK(lexer_.advance());
    LK_TRY(const Part right, expect_predicate(&JsonPathParser::parse_and));
    LK_TRY(left, add_predicate(JsonPathKind::Or, left.head, right.head));
  }
  return left;
}

Result<JsonPathParser::Part> JsonPathParser::parse_and() {
  LK_TRY(Part left, parse_predicate());
  while (lexer_.token() == JsonPathToken::And) {
    if (!left.is_predicate) return lexer_.syntax_error();
    LK_CHECK(lexer_.advance());
    LK_TRY(const Part right, expect_predicate(&JsonPathParser::parse_predicate));
    LK_TRY(left, add_predicate(JsonPathKind::And, left.head, right.head));
  }
  return left;
}

Result<JsonPathParser::Part> JsonPathParser::parse_predicate() {
  if (lexer_.is('!')) {
    LK_CHECK(lexer_.advance());
    LK_TRY(const Part inner, parse_delimited());
    return add_predicate(JsonPathKind::Not, inner.head);
  }
  if (lexer_.is(JsonPathWord::Exists)) return parse_exists();
  LK_TRY(const Part left, parse_sum());
  if (left.is_predicate) {
    if (!lexer_.is(JsonPathWord::Is)) return left;
    LK_CHECK(lexer_.advance());
    LK_CHECK(take(JsonPathWord::Unknown));
    return add_predicate(JsonPathKind::IsUnknown, left.head);
  }
  if (lexer_.is(JsonPathWord::Starts)) return parse_starts_with(left);
  if (lexer_.is(JsonPathWord::LikeRegex)) return parse_like_regex(left);
  const JsonPathKind comparison = comparison_of(lexer_);
  if (comparison == JsonPathKind::Null) return left;
  LK_CHECK(lexer_.advance());
  LK_TRY(const Part right, expect_expression(&JsonPathParser::parse_sum));
  return add_predicate(comparison, left.head, right.head);
}

Result<JsonPathParser::Part> JsonPathParser::parse_delimited() {
  if (lexer_.is(JsonPathWord::Exists)) return parse_exists();
  LK_CHECK(take('('));
  LK_TRY(const Part inner, expect_predicate(&JsonPathParser::parse_any));
  LK_CHECK(take(')'));
  return inner;
}

Result<JsonPathParser::Part> JsonPathParser::parse_exists() {
  LK_CHECK(lexer_.advance());
  LK_CHECK(take('('));
  LK_TRY(const Part inner, expect_expression(&JsonPathParser::parse_sum));
  LK_CHECK(take(')'));
  return add_predicate(JsonPathKind::Exists, inner.head);
}

Result<JsonPathParser::Part> JsonPathParser::parse_starts_with(Part left) {
  LK_CHECK(lexer_.advance());
  LK_CHECK(take(JsonPathWord::With));
  const bool is_variable = lexer_.token() == JsonPathToken::Variable;
  if (!is_variable && lexer_.token() != JsonPathToken::String) return lexer_.syntax_error();
  LK_TRY(std::string content, take_content());
  const Part initial =
      add_text(is_variable ? JsonPathKind::Variable : JsonPathKind::String, std::move(content));
  return add_predicate(JsonPathKind::StartsWith, left.head, initial.head);
}

Result<JsonPathParser::Part> JsonPathParser::parse_like_regex(Part left) {
  LK_CHECK(lexer_.advance());
  LK_TRY(std::string pattern, take_string());
  JsonPathRegexFlags flags;
  const bool has_flags = lexer_.is(JsonPathWord::Flag);
  if (has_flags) {
    LK_CHECK(lexer_.advance());
    if (lexer_.token() != JsonPathToken::String) return lexer_.syntax_error();
    LK_TRY(flags, parse_regex_flags(lexer_.content()));
  }
  LK_TRY(JsonPathRegex regex, JsonPathRegex::compile(pattern, flags));
  if (has_flags) LK_CHECK(lexer_.advance());
  LK_TRY(const Part part, add_predicate(JsonPathKind::LikeRegex, left.head));
  node(part.head).text = std::move(pattern);
  node(part.head).regex = std::move(regex);
  return part;
}

Result<JsonPathParser::Part> JsonPathParser::parse_sum() {
  LK_TRY(Part left, parse_product());
  while (!left.is_predicate && (lexer_.is('+') || lexer_.is('-'))) {
    const JsonPathKind kind = lexer_.is('+') ? JsonPathKind::Add : JsonPathKind::Subtract;
    LK_CHECK(lexer_.advance());
    LK_TRY(const Part right, expect_expression(&JsonPathParser::parse_product));
    LK_TRY(left, add_expression(kind, left.head, right.head));
  }
  return left;
}

Result<JsonPathParser::Part> JsonPathParser::parse_product() {
  LK_TRY(Part left, parse_sign());
  while (!left.is_predicate && (lexer_.is('*') || lexer_.is('/') || lexer_.is('%'))) {
    const JsonPathKind kind = lexer_.is('*')   ? JsonPathKind::Multiply
                              : lexer_.is('/') ? JsonPathKind::Divide
                                               : JsonPathKind::Modulo;
    LK_CHECK(lexer_.advance());
    LK_TRY(const Part right, expect_expression(&JsonPathParser::parse_sign));
    LK_TRY(left, add_expression(kind, left.head, right.head));
  }
  return left;
}

Result<JsonPathParser::Part> JsonPathParser::parse_sign() {
  if (!lexer_.is('+') && !lexer_.is('-')) return parse_steps();
  const bool is_minus = lexer_.is('-');
  LK_CHECK(check_stack());
  LK_CHECK(lexer_.advance());
  LK_TRY(const Part operand, expect_expression(&JsonPathParser::parse_sign));
  JsonPathNode& number = node(operand.head);
  if (number.kind != JsonPathKind::Number || number.next != 0) {
    return add_expression(is_minus ? JsonPathKind::Minus : JsonPathKind::Plus, operand.head);
  }
  if (is_minus) {
    LK_TRY(const Numeric value, Numeric::parse(number.text));
    number.text = value.negate().text();
  }
  return operand;
}

Result<JsonPathParser::Part> JsonPathParser::parse_steps() {
  LK_TRY(Part part, parse_primary());
  for (;;) {
    if (lexer_.is('.')) {
      LK_CHECK(lexer_.advance());
      LK_TRY(const JsonPathIndex step, parse_member());
      append_step(part, step);
    } else if (lexer_.is('[')) {
      LK_TRY(const JsonPathIndex step, parse_subscript());
      append_step(part, step);
    } else if (lexer_.is('?')) {
      LK_TRY(const JsonPathIndex step, parse_filter());
      append_step(part, step);
    } else {
      return part;
    }
  }
}

Result<JsonPathParser::Part> JsonPathParser::parse_primary() {
  if (lexer_.is('(')) {
    LK_CHECK(lexer_.advance());
    LK_TRY(const Part inner, parse_any());
    LK_CHECK(take(')'));
    return inner;
  }
  JsonPathKind kind = JsonPathKind::Null;
  switch (lexer_.token()) {
    case JsonPathToken::Integer:
    case JsonPathToken::Decimal:
      return parse_number();
    case JsonPathToken::String:
    case JsonPathToken::Variable: {
      kind =
          lexer_.token() == JsonPathToken::String ? JsonPathKind::String : JsonPathKind::Variable;
      LK_TRY(std::string content, take_content());
      return add_text(kind, std::move(content));
    }
    default:
      break;
  }
  if (lexer_.is('$')) {
    kind = JsonPathKind::Root;
  } else if (lexer_.is('@')) {
    kind = JsonPathKind::Current;
    if (filters_ == 0) misplace("@ is not allowed in root expressions");
  } else if (lexer_.is(JsonPathWord::Last)) {
    kind = JsonPathKind::Last;
    if (subscripts_ == 0) misplace("LAST is allowed only in array subscripts");
  } else if (lexer_.is(JsonPathWord::True)) {
    kind = JsonPathKind::True;
  } else if (lexer_.is(JsonPathWord::False)) {
    kind = JsonPathKind::False;
  } else if (!lexer_.is(JsonPathWord::Null)) {
    return lexer_.syntax_error();
  }
  LK_CHECK(lexer_.advance());
  return single(add(kind));
}

Result<JsonPathParser::Part> JsonPathParser::parse_number() {
  LK_TRY(const Numeric value, Numeric::parse(lexer_.content()));
  LK_CHECK(lexer_.advance());
  return add_text(JsonPathKind::Number, value.text());
}

Result<JsonPathIndex> JsonPathParser::parse_member() {
  if (lexer_.is('*')) {
    LK_CHECK(lexer_.advance());
    return add(JsonPathKind::AnyKey);
  }
  if (lexer_.token() == JsonPathToken::AnyLevel) return parse_levels();
  const bool is_word = lexer_.token() == JsonPathToken::Word;
  if (!is_word && lexer_.token() != JsonPathToken::String) return lexer_.syntax_error();
  const JsonPathKind method = is_word ? method_of(lexer_.word()) : JsonPathKind::Null;
  LK_TRY(std::string name, take_content());
  if (method != JsonPathKind::Null && lexer_.is('(')) return parse_method(method);
  return add_text(JsonPathKind::Key, std::move(name)).head;
}

Result<JsonPathIndex> JsonPathParser::parse_method(JsonPathKind kind) {
  LK_CHECK(take('('));
  const JsonPathIndex index = add(kind);
  if (kind == JsonPathKind::DateTime && lexer_.token() == JsonPathToken::String) {
    LK_TRY(std::string format, take_content());
    node(index).left = add_text(JsonPathKind::String, std::move(format)).head;
  }
  LK_CHECK(take(')'));
  return index;
}

Result<std::uint32_t> JsonPathParser::parse_level() {
  if (lexer_.is(JsonPathWord::Last)) {
    LK_CHECK(lexer_.advance());
    return kJsonPathLevelLast;
  }
  if (lexer_.token() != JsonPathToken::Integer) return lexer_.syntax_error();
  LK_TRY(const std::int64_t level, io::parse_integer(oid::kInt4, lexer_.content()));
  LK_CHECK(lexer_.advance());
  return static_cast<std::uint32_t>(level);
}

Result<JsonPathIndex> JsonPathParser::parse_levels() {
  LK_CHECK(lexer_.advance());
  std::uint32_t first = 0;
  std::uint32_t last = kJsonPathLevelLast;
  if (lexer_.is('{')) {
    LK_CHECK(lexer_.advance());
    LK_TRY(first, parse_level());
    last = first;
    if (lexer_.is(JsonPathWord::To)) {
      LK_CHECK(lexer_.advance());
      LK_TRY(last, parse_level());
    }
    LK_CHECK(take('}'));
  }
  const JsonPathIndex index = add(JsonPathKind::AnyLevel);
  node(index).first_level = first;
  node(index).last_level = last;
  return index;
}

Result<JsonPathIndex> JsonPathParser::parse_subscript() {
  LK_CHECK(lexer_.advance());
  if (lexer_.is('*')) {
    LK_CHECK(lexer_.advance());
    LK_CHECK(take(']'));
    return add(JsonPathKind::AnyElement);
  }
  LK_CHECK(check_stack());
  ++subscripts_;
  std::vector<JsonPathNode::Range> ranges;
  std::uint32_t height = 0;
  for (;;) {
    LK_TRY(const Part from, expect_expression(&JsonPathParser::parse_sum));
    ranges.push_back({from.head, 0});
    height = std::max(height, node(from.head).height);
    if (lexer_.is(JsonPathWord::To)) {
      LK_CHECK(lexer_.advance());
      LK_TRY(const Part to, expect_expression(&JsonPathParser::parse_sum));
      ranges.back().to = to.head;
      height = std::max(height, node(to.head).height);
    }
    if (!lexer_.is(',')) break;
    LK_CHECK(lexer_.advance());
  }
  LK_CHECK(take(']'));
  --subscripts_;
  const JsonPathIndex index = add(JsonPathKind::Subscript);
  node(index).ranges = std::move(ranges);
  node(index).height = height + 1;
  if (height >= kHeightMax) return too_complex();
  return index;
}

Result<JsonPathIndex> JsonPathParser::parse_filter() {
  LK_CHECK(lexer_.advance());
  LK_CHECK(take('('));
  ++filters_;
  LK_TRY(const Part condition, expect_predicate(&JsonPathParser::parse_any));
  --filters_;
  LK_CHECK(take(')'));
  return add_operator(JsonPathKind::Filter, condition.head, 0);
}

Result<JsonPath> JsonPath::parse(Bytes text) { return JsonPathParser(text).parse(); }

}  // namespace latchkey::sql
