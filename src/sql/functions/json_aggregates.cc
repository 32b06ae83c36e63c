#include "sql/functions/aggregate.h"
#include "sql/functions/json_arguments.h"

namespace latchkey::sql {

namespace {

/// The arguments of all rows, one after another, in the arena.
class Gathered {
 public:
  void add(Arena& arena, Oid type, const Value& value) {
    const Type* const found = find_type(type);
    const bool in_bytes = found == nullptr || found->kept == Kept::Bytes;
    auto* const item = new (arena.allocate(sizeof(Item))) Item;
    item->value = in_bytes ? arena.keep(value) : value;
    (last_ == nullptr ? first_ : last_->next) = item;
    last_ = item;
  }
  template <typename Visit>
  Result<void> each(Visit&& visit) const {
    for (const Item* item = first_; item != nullptr; item = item->next) {
      LK_CHECK(visit(item->value));
    }
    return {};
  }

 private:
  struct Item {
    Value value;
    Item* next = nullptr;
  };
  Item* first_ = nullptr;
  Item* last_ = nullptr;
};

// Nothing of it needs to be destroyed.
Gathered& gathered(AggregateState& state) {
  if (state.more == nullptr) {
    state.more = new (state.arena->allocate(sizeof(Gathered))) Gathered;
  }
  return *static_cast<Gathered*>(state.more);
}

void gather(AggregateState& state, const Call& call) {
  gathered(state).add(*state.arena, call.types.arguments[0], call[0]);
}
void gather_member(AggregateState& state, const Call& call) {
  if (call[0].is_null) {
    (void)call.fail(ErrorCode::InvalidArgument, "field name must not be null");
    return;
  }
  for (std::size_t i = 0; i < 2; ++i) {
    gathered(state).add(*state.arena, call.types.arguments[i], call[i]);
  }
}

Value json_array(AggregateState& state, const Call& call) {
  if (state.more == nullptr) return Value::null();
  const Oid type = call.types.arguments[0];
  const std::string_view separator = is_structured(type) ? ", \n " : ", ";
  std::string out = "[";
  const Result<void> appended = gathered(state).each([&](const Value& value) {
    if (out.size() > 1) out += value.is_null ? std::string_view(", ") : separator;
    append_as_json({type, value}, call.settings(), out);
    return Result<void>();
  });
  if (!appended.has_value()) return call.fail(appended.error());
  out.push_back(']');
  return call.text(out);
}

Value json_object(AggregateState& state, const Call& call) {
  if (state.more == nullptr) return Value::null();
  std::string out = "{ ";
  std::size_t index = 0;
  const Result<void> appended = gathered(state).each([&](const Value& value) -> Result<void> {
    const bool is_key = index % 2 == 0;
    const TypedValue typed{call.types.arguments[index % 2], value};
    if (is_key && index > 0) out += ", ";
    if (!is_key) out += " : ";
    ++index;
    if (is_key) return append_json_key(typed, call.settings(), out);
    append_as_json(typed, call.settings(), out);
    return {};
  });
  if (!appended.has_value()) return call.fail(appended.error());
  out += " }";
  return call.text(out);
}

Value jsonb_array(AggregateState& state, const Call& call) {
  if (state.more == nullptr) return Value::null();
  JsonbBuilder builder;
  builder.begin_array();
  const Result<void> added = gathered(state).each([&](const Value& value) {
    return add_as_jsonb(builder, {call.types.arguments[0], value}, call.settings());
  });
  if (!added.has_value()) return call.fail(added.error());
  builder.end();
  return call.take(builder.finish(call.arena()));
}

Value jsonb_object(AggregateState& state, const Call& call) {
  if (state.more == nullptr) return Value::null();
  JsonbBuilder builder;
  builder.begin_object();
  std::size_t index = 0;
  const Result<void> added = gathered(state).each([&](const Value& value) {
    const bool is_key = index % 2 == 0;
    const TypedValue typed{call.types.arguments[index % 2], value};
    ++index;
    return is_key ? add_jsonb_key(builder, typed, call.settings())
                  : add_as_jsonb(builder, typed, call.settings());
  });
  if (!added.has_value()) return call.fail(added.error());
  builder.end();
  return call.take(builder.finish(call.arena()));
}

}  // namespace

std::span<const AggregateFunction> json_aggregates() {
  static const std::vector<AggregateFunction> kRows = {
      {"json_agg", takes(oid::kAnyElement).gives(oid::kJson), true, &gather, &json_array},
      {"jsonb_agg", takes(oid::kAnyElement).gives(oid::kJsonb), true, &gather, &jsonb_array},
      {"json_object_agg", takes(oid::kAny, oid::kAny).gives(oid::kJson), true, &gather_member,
       &json_object},
      {"jsonb_object_agg", takes(oid::kAny, oid::kAny).gives(oid::kJsonb), true, &gather_member,
       &jsonb_object},
  };
  return kRows;
}

}  // namespace latchkey::sql
