#include "sql/plpgsql/error_context.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>

namespace latchkey::sql::plpgsql {

Error in_context(Error error, std::string where) {
  return std::move(error).with([&](ErrorDetails& details) {
    details.position = 0;
    if (!details.context.empty()) details.context += '\n';
    details.context += where;
  });
}

Result<void> refuse_write(const Routine& routine, const bind::Bound& bound) {
  if (routine.volatility == Volatility::Volatile) return {};
  const char* const name = bound.query->kind == bind::QueryKind::Insert     ? "INSERT"
                           : bound.query->kind == bind::QueryKind::Update   ? "UPDATE"
                           : bound.query->kind == bind::QueryKind::Delete   ? "DELETE"
                           : bound.query->lock != parse::LockStrength::None ? "SELECT FOR UPDATE"
                                                                            : nullptr;
  if (name == nullptr) return {};
  return Error(ErrorCode::NotSupported,
               fmt::format("{} is not allowed in a non-volatile function", name));
}

namespace {

/// The lowest address of the thread's stack, and how long it is.
struct Stack {
  const char* low = nullptr;
  std::size_t bytes = 0;

  Stack() {
    pthread_attr_t attributes;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return;
    void* address = nullptr;
    if (pthread_attr_getstack(&attributes, &address, &bytes) == 0) {
      low = static_cast<const char*>(address);
    }
    pthread_attr_destroy(&attributes);
  }
};

}  // namespace

Result<void> check_stack() {
  static thread_local const Stack stack;
  const char here = 0;
  // The half that is left is for the statements of the routine: their parser needs most of it.
  const bool is_deep =
      stack.low != nullptr && static_cast<std::size_t>(&here - stack.low) < stack.bytes / 2;
  if (!is_deep) return {};
  return Error(ErrorCode::TooComplex, "stack depth limit exceeded")
      .with_hint("Routines call each other too deeply, or one calls itself without an end.");
}

}  // namespace latchkey::sql::plpgsql
