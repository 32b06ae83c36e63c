#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

#include "base/numeric.h"

namespace latchkey {
namespace {

Numeric number(Bytes text) { return Numeric::parse(text).value(); }

std::string packed(const Numeric& value) {
  std::string out;
  value.append_packed(out);
  return out;
}

std::string key(const Numeric& value) {
  std::string out;
  value.append_key(out);
  return out;
}

std::string hex(Bytes bytes) {
  std::string out = "\\x";
  for (const char c : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 0xF];
  }
  return out;
}

/// The bytes of numbers of two bytes each.
std::string words(const std::vector<int>& values) {
  std::string out;
  for (const int value : values) {
    out += static_cast<char>(value >> 8);
    out += static_cast<char>(value);
  }
  return out;
}

/// Numbers of all sizes, with many that share their leading digits.
Numeric random_number(std::mt19937_64& bits) {
  const std::array specials = {"NaN", "Infinity", "-Infinity", "0", "0.00", "1", "-1"};
  if (bits() % 20 == 0) return number(specials[bits() % specials.size()]);
  const std::array pieces = {"0", "1", "9", "0000", "9999", "0001", "5000", "12"};
  std::string text = bits() % 2 == 0 ? "-" : "";
  for (std::uint64_t left = 1 + bits() % 6; left > 0; --left)
    text += pieces[bits() % pieces.size()];
  if (bits() % 2 == 0) text += "." + std::string(pieces[bits() % pieces.size()]);
  if (bits() % 3 == 0) text += "e" + std::to_string(static_cast<int>(bits() % 800) - 400);
  return number(text);
}

TEST(NumericBytes, PacksAsPostgresqlSends) {
  const struct {
    Bytes argument;
    Bytes result;
  } rows[] = {
      {"0", "\\x0000000000000000"},
      {"0.00", "\\x0000000000000002"},
      {"1", "\\x00010000000000000001"},
      {"-12345.678", "\\x0003000140000003000109291a7c"},
      {"10000", "\\x00010001000000000001"},
      {"0.0001", "\\x0001ffff000000040001"},
      {"1e-20", "\\x0001fffb000000140001"},
      {"1e131071", "\\x00017fff0000000003e8"},
      {"9999.99999999", "\\x0003000000000008270f270f270f"},
      {"NaN", "\\x00000000c0000000"},
      {"Infinity", "\\x00000000d0000020"},
      {"-Infinity", "\\x00000000f0000020"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(hex(packed(number(row.argument))), row.result) << row.argument;
  }
}

TEST(NumericBytes, UnpacksWhatItPacked) {
  std::mt19937_64 bits(31);
  for (int i = 0; i < 20'000; ++i) {
    const Numeric value = random_number(bits);
    const Result<Numeric> unpacked = Numeric::unpack(packed(value));
    ASSERT_TRUE(unpacked.has_value());
    ASSERT_EQ(unpacked->text(), value.text());
    ASSERT_EQ(unpacked->scale(), value.scale());
  }
}

// As PostgreSQL 15.18 received the same bytes.
TEST(NumericBytes, UnpacksWhatOthersPack) {
  const struct {
    std::vector<int> values;
    Bytes text;
  } rows[] = {
      {{0, 0, 0x4000, 3}, "0.000"},
      {{1, 5, 0, 0, 0}, "0"},
      {{3, 2, 0x4000, 2, 0, 12, 3400}, "-123400.00"},
      {{3, 0, 0, 1, 1, 2345, 6789}, "1.2"},
      {{2, 0, 0xC000, 0, 1, 2}, "NaN"},
      {{0, 7, 0xF000, 0}, "-Infinity"},
      {{2, -1, 0, 5, 0, 9999}, "0.00009"},
      {{4, 1, 0, 0, 0, 0, 5000, 1}, "0"},
      {{1, -32768, 0, 2, 1}, "0.00"},
  };
  for (const auto& row : rows) {
    const Result<Numeric> unpacked = Numeric::unpack(words(row.values));
    ASSERT_TRUE(unpacked.has_value()) << row.text;
    EXPECT_EQ(unpacked->text(), row.text);
  }
}

TEST(NumericBytes, RefusesToUnpackWhatIsNoNumber) {
  const std::vector<std::vector<int>> rows = {
      {},
      {0, 0, 0},
      {1, 0, 0, 0},
      {0, 0, 0, 0, 1},
      {1, 0, 0x1234, 0, 1},
      {0, 0, 0xE000, 0},
      {0, 0, 0x8000, 0},
      {1, 0, 0, 16384, 1},
      {1, 0, 0, 0, 10000},
      {1, 0, 0, 0, 0xFFFF},
  };
  for (const auto& row : rows) {
    const Result<Numeric> unpacked = Numeric::unpack(words(row));
    ASSERT_FALSE(unpacked.has_value()) << hex(words(row));
    EXPECT_EQ(unpacked.error().code(), ErrorCode::Corruption);
  }
}

TEST(NumericBytes, UnpacksAnyBytesOrRefusesThem) {
  std::mt19937_64 bits(32);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = packed(random_number(bits));
    bytes[bits() % bytes.size()] = static_cast<char>(bits());
    const Result<Numeric> unpacked = Numeric::unpack(bytes);
    if (!unpacked) continue;
    ASSERT_EQ(Numeric::unpack(packed(*unpacked))->text(), unpacked->text()) << hex(bytes);
  }
}

TEST(NumericKey, HasTheBytesItsTableNames) {
  const struct {
    Bytes argument;
    Bytes bytes;
  } rows[] = {
      {"-Infinity", "\\x0f"},  {"-1", "\\x5dfffd"},        {"0.00", "\\x80"},
      {"1", "\\xa20002"},      {"1.00", "\\xa20002"},      {"12345.678", "\\xa30003125334f8"},
      {"0.0001", "\\xa10002"}, {"1e-128", "\\x820002"},    {"1e-132", "\\x817fdf0002"},
      {"1e252", "\\xe10002"},  {"1e256", "\\xe280400002"}, {"Infinity", "\\xf0"},
      {"NaN", "\\xf8"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(hex(key(number(row.argument))), row.bytes) << row.argument;
  }
}

TEST(NumericKey, SortsAsTheNumbersDo) {
  std::mt19937_64 bits(33);
  std::vector<Numeric> values;
  for (int i = 0; i < 700; ++i) values.push_back(random_number(bits));
  for (const Numeric& left : values) {
    for (const Numeric& right : values) {
      ASSERT_EQ(key(left).compare(key(right)) <=> 0, left <=> right)
          << left.text() << " and " << right.text();
    }
  }
}

// Else a number and the column behind it could be read as another number.
TEST(NumericKey, BeginsNoOtherKey) {
  std::mt19937_64 bits(34);
  for (int i = 0; i < 20'000; ++i) {
    const Numeric left = random_number(bits);
    const Numeric right = random_number(bits);
    if (left == right) continue;
    ASSERT_FALSE(key(left).starts_with(key(right))) << left.text() << " and " << right.text();
  }
}

TEST(NumericKey, IsTakenOffTheFront) {
  std::mt19937_64 bits(35);
  for (int i = 0; i < 20'000; ++i) {
    const Numeric first = random_number(bits);
    const Numeric second = random_number(bits);
    const std::string bytes = key(first) + key(second) + "rest";
    Bytes keys = bytes;
    ASSERT_EQ(*Numeric::take_key(keys), first) << first.text();
    const Result<Numeric> taken = Numeric::take_key(keys);
    ASSERT_EQ(taken->text(), second.trim_scale().text());
    ASSERT_EQ(keys, "rest");
  }
}

TEST(NumericKey, IsRefusedWhenItIsNone) {
  const std::array<std::string, 16> rows = {
      "",
      "\x10",
      "\x7f",
      "\x7f\xff\xfd",
      "\xa2",
      "\xa2\x02",
      "\xa2\x03\x03",
      std::string("\xa2\x00\x00", 3),
      std::string("\xa2\x00\x03\x00\x00", 5),
      "\xa2\x4e\x20",
      "\xe3\x02\x02",
      "\xf1",
      std::string("\x81\x7f", 2),
      std::string("\x81\x80\x00\x00\x02", 5),
      std::string("\xe2\x80\x00\x00\x02", 5),
      std::string("\x81\x00\x00\x00\x02", 5),
  };
  for (const std::string& row : rows) {
    Bytes keys = row;
    const Result<Numeric> taken = Numeric::take_key(keys);
    ASSERT_FALSE(taken.has_value()) << hex(row);
    EXPECT_EQ(taken.error().code(), ErrorCode::Corruption);
    EXPECT_EQ(keys, row);
  }
}

TEST(NumericHash, IsThatOfEqualNumbers) {
  std::mt19937_64 bits(36);
  for (int i = 0; i < 20'000; ++i) {
    const Numeric value = random_number(bits);
    const Numeric other = random_number(bits);
    ASSERT_EQ(value.hash(), value.trim_scale().hash()) << value.text();
    ASSERT_EQ(value.hash() == other.hash(), value == other) << value.text();
  }
}

}  // namespace
}  // namespace latchkey
