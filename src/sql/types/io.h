#pragma once

#include "sql/types/array.h"
#include "sql/types/type.h"

namespace latchkey::sql::io {

/// Text and wire forms by family; type_io.cc chooses. See type.h for the contract.

// io_numbers.cc
Result<Value> parse_bool(Bytes text);
Result<std::int64_t> parse_integer(Oid type, Bytes text);
Result<double> parse_float(Oid type, Bytes text);
void append_float(double value, bool is_single, std::string& out);
Result<Value> receive_number(Oid type, Bytes bytes);
void send_number(Oid type, const Value& value, std::string& out);

// io_text.cc
Result<Value> fit_text(Oid type, std::int32_t typmod, Bytes text, Arena& arena);
Result<Value> parse_bytea(Bytes text, Arena& arena);
void append_bytea(Bytes bytes, bool escape, std::string& out);
Result<Value> parse_uuid(Bytes text, Arena& arena);
void append_uuid(Bytes bytes, std::string& out);
/// Errors: BadEncoding.
Result<void> check_utf8(Bytes text);
/// How many characters.
std::size_t length_utf8(Bytes text);

// io_array.cc
Result<Value> parse_array(const Type& type, std::int32_t typmod, Bytes text,
                          const TextSettings& settings, Arena& arena);
void append_array(const Type& type, const Value& value, const TextSettings& settings,
                  std::string& out);
Result<Value> receive_array(const Type& type, std::int32_t typmod, Bytes bytes, Arena& arena);
void send_array(const Type& type, const Value& value, std::string& out);
int compare_arrays(const Type& type, const Value& left, const Value& right);

// io_objects.cc
/// The number of an object by its name, through the settings' ObjectNames.
Result<Value> parse_object_name(Oid type, Bytes text, const TextSettings& settings);
void append_object_name(Oid type, const Value& value, const TextSettings& settings,
                        std::string& out);
/// Where a row stands: "(block,offset)", kept as block << 16 | offset.
Result<Value> parse_place(Bytes text);
void append_place(const Value& value, std::string& out);
Result<Value> receive_place(Bytes bytes);
void send_place(const Value& value, std::string& out);
/// A position in a log: "16/B374D848".
Result<Value> parse_log_position(Bytes text);
void append_log_position(const Value& value, std::string& out);
/// int2vector and oidvector: "1 2 3".
Result<Value> parse_vector(const Type& type, Bytes text, Arena& arena);
void append_vector(const Value& value, std::string& out);
/// An array whose first element is number 0.
Value make_vector(ArrayWriter& writer, Arena& arena);

// io_json.cc
/// Whether it is json, jsonb or jsonpath.
bool is_json(Oid type);
/// Checks that `text` is JSON.
Result<void> check_json(Bytes text);
/// The one value that stands for all texts that mean the same: keys sorted, the last of equal keys.
Result<Value> normalize_json(Bytes text, Arena& arena);
Result<Value> parse_json(Oid type, Bytes text, Arena& arena);
Result<Value> receive_json(Oid type, Bytes bytes, Arena& arena);
void send_json(Oid type, Bytes bytes, std::string& out);
void append_jsonb(Bytes jsonb, std::string& out);
int compare_jsonb(Bytes left, Bytes right);
std::uint64_t hash_jsonb(Bytes jsonb);

// io_date_time.cc
bool is_date_time(Oid type);
Result<Value> parse_date_time(Oid type, std::int32_t typmod, Bytes text,
                              const TextSettings& settings, Arena& arena);
void append_date_time(Oid type, const Value& value, const TextSettings& settings, std::string& out);
Result<Value> receive_date_time(Oid type, std::int32_t typmod, Bytes bytes, Arena& arena);
/// Cut or rounded to what a typmod leaves.
Result<Value> fit_date_time(Oid type, std::int32_t typmod, const Value& value, Arena& arena);
/// The typmod that the numbers behind a type's name mean: timestamp(3), interval day to second(0).
Result<std::int32_t> date_time_modifier(Oid type, std::span<const std::int64_t> numbers);
/// "(3)", " day to second(0)", or nothing.
std::string date_time_modifier_text(Oid type, std::int32_t typmod);

/// "invalid input syntax for type integer: \"x\"".
Error invalid_text(std::string_view type, Bytes text);

}  // namespace latchkey::sql::io
