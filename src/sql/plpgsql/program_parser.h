#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "sql/plpgsql/lexer.h"
#include "sql/plpgsql/parser.h"

namespace latchkey::sql::plpgsql {

/// Reads one body of PL/pgSQL from its first token to its last; see parse_program.
///
/// Recursive, as deep as blocks and loops nest, which it bounds.
class ProgramParser {
 public:
  ProgramParser(Bytes source, const ProgramShape& shape, const bind::BindContext& context)
      : source_(source), shape_(shape), context_(context) {}
  Result<std::shared_ptr<Program>> run();

 private:
  using StatementPtr = std::unique_ptr<Statement>;
  using Words = std::initializer_list<Bytes>;

  // program_parser.cc: tokens, names, SQL.
  const Token& token(std::size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  bool at_end() const { return token().kind == TokenKind::End; }
  bool accept(Bytes word);
  bool accept_symbol(Bytes symbol);
  Result<void> expect(Bytes word);
  Result<void> expect_symbol(Bytes symbol);
  Result<std::string> expect_name();
  Error syntax_error() const;
  Error error(std::string message) const;
  int line_of(const Token& at) const;
  int line() const { return line_of(token()); }

  int add_variable(Variable variable);
  int add_scalar(const std::string& name, Oid type);
  Names& open_scope(std::string label);
  const Names* seen_so_far(const Names& scope);
  void close_scope() { names_ = const_cast<Names*>(names_->outer); }
  void name_variable(const std::string& name, int variable) {
    names_->variables.emplace_back(name, variable);
  }
  /// The variable that the tokens from here on name, and how many tokens that are.
  Lookup variable_here(std::size_t& token_count) const;
  int field_of(int record, const std::string& name);

  /// The text up to one of these words or symbols outside of parentheses, which stays.
  Result<std::string> text_until(Words ends);
  Result<Query> expression_until(Words ends);
  Result<Query> statement_query(std::string text);
  Result<std::vector<Query>> expressions_until(Words ends);
  Result<Target> target();
  Result<std::vector<Target>> targets();

  // program_parser.cc: declarations.
  Result<void> declare_arguments();
  void declare_trigger_variables();
  Result<void> declarations(Statement& block);
  Result<void> declaration(Statement& block);
  Result<void> cursor_declaration(const std::string& name, Statement& block, bool is_scroll);
  struct NamedType {
    Oid type = Oid::None;
    std::int32_t typmod = -1;
    Oid table = Oid::None;
    bool is_record = false;
  };
  Result<NamedType> type_until(Words ends);
  Result<NamedType> reference_type(std::span<const Token> words, bool is_row);

  // program_parser_statements.cc
  Result<void> statements_until(Words ends, Statements& into);
  Result<StatementPtr> statement();
  Result<StatementPtr> block(std::string label);
  Result<void> exception_section(Statement& block);
  Result<StatementPtr> if_statement();
  Result<StatementPtr> case_statement();
  Result<StatementPtr> loop_body(StatementPtr loop);
  Result<StatementPtr> for_statement(std::string label);
  Result<StatementPtr> for_integer(StatementPtr loop, const std::string& name, bool is_reverse);
  Result<StatementPtr> foreach_statement(std::string label);
  Result<StatementPtr> exit_statement();
  Result<StatementPtr> return_statement();
  Result<StatementPtr> raise_statement();
  Result<void> raise_using(Statement& raise);
  Result<StatementPtr> assert_statement();
  Result<StatementPtr> perform_statement();
  Result<StatementPtr> execute_statement();
  Result<StatementPtr> diagnostics_statement();
  Result<StatementPtr> open_statement();
  Result<StatementPtr> fetch_statement(bool is_move);
  Result<StatementPtr> close_statement();
  Result<StatementPtr> sql_statement();
  Result<StatementPtr> assignment();
  Result<int> cursor_variable();
  StatementPtr make(StatementKind kind) const;

  const Bytes source_;
  const ProgramShape& shape_;
  const bind::BindContext& context_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::shared_ptr<Program> program_;
  Names* names_ = nullptr;
  int depth_ = 0;
};

}  // namespace latchkey::sql::plpgsql
