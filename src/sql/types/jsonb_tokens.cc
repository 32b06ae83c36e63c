#include "sql/types/jsonb_tokens.h"

#include <xxhash.h>

#include <algorithm>

#include "sql/types/json_number.h"

namespace latchkey::sql {

namespace {

// Where the hashes of paths and those of keys begin.
constexpr std::uint64_t kPathSeed = 1;
constexpr std::uint64_t kKeySeed = 2;

std::uint64_t hash_with(Bytes bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

/// The root's depth is bounded by kJsonDepthMax, and so is how deep this recurses.
void add_paths(JsonbReader value, std::uint64_t path, JsonbTokens& tokens) {
  if (value.is_scalar()) {
    const Bytes text = value.is_number() ? trim_json_number(value.text()) : value.text();
    tokens.push_back(hash_with(text, path + static_cast<std::uint64_t>(value.kind())));
    return;
  }
  for (std::size_t i = 0; i < value.count(); ++i) {
    if (value.is_array()) {
      add_paths(value.element(i), path, tokens);
    } else {
      add_paths(value.value(i), hash_with(value.key(i), path), tokens);
    }
  }
}

void add_keys(JsonbReader value, JsonbTokens& tokens) {
  if (value.is_string()) tokens.push_back(jsonb_token_of_key(value.text()));
  if (value.is_scalar()) return;
  for (std::size_t i = 0; i < value.count(); ++i) {
    if (value.is_object()) {
      tokens.push_back(jsonb_token_of_key(value.key(i)));
    } else if (value.element(i).is_string()) {
      tokens.push_back(jsonb_token_of_key(value.element(i).text()));
    }
  }
}

JsonbTokens settled(JsonbTokens tokens) {
  std::sort(tokens.begin(), tokens.end());
  tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
  return tokens;
}

}  // namespace

JsonbTokens jsonb_tokens(JsonbReader value, JsonbTokenKinds kinds) {
  JsonbTokens tokens;
  add_paths(value, kPathSeed, tokens);
  if (kinds == JsonbTokenKinds::PathsAndKeys) add_keys(value, tokens);
  return settled(std::move(tokens));
}

JsonbTokens jsonb_tokens_contained(JsonbReader part, JsonbTokenKinds kinds) {
  JsonbTokens tokens;
  add_paths(part, kPathSeed, tokens);
  // Without a scalar only the keys are left to look for.
  if (tokens.empty() && kinds == JsonbTokenKinds::PathsAndKeys) add_keys(part, tokens);
  return settled(std::move(tokens));
}

std::uint64_t jsonb_token_of_key(Bytes key) { return hash_with(key, kKeySeed); }

}  // namespace latchkey::sql
