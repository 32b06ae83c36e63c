#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sql/plpgsql/host.h"

namespace latchkey::sql::plpgsql {

/// One SQL statement or expression of a routine: parsed once, bound when it is first run and again
/// when the catalog has changed.
///
/// Threads:   the session's.
/// Ownership: shares what it is bound to with those who run it, as a routine may call itself.
class SqlText {
 public:
  /// The text may come from a routine's body or be made up by EXECUTE.
  explicit SqlText(std::string text) : text_(std::move(text)) {}
  /// An expression, as SELECT would have it.
  static SqlText expression(std::string text);
  /// One statement of a script that is parsed already.
  SqlText(std::shared_ptr<const parse::Script> script, const parse::Node* node, Bytes text);

  const std::string& shown() const { return text_; }
  bool is_expression() const { return is_expression_; }

  /// Errors: SyntaxError, without a position. Says that it holds one statement.
  Result<void> parse();
  const parse::Node& node() const { return *node_; }
  const std::shared_ptr<const parse::Script>& script() const { return script_; }
  /// Whether it reads or writes rows, and so is bound.
  bool is_query() const;

  /// Binds it unless that is done; `shape` changes when the variables' types do.
  Result<std::shared_ptr<const bind::Bound>> bind(Host& host, bind::NameSource* names,
                                                  std::uint64_t shape = 0);
  Result<std::shared_ptr<const bind::Bound>> bind_in(bind::BindContext context,
                                                     bind::NameSource* names);
  /// Whether it is an expression over nothing but variables, which needs no rows.
  bool is_simple() const { return is_simple_; }

 private:
  std::string text_;
  bool is_expression_ = false;
  std::shared_ptr<const parse::Script> script_;
  const parse::Node* node_ = nullptr;
  bool is_simple_ = false;
  std::shared_ptr<const bind::Bound> bound_;
  std::uint64_t bound_shape_ = 0;
  std::uint64_t bound_stamp_ = 0;
};

}  // namespace latchkey::sql::plpgsql
