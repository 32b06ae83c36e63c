#include <algorithm>
#include <cmath>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "base/numbers.h"
#include "base/text.h"
#include "kv/sorted_set_commands.h"

namespace latchkey::kv {

namespace {

enum class Operation : std::uint8_t { Union, Intersection, Difference };
enum class Aggregate : std::uint8_t { Sum, Minimum, Maximum };

/// One of the sets a command reads.
struct Input {
  Input(Call& call, Bytes the_key) : key(the_key), set(call) {}
  Bytes key;
  SortedSet set;
  double weight = 1;
};

/// The sets of a command in the order in which they are taken.
struct Inputs {
  std::deque<Input> held;  // these do not move: a set holds a key buffer of its own
  std::vector<Input*> order;
};

struct AlgebraRequest {
  std::vector<Bytes> keys;
  std::vector<double> weights;
  Aggregate aggregate = Aggregate::Sum;
  WithScores with_scores = WithScores::No;
  std::uint64_t limit = SortedSet::kNoLimit;
};

enum class Answer : std::uint8_t { Reply, Store, Count };

/// Reads what follows the keys. Only the options that fit the operation and the answer are known.
Result<void> parse_options(const Call& call, std::size_t begin, Operation operation, Answer answer,
                           AlgebraRequest& request) {
  const bool combines = operation != Operation::Difference && answer != Answer::Count;
  for (std::size_t i = begin; i < call.argument_count(); ++i) {
    const Bytes word = call.argument(i);
    const std::size_t left = call.argument_count() - i - 1;
    if (combines && left >= request.keys.size() && equals_ignore_case(word, "WEIGHTS")) {
      for (double& weight : request.weights) {
        const auto number = parse_double(call.argument(++i));
        if (!number) return Error(ErrorCode::InvalidArgument, "weight value is not a float");
        weight = *number;
      }
    } else if (combines && left >= 1 && equals_ignore_case(word, "AGGREGATE")) {
      const Bytes how = call.argument(++i);
      if (equals_ignore_case(how, "SUM")) {
        request.aggregate = Aggregate::Sum;
      } else if (equals_ignore_case(how, "MIN")) {
        request.aggregate = Aggregate::Minimum;
      } else if (equals_ignore_case(how, "MAX")) {
        request.aggregate = Aggregate::Maximum;
      } else {
        return Call::syntax_error();
      }
    } else if (answer == Answer::Reply && equals_ignore_case(word, "WITHSCORES")) {
      request.with_scores = WithScores::Yes;
    } else if (answer == Answer::Count && left >= 1 && equals_ignore_case(word, "LIMIT")) {
      const auto limit = parse_int64(call.argument(++i));
      if (!limit || *limit < 0) {
        return Error(ErrorCode::InvalidArgument, "LIMIT can't be negative");
      }
      if (*limit > 0) request.limit = static_cast<std::uint64_t>(*limit);
    } else {
      return Call::syntax_error();
    }
  }
  return {};
}

/// Reads the keys, then their records, then the options: the order in which Redis finds fault.
Result<AlgebraRequest> open_inputs(Call& call, Operation operation, Answer answer, Inputs& inputs) {
  const std::size_t count_argument = answer == Answer::Store ? 2 : 1;
  LK_TRY(const std::size_t key_count, read_key_count(call, count_argument));
  AlgebraRequest request;
  request.weights.assign(key_count, 1);
  for (std::size_t i = 0; i < key_count; ++i) {
    request.keys.push_back(call.argument(count_argument + 1 + i));
    Input& input = inputs.held.emplace_back(call, request.keys.back());
    inputs.order.push_back(&input);
    LK_CHECK(input.set.open(input.key));
  }
  LK_CHECK(parse_options(call, count_argument + 1 + key_count, operation, answer, request));
  for (std::size_t i = 0; i < key_count; ++i) inputs.held[i].weight = request.weights[i];
  if (operation != Operation::Difference) {
    // The smallest first, as in Redis: sums of floating numbers show the order.
    std::stable_sort(
        inputs.order.begin(), inputs.order.end(),
        [](const Input* left, const Input* right) { return left->set.size() < right->set.size(); });
  }
  return request;
}

/// Infinity times nothing is nothing.
double weighted(double weight, double score) {
  const double product = weight * score;
  return std::isnan(product) ? 0 : product;
}

double aggregated(Aggregate aggregate, double left, double right) {
  switch (aggregate) {
    case Aggregate::Sum: {
      const double sum = left + right;
      return std::isnan(sum) ? 0 : sum;  // infinity and its opposite
    }
    // What is not a number never wins: see intersect.
    case Aggregate::Minimum:
      return right < left ? right : left;
    case Aggregate::Maximum:
      return right > left ? right : left;
  }
  return left;
}

/// What an operation yields, held in memory until its order is known. It counts against the budget.
class Collected {
 public:
  explicit Collected(storage::Engine& engine) : engine_(engine) {}
  ~Collected() { (void)engine_.reserve_memory(-reserved_bytes_); }
  Collected(const Collected&) = delete;
  Collected& operator=(const Collected&) = delete;

  Result<void> add(Bytes member, double score) {
    const auto bytes = static_cast<std::int64_t>(sizeof(SortedSet::Scored) + member.size());
    if (used_bytes_ + bytes > reserved_bytes_) {
      const std::int64_t more = std::max(bytes, kReserveStep);
      if (!engine_.reserve_memory(more)) return Error(ErrorCode::MemoryExhausted);
      reserved_bytes_ += more;
    }
    used_bytes_ += bytes;
    members_.push_back({std::string(member), score});
    return {};
  }

  /// Makes one of members that came several times. Scores are combined in the order they came in.
  void combine_same(Aggregate aggregate) {
    std::stable_sort(members_.begin(), members_.end(), [](const auto& left, const auto& right) {
      return left.member < right.member;
    });
    std::size_t kept = 0;
    for (std::size_t i = 0; i < members_.size(); ++i) {
      if (kept > 0 && members_[kept - 1].member == members_[i].member) {
        double& score = members_[kept - 1].score;
        score = aggregated(aggregate, score, members_[i].score);
      } else {
        if (kept != i) members_[kept] = std::move(members_[i]);
        ++kept;
      }
    }
    members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(kept), members_.end());
  }

  void order() {
    std::sort(members_.begin(), members_.end(), [](const auto& left, const auto& right) {
      if (left.score != right.score) return left.score < right.score;
      return left.member < right.member;
    });
  }

  const std::vector<SortedSet::Scored>& members() const { return members_; }

 private:
  static constexpr std::int64_t kReserveStep = 64 * 1024;

  storage::Engine& engine_;
  std::vector<SortedSet::Scored> members_;
  std::int64_t used_bytes_ = 0;
  std::int64_t reserved_bytes_ = 0;
};

/// Walks all of `input`; `visit` may fail.
Result<void> walk_all(SortedSet& set, FunctionRef<Result<void>(Bytes, double)> visit) {
  Result<void> visited;
  LK_CHECK(set.walk(set.all(), storage::Direction::Forward, SortedSet::kNoLimit,
                    [&](Bytes member, double score) {
                      visited = visit(member, score);
                      return visited ? SortedSet::Go::On : SortedSet::Go::Stop;
                    }));
  return visited;
}

Result<void> unite(Inputs& inputs, const AlgebraRequest& request, Collected& collected) {
  for (Input* const input : inputs.order) {
    LK_CHECK(walk_all(input->set, [&](Bytes member, double score) {
      return collected.add(member, weighted(input->weight, score));
    }));
  }
  collected.combine_same(request.aggregate);
  return {};
}

/// Calls `visit` with the members that all inputs have, at most `limit`. The first input, the
/// smallest, is walked.
Result<void> intersect(Inputs& inputs, Aggregate aggregate, std::uint64_t limit,
                       FunctionRef<Result<void>(Bytes, double)> visit) {
  Input& smallest = *inputs.order.front();
  Result<void> visited;
  const auto look_in_others = [&](Bytes member, double score) {
    double sum = weighted(smallest.weight, score);
    for (std::size_t i = 1; i < inputs.order.size(); ++i) {
      auto other = inputs.order[i]->set.score(member);
      if (!other) {
        visited = std::move(other).error();
        return SortedSet::Go::Stop;
      }
      if (!*other) return SortedSet::Go::On;
      // As at Redis, infinity times nothing counts as nothing in the first input only; in another
      // it makes the sum nothing, and is passed over by MIN and MAX.
      sum = aggregated(aggregate, sum, inputs.order[i]->weight * **other);
    }
    visited = visit(member, sum);
    return visited && --limit > 0 ? SortedSet::Go::On : SortedSet::Go::Stop;
  };
  LK_CHECK(smallest.set.walk(smallest.set.all(), storage::Direction::Forward, SortedSet::kNoLimit,
                             look_in_others));
  return visited;
}

Result<void> subtract(Inputs& inputs, Collected& collected) {
  return walk_all(inputs.order.front()->set, [&](Bytes member, double score) -> Result<void> {
    for (std::size_t i = 1; i < inputs.order.size(); ++i) {
      LK_TRY(const auto other, inputs.order[i]->set.score(member));
      if (other) return {};
    }
    return collected.add(member, score);
  });
}

Result<void> collect(Inputs& inputs, const AlgebraRequest& request, Operation operation,
                     Collected& collected) {
  switch (operation) {
    case Operation::Union:
      LK_CHECK(unite(inputs, request, collected));
      break;
    case Operation::Intersection:
      LK_CHECK(intersect(inputs, request.aggregate, SortedSet::kNoLimit,
                         [&](Bytes member, double score) { return collected.add(member, score); }));
      break;
    case Operation::Difference:
      LK_CHECK(subtract(inputs, collected));
      break;
  }
  collected.order();
  return {};
}

Result<void> reply_with(Call& call, Operation operation) {
  Inputs inputs;
  LK_TRY(const AlgebraRequest request, open_inputs(call, operation, Answer::Reply, inputs));
  Collected collected(call.store.engine());
  LK_CHECK(collect(inputs, request, operation, collected));
  announce_members(call.reply, request.with_scores, collected.members().size());
  for (const auto& [member, score] : collected.members()) {
    reply_member(call.reply, request.with_scores, member, score);
  }
  return {};
}

Result<void> store_with(Call& call, Operation operation, const char* event) {
  const Bytes destination = call.argument(1);
  Inputs inputs;
  LK_TRY(const AlgebraRequest request, open_inputs(call, operation, Answer::Store, inputs));
  Collected collected(call.store.engine());
  LK_CHECK(collect(inputs, request, operation, collected));
  const auto fill = [&](SortedSet& result) -> Result<void> {
    for (const auto& [member, score] : collected.members()) LK_CHECK(result.insert(member, score));
    return {};
  };
  LK_TRY(const SortedSetStored stored, store_sorted_set(call, destination, fill));
  if (stored.count > 0) call.notify('z', event, destination);
  if (stored.key_removed) call.notify('g', "del", destination);
  call.reply.integer(static_cast<std::int64_t>(stored.count));
  return {};
}

}  // namespace

Result<void> zunion(Call& call) { return reply_with(call, Operation::Union); }
Result<void> zinter(Call& call) { return reply_with(call, Operation::Intersection); }
Result<void> zdiff(Call& call) { return reply_with(call, Operation::Difference); }

Result<void> zunionstore(Call& call) { return store_with(call, Operation::Union, "zunionstore"); }
Result<void> zinterstore(Call& call) {
  return store_with(call, Operation::Intersection, "zinterstore");
}
Result<void> zdiffstore(Call& call) {
  return store_with(call, Operation::Difference, "zdiffstore");
}

Result<void> zintercard(Call& call) {
  Inputs inputs;
  LK_TRY(const AlgebraRequest request,
         open_inputs(call, Operation::Intersection, Answer::Count, inputs));
  std::int64_t count = 0;
  LK_CHECK(intersect(inputs, request.aggregate, request.limit, [&](Bytes, double) -> Result<void> {
    ++count;
    return {};
  }));
  call.reply.integer(count);
  return {};
}

}  // namespace latchkey::kv
