#include "sql/catalog/catalog_record.h"

#include <optional>

namespace latchkey::sql {

namespace {

constexpr char kVersion = 1;

class Writer {
 public:
  void number(std::uint64_t value) {
    while (value >= 0x80) {
      out_.push_back(static_cast<char>(value | 0x80));
      value >>= 7;
    }
    out_.push_back(static_cast<char>(value));
  }
  void integer(std::int64_t value) {
    number((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
  }
  void field(Oid value) { number(value_of(value)); }
  void field(storage::TreeId value) { number(storage::value_of(value)); }
  void field(bool value) { number(value ? 1 : 0); }
  void field(char value) { number(static_cast<unsigned char>(value)); }
  void field(std::int16_t value) { integer(value); }
  void field(std::int32_t value) { integer(value); }
  void field(const std::string& text) {
    number(text.size());
    out_ += text;
  }
  template <typename T>
  void list(const std::vector<T>& values) {
    number(values.size());
    for (const T& value : values) visit(*this, value);
  }
  std::string take() { return std::move(out_); }

 private:
  template <typename V>
  static void visit(V& to, std::int16_t value) {
    to.field(value);
  }
  template <typename V, typename T>
  static void visit(V& to, const T& value) {
    fields(to, const_cast<T&>(value));
  }
  std::string out_ = {kVersion};
};

class Reader {
 public:
  explicit Reader(Bytes bytes) : bytes_(bytes) {
    if (bytes_.empty() || bytes_[0] != kVersion)
      failed_ = true;
    else
      bytes_.remove_prefix(1);
  }
  bool failed() const { return failed_; }
  bool at_end() const { return bytes_.empty(); }

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (bytes_.empty()) break;
      const auto byte = static_cast<unsigned char>(bytes_[0]);
      bytes_.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7fu} << shift;
      if ((byte & 0x80) == 0) return value;
    }
    failed_ = true;
    return 0;
  }
  std::int64_t integer() {
    const std::uint64_t value = number();
    return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
  }
  void field(Oid& value) { value = Oid{static_cast<std::uint32_t>(number())}; }
  void field(storage::TreeId& value) {
    value = storage::TreeId{static_cast<std::uint32_t>(number())};
  }
  void field(bool& value) { value = number() != 0; }
  void field(char& value) { value = static_cast<char>(number()); }
  void field(std::int16_t& value) { value = static_cast<std::int16_t>(integer()); }
  void field(std::int32_t& value) { value = static_cast<std::int32_t>(integer()); }
  void field(std::string& text) {
    const std::uint64_t size = number();
    if (size > bytes_.size()) {
      failed_ = true;
      return;
    }
    text.assign(bytes_.substr(0, size));
    bytes_.remove_prefix(size);
  }
  template <typename T>
  void list(std::vector<T>& values) {
    const std::uint64_t count = number();
    // Each element takes a byte at least.
    if (count > bytes_.size()) failed_ = true;
    for (std::uint64_t i = 0; i < count && !failed_; ++i) visit(*this, values.emplace_back());
  }

 private:
  static void visit(Reader& from, std::int16_t& value) { from.field(value); }
  template <typename T>
  static void visit(Reader& from, T& value) {
    fields(from, value);
  }
  Bytes bytes_;
  bool failed_ = false;
};

template <typename Visitor, typename Enum>
void letter(Visitor& v, Enum& value) {
  char c = static_cast<char>(value);
  v.field(c);
  value = static_cast<Enum>(c);
}

// One list of fields for both ways.

template <typename Visitor>
void fields(Visitor& v, Column& column) {
  v.field(column.name);
  v.field(column.number);
  v.field(column.type);
  v.field(column.typmod);
  v.field(column.not_null);
  v.field(column.is_dropped);
  v.field(column.identity);
  v.field(column.is_generated);
  v.field(column.default_text);
  v.field(column.missing_text);
  v.field(column.has_missing);
}
template <typename Visitor>
void fields(Visitor& v, IndexColumn& column) {
  v.field(column.column);
  v.field(column.expression);
  v.field(column.is_descending);
  v.field(column.nulls_first);
}
template <typename Visitor>
void fields(Visitor& v, Index& index) {
  v.field(index.oid);
  v.field(index.name);
  v.field(index.tree);
  v.list(index.columns);
  v.field(index.is_unique);
  v.field(index.is_primary);
  v.field(index.is_constraint);
  v.field(index.predicate);
}
template <typename Visitor>
void fields(Visitor& v, CheckConstraint& check) {
  v.field(check.oid);
  v.field(check.name);
  v.field(check.expression);
}
template <typename Visitor>
void fields(Visitor& v, ForeignKey& key) {
  v.field(key.oid);
  v.field(key.name);
  v.list(key.columns);
  v.field(key.table);
  v.list(key.referred_columns);
  letter(v, key.on_update);
  letter(v, key.on_delete);
}
template <typename Visitor>
void fields(Visitor& v, std::string& text) {
  v.field(text);
}
template <typename Visitor>
void fields(Visitor& v, Trigger& trigger) {
  v.field(trigger.oid);
  v.field(trigger.name);
  v.field(trigger.routine);
  letter(v, trigger.timing);
  v.field(trigger.events);
  v.field(trigger.for_each_row);
  v.field(trigger.is_enabled);
  v.list(trigger.columns);
  v.field(trigger.condition);
  v.list(trigger.arguments);
}
template <typename Visitor>
void fields(Visitor& v, RoutineArgument& argument) {
  v.field(argument.name);
  v.field(argument.type);
  letter(v, argument.mode);
  v.field(argument.has_default);
  v.field(argument.default_text);
}
template <typename Visitor>
void fields(Visitor& v, RoutineSetting& setting) {
  v.field(setting.name);
  v.field(setting.value);
}
template <typename Visitor>
void fields(Visitor& v, Routine& routine) {
  v.field(routine.oid);
  v.field(routine.schema);
  v.field(routine.name);
  v.field(routine.owner);
  letter(v, routine.kind);
  v.field(routine.language);
  v.list(routine.arguments);
  v.field(routine.result);
  v.field(routine.result_table);
  v.field(routine.returns_set);
  letter(v, routine.volatility);
  v.field(routine.is_strict);
  v.field(routine.is_definer);
  v.field(routine.is_leakproof);
  v.field(routine.parallel);
  v.field(routine.cost);
  v.field(routine.rows);
  v.list(routine.settings);
  v.field(routine.body);
  v.field(routine.is_sql_body);
}
template <typename Visitor>
void fields(Visitor& v, Table& table) {
  v.field(table.oid);
  v.field(table.schema);
  v.field(table.name);
  letter(v, table.kind);
  v.field(table.is_unlogged);
  v.field(table.tree);
  v.list(table.columns);
  v.list(table.key_columns);
  v.list(table.indexes);
  v.list(table.checks);
  v.list(table.foreign_keys);
  v.list(table.triggers);
  v.field(table.ttl_column);
  v.field(table.view_text);
  v.field(table.comment);
  v.field(table.owner);
}
template <typename Visitor>
void fields(Visitor& v, Schema& schema) {
  v.field(schema.oid);
  v.field(schema.name);
  v.field(schema.owner);
}

template <typename T>
std::string encode_object(const T& object) {
  Writer writer;
  fields(writer, const_cast<T&>(object));  // a Writer changes nothing
  return writer.take();
}

template <typename T>
Result<T> decode_object(Bytes value) {
  Reader reader(value);
  T object;
  if (!reader.failed()) fields(reader, object);
  if (reader.failed() || !reader.at_end()) {
    return Error(ErrorCode::Corruption, "an object of the SQL catalog does not decode");
  }
  return object;
}

}  // namespace

std::string catalog_key(char kind, Oid oid) {
  std::string key(kCatalogPrefix);
  key.push_back(kind);
  for (int shift = 24; shift >= 0; shift -= 8) {
    key.push_back(static_cast<char>(value_of(oid) >> shift));
  }
  return key;
}

std::string encode(const Table& table) { return encode_object(table); }
std::string encode(const Schema& schema) { return encode_object(schema); }
std::string encode(const Routine& routine) { return encode_object(routine); }
Result<Table> decode_table(Bytes value) { return decode_object<Table>(value); }
Result<Schema> decode_schema(Bytes value) { return decode_object<Schema>(value); }
Result<Routine> decode_routine(Bytes value) { return decode_object<Routine>(value); }

}  // namespace latchkey::sql
