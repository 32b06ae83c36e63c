#pragma once

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

// io_json.cc
/// Checks that `text` is JSON.
Result<void> check_json(Bytes text);
/// The one text that stands for all that mean the same: keys sorted, the last of equal keys.
Result<Value> normalize_json(Bytes text, Arena& arena);
int compare_jsonb(Bytes left, Bytes right);

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
