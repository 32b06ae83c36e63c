#include "sql/catalog/define_sequence.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/assert.h"
#include "sql/catalog/define_parts.h"

namespace latchkey::sql::definitions {

using parse::Node;
using parse::NodeKind;

namespace {

Error invalid(std::string message) { return Error(ErrorCode::InvalidArgument, std::move(message)); }

Result<std::int64_t> number_of(const Node& option) {
  const std::string text = option_text(option.child("arg"));
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec == std::errc() && read.ptr == text.data() + text.size()) return number;
  return Error(ErrorCode::InvalidText,
               fmt::format("invalid input syntax for type bigint: \"{}\"", text));
}

struct Bounds {
  std::int64_t least;
  std::int64_t greatest;
};

Bounds bounds_of(Oid type) {
  if (type == oid::kInt2) return {INT16_MIN, INT16_MAX};
  if (type == oid::kInt4) return {INT32_MIN, INT32_MAX};
  return {INT64_MIN, INT64_MAX};
}

/// Which options a statement names, each once.
struct Options {
  const Node* type = nullptr;
  const Node* increment = nullptr;
  const Node* start = nullptr;
  const Node* restart = nullptr;
  const Node* least = nullptr;
  const Node* greatest = nullptr;
  const Node* cache = nullptr;
  const Node* cycle = nullptr;
  const Node* owner = nullptr;
};

Result<Options> gather(std::span<const Node* const> nodes) {
  Options options;
  struct Slot {
    const char* name;
    const Node** node;
  };
  const Slot slots[] = {{"as", &options.type},        {"increment", &options.increment},
                        {"start", &options.start},    {"restart", &options.restart},
                        {"minvalue", &options.least}, {"maxvalue", &options.greatest},
                        {"cache", &options.cache},    {"cycle", &options.cycle},
                        {"owned_by", &options.owner}};
  for (const Node* const node : nodes) {
    for (const Slot& slot : slots) {
      if (node->text("defname") != slot.name) continue;
      if (*slot.node != nullptr) {
        return Error(ErrorCode::SyntaxError, "conflicting or redundant options")
            .at(node->location + 1);
      }
      *slot.node = node;
    }
  }
  return options;
}

Result<void> set_type(const Options& wanted, bool is_new, SequenceOptions& options) {
  if (wanted.type == nullptr) return {};
  LK_TRY(const bind::Binder::NamedType type, bind::Binder::type_of(*wanted.type->child("arg")));
  if (type.type != oid::kInt2 && type.type != oid::kInt4 && type.type != oid::kInt8) {
    return invalid(options.is_identity ? "identity column type must be smallint, integer, or bigint"
                                       : "sequence type must be smallint, integer, or bigint");
  }
  const Bounds before = bounds_of(options.type);
  const Bounds after = bounds_of(type.type);
  // A bound that was the type's becomes the new type's.
  if (!is_new && options.greatest == before.greatest) options.greatest = after.greatest;
  if (!is_new && options.least == before.least) options.least = after.least;
  options.type = type.type;
  return {};
}

Result<void> set_bounds(const Options& wanted, bool is_new, SequenceOptions& options) {
  const Bounds bounds = bounds_of(options.type);
  const bool rises = options.increment > 0;
  if (wanted.greatest != nullptr && wanted.greatest->child("arg") != nullptr) {
    LK_TRY(options.greatest, number_of(*wanted.greatest));
  } else if (is_new || wanted.greatest != nullptr) {
    options.greatest = rises ? bounds.greatest : -1;
  }
  if (wanted.least != nullptr && wanted.least->child("arg") != nullptr) {
    LK_TRY(options.least, number_of(*wanted.least));
  } else if (is_new || wanted.least != nullptr) {
    options.least = rises ? 1 : bounds.least;
  }
  if (options.greatest > bounds.greatest || options.greatest < bounds.least) {
    return invalid(fmt::format("MAXVALUE ({}) is out of range for sequence data type {}",
                               options.greatest, type_text(options.type)));
  }
  if (options.least < bounds.least || options.least > bounds.greatest) {
    return invalid(fmt::format("MINVALUE ({}) is out of range for sequence data type {}",
                               options.least, type_text(options.type)));
  }
  if (options.least >= options.greatest) {
    return invalid(fmt::format("MINVALUE ({}) must be less than MAXVALUE ({})", options.least,
                               options.greatest));
  }
  return {};
}

Result<void> check_inside(const char* what, std::int64_t value, const SequenceOptions& options) {
  if (value < options.least) {
    return invalid(
        fmt::format("{} value ({}) cannot be less than MINVALUE ({})", what, value, options.least));
  }
  if (value > options.greatest) {
    return invalid(fmt::format("{} value ({}) cannot be greater than MAXVALUE ({})", what, value,
                               options.greatest));
  }
  return {};
}

Result<void> set_owner(const Node& option, Table& sequence, DefineContext& context) {
  const std::vector<std::string> parts = parse::texts_of(option.child("arg")->list("items"));
  SequenceOptions& options = sequence.sequence;
  if (options.is_identity) {
    return Error(ErrorCode::NotSupported, "cannot change ownership of identity sequence")
        .with_detail(fmt::format("Sequence \"{}\" is linked to table \"{}\".", sequence.name,
                                 context.change.catalog()->find_table(options.table)->name));
  }
  if (parts.size() == 1) {
    if (parts[0] != "none") {
      return Error(ErrorCode::SyntaxError, "invalid OWNED BY option")
          .with_hint("Specify OWNED BY table.column or OWNED BY NONE.");
    }
    options.table = Oid::None;
    options.column = 0;
    return {};
  }
  const std::string& column_name = parts.back();
  const QualifiedName name{parts.size() > 2 ? parts[parts.size() - 3] : std::string(),
                           parts[parts.size() - 2]};
  const Table* const table = look_up(name, context);
  if (table == nullptr) {
    return Error(ErrorCode::TableMissing, fmt::format("relation \"{}\" does not exist", name.name));
  }
  if (table->schema != sequence.schema) {
    return Error(ErrorCode::ObjectState,
                 "sequence must be in same schema as table it is linked to");
  }
  const Column* const column = table->find_column(column_name);
  if (column == nullptr) {
    return Error(
        ErrorCode::ColumnMissing,
        fmt::format("column \"{}\" of relation \"{}\" does not exist", column_name, table->name));
  }
  options.table = table->oid;
  options.column = column->number;
  return {};
}

Table new_sequence(DefineContext& context) {
  Table sequence;
  sequence.kind = TableKind::Sequence;
  sequence.oid = context.change.database().next_oid();
  sequence.owner = context.user;
  struct Shown {
    const char* name;
    Oid type;
  };
  for (const Shown& each : {Shown{"last_value", oid::kInt8}, Shown{"log_cnt", oid::kInt8},
                            Shown{"is_called", oid::kBool}}) {
    Column column;
    column.name = each.name;
    column.type = each.type;
    column.not_null = true;
    column.number = static_cast<std::int16_t>(sequence.columns.size() + 1);
    sequence.columns.push_back(std::move(column));
  }
  return sequence;
}

}  // namespace

void restart_sequence(SequenceOptions& options, std::int64_t first, DefineContext& context) {
  options.first = first;
  options.first_is_used = false;
  options.generation = static_cast<std::int64_t>(context.execution.services.random());
}

Result<void> set_sequence_options(std::span<const Node* const> nodes, Table& sequence,
                                  std::optional<std::int64_t> place, DefineContext& context) {
  LK_TRY(const Options wanted, gather(nodes));
  SequenceOptions& options = sequence.sequence;
  const bool is_new = !place.has_value();
  LK_CHECK(set_type(wanted, is_new, options));
  if (wanted.increment != nullptr) {
    LK_TRY(options.increment, number_of(*wanted.increment));
    if (options.increment == 0) return invalid("INCREMENT must not be zero");
  }
  if (wanted.cycle != nullptr) options.cycles = wanted.cycle->child("arg")->flag("boolval");
  LK_CHECK(set_bounds(wanted, is_new, options));
  if (wanted.start != nullptr) {
    LK_TRY(options.start, number_of(*wanted.start));
  } else if (is_new) {
    options.start = options.increment > 0 ? options.least : options.greatest;
  }
  LK_CHECK(check_inside("START", options.start, options));
  if (wanted.restart != nullptr) {
    std::int64_t first = options.start;
    if (wanted.restart->child("arg") != nullptr) {
      LK_TRY(first, number_of(*wanted.restart));
    }
    LK_CHECK(check_inside("RESTART", first, options));
    restart_sequence(options, first, context);
  } else if (is_new) {
    restart_sequence(options, options.start, context);
  } else {
    LK_CHECK(check_inside("RESTART", *place, options));
  }
  if (wanted.cache != nullptr) {
    LK_TRY(options.cache, number_of(*wanted.cache));
    if (options.cache <= 0) {
      return invalid(fmt::format("CACHE ({}) must be greater than zero", options.cache));
    }
  }
  if (wanted.owner != nullptr) LK_CHECK(set_owner(*wanted.owner, sequence, context));
  return {};
}

Result<Table> make_owned_sequence(const Table& table, const Column& column,
                                  const OwnedSequence& wanted, DefineContext& context) {
  Table sequence = new_sequence(context);
  sequence.schema = table.schema;
  sequence.temporary = table.temporary;
  sequence.sequence.type = wanted.type;
  sequence.sequence.is_identity = wanted.is_identity;
  LK_CHECK(set_sequence_options(wanted.options, sequence, std::nullopt, context));
  for (const Node* const option : wanted.options) {
    if (option->text("defname") != "sequence_name") continue;
    const std::vector<std::string> parts = parse::texts_of(option->child("arg")->list("items"));
    if (!parts.empty()) sequence.name = parts.back();
  }
  if (sequence.name.empty()) {
    sequence.name =
        free_name(*context.change.catalog(), table, generated_name(table.name, column.name, "seq"));
  }
  sequence.sequence.table = table.oid;
  sequence.sequence.column = column.number;
  return sequence;
}

Result<std::string> create_sequence(const Node& statement, DefineContext& context) {
  const Node& range_var = *statement.child("sequence");
  Table sequence = new_sequence(context);
  sequence.name = range_var.text("relname");
  LK_TRY(sequence.schema, schema_for_new(range_var, context));
  if (range_var.text("relpersistence") == "t") sequence.temporary = context.process_id;
  if (context.change.catalog()->is_name_taken(sequence.schema, sequence.name)) {
    if (!statement.flag("if_not_exists")) return already_exists(sequence.name);
    context.notice(Error(ErrorCode::TableDuplicate,
                         fmt::format("relation \"{}\" already exists, skipping", sequence.name)));
    return std::string("CREATE SEQUENCE");
  }
  LK_CHECK(set_sequence_options(statement.list("options"), sequence, std::nullopt, context));
  LK_CHECK(context.change.put(std::move(sequence)));
  return std::string("CREATE SEQUENCE");
}

Result<std::string> alter_sequence(const Node& statement, DefineContext& context) {
  const QualifiedName name = name_of_range_var(*statement.child("sequence"));
  const Table* const found = look_up(name, context);
  if (found == nullptr) {
    LK_CHECK(missing(ErrorCode::TableMissing,
                     fmt::format("relation \"{}\" does not exist", name.name),
                     statement.flag("missing_ok"), context));
    return std::string("ALTER SEQUENCE");
  }
  if (found->kind != TableKind::Sequence) {
    return Error(ErrorCode::WrongObjectKind, fmt::format("\"{}\" is not a sequence", name.name));
  }
  LK_TRY(const Sequences::Place place, context.change.database().sequences().place(*found));
  Table sequence = *found;
  LK_CHECK(set_sequence_options(statement.list("options"), sequence, place.last, context));
  LK_CHECK(context.change.put(std::move(sequence)));
  return std::string("ALTER SEQUENCE");
}

}  // namespace latchkey::sql::definitions
