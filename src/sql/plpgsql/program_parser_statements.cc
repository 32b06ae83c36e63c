#include <fmt/format.h>

#include <algorithm>

#include "sql/plpgsql/conditions.h"
#include "sql/plpgsql/program_parser.h"

namespace latchkey::sql::plpgsql {

namespace {

constexpr int kNestingMax = 500;

bool is_reserved(const Token& token) {
  constexpr std::string_view kWords[] = {
      "begin", "by",   "case",  "declare", "else",  "elsif", "elseif",  "end", "exception",
      "for",   "from", "if",    "in",      "into",  "loop",  "null",    "or",  "strict",
      "then",  "to",   "using", "when",    "while", "all",   "foreach", "not", "execute",
  };
  return token.kind == TokenKind::Word &&
         std::find(std::begin(kWords), std::end(kWords), token.text) != std::end(kWords);
}

}  // namespace

std::unique_ptr<Statement> ProgramParser::make(StatementKind kind) const {
  auto statement = std::make_unique<Statement>();
  statement->kind = kind;
  statement->line = line();
  return statement;
}

Result<void> ProgramParser::statements_until(Words ends, Statements& into) {
  for (;;) {
    if (at_end()) return syntax_error();
    const bool is_end =
        std::any_of(ends.begin(), ends.end(), [&](Bytes word) { return token().is(word); });
    if (is_end) return {};
    LK_TRY(StatementPtr each, statement());
    into.push_back(std::move(each));
  }
}

Result<std::unique_ptr<Statement>> ProgramParser::statement() {
  if (depth_ > kNestingMax) {
    return Error(ErrorCode::TooComplex, "stack depth limit exceeded")
        .with_hint("The blocks of a routine nest too deeply.");
  }
  std::string label;
  if (accept_symbol("<<")) {
    LK_TRY(label, expect_name());
    LK_CHECK(expect_symbol(">>"));
  }
  const Token& first = token();
  if (first.is("declare") || first.is("begin")) {
    LK_TRY(StatementPtr inner, block(std::move(label)));
    LK_CHECK(expect_symbol(";"));
    return inner;
  }
  if (first.is("loop")) {
    StatementPtr loop = make(StatementKind::Loop);
    loop->label = label;
    open_scope(label).is_loop = true;
    return loop_body(std::move(loop));
  }
  if (first.is("while")) {
    StatementPtr loop = make(StatementKind::While);
    ++at_;
    loop->label = label;
    open_scope(label).is_loop = true;
    LK_TRY(loop->condition, expression_until({"loop"}));
    return loop_body(std::move(loop));
  }
  if (first.is("for")) return for_statement(std::move(label));
  if (first.is("foreach")) return foreach_statement(std::move(label));
  if (!label.empty()) return syntax_error();
  std::size_t count = 0;
  const bool is_variable = first.is_name() && variable_here(count).variable >= 0;
  // A variable may have the name of a statement that is no reserved word.
  const Token& behind = token(1);
  const bool assigns = is_variable && (behind.is_symbol(":=") || behind.is_symbol("=") ||
                                       behind.is_symbol("[") || behind.is_symbol("."));
  if (assigns) return assignment();
  if (first.is("if")) return if_statement();
  if (first.is("case")) return case_statement();
  if (first.is("exit") || first.is("continue")) return exit_statement();
  if (first.is("return")) return return_statement();
  if (first.is("raise")) return raise_statement();
  if (first.is("assert")) return assert_statement();
  if (first.is("perform")) return perform_statement();
  if (first.is("execute")) return execute_statement();
  if (first.is("get")) return diagnostics_statement();
  if (first.is("open")) return open_statement();
  if (first.is("fetch")) return fetch_statement(false);
  if (first.is("move")) return fetch_statement(true);
  if (first.is("close")) return close_statement();
  if (first.is("null") && behind.is_symbol(";")) {
    StatementPtr nothing = make(StatementKind::Null);
    at_ += 2;
    return nothing;
  }
  if (first.is("commit") || first.is("rollback")) {
    StatementPtr end = make(StatementKind::Commit);
    LK_CHECK(text_until({";"}));
    LK_CHECK(expect_symbol(";"));
    return end;
  }
  if (first.is_name() && (behind.is_symbol(":=") || behind.is_symbol("="))) {
    return error(fmt::format("\"{}\" is not a known variable", first.text));
  }
  if (is_reserved(first) || !first.is_name()) {
    if (!first.is_symbol("(")) return syntax_error();
  }
  return sql_statement();
}

Result<std::unique_ptr<Statement>> ProgramParser::block(std::string label) {
  ++depth_;
  StatementPtr whole = make(StatementKind::Block);
  whole->label = label;
  open_scope(label);
  LK_CHECK(declarations(*whole));
  whole->line = line();
  LK_CHECK(expect("begin"));
  LK_CHECK(statements_until({"end", "exception"}, whole->body));
  if (token().is("exception")) LK_CHECK(exception_section(*whole));
  LK_CHECK(expect("end"));
  if (token().is_name()) {
    const std::string name = token().text;
    if (label.empty()) {
      return error(fmt::format("end label \"{}\" specified for unlabeled block", name));
    }
    if (name != label) {
      return error(fmt::format("end label \"{}\" differs from block's label \"{}\"", name, label));
    }
    ++at_;
  }
  close_scope();
  --depth_;
  return whole;
}

Result<void> ProgramParser::exception_section(Statement& whole) {
  ++at_;
  open_scope("");
  whole.state_variable = add_scalar("sqlstate", oid::kText);
  whole.message_variable = add_scalar("sqlerrm", oid::kText);
  for (const int variable : {whole.state_variable, whole.message_variable}) {
    program_->variables[static_cast<std::size_t>(variable)].is_constant = true;
  }
  name_variable("sqlstate", whole.state_variable);
  name_variable("sqlerrm", whole.message_variable);
  if (!token().is("when")) return syntax_error();
  while (accept("when")) {
    Handler handler;
    do {
      LK_TRY(const std::string name, expect_name());
      if (name == "sqlstate") {
        if (token().kind != TokenKind::Text) return syntax_error();
        const std::string state = tokens_[at_++].text;
        if (!is_sqlstate(state)) return error("invalid SQLSTATE code");
        handler.conditions.push_back({state, false});
      } else if (name == "others") {
        handler.conditions.push_back({"", true});
      } else {
        const auto states = sqlstates_of(name);
        if (states.empty()) {
          return Error(ErrorCode::ObjectMissing,
                       fmt::format("unrecognized exception condition \"{}\"", name));
        }
        for (const std::string_view state : states) {
          handler.conditions.push_back({std::string(state), false});
        }
      }
    } while (accept("or"));
    LK_CHECK(expect("then"));
    LK_CHECK(statements_until({"when", "end"}, handler.body));
    whole.handlers.push_back(std::move(handler));
  }
  close_scope();
  return {};
}

Result<std::unique_ptr<Statement>> ProgramParser::assignment() {
  StatementPtr statement = make(StatementKind::Assign);
  LK_TRY(Target to, target());
  statement->targets.push_back(std::move(to));
  if (!accept_symbol(":=")) LK_CHECK(expect_symbol("="));
  LK_TRY(statement->query, expression_until({";"}));
  LK_CHECK(expect_symbol(";"));
  return statement;
}

Result<std::unique_ptr<Statement>> ProgramParser::if_statement() {
  ++depth_;
  StatementPtr whole = make(StatementKind::If);
  do {
    ++at_;
    Branch branch;
    LK_TRY(branch.condition, expression_until({"then"}));
    LK_CHECK(expect("then"));
    LK_CHECK(statements_until({"elsif", "elseif", "else", "end"}, branch.body));
    whole->branches.push_back(std::move(branch));
  } while (token().is("elsif") || token().is("elseif"));
  if (accept("else")) {
    whole->otherwise.emplace();
    LK_CHECK(statements_until({"end"}, *whole->otherwise));
  }
  LK_CHECK(expect("end"));
  LK_CHECK(expect("if"));
  LK_CHECK(expect_symbol(";"));
  --depth_;
  return whole;
}

Result<std::unique_ptr<Statement>> ProgramParser::case_statement() {
  ++depth_;
  StatementPtr whole = make(StatementKind::Case);
  ++at_;
  std::string subject;
  open_scope("");
  if (!token().is("when")) {
    LK_TRY(whole->query, expression_until({"when"}));
    // Its value gets a name that no one else can write.
    subject = fmt::format("__Case__Variable_{}__", program_->variables.size());
    whole->variable = add_scalar(subject, oid::kInt4);
    name_variable(subject, whole->variable);
  }
  while (accept("when")) {
    Branch branch;
    if (subject.empty()) {
      LK_TRY(branch.condition, expression_until({"then"}));
    } else {
      LK_TRY(const std::string values, text_until({"then"}));
      branch.condition.text = std::make_unique<SqlText>(
          SqlText::expression(fmt::format("\"{}\" IN ({})", subject, values)));
      branch.condition.names = names_;
      LK_CHECK(branch.condition.text->parse());
    }
    LK_CHECK(expect("then"));
    LK_CHECK(statements_until({"when", "else", "end"}, branch.body));
    whole->branches.push_back(std::move(branch));
  }
  if (accept("else")) {
    whole->otherwise.emplace();
    LK_CHECK(statements_until({"end"}, *whole->otherwise));
  }
  close_scope();
  LK_CHECK(expect("end"));
  LK_CHECK(expect("case"));
  LK_CHECK(expect_symbol(";"));
  --depth_;
  return whole;
}

/// LOOP .. END LOOP, and the end of the scope that the loop has opened.
Result<std::unique_ptr<Statement>> ProgramParser::loop_body(StatementPtr loop) {
  ++depth_;
  LK_CHECK(expect("loop"));
  LK_CHECK(statements_until({"end"}, loop->body));
  LK_CHECK(expect("end"));
  LK_CHECK(expect("loop"));
  if (token().is_name()) {
    const std::string name = token().text;
    if (loop->label.empty()) {
      return error(fmt::format("end label \"{}\" specified for unlabeled block", name));
    }
    if (name != loop->label) {
      return error(
          fmt::format("end label \"{}\" differs from block's label \"{}\"", name, loop->label));
    }
    ++at_;
  }
  LK_CHECK(expect_symbol(";"));
  close_scope();
  --depth_;
  return loop;
}

Result<std::unique_ptr<Statement>> ProgramParser::for_integer(StatementPtr loop,
                                                              const std::string& name,
                                                              bool is_reverse) {
  loop->kind = StatementKind::ForInteger;
  loop->is_reverse = is_reverse;
  LK_TRY(Query lower, expression_until({".."}));
  LK_CHECK(expect_symbol(".."));
  LK_TRY(Query upper, expression_until({"by", "loop"}));
  loop->queries.push_back(std::move(lower));
  loop->queries.push_back(std::move(upper));
  if (accept("by")) {
    LK_TRY(Query step, expression_until({"loop"}));
    loop->queries.push_back(std::move(step));
  }
  loop->variable = add_scalar(name, oid::kInt4);
  name_variable(name, loop->variable);
  return loop_body(std::move(loop));
}

Result<std::unique_ptr<Statement>> ProgramParser::for_statement(std::string label) {
  StatementPtr loop = make(StatementKind::ForQuery);
  loop->label = label;
  ++at_;
  open_scope(label).is_loop = true;
  const std::size_t variable_at = at_;
  const std::string name = token().text;
  if (!token().is_name()) return syntax_error();
  // Whether it is a range of integers can be seen from its two dots.
  std::size_t in = at_;
  while (in < tokens_.size() && !tokens_[in].is("in") && !tokens_[in].is_symbol(";")) ++in;
  if (in >= tokens_.size() || !tokens_[in].is("in")) return syntax_error();
  bool is_range = false;
  int open = 0;
  for (std::size_t i = in + 1; i < tokens_.size() && !is_range; ++i) {
    const Token& here = tokens_[i];
    if (here.is("loop") || here.is_symbol(";")) break;
    if (here.is_symbol("(") || here.is_symbol("[")) ++open;
    if (here.is_symbol(")") || here.is_symbol("]")) --open;
    is_range = open == 0 && here.is_symbol("..");
  }
  if (is_range) {
    at_ = in + 1;
    if (in != variable_at + 1) {
      return error("integer FOR loop must have only one target variable");
    }
    const bool is_reverse = accept("reverse");
    return for_integer(std::move(loop), name, is_reverse);
  }
  std::size_t count = 0;
  const Lookup found = variable_here(count);
  const bool is_cursor_loop = tokens_[in + 1].is_name() && !tokens_[in + 1].is("execute") && [&] {
    const Lookup cursor = look_up(names_, std::vector<std::string>{tokens_[in + 1].text});
    return cursor.variable >= 0 &&
           program_->variables[static_cast<std::size_t>(cursor.variable)].type == oid::kRefcursor;
  }();
  if (is_cursor_loop) {
    at_ = in + 1;
    LK_TRY(const int cursor, cursor_variable());
    if (!program_->variables[static_cast<std::size_t>(cursor)].cursor_query) {
      return error("cursor FOR loop must use a bound cursor variable");
    }
    if (accept_symbol("(")) {
      LK_TRY(loop->queries, expressions_until({")"}));
      LK_CHECK(expect_symbol(")"));
    }
    loop->variable = cursor;
    // The row's variable is the loop's own.
    Variable record;
    record.kind = VariableKind::Record;
    record.name = name;
    record.type = oid::kRecord;
    const int number = add_variable(std::move(record));
    name_variable(name, number);
    loop->targets.push_back({number, {}});
    return loop_body(std::move(loop));
  }
  if (found.variable < 0) {
    return error(
        "loop variable of loop over rows must be a record variable or list of scalar variables");
  }
  LK_TRY(loop->targets, targets());
  LK_CHECK(expect("in"));
  if (accept("execute")) {
    loop->is_dynamic = true;
    LK_TRY(loop->query, expression_until({"using", "loop"}));
    if (accept("using")) {
      LK_TRY(loop->queries, expressions_until({"loop"}));
    }
  } else {
    LK_TRY(std::string text, text_until({"loop"}));
    if (text.empty()) return syntax_error();
    LK_TRY(loop->query, statement_query(std::move(text)));
  }
  return loop_body(std::move(loop));
}

Result<std::unique_ptr<Statement>> ProgramParser::foreach_statement(std::string label) {
  StatementPtr loop = make(StatementKind::ForEach);
  loop->label = label;
  ++at_;
  open_scope(label).is_loop = true;
  LK_TRY(loop->targets, targets());
  if (accept("slice")) {
    if (token().kind != TokenKind::Number) return syntax_error();
    loop->slice = std::atoi(tokens_[at_++].text.c_str());
  }
  LK_CHECK(expect("in"));
  LK_CHECK(expect("array"));
  LK_TRY(loop->query, expression_until({"loop"}));
  return loop_body(std::move(loop));
}

Result<std::unique_ptr<Statement>> ProgramParser::exit_statement() {
  StatementPtr statement = make(StatementKind::Exit);
  statement->is_continue = token().is("continue");
  ++at_;
  const Names* target = nullptr;
  if (token().is_name() && !token().is("when")) {
    statement->label = tokens_[at_++].text;
    for (const Names* at = names_; at != nullptr && target == nullptr; at = at->outer) {
      if (at->label == statement->label) target = at;
    }
    if (target == nullptr || target->outer == nullptr) {
      return error(
          fmt::format("there is no label \"{}\" attached to any block or loop enclosing "
                      "this statement",
                      statement->label));
    }
    if (statement->is_continue && !target->is_loop) {
      return error(fmt::format("block label \"{}\" cannot be used in CONTINUE", statement->label));
    }
  } else {
    for (const Names* at = names_; at != nullptr && target == nullptr; at = at->outer) {
      if (at->is_loop) target = at;
    }
    if (target == nullptr) {
      return error(statement->is_continue ? "CONTINUE cannot be used outside a loop"
                                          : "EXIT cannot be used outside a loop, unless it has a "
                                            "label");
    }
  }
  if (accept("when")) {
    LK_TRY(statement->condition, expression_until({";"}));
  }
  LK_CHECK(expect_symbol(";"));
  return statement;
}

Result<std::unique_ptr<Statement>> ProgramParser::return_statement() {
  StatementPtr statement = make(StatementKind::Return);
  ++at_;
  const Routine* const routine = shape_.routine;
  const auto mismatch = [](std::string message) {
    return Error(ErrorCode::TypeMismatch, std::move(message));
  };
  const bool returns_set = routine != nullptr && routine->returns_set;
  if (token().is("next") || (token().is("query") && !token(1).is_symbol(";"))) {
    const bool is_next = token().is("next");
    ++at_;
    if (!returns_set) {
      return mismatch(is_next ? "cannot use RETURN NEXT in a non-SETOF function"
                              : "cannot use RETURN QUERY in a non-SETOF function");
    }
    statement->kind = is_next ? StatementKind::ReturnNext : StatementKind::ReturnQuery;
    if (is_next) {
      if (!token().is_symbol(";")) {
        if (!program_->output_variables.empty()) {
          return mismatch("RETURN NEXT cannot have a parameter in function with OUT parameters");
        }
        LK_TRY(statement->query, expression_until({";"}));
      } else if (program_->output_variables.empty()) {
        return syntax_error();
      }
    } else if (accept("execute")) {
      statement->is_dynamic = true;
      LK_TRY(statement->query, expression_until({"using", ";"}));
      if (accept("using")) {
        LK_TRY(statement->queries, expressions_until({";"}));
      }
    } else {
      LK_TRY(std::string text, text_until({";"}));
      LK_TRY(statement->query, statement_query(std::move(text)));
    }
    LK_CHECK(expect_symbol(";"));
    return statement;
  }
  if (accept_symbol(";")) {
    const bool needs_value = routine != nullptr && !routine->is_procedure() && !returns_set &&
                             routine->result != oid::kVoid && program_->output_variables.empty();
    if (needs_value) {
      --at_;
      return error("missing expression at or near \";\"");
    }
    return statement;
  }
  if (returns_set) {
    return mismatch("RETURN cannot have a parameter in function returning set")
        .with_hint("Use RETURN NEXT or RETURN QUERY.");
  }
  if (routine == nullptr || routine->result == oid::kVoid) {
    if (routine != nullptr && routine->is_procedure()) {
      return error("RETURN cannot have a parameter in a procedure").with([](ErrorDetails& details) {
        details.sqlstate = "42804";
      });
    }
    return mismatch("RETURN cannot have a parameter in function returning void");
  }
  if (!program_->output_variables.empty()) {
    return mismatch(routine->is_procedure()
                        ? "RETURN cannot have a parameter in a procedure"
                        : "RETURN cannot have a parameter in function with OUT parameters");
  }
  LK_TRY(statement->query, expression_until({";"}));
  LK_CHECK(expect_symbol(";"));
  return statement;
}

Result<std::unique_ptr<Statement>> ProgramParser::raise_statement() {
  StatementPtr raise = make(StatementKind::Raise);
  ++at_;
  raise->is_exception = true;
  struct Level {
    Bytes word;
    Severity severity;
  };
  if (accept_symbol(";")) {
    raise->is_rethrow = true;
    return raise;
  }
  accept("exception");
  for (const Level& level :
       {Level{"debug", Severity::Debug}, Level{"log", Severity::Log}, Level{"info", Severity::Info},
        Level{"notice", Severity::Notice}, Level{"warning", Severity::Warning}}) {
    if (!accept(level.word)) continue;
    raise->is_exception = false;
    raise->severity = level.severity;
    break;
  }
  if (token().kind == TokenKind::Text) {
    raise->message = tokens_[at_++].text;
    if (accept_symbol(",")) {
      LK_TRY(raise->queries, expressions_until({";", "using"}));
    }
    std::size_t wanted = 0;
    for (std::size_t i = 0; i < raise->message->size(); ++i) {
      if ((*raise->message)[i] != '%') continue;
      if (i + 1 < raise->message->size() && (*raise->message)[i + 1] == '%') {
        ++i;
      } else {
        ++wanted;
      }
    }
    if (wanted < raise->queries.size()) return error("too many parameters specified for RAISE");
    if (wanted > raise->queries.size()) return error("too few parameters specified for RAISE");
  } else if (accept("sqlstate")) {
    if (token().kind != TokenKind::Text) return syntax_error();
    raise->condition_name = tokens_[at_++].text;
    if (!is_sqlstate(raise->condition_name)) return error("invalid SQLSTATE code");
  } else if (!token().is("using") && !token().is_symbol(";")) {
    LK_TRY(raise->condition_name, expect_name());
    if (sqlstates_of(raise->condition_name).empty()) {
      return Error(ErrorCode::ObjectMissing,
                   fmt::format("unrecognized exception condition \"{}\"", raise->condition_name));
    }
  } else if (token().is_symbol(";")) {
    return syntax_error();
  }
  if (accept("using")) LK_CHECK(raise_using(*raise));
  LK_CHECK(expect_symbol(";"));
  return raise;
}

Result<void> ProgramParser::raise_using(Statement& raise) {
  constexpr std::pair<Bytes, RaiseOption> kOptions[] = {
      {"errcode", RaiseOption::ErrorCode}, {"message", RaiseOption::Message},
      {"detail", RaiseOption::Detail},     {"hint", RaiseOption::Hint},
      {"column", RaiseOption::Column},     {"constraint", RaiseOption::Constraint},
      {"datatype", RaiseOption::DataType}, {"table", RaiseOption::Table},
      {"schema", RaiseOption::Schema},
  };
  do {
    LK_TRY(const std::string name, expect_name());
    const auto* const found = std::find_if(std::begin(kOptions), std::end(kOptions),
                                           [&](const auto& each) { return each.first == name; });
    if (found == std::end(kOptions)) {
      return error(fmt::format("unrecognized RAISE statement option at or near \"{}\"", name));
    }
    if (!accept_symbol("=")) LK_CHECK(expect_symbol(":="));
    LK_TRY(Query value, expression_until({",", ";"}));
    raise.options.emplace_back(found->second, std::move(value));
  } while (accept_symbol(","));
  return {};
}

Result<std::unique_ptr<Statement>> ProgramParser::assert_statement() {
  StatementPtr statement = make(StatementKind::Assert);
  ++at_;
  LK_TRY(statement->queries, expressions_until({";"}));
  if (statement->queries.size() > 2) return syntax_error();
  LK_CHECK(expect_symbol(";"));
  return statement;
}

Result<std::unique_ptr<Statement>> ProgramParser::perform_statement() {
  StatementPtr statement = make(StatementKind::Perform);
  ++at_;
  LK_TRY(const std::string text, text_until({";"}));
  LK_CHECK(expect_symbol(";"));
  LK_TRY(statement->query, statement_query("SELECT " + text));
  return statement;
}

Result<std::unique_ptr<Statement>> ProgramParser::execute_statement() {
  StatementPtr statement = make(StatementKind::Execute);
  ++at_;
  LK_TRY(statement->query, expression_until({"into", "using", ";"}));
  for (;;) {
    if (token().is("into") && !statement->has_into) {
      ++at_;
      statement->has_into = true;
      statement->is_strict = accept("strict");
      LK_TRY(statement->targets, targets());
    } else if (token().is("using") && statement->queries.empty()) {
      ++at_;
      LK_TRY(statement->queries, expressions_until({"into", ";"}));
    } else {
      break;
    }
  }
  LK_CHECK(expect_symbol(";"));
  return statement;
}

Result<std::unique_ptr<Statement>> ProgramParser::diagnostics_statement() {
  StatementPtr statement = make(StatementKind::Diagnostics);
  ++at_;
  if (accept("stacked")) {
    statement->is_stacked = true;
  } else {
    accept("current");
  }
  LK_CHECK(expect("diagnostics"));
  constexpr std::pair<Bytes, DiagnosticsItem> kItems[] = {
      {"row_count", DiagnosticsItem::RowCount},
      {"pg_context", DiagnosticsItem::Context},
      {"returned_sqlstate", DiagnosticsItem::ReturnedSqlstate},
      {"message_text", DiagnosticsItem::Message},
      {"pg_exception_detail", DiagnosticsItem::Detail},
      {"pg_exception_hint", DiagnosticsItem::Hint},
      {"pg_exception_context", DiagnosticsItem::ExceptionContext},
      {"column_name", DiagnosticsItem::Column},
      {"constraint_name", DiagnosticsItem::Constraint},
      {"pg_datatype_name", DiagnosticsItem::DataType},
      {"table_name", DiagnosticsItem::Table},
      {"schema_name", DiagnosticsItem::Schema},
  };
  do {
    LK_TRY(Target to, target());
    if (!accept_symbol(":=")) LK_CHECK(expect_symbol("="));
    LK_TRY(const std::string name, expect_name());
    const auto* const found = std::find_if(std::begin(kItems), std::end(kItems),
                                           [&](const auto& each) { return each.first == name; });
    if (found == std::end(kItems)) {
      return error(fmt::format("unrecognized GET DIAGNOSTICS item at or near \"{}\"", name));
    }
    const bool is_current =
        found->second == DiagnosticsItem::RowCount || found->second == DiagnosticsItem::Context;
    if (is_current == statement->is_stacked) {
      std::string shown = name;
      std::transform(shown.begin(), shown.end(), shown.begin(), ::toupper);
      return error(fmt::format("diagnostics item {} is not allowed in GET {} DIAGNOSTICS", shown,
                               statement->is_stacked ? "STACKED" : "CURRENT"));
    }
    statement->targets.push_back(std::move(to));
    statement->items.push_back(found->second);
  } while (accept_symbol(","));
  LK_CHECK(expect_symbol(";"));
  return statement;
}

// Cursors.

Result<int> ProgramParser::cursor_variable() {
  std::size_t count = 0;
  const Lookup found = variable_here(count);
  if (found.variable < 0) {
    return error(fmt::format("\"{}\" is not a known variable", token().text));
  }
  const Variable& variable = program_->variables[static_cast<std::size_t>(found.variable)];
  if (variable.type != oid::kRefcursor) {
    return Error(ErrorCode::TypeMismatch,
                 fmt::format("variable \"{}\" must be of type cursor or refcursor", variable.name));
  }
  at_ += count;
  return found.variable;
}

Result<std::unique_ptr<Statement>> ProgramParser::open_statement() {
  StatementPtr statement = make(StatementKind::Open);
  ++at_;
  LK_TRY(statement->variable, cursor_variable());
  const Variable& cursor = program_->variables[static_cast<std::size_t>(statement->variable)];
  if (cursor.cursor_query) {
    if (accept_symbol("(")) {
      LK_TRY(statement->queries, expressions_until({")"}));
      LK_CHECK(expect_symbol(")"));
    }
    if (statement->queries.size() != cursor.cursor_arguments.size()) {
      return error(statement->queries.empty()
                       ? fmt::format("cursor \"{}\" has arguments", cursor.name)
                       : fmt::format("wrong number of arguments for cursor \"{}\"", cursor.name));
    }
  } else {
    if (accept("no")) LK_CHECK(expect("scroll"));
    accept("scroll");
    LK_CHECK(expect("for"));
    if (accept("execute")) {
      statement->is_dynamic = true;
      LK_TRY(statement->query, expression_until({"using", ";"}));
      if (accept("using")) {
        LK_TRY(statement->queries, expressions_until({";"}));
      }
    } else {
      LK_TRY(std::string text, text_until({";"}));
      LK_TRY(statement->query, statement_query(std::move(text)));
    }
  }
  LK_CHECK(expect_symbol(";"));
  return statement;
}

Result<std::unique_ptr<Statement>> ProgramParser::fetch_statement(bool is_move) {
  StatementPtr statement = make(StatementKind::Fetch);
  ++at_;
  statement->is_move = is_move;
  const auto count_of = [&]() -> Result<void> {
    if (token().is("from") || token().is("in") || token().is("all")) {
      if (accept("all")) statement->slice = -1;
      return {};
    }
    std::size_t count = 0;
    if (variable_here(count).variable >= 0 && !token(count).is("from") && !token(count).is("in")) {
      return {};
    }
    LK_TRY(Query query, expression_until({"from", "in"}));
    statement->query = std::move(query);
    return {};
  };
  if (accept("next") || accept("forward")) {
    const bool is_forward = tokens_[at_ - 1].is("forward");
    if (is_forward) LK_CHECK(count_of());
  } else if (accept("prior") || accept("backward")) {
    statement->direction = FetchDirection::Backward;
    if (tokens_[at_ - 1].is("backward")) LK_CHECK(count_of());
  } else if (accept("first")) {
    statement->direction = FetchDirection::First;
  } else if (accept("last")) {
    statement->direction = FetchDirection::Last;
  } else if (accept("absolute") || accept("relative")) {
    statement->direction =
        tokens_[at_ - 1].is("absolute") ? FetchDirection::Absolute : FetchDirection::Relative;
    LK_TRY(statement->query, expression_until({"from", "in"}));
  } else if (accept("all")) {
    statement->slice = -1;
  }
  if (!accept("from")) accept("in");
  LK_TRY(statement->variable, cursor_variable());
  if (!is_move) {
    LK_CHECK(expect("into"));
    LK_TRY(statement->targets, targets());
  }
  LK_CHECK(expect_symbol(";"));
  return statement;
}

Result<std::unique_ptr<Statement>> ProgramParser::close_statement() {
  StatementPtr statement = make(StatementKind::Close);
  ++at_;
  LK_TRY(statement->variable, cursor_variable());
  LK_CHECK(expect_symbol(";"));
  return statement;
}

/// Any statement of SQL. INTO and its variables are taken out of it.
Result<std::unique_ptr<Statement>> ProgramParser::sql_statement() {
  StatementPtr statement = make(StatementKind::Sql);
  const std::size_t begin = token().begin;
  std::string text;
  std::size_t copied = begin;
  int open = 0;
  for (;; ++at_) {
    const Token& here = token();
    if (here.kind == TokenKind::End) return syntax_error();
    if (here.is_symbol(";") && open == 0) break;
    if (here.is_symbol("(") || here.is_symbol("[")) ++open;
    if (here.is_symbol(")") || here.is_symbol("]")) --open;
    const bool is_into = here.is("into") && at_ > 0 && !tokens_[at_ - 1].is("insert") &&
                         !tokens_[at_ - 1].is("merge") && here.begin > begin;
    if (!is_into) continue;
    if (statement->has_into) return error("INTO specified more than once");
    statement->has_into = true;
    text += source_.substr(copied, here.begin - copied);
    ++at_;
    statement->is_strict = accept("strict");
    LK_TRY(statement->targets, targets());
    copied = token().begin;
    --at_;
  }
  text += source_.substr(copied, token().begin - copied);
  ++at_;
  LK_TRY(statement->query, statement_query(std::move(text)));
  return statement;
}

}  // namespace latchkey::sql::plpgsql
