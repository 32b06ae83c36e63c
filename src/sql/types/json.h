#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "latchkey/result.h"
#include "sql/types/arena.h"
#include "sql/types/value.h"

namespace latchkey::sql {

/// What a JSON value is, in the order in which values of different kinds sort.
enum class JsonKind : std::uint8_t { Null, String, Number, False, True, Array, Object };

/// Arrays and objects inside each other deeper than this are TooComplex: what walks over a value
/// recurses, and a statement's thread has stack for so many levels several times over.
inline constexpr int kJsonDepthMax = 6'000;

/// The bytes of a jsonb value without its head stay below this, as in PostgreSQL.
inline constexpr std::uint32_t kJsonbBytesMax = (std::uint32_t{1} << 28) - 1;

/// A jsonb value or a part of one, read where it lies.
///
///   a value by itself
///   offset  bytes  field    meaning
///        0      1  kind     a JsonKind
///        1         payload  by kind: the UTF-8 of a String; the decimal text of a Number, as
///        numeric
///                           prints it; nothing for Null, False and True; for arrays and objects
///
///   the payload of an array or object; integers are little-endian
///   offset  bytes  field    meaning
///        0      4  count    n, of elements or of members
///        4      2  depth    1, or 1 more than the deepest array or object among the items
///        6    4 n  entries  an array's: one for each element; or
///             8 n           an object's: n for the keys, in their order, then n for their values
///                  items    the payloads that the entries speak of, in the same order
///
///   an entry: its low 28 bits are where its payload ends, counted from the first byte of the
///   items, and the high 4 bits its JsonKind. The payload begins where the one before it ends.
///
/// Keys are unique and sorted as PostgreSQL sorts them: the shorter first, then bytewise. Equal
/// values have equal bytes, but for zeros at the end of fractions.
///
/// Threads:   as a value.
/// Ownership: borrows the bytes; what it returns lies in them too.
/// Requires:  bytes that a JsonbBuilder made. No bytes at all read as null.
class JsonbReader {
 public:
  /// null
  JsonbReader() = default;
  /// The whole of what a Value of type jsonb holds.
  explicit JsonbReader(Bytes jsonb);
  /// A part that the caller knows: a string's text, a number's, or a payload.
  JsonbReader(JsonKind kind, Bytes payload) : payload_(payload), kind_(kind) {}
  static JsonbReader boolean(bool flag) { return {flag ? JsonKind::True : JsonKind::False, {}}; }

  JsonKind kind() const { return kind_; }
  bool is_null() const { return kind_ == JsonKind::Null; }
  bool is_string() const { return kind_ == JsonKind::String; }
  bool is_number() const { return kind_ == JsonKind::Number; }
  bool is_boolean() const { return kind_ == JsonKind::False || kind_ == JsonKind::True; }
  bool is_array() const { return kind_ == JsonKind::Array; }
  bool is_object() const { return kind_ == JsonKind::Object; }
  bool is_scalar() const { return kind_ < JsonKind::Array; }

  /// The text of a string or of a number.
  Bytes text() const { return payload_; }
  /// The bytes behind the head, for any kind.
  Bytes payload() const { return payload_; }

  /// Elements of an array, members of an object; 0 for a scalar.
  std::size_t count() const;
  /// Levels of arrays and objects; 0 for a scalar.
  int depth() const;
  /// Requires: an array; index < count().
  JsonbReader element(std::size_t index) const;
  /// Requires: an object; index < count().
  Bytes key(std::size_t index) const;
  JsonbReader value(std::size_t index) const;
  /// The value of that key, in the logarithm of count(). Nothing for what is no object.
  std::optional<JsonbReader> find(Bytes key) const;
  /// Where that key stands.
  std::optional<std::size_t> find_index(Bytes key) const;

 private:
  std::uint32_t entry(std::size_t index) const;
  /// What the entry at `index` of `entry_count` speaks of.
  JsonbReader item(std::size_t index, std::size_t entry_count) const;

  Bytes payload_;
  JsonKind kind_ = JsonKind::Null;
};

/// The order of keys in an object: less than, equal to or greater than zero.
int compare_json_keys(Bytes left, Bytes right);

/// `value` by itself, as a Value of type jsonb.
Value copy_jsonb(JsonbReader value, Arena& arena);

/// Makes a jsonb value from its parts, given in the order in which JSON text has them. A key comes
/// before each value in an object; of equal keys the last counts.
///
/// Ownership: borrows strings, numbers and views until finish(); scratch() keeps what would die.
/// Errors:    TooComplex past kJsonDepthMax; LimitExceeded past kJsonbBytesMax. finish() tells the
///            first, and what is added behind it is dropped.
class JsonbBuilder {
 public:
  void add_null() { add_scalar(JsonKind::Null, {}); }
  void add_boolean(bool flag) { add_scalar(flag ? JsonKind::True : JsonKind::False, {}); }
  void add_string(Bytes text) { add_scalar(JsonKind::String, text); }
  /// Requires: text that normalize_json_number made.
  void add_number(Bytes text) { add_scalar(JsonKind::Number, text); }
  /// A value of any kind that exists already.
  void add(JsonbReader value);
  void add_key(Bytes key) { add_scalar(JsonKind::String, key); }
  void begin_array() { begin(JsonKind::Array); }
  void begin_object() { begin(JsonKind::Object); }
  /// Ends the array or object that was begun last.
  void end();

  Arena& scratch() { return scratch_; }
  bool failed() const { return error_.has_value(); }

  /// The value, in the arena; the builder is empty again.
  /// Requires: one value was added, and all arrays and objects have ended.
  Result<Value> finish(Arena& arena);

 private:
  /// A value in the making. Those of closed arrays and objects lie together in closed_.
  struct Children {
    std::uint32_t first;  ///< in closed_; of an object all keys, then all values
    std::uint32_t count;
  };
  struct Node {
    union {
      const char* bytes;
      Children children;  ///< if is_built
    };
    std::uint32_t size = 0;  ///< of the payload
    std::uint16_t depth = 0;
    JsonKind kind = JsonKind::Null;
    bool is_built = false;
    Node() : bytes(nullptr) {}
    Node(JsonKind node_kind, Bytes payload)
        : bytes(payload.data()),
          size(static_cast<std::uint32_t>(payload.size())),
          kind(node_kind) {}
    Bytes payload() const { return {bytes, size}; }
  };
  static_assert(sizeof(Node) == 16);
  /// An array or object that has not ended.
  struct Frame {
    std::size_t first;  ///< of its children in open_
    JsonKind kind;
  };
  struct Member {
    Node key;
    Node value;
  };

  void add_scalar(JsonKind kind, Bytes payload);
  void push(const Node& node);
  void begin(JsonKind kind);
  void fail(ErrorCode code, const char* message);
  /// Puts the members that open_ has from `first` on in order and drops what is overridden.
  void sort_members(std::size_t first);
  /// Moves the children of `frame` to closed_, keys in front of values.
  Node close(const Frame& frame);
  /// Writes the payload and returns its end.
  char* write(const Node& node, char* out) const;

  Arena scratch_;
  std::vector<Node> open_;
  std::vector<Node> closed_;
  std::vector<Frame> frames_;
  std::optional<Error> error_;
};

/// The decimal text of a number that JSON text spells `token`: 1e2 is 100, -0.0 is 0.0. Lies in
/// `token` if that is the text already, else in `scratch`.
/// Errors: NumberOverflow.
Result<Bytes> normalize_json_number(Bytes token, Arena& scratch);

/// Adds what the JSON text says.
/// Requires: UTF-8; `text` stays until the builder has finished.
/// Errors:   InvalidText, its SQLSTATE 22P05 for \u0000, with detail and context; NumberOverflow;
///           TooComplex.
Result<void> add_json_text(JsonbBuilder& builder, Bytes text);

/// The text of a value on one line: {"a": [1, "x"]}.
void append_jsonb(JsonbReader value, std::string& out);
/// The same on many lines, four blanks for each level: jsonb_pretty.
void append_jsonb_pretty(JsonbReader value, std::string& out);
/// `text` as a JSON string, quotes included.
void append_json_string(Bytes text, std::string& out);

/// The order of the type jsonb for whole values, with PostgreSQL's peculiarity that an empty array
/// is less than any scalar.
int compare_jsonb(JsonbReader left, JsonbReader right);
/// Whether they are the same but for zeros at the end of fractions.
bool equal_jsonb(JsonbReader left, JsonbReader right);
/// Equal values have equal hashes. For this process only.
std::uint64_t hash_jsonb(JsonbReader value);

/// Bytes whose order is that of compare_jsonb. Equal values have equal bytes, and no value's bytes
/// begin another's, so that more may follow.
///
///   a whole value   0x20 for a scalar or an array, 0x30 for an object; the count (4), 1 for a
///                   scalar; 0x00 before a scalar and 0x01 before an array; the scalar or the items
///   an item         of an object its key as a string; then a value
///   a value         its JsonKind + 1; a string; a number's Numeric::append_key; or the count (4)
///   and
///                   the items of an array or object
///   a string        each 0x00 as 0x00 0xFF, then 0x00 0x00
///
/// Counts are big-endian.
void append_jsonb_key(JsonbReader value, std::string& out);

}  // namespace latchkey::sql
