#include "sql/functions/json_arguments.h"
#include "sql/functions/json_functions.h"
#include "sql/functions/json_record.h"
#include "sql/functions/jsonpath_call.h"
#include "sql/types/json_access.h"
#include "sql/types/record.h"

namespace latchkey::sql {

namespace {

/// Rows that are found before the first is asked for: where they stand, not what they become.
///
/// Ownership: borrows the argument, which the parts lie in.
class JsonbRows final : public RowSource {
 public:
  JsonbRows(Bytes jsonb, JsonForm form) : value_(jsonb), form_(form) {}

  JsonbReader value() const { return value_; }
  void add_key(Bytes key) { keys_.push_back(key); }
  void add_part(JsonbReader part) { parts_.push_back(part); }
  /// Adds a part that lies elsewhere.
  void add_copy(JsonbReader part) { parts_.emplace_back(copy_jsonb(part, arena_).bytes()); }

  bool next(Evaluation& evaluation, std::span<Value> columns) override {
    if (at_ == std::max(keys_.size(), parts_.size())) return false;
    std::size_t column = 0;
    if (!keys_.empty()) columns[column++] = Value::of_bytes(keys_[at_]);
    if (!parts_.empty()) {
      const JsonbReader part = parts_[at_];
      columns[column] = form_ == JsonForm::Text ? jsonb_as_text(part, *evaluation.arena)
                                                : copy_jsonb(part, *evaluation.arena);
    }
    ++at_;
    return true;
  }

 private:
  Arena arena_;
  const JsonbReader value_;
  const JsonForm form_;
  std::vector<Bytes> keys_;
  std::vector<JsonbReader> parts_;
  std::size_t at_ = 0;
};

/// The same for texts of the type json.
class JsonRows final : public RowSource {
 public:
  JsonRows(Bytes json, std::size_t width) : json_(json), width_(width) {}

  Bytes json() const { return json_; }
  Arena& arena() { return arena_; }
  void add(Bytes bytes) { values_.push_back(Value::of_bytes(bytes)); }
  /// Adds a key, which the parser forgets.
  void add_copy(Bytes bytes) { add(arena_.copy(bytes)); }
  void add(const Value& value) { values_.push_back(value); }

  bool next(Evaluation&, std::span<Value> columns) override {
    if (at_ == values_.size()) return false;
    for (std::size_t i = 0; i < width_; ++i) columns[i] = values_[at_++];
    return true;
  }

 private:
  Arena arena_;
  const Bytes json_;
  const std::size_t width_;
  std::vector<Value> values_;
  std::size_t at_ = 0;
};

using Rows = std::unique_ptr<RowSource>;

/// The rows, unless what should have found them failed.
template <typename Source>
Rows settled(const Call& call, const Result<void>& result, std::unique_ptr<Source> rows) {
  if (result.has_value()) return rows;
  call.evaluation.fail(result.error());
  return nullptr;
}

template <JsonForm kForm>
Rows each_of_jsonb(const Call& call) {
  constexpr const char* kName = kForm == JsonForm::Text ? "jsonb_each_text" : "jsonb_each";
  auto rows = std::make_unique<JsonbRows>(call.bytes(0), kForm);
  const Result<void> found = jsonb_each(rows->value(), kName, [&](Bytes key, JsonbReader value) {
    rows->add_key(key);
    rows->add_part(value);
  });
  return settled(call, found, std::move(rows));
}
template <JsonForm kForm>
Rows elements_of_jsonb(const Call& call) {
  auto rows = std::make_unique<JsonbRows>(call.bytes(0), kForm);
  const Result<void> found =
      jsonb_array_elements(rows->value(), [&](JsonbReader element) { rows->add_part(element); });
  return settled(call, found, std::move(rows));
}
Rows keys_of_jsonb(const Call& call) {
  auto rows = std::make_unique<JsonbRows>(call.bytes(0), JsonForm::Json);
  const Result<void> found = jsonb_each_key(rows->value(), [&](Bytes key) { rows->add_key(key); });
  return settled(call, found, std::move(rows));
}

template <JsonForm kForm>
Rows each_of_json(const Call& call) {
  auto rows = std::make_unique<JsonRows>(call.bytes(0), 2);
  const Result<void> found =
      json_each(rows->json(), kForm, rows->arena(), [&](Bytes key, const Value& value) {
        rows->add_copy(key);
        rows->add(value);
      });
  return settled(call, found, std::move(rows));
}
template <JsonForm kForm>
Rows elements_of_json(const Call& call) {
  constexpr const char* kName =
      kForm == JsonForm::Text ? "json_array_elements_text" : "json_array_elements";
  auto rows = std::make_unique<JsonRows>(call.bytes(0), 1);
  const Result<void> found = json_array_elements(rows->json(), kName, kForm, rows->arena(),
                                                 [&](const Value& value) { rows->add(value); });
  return settled(call, found, std::move(rows));
}
Rows keys_of_json(const Call& call) {
  auto rows = std::make_unique<JsonRows>(call.bytes(0), 1);
  const Result<void> found = json_each_key(rows->json(), [&](Bytes key) { rows->add_copy(key); });
  return settled(call, found, std::move(rows));
}

template <JsonPathZone kZone>
Rows path_query(const Call& call) {
  const Result<JsonPathCall> made = make_path_call(call, JsonPathErrors::Told, kZone);
  if (!made.has_value()) {
    call.evaluation.fail(made.error());
    return nullptr;
  }
  auto rows = std::make_unique<JsonbRows>(call.bytes(0), JsonForm::Json);
  const Result<void> found = jsonb_path_query(*made->path, made->arguments,
                                              [&](JsonbReader item) { rows->add_copy(item); });
  return settled(call, found, std::move(rows));
}

/// Rows of json_to_record and json_populate_record, and of their sisters for arrays.
class Records final : public RowSource {
 public:
  explicit Records(const std::vector<RowColumn>& columns) : columns_(columns) {}

  Arena& arena() { return arena_; }
  void add(JsonItem object) { objects_.push_back(object); }
  /// What columns without a member have.
  void set_base(Bytes record) {
    RecordReader reader(record);
    for (RecordReader::Field field; reader.next(field);) base_.push_back(field.value);
    base_.resize(columns_.size());
  }

  bool next(Evaluation& evaluation, std::span<Value> columns) override {
    if (at_ == objects_.size()) return false;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      columns[i] = i < base_.size() ? base_[i] : Value::null();
    }
    const Result<void> filled =
        record_of_json(objects_[at_++], columns_, *evaluation.settings, *evaluation.arena, columns);
    if (!filled.has_value()) evaluation.fail(filled.error());
    return filled.has_value();
  }

 private:
  Arena arena_;
  const std::vector<RowColumn>& columns_;
  std::vector<JsonItem> objects_;
  std::vector<Value> base_;
  std::size_t at_ = 0;
};

template <Oid kType>
JsonItem item_of(const Call& call, std::size_t index = 0) {
  if constexpr (kType == oid::kJson) return JsonItem::of_json(call.bytes(index));
  return JsonItem::of_jsonb(jsonb_argument(call, index));
}

/// The elements of an array of objects; on failure the call has failed.
Rows add_objects(const Call& call, const JsonItem& array, std::string_view name,
                 std::unique_ptr<Records> rows) {
  const std::string function(name);
  const auto refuse = [&](std::string message) {
    (void)call.fail(ErrorCode::InvalidArgument, std::move(message));
    return nullptr;
  };
  if (!array.is_array()) {
    return refuse("cannot call " + function +
                  (name.starts_with("jsonb") ? " on a non-array"
                   : array.is_object()       ? " on an object"
                                             : " on a scalar"));
  }
  bool are_objects = true;
  const Result<void> found = array.each_element(rows->arena(), [&](const JsonItem& item) {
    are_objects = are_objects && item.is_object();
    rows->add(item);
    return Result<void>();
  });
  if (!are_objects) return refuse("argument of " + function + " must be an array of objects");
  return settled(call, found, std::move(rows));
}

/// A record's columns are told where the function is called.
bool has_columns(const Call& call, std::string_view name) {
  if (!call.types.row.empty()) return true;
  call.evaluation.fail(
      Error(ErrorCode::NotSupported,
            "could not determine row type for result of " + std::string(name))
          .with_hint("Provide a non-null record argument, or call the function in the FROM clause "
                     "using a column definition list."));
  return false;
}

template <Oid kType>
Rows to_record(const Call& call) {
  if (!has_columns(call, kType == oid::kJson ? "json_to_record" : "jsonb_to_record")) {
    return nullptr;
  }
  auto rows = std::make_unique<Records>(call.types.row);
  rows->add(item_of<kType>(call));
  return rows;
}

template <Oid kType>
Rows to_record_set(const Call& call) {
  constexpr const char* kName = kType == oid::kJson ? "json_to_recordset" : "jsonb_to_recordset";
  if (!has_columns(call, kName)) return nullptr;
  return add_objects(call, item_of<kType>(call), kName, std::make_unique<Records>(call.types.row));
}

template <Oid kType>
Rows populate(const Call& call) {
  auto rows = std::make_unique<Records>(call.types.row);
  if (!call[0].is_null) rows->set_base(call.bytes(0));
  // Of a json that is null the row is what it was.
  rows->add(call[1].is_null ? JsonItem::of_json("{}") : item_of<kType>(call, 1));
  return rows;
}

template <Oid kType>
Rows populate_set(const Call& call) {
  constexpr const char* kName =
      kType == oid::kJson ? "json_populate_recordset" : "jsonb_populate_recordset";
  if (call[1].is_null) return nullptr;
  auto rows = std::make_unique<Records>(call.types.row);
  if (!call[0].is_null) rows->set_base(call.bytes(0));
  return add_objects(call, item_of<kType>(call, 1), kName, std::move(rows));
}

constexpr Oid kText = oid::kText;
constexpr Oid kJson = oid::kJson;
constexpr Oid kJsonb = oid::kJsonb;
constexpr Oid kJsonpath = oid::kJsonpath;

constexpr OutColumn kEachJson[] = {{"key", kText}, {"value", kJson}};
constexpr OutColumn kEachJsonb[] = {{"key", kText}, {"value", kJsonb}};
constexpr OutColumn kEachText[] = {{"key", kText}, {"value", kText}};
constexpr OutColumn kValueJson[] = {{"value", kJson}};
constexpr OutColumn kValueJsonb[] = {{"value", kJsonb}};
constexpr OutColumn kValueText[] = {{"value", kText}};

}  // namespace

std::span<const Function> json_set_functions() {
  static const std::vector<Function> kRows = [] {
    std::vector<Function> rows;
    const auto add = [&](std::string_view name, Signature signature, SetBody body,
                         std::span<const OutColumn> columns, std::uint32_t flags = 0) {
      rows.push_back({name, signature, kReturnsSet | flags, nullptr, {}, {}, body, columns});
    };
    const Signature json_record = takes(kJson).gives(oid::kRecord);
    const Signature jsonb_record = takes(kJsonb).gives(oid::kRecord);
    add("json_each", json_record, &each_of_json<JsonForm::Json>, kEachJson);
    add("json_each_text", json_record, &each_of_json<JsonForm::Text>, kEachText);
    add("jsonb_each", jsonb_record, &each_of_jsonb<JsonForm::Json>, kEachJsonb);
    add("jsonb_each_text", jsonb_record, &each_of_jsonb<JsonForm::Text>, kEachText);
    add("json_array_elements", takes(kJson).gives(kJson), &elements_of_json<JsonForm::Json>,
        kValueJson);
    add("json_array_elements_text", takes(kJson).gives(kText), &elements_of_json<JsonForm::Text>,
        kValueText);
    add("jsonb_array_elements", takes(kJsonb).gives(kJsonb), &elements_of_jsonb<JsonForm::Json>,
        kValueJsonb);
    add("jsonb_array_elements_text", takes(kJsonb).gives(kText), &elements_of_jsonb<JsonForm::Text>,
        kValueText);
    add("json_object_keys", takes(kJson).gives(kText), &keys_of_json, {});
    add("jsonb_object_keys", takes(kJsonb).gives(kText), &keys_of_jsonb, {});
    add("json_to_record", json_record, &to_record<kJson>, {}, kStable);
    add("jsonb_to_record", jsonb_record, &to_record<kJsonb>, {}, kStable);
    add("json_to_recordset", json_record, &to_record_set<kJson>, {}, kStable);
    add("jsonb_to_recordset", jsonb_record, &to_record_set<kJsonb>, {}, kStable);
    const Signature populate_json = takes(oid::kRecord, kJson).gives(oid::kRecord);
    const Signature populate_jsonb = takes(oid::kRecord, kJsonb).gives(oid::kRecord);
    add("json_populate_record", populate_json, &populate<kJson>, {}, kStable | kTakesNull);
    add("jsonb_populate_record", populate_jsonb, &populate<kJsonb>, {}, kStable | kTakesNull);
    add("json_populate_recordset", populate_json, &populate_set<kJson>, {}, kStable | kTakesNull);
    add("jsonb_populate_recordset", populate_jsonb, &populate_set<kJsonb>, {},
        kStable | kTakesNull);
    const auto add_query = [&](std::string_view name, SetBody body, std::uint32_t flags) {
      const Signature least = takes(kJsonb, kJsonpath).gives(kJsonb);
      const Signature with_variables = takes(kJsonb, kJsonpath, kJsonb).gives(kJsonb);
      const Signature whole = takes(kJsonb, kJsonpath, kJsonb, oid::kBool).gives(kJsonb);
      for (const Signature& each : {least, with_variables, whole}) add(name, each, body, {}, flags);
    };
    add_query("jsonb_path_query", &path_query<JsonPathZone::None>, 0);
    add_query("jsonb_path_query_tz", &path_query<JsonPathZone::OfSession>, kStable);
    return rows;
  }();
  return kRows;
}

const Function* json_populate_function(std::string_view name) {
  if (!name.starts_with("json") || name.find("_populate_") == std::string_view::npos) {
    return nullptr;
  }
  for (const Function& row : json_set_functions()) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

}  // namespace latchkey::sql
