#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "latchkey/result.h"

namespace latchkey::sql::plpgsql {

enum class TokenKind : std::uint8_t { Word, QuotedWord, Number, Text, Parameter, Symbol, End };

/// One token of SQL or PL/pgSQL.
struct Token {
  TokenKind kind = TokenKind::End;
  std::string text;       ///< a word in small letters, a quoted one or a text without its quotes
  std::size_t begin = 0;  ///< bytes in the source
  std::size_t end = 0;

  /// A keyword, written in any case but never in quotes.
  bool is(Bytes word) const { return kind == TokenKind::Word && text == word; }
  bool is_symbol(Bytes symbol) const { return kind == TokenKind::Symbol && text == symbol; }
  bool is_name() const { return kind == TokenKind::Word || kind == TokenKind::QuotedWord; }
};

/// The tokens of a text, the last one of kind End.
/// Errors: SyntaxError for a text, a name or a comment without an end.
Result<std::vector<Token>> tokens_of(Bytes source);

}  // namespace latchkey::sql::plpgsql
