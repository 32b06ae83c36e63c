#pragma once

#include <string>

#include "sql/session.h"

namespace latchkey::sql::cron {

/// Takes the results of a statement that nobody waits for; keeps its last tag.
class QuietSink final : public ResultSink {
 public:
  std::string tag;

  Result<void> columns(std::span<const ResultColumn>) override { return {}; }
  Result<void> row(std::span<const ResultColumn>, std::span<const Value>) override { return {}; }
  Result<void> complete(Bytes told) override {
    tag = told;
    return {};
  }
  Result<void> empty() override { return {}; }
  void notice(Severity, const Error&) override {}
  Result<void> copy_out_begin(const CopyShape&) override { return no_copy(); }
  Result<void> copy_out(Bytes) override { return no_copy(); }
  Result<void> copy_out_end() override { return no_copy(); }
  Result<void> copy_in_begin(const CopyShape&) override { return no_copy(); }
  Result<std::optional<std::string>> copy_in() override { return no_copy(); }

 private:
  static Error no_copy() { return Error(ErrorCode::NotSupported, "COPY has no client in a job"); }
};

}  // namespace latchkey::sql::cron
