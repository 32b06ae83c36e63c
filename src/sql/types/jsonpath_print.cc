#include <array>
#include <string_view>

#include "base/assert.h"
#include "sql/types/jsonpath.h"

namespace latchkey::sql {

namespace {

/// How tightly an operator binds; what is no operator binds most tightly.
int priority_of(JsonPathKind kind) {
  switch (kind) {
    case JsonPathKind::Or:
      return 0;
    case JsonPathKind::And:
      return 1;
    case JsonPathKind::Equal:
    case JsonPathKind::NotEqual:
    case JsonPathKind::Less:
    case JsonPathKind::LessOrEqual:
    case JsonPathKind::Greater:
    case JsonPathKind::GreaterOrEqual:
    case JsonPathKind::StartsWith:
      return 2;
    case JsonPathKind::Add:
    case JsonPathKind::Subtract:
      return 3;
    case JsonPathKind::Multiply:
    case JsonPathKind::Divide:
    case JsonPathKind::Modulo:
      return 4;
    case JsonPathKind::Plus:
    case JsonPathKind::Minus:
      return 5;
    default:
      return 6;
  }
}

class Printer {
 public:
  Printer(const JsonPath& path, std::string& out) : path_(path), out_(out) {}

  enum class Brackets : std::uint8_t { Omit, Keep };

  /// Prints the node and the steps behind it. An operator stands in brackets if they are kept.
  void print(JsonPathIndex index, Brackets brackets) {
    print_node(path_.node(index), brackets);
    for (index = path_.node(index).next; index != 0; index = path_.node(index).next) {
      print_step(path_.node(index));
    }
  }

 private:
  void print_node(const JsonPathNode& node, Brackets brackets);
  void print_step(const JsonPathNode& node);
  void print_operator(const JsonPathNode& node, Brackets brackets);
  void print_levels(const JsonPathNode& node);
  void print_ranges(const JsonPathNode& node);
  void print_regex(const JsonPathNode& node);

  /// In brackets where `outer` binds as tightly or more.
  void print_operand(JsonPathIndex index, const JsonPathNode& outer) {
    const bool keeps = priority_of(path_.node(index).kind) <= priority_of(outer.kind);
    print(index, keeps ? Brackets::Keep : Brackets::Omit);
  }
  void print_enclosed(std::string_view before, JsonPathIndex inner, std::string_view after) {
    out_ += before;
    print(inner, Brackets::Omit);
    out_ += after;
  }

  const JsonPath& path_;
  std::string& out_;
};

/// As it is written between or before its operands, or behind a point; empty for none.
std::string_view symbol_of(JsonPathKind kind) {
  struct Symbol {
    JsonPathKind kind;
    std::string_view text;
  };
  static constexpr auto kSymbols = std::to_array<Symbol>({
      {JsonPathKind::Type, "type"},
      {JsonPathKind::Size, "size"},
      {JsonPathKind::Abs, "abs"},
      {JsonPathKind::Floor, "floor"},
      {JsonPathKind::Ceiling, "ceiling"},
      {JsonPathKind::Double, "double"},
      {JsonPathKind::KeyValue, "keyvalue"},
      {JsonPathKind::DateTime, "datetime"},
      {JsonPathKind::Add, "+"},
      {JsonPathKind::Subtract, "-"},
      {JsonPathKind::Multiply, "*"},
      {JsonPathKind::Divide, "/"},
      {JsonPathKind::Modulo, "%"},
      {JsonPathKind::Plus, "+"},
      {JsonPathKind::Minus, "-"},
      {JsonPathKind::Equal, "=="},
      {JsonPathKind::NotEqual, "!="},
      {JsonPathKind::Less, "<"},
      {JsonPathKind::LessOrEqual, "<="},
      {JsonPathKind::Greater, ">"},
      {JsonPathKind::GreaterOrEqual, ">="},
      {JsonPathKind::StartsWith, "starts with"},
      {JsonPathKind::And, "&&"},
      {JsonPathKind::Or, "||"},
  });
  for (const Symbol& symbol : kSymbols) {
    if (symbol.kind == kind) return symbol.text;
  }
  return {};
}

void Printer::print_node(const JsonPathNode& node, Brackets brackets) {
  switch (node.kind) {
    case JsonPathKind::Null:
      out_ += "null";
      return;
    case JsonPathKind::True:
      out_ += "true";
      return;
    case JsonPathKind::False:
      out_ += "false";
      return;
    case JsonPathKind::Number:
      // Without brackets a point behind it would be the number's own.
      out_ += node.next != 0 ? "(" + node.text + ")" : node.text;
      return;
    case JsonPathKind::Variable:
      out_.push_back('$');
      append_json_string(node.text, out_);
      return;
    case JsonPathKind::String:
      append_json_string(node.text, out_);
      return;
    case JsonPathKind::Root:
      out_.push_back('$');
      return;
    case JsonPathKind::Current:
      out_.push_back('@');
      return;
    case JsonPathKind::Last:
      out_ += "last";
      return;
    case JsonPathKind::Exists:
      return print_enclosed("exists (", node.left, ")");
    case JsonPathKind::IsUnknown:
      return print_enclosed("(", node.left, ") is unknown");
    case JsonPathKind::Not:
      return print_enclosed("!(", node.left, ")");
    default:
      return print_operator(node, brackets);
  }
}

void Printer::print_operator(const JsonPathNode& node, Brackets brackets) {
  if (brackets == Brackets::Keep) out_.push_back('(');
  if (node.kind == JsonPathKind::Plus || node.kind == JsonPathKind::Minus) {
    out_ += symbol_of(node.kind);
    print_operand(node.left, node);
  } else if (node.kind == JsonPathKind::LikeRegex) {
    print_operand(node.left, node);
    print_regex(node);
  } else {
    print_operand(node.left, node);
    out_.push_back(' ');
    out_ += symbol_of(node.kind);
    out_.push_back(' ');
    print_operand(node.right, node);
  }
  if (brackets == Brackets::Keep) out_.push_back(')');
}

void Printer::print_regex(const JsonPathNode& node) {
  out_ += " like_regex ";
  append_json_string(node.text, out_);
  const JsonPathRegexFlags& flags = node.regex.flags();
  std::string letters;
  if (flags.ignore_case) letters.push_back('i');
  if (flags.dot_all) letters.push_back('s');
  if (flags.multi_line) letters.push_back('m');
  if (flags.expanded) letters.push_back('x');
  if (flags.quoted) letters.push_back('q');
  if (!letters.empty()) out_ += " flag \"" + letters + "\"";
}

void Printer::print_step(const JsonPathNode& node) {
  switch (node.kind) {
    case JsonPathKind::Key:
      out_.push_back('.');
      append_json_string(node.text, out_);
      return;
    case JsonPathKind::AnyKey:
      out_ += ".*";
      return;
    case JsonPathKind::AnyLevel:
      return print_levels(node);
    case JsonPathKind::AnyElement:
      out_ += "[*]";
      return;
    case JsonPathKind::Subscript:
      return print_ranges(node);
    case JsonPathKind::Filter:
      return print_enclosed("?(", node.left, ")");
    default:
      out_.push_back('.');
      out_ += symbol_of(node.kind);
      out_.push_back('(');
      if (node.left != 0) print(node.left, Brackets::Omit);
      out_.push_back(')');
  }
}

void Printer::print_levels(const JsonPathNode& node) {
  const auto append_level = [&](std::uint32_t level) {
    out_ += level == kJsonPathLevelLast ? "last" : std::to_string(level);
  };
  out_ += ".**";
  if (node.first_level == 0 && node.last_level == kJsonPathLevelLast) return;
  out_.push_back('{');
  append_level(node.first_level);
  if (node.first_level != node.last_level) {
    out_ += " to ";
    append_level(node.last_level);
  }
  out_.push_back('}');
}

void Printer::print_ranges(const JsonPathNode& node) {
  out_.push_back('[');
  for (const JsonPathNode::Range& range : node.ranges) {
    if (&range != &node.ranges.front()) out_.push_back(',');
    print(range.from, Brackets::Omit);
    if (range.to == 0) continue;
    out_ += " to ";
    print(range.to, Brackets::Omit);
  }
  out_.push_back(']');
}

}  // namespace

void JsonPath::append_text(std::string& out) const {
  if (is_strict_) out += "strict ";
  Printer(*this, out).print(root_, Printer::Brackets::Keep);
}

}  // namespace latchkey::sql
