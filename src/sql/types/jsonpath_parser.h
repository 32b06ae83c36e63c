#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "sql/types/json_stack.h"
#include "sql/types/jsonpath.h"
#include "sql/types/jsonpath_lexer.h"

namespace latchkey::sql {

/// A parser by recursive descent. What it reads is an expression, which finds values, or a
/// predicate, which is true, false or unknown; few places take either.
class JsonPathParser {
 public:
  explicit JsonPathParser(Bytes text) : text_(text), lexer_(text) {}

  Result<JsonPath> parse();

 private:
  /// An expression with its steps, or a predicate, which has none.
  struct Part {
    JsonPathIndex head;
    JsonPathIndex tail;  ///< the last step
    bool is_predicate;
  };
  using Rule = Result<Part> (JsonPathParser::*)();

  // From what binds loosely to what binds tightly.
  Result<Part> parse_any();
  Result<Part> parse_and();
  Result<Part> parse_predicate();
  Result<Part> parse_sum();
  Result<Part> parse_product();
  Result<Part> parse_sign();
  Result<Part> parse_steps();
  Result<Part> parse_primary();

  Result<Part> parse_delimited();
  Result<Part> parse_exists();
  Result<Part> parse_starts_with(Part left);
  Result<Part> parse_like_regex(Part left);
  Result<JsonPathIndex> parse_member();
  Result<JsonPathIndex> parse_method(JsonPathKind kind);
  Result<JsonPathIndex> parse_levels();
  Result<std::uint32_t> parse_level();
  Result<JsonPathIndex> parse_subscript();
  Result<JsonPathIndex> parse_filter();
  Result<Part> parse_number();

  /// What the rule reads, if it is an expression, or a predicate.
  Result<Part> expect(Rule rule, bool is_predicate) {
    LK_TRY(const Part part, (this->*rule)());
    if (part.is_predicate != is_predicate) return lexer_.syntax_error();
    return part;
  }
  Result<Part> expect_expression(Rule rule) { return expect(rule, false); }
  Result<Part> expect_predicate(Rule rule) { return expect(rule, true); }

  Result<void> take(char symbol) {
    if (!lexer_.is(symbol)) return lexer_.syntax_error();
    return lexer_.advance();
  }
  Result<void> take(JsonPathWord word) {
    if (!lexer_.is(word)) return lexer_.syntax_error();
    return lexer_.advance();
  }
  /// The content of the token, which is then passed.
  Result<std::string> take_content() {
    std::string content = lexer_.content();
    LK_CHECK(lexer_.advance());
    return content;
  }
  Result<std::string> take_string() {
    if (lexer_.token() != JsonPathToken::String) return lexer_.syntax_error();
    return take_content();
  }
  /// The first of these errors is told when nothing else is wrong.
  void misplace(const char* message) {
    if (!misplaced_.has_value()) misplaced_ = Error(ErrorCode::SyntaxError, message);
  }

  JsonPathNode& node(JsonPathIndex index) { return path_.nodes_[index]; }
  JsonPathIndex add(JsonPathKind kind) {
    path_.nodes_.emplace_back().kind = kind;
    return static_cast<JsonPathIndex>(path_.nodes_.size() - 1);
  }
  static Part single(JsonPathIndex index) { return {index, index, false}; }
  Part add_text(JsonPathKind kind, std::string text) {
    const JsonPathIndex index = add(kind);
    node(index).text = std::move(text);
    return single(index);
  }
  Result<JsonPathIndex> add_operator(JsonPathKind kind, JsonPathIndex left, JsonPathIndex right);
  Result<Part> add_expression(JsonPathKind kind, JsonPathIndex left, JsonPathIndex right = 0) {
    LK_TRY(const JsonPathIndex index, add_operator(kind, left, right));
    return single(index);
  }
  Result<Part> add_predicate(JsonPathKind kind, JsonPathIndex left, JsonPathIndex right = 0) {
    LK_TRY(const JsonPathIndex index, add_operator(kind, left, right));
    return Part{index, index, true};
  }
  void append_step(Part& part, JsonPathIndex step) {
    node(part.tail).next = step;
    part.tail = step;
    // The head stands for all its steps where it is an operand.
    node(part.head).height = std::max(node(part.head).height, node(step).height);
    part.is_predicate = false;
  }

  /// The parser recurses about seven functions deep for each bracket.
  Result<void> check_stack() const {
    return stack_.is_spent() ? Result<void>(too_complex()) : Result<void>();
  }
  static Error too_complex() { return Error(ErrorCode::TooComplex, "stack depth limit exceeded"); }

  const StackGuard stack_;
  const Bytes text_;
  JsonPathLexer lexer_;
  JsonPath path_;
  std::optional<Error> misplaced_;
  int filters_ = 0;  // around the token
  int subscripts_ = 0;
};

}  // namespace latchkey::sql
