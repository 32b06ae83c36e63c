#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/function_ref.h"
#include "sql/types/json.h"
#include "sql/types/jsonpath_regex.h"
#include "sql/types/type.h"

namespace latchkey::sql {

/// What a step or an operator of a jsonpath does. Methods stand together, and so does arithmetic.
enum class JsonPathKind : std::uint8_t {
  // Literals and where a path begins.
  Null,
  True,
  False,
  Number,
  String,
  Variable,  ///< $name
  Root,      ///< $
  Current,   ///< @
  Last,      ///< last
  // Steps.
  Key,         ///< .name
  AnyKey,      ///< .*
  AnyLevel,    ///< .**{first to last}
  Subscript,   ///< [1, 2 to 3]
  AnyElement,  ///< [*]
  Filter,      ///< ?(left)
  // Methods.
  Type,
  Size,
  Abs,
  Floor,
  Ceiling,
  Double,
  KeyValue,
  DateTime,
  // Arithmetic.
  Add,
  Subtract,
  Multiply,
  Divide,
  Modulo,
  Plus,   ///< +left
  Minus,  ///< -left
  // Predicates.
  Equal,
  NotEqual,
  Less,
  LessOrEqual,
  Greater,
  GreaterOrEqual,
  StartsWith,
  LikeRegex,
  Exists,     ///< exists (left)
  IsUnknown,  ///< (left) is unknown
  Not,        ///< !(left)
  And,
  Or,
};

/// The place of a node among those of its path; 0 for none.
using JsonPathIndex = std::uint32_t;

/// No upper bound of .**, or the leaves only if it is the lower bound too.
inline constexpr std::uint32_t kJsonPathLevelLast = ~std::uint32_t{0};

struct JsonPathNode {
  /// `from` to `to`, or `from` alone.
  struct Range {
    JsonPathIndex from = 0;
    JsonPathIndex to = 0;
  };

  JsonPathKind kind = JsonPathKind::Null;
  JsonPathIndex next = 0;  ///< the step that follows
  JsonPathIndex left = 0;  ///< operands
  JsonPathIndex right = 0;
  std::uint32_t first_level = 0;  ///< of AnyLevel
  std::uint32_t last_level = 0;
  std::uint32_t height = 1;   ///< nodes on the longest way down through operands
  std::string text;           ///< a key, a name, a string, a number, a pattern
  std::vector<Range> ranges;  ///< of Subscript
  JsonPathRegex regex;        ///< of LikeRegex
};

/// A jsonpath, compiled from its text to a small tree.
///
///   strict $.a[*] ? (@.x > 1).b        Root - Key a - AnyElement - Filter - Key b     (next)
///                                                                     |
///                                                                  Greater            (left)
///                                                                  |     |
///                                                    Current - Key x     Number 1     (left,
///                                                    right)
///
/// Threads: any, once parsed.
/// Source:  SQL:2016, <JSON path expression>; the texts of errors from asking PostgreSQL 15.18.
class JsonPath {
 public:
  /// Errors: SyntaxError, InvalidText, NumberOverflow, RegexInvalid, NotSupported, TooComplex.
  static Result<JsonPath> parse(Bytes text);

  /// The text by which PostgreSQL shows it: $."a"[*]?(@."x" > 1)
  void append_text(std::string& out) const;

  bool is_strict() const { return is_strict_; }
  JsonPathIndex root() const { return root_; }
  const JsonPathNode& node(JsonPathIndex index) const { return nodes_[index]; }

 private:
  friend class JsonPathParser;
  JsonPath() : nodes_(1) {}

  std::vector<JsonPathNode> nodes_;
  JsonPathIndex root_ = 0;
  bool is_strict_ = false;
};

/// Whether errors of an evaluation are told, or end it quietly.
enum class JsonPathErrors : std::uint8_t { Told, Silent };

struct JsonPathArguments {
  JsonbReader target;
  /// An object with the values of $names. Nothing: they are null.
  std::optional<JsonbReader> variables;
  JsonPathErrors errors = JsonPathErrors::Told;
  /// By the clocks of whose zone dates and times without one compare with those that have one.
  /// Null: they do not.
  const TextSettings* session = nullptr;
};

/// jsonb_path_exists, and with silent errors @?. Nothing is SQL's null.
///
/// Errors of these: JsonMissing and InvalidArgument with the SQLSTATEs 2203x of SQL/JSON unless
/// silent; ObjectMissing for a variable that is not there; NumberOverflow, DivisionByZero;
/// NotSupported for a template of .datetime() and for comparisons that need a zone; TooComplex.
Result<std::optional<bool>> jsonb_path_exists(const JsonPath& path,
                                              const JsonPathArguments& arguments);
/// jsonb_path_match, and with silent errors @@.
Result<std::optional<bool>> jsonb_path_match(const JsonPath& path,
                                             const JsonPathArguments& arguments);
/// All that the path finds, in order. The views are good during the call.
Result<void> jsonb_path_query(const JsonPath& path, const JsonPathArguments& arguments,
                              FunctionRef<void(JsonbReader)> visit);
Result<Value> jsonb_path_query_array(const JsonPath& path, const JsonPathArguments& arguments,
                                     Arena& arena);
/// SQL's null if there is none.
Result<Value> jsonb_path_query_first(const JsonPath& path, const JsonPathArguments& arguments,
                                     Arena& arena);

}  // namespace latchkey::sql
