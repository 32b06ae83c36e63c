#include "kv/notify_flags.h"

namespace latchkey::kv {

namespace {

constexpr Bytes kAllClasses = "g$lshzxetd";

constexpr std::uint32_t all_classes() {
  std::uint32_t flags = 0;
  for (const char letter : kAllClasses) flags |= notify_flag(letter);
  return flags;
}

}  // namespace

std::optional<std::uint32_t> parse_notify_flags(Bytes letters) {
  std::uint32_t flags = 0;
  for (const char letter : letters) {
    const std::uint32_t flag = letter == 'A' ? all_classes() : notify_flag(letter);
    if (flag == 0) return std::nullopt;
    flags |= flag;
  }
  return flags;
}

std::string format_notify_flags(std::uint32_t flags) {
  std::string letters;
  const auto append = [&](Bytes candidates) {
    for (const char letter : candidates) {
      if ((flags & notify_flag(letter)) != 0) letters += letter;
    }
  };
  if ((flags & all_classes()) == all_classes()) {
    letters += 'A';
  } else {
    append(kAllClasses);
  }
  append("KEmn");
  return letters;
}

}  // namespace latchkey::kv
