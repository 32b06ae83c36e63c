#include "sql/plpgsql/program_parser.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "base/text.h"
#include "sql/catalog/define_routine.h"

namespace latchkey::sql::plpgsql {

Result<std::shared_ptr<Program>> parse_program(Bytes text, const ProgramShape& shape,
                                               const bind::BindContext& context) {
  return ProgramParser(text, shape, context).run();
}

Lookup look_up(const Names* names, std::span<const std::string> parts) {
  for (; names != nullptr && !parts.empty(); names = names->outer) {
    for (const auto& [name, variable] : names->variables) {
      if (name == parts[0]) return {variable, 1};
    }
    if (parts.size() < 2 || names->label.empty() || names->label != parts[0]) continue;
    for (const auto& [name, variable] : names->variables) {
      if (name == parts[1]) return {variable, 2};
    }
  }
  return {};
}

// Tokens.

bool ProgramParser::accept(Bytes word) {
  if (!token().is(word)) return false;
  ++at_;
  return true;
}

bool ProgramParser::accept_symbol(Bytes symbol) {
  if (!token().is_symbol(symbol)) return false;
  ++at_;
  return true;
}

Error ProgramParser::syntax_error() const {
  if (at_end()) return error("syntax error at end of input");
  const Bytes shown = source_.substr(token().begin, token().end - token().begin);
  return error(fmt::format("syntax error at or near \"{}\"", shown));
}

Error ProgramParser::error(std::string message) const {
  return Error(ErrorCode::SyntaxError, std::move(message));
}

Result<void> ProgramParser::expect(Bytes word) {
  if (accept(word)) return {};
  return syntax_error();
}

Result<void> ProgramParser::expect_symbol(Bytes symbol) {
  if (accept_symbol(symbol)) return {};
  return syntax_error();
}

Result<std::string> ProgramParser::expect_name() {
  if (!token().is_name()) return syntax_error();
  return tokens_[at_++].text;
}

int ProgramParser::line_of(const Token& at) const {
  const Bytes before = source_.substr(0, at.begin);
  return 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n'));
}

// Names.

int ProgramParser::add_variable(Variable variable) {
  variable.line = line();
  program_->variables.push_back(std::move(variable));
  return static_cast<int>(program_->variables.size() - 1);
}

int ProgramParser::add_scalar(const std::string& name, Oid type) {
  Variable variable;
  variable.name = name;
  variable.type = type;
  return add_variable(std::move(variable));
}

Names& ProgramParser::open_scope(std::string label) {
  Names& scope = program_->scopes.emplace_back();
  scope.outer = names_;
  scope.label = std::move(label);
  names_ = &scope;
  return scope;
}

/// What a declaration sees: the names before it, not those that come behind.
const Names* ProgramParser::seen_so_far(const Names& scope) {
  return &program_->scopes.emplace_back(scope);
}

int ProgramParser::field_of(int record, const std::string& name) {
  auto& variables = program_->variables;
  for (std::size_t i = 0; i < variables.size(); ++i) {
    const bool is_it = variables[i].kind == VariableKind::Field && variables[i].record == record &&
                       variables[i].name == name;
    if (is_it) return static_cast<int>(i);
  }
  Variable field;
  field.kind = VariableKind::Field;
  field.record = record;
  field.name = name;
  return add_variable(std::move(field));
}

Lookup ProgramParser::variable_here(std::size_t& token_count) const {
  std::vector<std::string> parts;
  std::size_t i = 0;
  while (token(i).is_name()) {
    parts.push_back(token(i).text);
    if (!token(i + 1).is_symbol(".")) break;
    i += 2;
  }
  const Lookup found = look_up(names_, parts);
  token_count = found.parts == 0 ? 0 : found.parts * 2 - 1;
  return found;
}

// SQL.

Result<std::string> ProgramParser::text_until(Words ends) {
  const std::size_t begin = token().begin;
  std::size_t end = begin;
  int open = 0;
  for (;; ++at_) {
    const Token& here = token();
    if (here.kind == TokenKind::End) {
      if (open > 0) return error("mismatched parentheses");
      return syntax_error();
    }
    const bool is_end = std::any_of(ends.begin(), ends.end(), [&](Bytes word) {
      return here.is(word) || here.is_symbol(word);
    });
    if (is_end && open == 0) break;
    if (here.is_symbol("(") || here.is_symbol("[")) ++open;
    if (here.is_symbol(")") || here.is_symbol("]")) {
      if (--open < 0) return error("mismatched parentheses");
    }
    if (here.is_symbol(";")) return open > 0 ? error("mismatched parentheses") : syntax_error();
    end = here.end;
  }
  return std::string(source_.substr(begin, end - begin));
}

Result<Query> ProgramParser::expression_until(Words ends) {
  LK_TRY(std::string text, text_until(ends));
  if (text.empty()) return error("missing expression");
  Query query;
  query.text = std::make_unique<SqlText>(SqlText::expression(std::move(text)));
  query.names = names_;
  LK_CHECK(query.text->parse());
  return query;
}

Result<Query> ProgramParser::statement_query(std::string text) {
  Query query;
  query.text = std::make_unique<SqlText>(std::move(text));
  query.names = names_;
  LK_CHECK(query.text->parse());
  return query;
}

/// A list with commas; the word that ended it stays.
Result<std::vector<Query>> ProgramParser::expressions_until(Words ends) {
  std::vector<Query> list;
  std::vector<Bytes> all(ends);
  for (;;) {
    const std::size_t begin = token().begin;
    std::size_t end = begin;
    int open = 0;
    bool is_last = false;
    for (;; ++at_) {
      const Token& here = token();
      if (here.kind == TokenKind::End) return syntax_error();
      if (open == 0 && here.is_symbol(",")) break;
      is_last = open == 0 && std::any_of(all.begin(), all.end(), [&](Bytes word) {
                  return here.is(word) || here.is_symbol(word);
                });
      if (is_last) break;
      if (here.is_symbol("(") || here.is_symbol("[")) ++open;
      if (here.is_symbol(")") || here.is_symbol("]")) --open;
      if (here.is_symbol(";")) return syntax_error();
      end = here.end;
    }
    if (end == begin) return syntax_error();
    Query query;
    query.text = std::make_unique<SqlText>(
        SqlText::expression(std::string(source_.substr(begin, end - begin))));
    query.names = names_;
    LK_CHECK(query.text->parse());
    list.push_back(std::move(query));
    if (is_last) return list;
    ++at_;
  }
}

/// A variable that is to be written: v, label.v, record.field, v[i].
Result<Target> ProgramParser::target() {
  std::size_t count = 0;
  const Lookup found = variable_here(count);
  if (found.variable < 0) {
    if (!token().is_name()) return syntax_error();
    return error(fmt::format("\"{}\" is not a known variable", token().text));
  }
  at_ += count;
  Target target;
  target.variable = found.variable;
  while (program_->variables[static_cast<std::size_t>(target.variable)].kind ==
             VariableKind::Record &&
         token().is_symbol(".") && token(1).is_name()) {
    target.variable = field_of(target.variable, token(1).text);
    at_ += 2;
  }
  while (accept_symbol("[")) {
    LK_TRY(Query index, expression_until({"]"}));
    target.subscripts.push_back(std::move(index));
    LK_CHECK(expect_symbol("]"));
  }
  const Variable& variable = program_->variables[static_cast<std::size_t>(target.variable)];
  if (variable.is_constant) {
    return Error(ErrorCode::Raised,
                 fmt::format("variable \"{}\" is declared CONSTANT", variable.name))
        .with([](ErrorDetails& details) { details.sqlstate = "22005"; });
  }
  return target;
}

Result<std::vector<Target>> ProgramParser::targets() {
  std::vector<Target> list;
  do {
    LK_TRY(Target each, target());
    const Variable& variable = program_->variables[static_cast<std::size_t>(each.variable)];
    const bool is_record = variable.kind == VariableKind::Record;
    if (is_record && (!list.empty() || token().is_symbol(","))) {
      return error(fmt::format("record variable cannot be part of multiple-item INTO list"));
    }
    list.push_back(std::move(each));
  } while (accept_symbol(","));
  return list;
}

// Declarations.

Result<void> ProgramParser::declare_arguments() {
  if (shape_.routine == nullptr) return {};
  const Routine& routine = *shape_.routine;
  for (std::size_t i = 0; i < routine.arguments.size(); ++i) {
    const RoutineArgument& argument = routine.arguments[i];
    const Oid type = i < shape_.types.size() ? shape_.types[i] : argument.type;
    const int variable =
        add_scalar(argument.name.empty() ? fmt::format("${}", i + 1) : argument.name, type);
    if (!argument.name.empty()) name_variable(argument.name, variable);
    name_variable(fmt::format("${}", i + 1), variable);
    program_->argument_variables.push_back(variable);
    if (argument.is_output()) program_->output_variables.push_back(variable);
  }
  return {};
}

void ProgramParser::declare_trigger_variables() {
  const auto record = [&](const char* name) {
    Variable variable;
    variable.kind = VariableKind::Record;
    variable.name = name;
    variable.type = oid::kRecord;
    const int number = add_variable(std::move(variable));
    name_variable(name, number);
    return number;
  };
  program_->new_variable = record("new");
  program_->old_variable = record("old");
  constexpr std::pair<const char*, Oid> kVariables[] = {
      {"tg_name", oid::kName},       {"tg_when", oid::kText},         {"tg_level", oid::kText},
      {"tg_op", oid::kText},         {"tg_relid", oid::kOid},         {"tg_relname", oid::kName},
      {"tg_table_name", oid::kName}, {"tg_table_schema", oid::kName}, {"tg_nargs", oid::kInt4},
      {"tg_argv", oid::kTextArray},
  };
  for (const auto& [name, type] : kVariables) {
    const int number = add_scalar(name, type);
    program_->variables[static_cast<std::size_t>(number)].kind = VariableKind::Trigger;
    name_variable(name, number);
  }
}

Result<ProgramParser::NamedType> ProgramParser::reference_type(std::span<const Token> words,
                                                               bool is_row) {
  std::vector<std::string> parts;
  for (const Token& each : words) {
    if (each.is_name()) parts.push_back(each.text);
  }
  NamedType named;
  if (!is_row) {
    const Lookup found = look_up(names_, parts);
    if (found.variable >= 0 && found.parts == parts.size()) {
      const Variable& variable = program_->variables[static_cast<std::size_t>(found.variable)];
      return NamedType{variable.type, variable.typmod, variable.table,
                       variable.kind == VariableKind::Record};
    }
  }
  const Table* table = nullptr;
  const std::size_t table_parts = is_row ? parts.size() : parts.size() - 1;
  if (table_parts == 0) {
    return error(fmt::format("variable \"{}\" does not exist", parts[0]))
        .with([](ErrorDetails& details) { details.sqlstate = "42704"; });
  }
  const auto path =
      table_parts > 1 ? std::vector<std::string>{parts[table_parts - 2]} : context_.search_path;
  for (const std::string& each : path) {
    const Schema* const schema = context_.catalog->find_schema(each);
    if (schema != nullptr && table == nullptr) {
      table = context_.catalog->find_table(schema->oid, parts[table_parts - 1]);
    }
  }
  if (table == nullptr) {
    return Error(ErrorCode::TableMissing,
                 fmt::format("relation \"{}\" does not exist", parts[table_parts - 1]));
  }
  if (is_row) return NamedType{oid::kRecord, -1, table->oid, true};
  const Column* const column = table->find_column(parts.back());
  if (column == nullptr) {
    return Error(
        ErrorCode::ColumnMissing,
        fmt::format("column \"{}\" of relation \"{}\" does not exist", parts.back(), table->name));
  }
  return NamedType{column->type, column->typmod, Oid::None, false};
}

Result<ProgramParser::NamedType> ProgramParser::type_until(Words ends) {
  const std::size_t first = at_;
  if (token().is("record")) {
    ++at_;
    return NamedType{oid::kRecord, -1, Oid::None, true};
  }
  LK_TRY(const std::string text, text_until(ends));
  if (text.empty()) return error("missing data type declaration");
  const std::size_t count = at_ - first;
  const bool is_reference = count > 2 && tokens_[at_ - 2].is_symbol("%") &&
                            (tokens_[at_ - 1].is("type") || tokens_[at_ - 1].is("rowtype"));
  if (is_reference) {
    return reference_type({tokens_.data() + first, count - 2}, tokens_[at_ - 1].is("rowtype"));
  }
  LK_TRY(const auto script, parse::parse("SELECT NULL::" + text));
  const auto targets = script->statements[0].node->list("target_list");
  const parse::Node* const cast = targets.empty() ? nullptr : targets[0]->child("val");
  if (cast == nullptr || !cast->is(parse::NodeKind::TypeCast)) return syntax_error();
  const parse::Node& type_name = *cast->child("type_name");
  Result<RoutineType> found = routine_type_of(type_name, context_);
  if (!found.has_value()) {
    return std::move(found).error().with([](ErrorDetails& details) { details.position = 0; });
  }
  NamedType named{found->type, -1, found->table, found->table != Oid::None};
  if (!named.is_record) {
    const Type* const type = find_type(named.type);
    if (type != nullptr && type->kind == 'p') {
      return Error(ErrorCode::NotSupported,
                   fmt::format("variable \"{}\" has pseudo-type {}", tokens_[first - 1].text,
                               type_text(named.type)));
    }
    LK_TRY(const bind::Binder::NamedType with_typmod, bind::Binder::type_of(type_name));
    named.typmod = with_typmod.typmod;
  }
  return named;
}

Result<void> ProgramParser::cursor_declaration(const std::string& name, Statement& block,
                                               bool is_scroll) {
  (void)is_scroll;
  Variable cursor;
  cursor.name = name;
  cursor.type = oid::kRefcursor;
  const int number = add_variable(std::move(cursor));
  // Its arguments are names for its query alone.
  Names* const around = names_;
  open_scope(name).outer = seen_so_far(*around);
  if (accept_symbol("(")) {
    do {
      LK_TRY(const std::string argument, expect_name());
      LK_TRY(const NamedType type, type_until({",", ")"}));
      const int variable = add_scalar(argument, type.type);
      program_->variables[static_cast<std::size_t>(variable)].typmod = type.typmod;
      name_variable(argument, variable);
      program_->variables[static_cast<std::size_t>(number)].cursor_arguments.push_back(variable);
    } while (accept_symbol(","));
    LK_CHECK(expect_symbol(")"));
  }
  if (!accept("is")) LK_CHECK(expect("for"));
  LK_TRY(std::string text, text_until({";"}));
  LK_CHECK(expect_symbol(";"));
  LK_TRY(Query query, statement_query(std::move(text)));
  program_->variables[static_cast<std::size_t>(number)].cursor_query = std::move(query);
  names_ = around;
  name_variable(name, number);
  block.declared.push_back(number);
  return {};
}

Result<void> ProgramParser::declaration(Statement& block) {
  const int at_line = line();
  LK_TRY(const std::string name, expect_name());
  for (const auto& [other, number] : names_->variables) {
    if (other == name) return error(fmt::format("duplicate declaration at or near \"{}\"", name));
  }
  if (accept("alias")) {
    LK_CHECK(expect("for"));
    std::vector<std::string> parts;
    if (token().kind == TokenKind::Parameter) {
      parts.push_back("$" + tokens_[at_++].text);
    } else {
      LK_TRY(std::string of, expect_name());
      parts.push_back(std::move(of));
    }
    const Lookup found = look_up(names_, parts);
    if (found.variable < 0)
      return error(fmt::format("variable \"{}\" does not exist", parts[0]))
          .with([](ErrorDetails& details) { details.sqlstate = "42704"; });
    name_variable(name, found.variable);
    return expect_symbol(";");
  }
  const bool no_scroll = token().is("no") && token(1).is("scroll");
  if (no_scroll) at_ += 2;
  const bool scroll = !no_scroll && token().is("scroll") && token(1).is("cursor");
  if (scroll) ++at_;
  if (accept("cursor")) return cursor_declaration(name, block, !no_scroll);
  Variable variable;
  variable.name = name;
  variable.is_constant = accept("constant");
  LK_TRY(const NamedType type, type_until({"not", "default", ":=", "=", ";", "collate"}));
  variable.type = type.type;
  variable.typmod = type.typmod;
  variable.table = type.table;
  if (type.is_record) variable.kind = VariableKind::Record;
  if (accept("collate")) LK_CHECK(expect_name());
  if (accept("not")) {
    LK_CHECK(expect("null"));
    variable.is_not_null = true;
  }
  if (accept("default") || accept_symbol(":=") || accept_symbol("=")) {
    LK_TRY(Query initial, expression_until({";"}));
    initial.names = seen_so_far(*names_);
    variable.initial = std::move(initial);
  } else if (variable.is_not_null) {
    return Error(
        ErrorCode::NullNotAllowed,
        fmt::format("variable \"{}\" must have a default value, since it's declared NOT NULL",
                    name));
  }
  LK_CHECK(expect_symbol(";"));
  const int number = add_variable(std::move(variable));
  program_->variables[static_cast<std::size_t>(number)].line = at_line;
  name_variable(name, number);
  block.declared.push_back(number);
  return {};
}

Result<void> ProgramParser::declarations(Statement& block) {
  while (accept("declare")) {
    while (!token().is("begin") && !token().is("declare")) LK_CHECK(declaration(block));
  }
  return {};
}

Result<std::shared_ptr<Program>> ProgramParser::run() {
  program_ = std::make_shared<Program>();
  LK_TRY(tokens_, tokens_of(source_));
  open_scope(shape_.name);
  LK_CHECK(declare_arguments());
  program_->found_variable = add_scalar("found", oid::kBool);
  name_variable("found", program_->found_variable);
  if (shape_.is_trigger) declare_trigger_variables();
  while (token().is_symbol("#")) {
    const Bytes option = token(1).text;
    const Bytes value = token(2).text;
    if (option == "variable_conflict") {
      if (value != "error" && value != "use_variable" && value != "use_column") {
        return syntax_error();
      }
      program_->conflict = value == "error"          ? Program::Conflict::Error
                           : value == "use_variable" ? Program::Conflict::UseVariable
                                                     : Program::Conflict::UseColumn;
    } else if (option == "print_strict_params") {
      program_->prints_strict_params = value == "on";
    } else if (option != "option") {
      return syntax_error();
    }
    at_ += 3;
  }
  std::string label;
  if (accept_symbol("<<")) {
    LK_TRY(label, expect_name());
    LK_CHECK(expect_symbol(">>"));
  }
  LK_TRY(program_->block, block(std::move(label)));
  accept_symbol(";");
  if (!at_end()) return syntax_error();
  return program_;
}

}  // namespace latchkey::sql::plpgsql
