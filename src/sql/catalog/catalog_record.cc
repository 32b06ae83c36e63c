#include "sql/catalog/catalog_record.h"

#include <cstring>
#include <optional>

namespace latchkey::sql {

namespace {

// Version 1 ended before views, sequences and what came with them.
constexpr char kVersion = 2;

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
  void field(std::int64_t value) { integer(value); }
  void field(double value) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    number(bits);
  }
  bool since(char) const { return true; }
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
    if (bytes_.empty() || bytes_[0] < 1 || bytes_[0] > kVersion) {
      failed_ = true;
      return;
    }
    version_ = bytes_[0];
    bytes_.remove_prefix(1);
  }
  /// Whether the record is of this version or a later one.
  bool since(char version) const { return version_ >= version; }
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
  void field(std::int64_t& value) { value = integer(); }
  void field(double& value) {
    const std::uint64_t bits = number();
    std::memcpy(&value, &bits, sizeof bits);
  }
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
  char version_ = 0;
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
  if (!v.since(2)) return;
  v.field(column.sequence);
  v.field(column.domain);
}
template <typename Visitor>
void fields(Visitor& v, IndexColumn& column) {
  v.field(column.column);
  v.field(column.expression);
  v.field(column.is_descending);
  v.field(column.nulls_first);
  if (!v.since(2)) return;
  v.field(column.operator_class);
  v.field(column.type);
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
  if (!v.since(2)) return;
  v.list(index.included);
  v.field(index.nulls_equal);
  v.field(index.method);
  v.field(index.parent);
}
template <typename Visitor>
void fields(Visitor& v, CheckConstraint& check) {
  v.field(check.oid);
  v.field(check.name);
  v.field(check.expression);
  if (!v.since(2)) return;
  v.field(check.is_validated);
  v.field(check.is_inherited);
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
  if (!v.since(2)) return;
  v.field(key.index);
  v.field(key.is_match_full);
  v.field(key.is_deferrable);
  v.field(key.is_deferred);
  v.field(key.is_validated);
  v.list(key.set_columns);
}
template <typename Visitor>
void fields(Visitor& v, SequenceOptions& sequence) {
  v.field(sequence.type);
  v.field(sequence.start);
  v.field(sequence.increment);
  v.field(sequence.least);
  v.field(sequence.greatest);
  v.field(sequence.cache);
  v.field(sequence.cycles);
  v.field(sequence.generation);
  v.field(sequence.first);
  v.field(sequence.first_is_used);
  v.field(sequence.table);
  v.field(sequence.column);
  v.field(sequence.is_identity);
}
template <typename Visitor>
void fields(Visitor& v, PartitionValue& value) {
  v.field(value.kind);
  v.field(value.text);
}
template <typename Visitor>
void fields(Visitor& v, Table::Use& use) {
  v.field(use.table);
  v.field(use.column);
}
template <typename Visitor>
void fields(Visitor& v, EnumLabel& label) {
  v.field(label.oid);
  v.field(label.name);
  v.field(label.order);
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
  v.field(table.ttl_column);
  v.field(table.view_text);
  if (!v.since(2)) {
    std::string comment;  // never set by what wrote this version
    v.field(comment);
  }
  v.field(table.owner);
  if (!v.since(2)) return;
  v.list(table.triggers);
  v.list(table.uses);
  v.field(table.check_option);
  if (table.kind == TableKind::Sequence) fields(v, table.sequence);
  v.field(table.temporary);
  v.field(table.on_commit);
  v.field(table.partition_key.strategy);
  v.list(table.partition_key.columns);
  v.field(table.parent);
  if (table.parent == Oid::None) return;
  v.field(table.bound.is_default);
  v.list(table.bound.low);
  v.list(table.bound.high);
  v.field(table.bound.modulus);
  v.field(table.bound.remainder);
}
template <typename Visitor>
void fields(Visitor& v, Schema& schema) {
  v.field(schema.oid);
  v.field(schema.name);
  v.field(schema.owner);
}
template <typename Visitor>
void fields(Visitor& v, UserType& type) {
  v.field(type.oid);
  v.field(type.array);
  v.field(type.schema);
  v.field(type.name);
  v.field(type.kind);
  v.field(type.owner);
  v.list(type.labels);
  v.field(type.base);
  v.field(type.typmod);
  v.field(type.not_null);
  v.field(type.default_text);
  v.list(type.checks);
}
template <typename Visitor>
void fields(Visitor& v, CommentRecord& comment) {
  v.field(comment.oid);
  v.field(comment.column);
  v.field(comment.text);
}
template <typename Visitor>
void fields(Visitor& v, ExtensionRecord& extension) {
  v.field(extension.name);
  v.field(extension.version);
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

std::string comment_key(Oid oid, std::int16_t column) {
  std::string key = catalog_key('c', oid);
  key.push_back(static_cast<char>(column >> 8));
  key.push_back(static_cast<char>(column));
  return key;
}

std::string extension_key(Bytes name) {
  std::string key(kCatalogPrefix);
  key.push_back('e');
  return key.append(name);
}

std::string encode(const Table& table) { return encode_object(table); }
std::string encode(const Schema& schema) { return encode_object(schema); }
std::string encode(const Routine& routine) { return encode_object(routine); }
std::string encode(const UserType& type) { return encode_object(type); }
std::string encode(const CommentRecord& comment) { return encode_object(comment); }
std::string encode(const ExtensionRecord& extension) { return encode_object(extension); }
Result<UserType> decode_user_type(Bytes value) { return decode_object<UserType>(value); }
Result<CommentRecord> decode_comment(Bytes value) { return decode_object<CommentRecord>(value); }
Result<ExtensionRecord> decode_extension(Bytes value) {
  return decode_object<ExtensionRecord>(value);
}
Result<Table> decode_table(Bytes value) { return decode_object<Table>(value); }
Result<Schema> decode_schema(Bytes value) { return decode_object<Schema>(value); }
Result<Routine> decode_routine(Bytes value) { return decode_object<Routine>(value); }

}  // namespace latchkey::sql
