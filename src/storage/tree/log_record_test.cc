#include "storage/tree/log_record.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "storage/tree/log_format.h"

namespace latchkey::storage::tree {
namespace {

std::string encoded(const std::vector<LogOperation>& operations) {
  std::uint64_t bytes = 0;
  for (const LogOperation& operation : operations) bytes += encoded_bytes(operation);
  std::string body(bytes, '\0');
  char* to = body.data();
  for (const LogOperation& operation : operations) to = encode(operation, to);
  EXPECT_EQ(to, body.data() + body.size());
  return body;
}

std::string printed(const LogOperation& operation) {
  return std::to_string(static_cast<int>(operation.type)) + " tree " +
         std::to_string(value_of(operation.tree)) + " key " + std::string(operation.key) + " end " +
         std::string(operation.end) + " kind " + std::to_string(operation.record.kind) +
         " deadline " + std::to_string(operation.record.deadline_ms) + " value " +
         std::string(operation.record.value) + " options " +
         std::to_string(operation.options.counted) + std::to_string(operation.options.hashed) +
         std::to_string(operation.options.logged);
}

Result<std::vector<std::string>> decoded(Bytes body) {
  std::vector<std::string> operations;
  LK_CHECK(decode_record(body, [&](const LogOperation& operation) -> Result<void> {
    operations.push_back(printed(operation));
    return {};
  }));
  return operations;
}

std::vector<LogOperation> one_of_each() {
  return {
      LogOperation::put(TreeId{1}, "key",
                        {.value = "value", .deadline_ms = kNoDeadline, .kind = 5}),
      LogOperation::put(TreeId{300}, "", {.value = "", .deadline_ms = -1, .kind = kRecordKindMax}),
      LogOperation::put(
          TreeId{1}, "k",
          {.value = "v", .deadline_ms = std::numeric_limits<std::int64_t>::max(), .kind = 0}),
      LogOperation::erase(TreeId{UINT32_MAX}, std::string_view("a\0b", 3)),
      LogOperation::erase_range(TreeId{4}, "from", ""),
      LogOperation::create_tree(TreeId{5}, {.counted = true, .hashed = false, .logged = true}),
      LogOperation::drop_tree(TreeId{6}),
  };
}

TEST(LogRecord, OperationsComeBackAsTheyWere) {
  const auto operations = one_of_each();

  const auto back = decoded(encoded(operations));

  ASSERT_TRUE(back.has_value()) << back.error().message();
  ASSERT_EQ(back->size(), operations.size());
  for (std::size_t i = 0; i < operations.size(); ++i) EXPECT_EQ((*back)[i], printed(operations[i]));
}

TEST(LogRecord, ASmallSetTakesFortyEightBytesOfLog) {
  const std::string sixteen(16, 'x');
  const auto operation = LogOperation::put(
      TreeId{2}, sixteen, {.value = sixteen, .deadline_ms = kNoDeadline, .kind = 1});

  EXPECT_EQ(encoded_bytes(operation), 36u);
  EXPECT_EQ(frame_bytes(36), 48u);
}

// Golden: a change here is a change of the format.
TEST(LogRecord, OperationsHaveTheDocumentedBytes) {
  EXPECT_EQ(encoded({LogOperation::put(TreeId{1}, "k",
                                       {.value = "v", .deadline_ms = kNoDeadline, .kind = 5})}),
            "\x05\x01\x01k\x01v");
  EXPECT_EQ(
      encoded({LogOperation::put(TreeId{200}, "k", {.value = "", .deadline_ms = 150, .kind = 5})}),
      std::string("\x45\xc8\x01\x01k\xac\x02\x00", 8));
  EXPECT_EQ(encoded({LogOperation::erase(TreeId{1}, "k")}), "\x80\x01\x01k");
  EXPECT_EQ(encoded({LogOperation::erase_range(TreeId{1}, "a", "b")}),
            "\x81\x01\x01"
            "a\x01"
            "b");
  EXPECT_EQ(encoded({LogOperation::create_tree(TreeId{1}, {})}), "\x82\x01\x06");
  EXPECT_EQ(encoded({LogOperation::drop_tree(TreeId{1})}), "\x83\x01");
}

TEST(LogRecord, APutsHeadAndValueMakeThePut) {
  const NewRecord record{.value = "a long value", .deadline_ms = 77, .kind = 3};
  std::string head(encoded_put_head_bytes(TreeId{9}, "key", record), '\0');

  encode_put_head(TreeId{9}, "key", record, head.data());

  EXPECT_EQ(head + std::string(record.value),
            encoded({LogOperation::put(TreeId{9}, "key", record)}));
}

TEST(LogRecord, ARecordCutOffAnywhereInsideAnOperationIsRefused) {
  const auto operations = one_of_each();
  const std::string body = encoded(operations);
  std::vector<std::size_t> ends{0};
  for (const LogOperation& operation : operations)
    ends.push_back(ends.back() + encoded_bytes(operation));

  for (std::size_t length = 0; length < body.size(); ++length) {
    const bool is_whole = std::find(ends.begin(), ends.end(), length) != ends.end();
    const auto back = decoded(body.substr(0, length));
    ASSERT_EQ(back.has_value(), is_whole) << length;
    if (!is_whole) {
      ASSERT_EQ(back.error().code(), ErrorCode::Corruption);
    }
  }
}

TEST(LogRecord, AnyBytesAreDecodedOrRefused) {
  std::mt19937 random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::string body(random() % 40, '\0');
    for (char& byte : body) byte = static_cast<char>(random() % 4 == 0 ? random() : random() % 8);
    static_cast<void>(decoded(body).has_value());
  }
}

TEST(LogRecord, TheVisitorsErrorStopsIt) {
  int calls = 0;
  const auto outcome =
      decode_record(encoded(one_of_each()), [&](const LogOperation&) -> Result<void> {
        ++calls;
        return Error(ErrorCode::MemoryExhausted);
      });

  EXPECT_EQ(calls, 1);
  EXPECT_EQ(outcome.error().code(), ErrorCode::MemoryExhausted);
}

}  // namespace
}  // namespace latchkey::storage::tree
