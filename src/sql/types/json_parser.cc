#include "sql/types/json_parser.h"

namespace latchkey::sql {

Result<JsonEvent> JsonParser::next() {
  depth_ = in_object_.size();
  switch (expect_) {
    case Expect::Start: {
      LK_CHECK(lexer_.advance());
      return value();
    }
    case Expect::Value:
      return value();
    case Expect::FirstElement:
      LK_CHECK(lexer_.advance());
      return lexer_.token() == JsonToken::ArrayEnd ? container_end(JsonEvent::ArrayEnd) : value();
    case Expect::FirstKey:
      LK_CHECK(lexer_.advance());
      if (lexer_.token() == JsonToken::ObjectEnd) return container_end(JsonEvent::ObjectEnd);
      if (lexer_.token() == JsonToken::String) return key();
      return lexer_.unexpected("Expected string or \"}\"");
    case Expect::NextKey:
      if (lexer_.token() == JsonToken::String) return key();
      return lexer_.unexpected("Expected string");
    case Expect::Next:
      return after_value();
    case Expect::Nothing:
      return JsonEvent::End;
  }
  return JsonEvent::End;
}

void JsonParser::remember_token() {
  begin_ = lexer_.begin();
  end_ = lexer_.end();
}

Result<JsonEvent> JsonParser::value() {
  switch (lexer_.token()) {
    case JsonToken::ObjectBegin:
      return container_begin(JsonEvent::ObjectBegin);
    case JsonToken::ArrayBegin:
      return container_begin(JsonEvent::ArrayBegin);
    case JsonToken::String:
      string_ = lexer_.take_string(held_);
      return scalar(JsonKind::String);
    case JsonToken::Number:
      return scalar(JsonKind::Number);
    case JsonToken::True:
      return scalar(JsonKind::True);
    case JsonToken::False:
      return scalar(JsonKind::False);
    case JsonToken::Null:
      return scalar(JsonKind::Null);
    default:
      return lexer_.unexpected("Expected JSON value");
  }
}

Result<JsonEvent> JsonParser::scalar(JsonKind kind) {
  remember_token();
  kind_ = kind;
  expect_ = Expect::Next;
  LK_CHECK(lexer_.advance());
  return JsonEvent::Scalar;
}

Result<JsonEvent> JsonParser::container_begin(JsonEvent event) {
  if (in_object_.size() >= kJsonDepthMax) {
    return Error(ErrorCode::TooComplex, "stack depth limit exceeded");
  }
  remember_token();
  const bool is_object = event == JsonEvent::ObjectBegin;
  in_object_.push_back(is_object);
  depth_ = in_object_.size();
  expect_ = is_object ? Expect::FirstKey : Expect::FirstElement;
  return event;
}

Result<JsonEvent> JsonParser::container_end(JsonEvent event) {
  remember_token();
  in_object_.pop_back();
  expect_ = Expect::Next;
  LK_CHECK(lexer_.advance());
  return event;
}

Result<JsonEvent> JsonParser::key() {
  remember_token();
  string_ = lexer_.take_string(held_);
  LK_CHECK(lexer_.advance());
  if (lexer_.token() != JsonToken::Colon) return lexer_.unexpected("Expected \":\"");
  LK_CHECK(lexer_.advance());
  expect_ = Expect::Value;
  return JsonEvent::Key;
}

Result<JsonEvent> JsonParser::after_value() {
  if (in_object_.empty()) {
    if (lexer_.token() != JsonToken::End) return lexer_.unexpected("Expected end of input");
    expect_ = Expect::Nothing;
    return JsonEvent::End;
  }
  const bool is_object = in_object_.back();
  if (lexer_.token() == (is_object ? JsonToken::ObjectEnd : JsonToken::ArrayEnd)) {
    return container_end(is_object ? JsonEvent::ObjectEnd : JsonEvent::ArrayEnd);
  }
  if (lexer_.token() != JsonToken::Comma) {
    return lexer_.unexpected(is_object ? "Expected \",\" or \"}\"" : "Expected \",\" or \"]\"");
  }
  LK_CHECK(lexer_.advance());
  expect_ = is_object ? Expect::NextKey : Expect::Value;
  return next();
}

Result<std::size_t> JsonParser::skip_value(JsonEvent event) {
  if (event == JsonEvent::Scalar) return end_;
  const std::size_t depth = depth_;
  for (;;) {
    LK_TRY(const JsonEvent part, next());
    const bool is_end = part == JsonEvent::ArrayEnd || part == JsonEvent::ObjectEnd;
    if (is_end && depth_ == depth) return end_;
  }
}

}  // namespace latchkey::sql
