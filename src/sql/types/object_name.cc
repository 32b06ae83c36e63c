#include "sql/types/object_name.h"

namespace latchkey::sql {

std::vector<std::string> split_object_name(Bytes text) {
  std::vector<std::string> parts;
  std::size_t at = 0;
  for (;;) {
    while (at < text.size() && text[at] == ' ') ++at;
    std::string part;
    if (at < text.size() && text[at] == '"') {
      for (++at; at < text.size(); ++at) {
        if (text[at] == '"') {
          if (at + 1 >= text.size() || text[at + 1] != '"') break;
          ++at;
        }
        part.push_back(text[at]);
      }
      if (at >= text.size()) return {};
      ++at;
    } else {
      for (; at < text.size() && text[at] != '.' && text[at] != ' ' && text[at] != '"'; ++at) {
        const char c = text[at];
        part.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c);
      }
    }
    if (part.empty()) return {};
    parts.push_back(std::move(part));
    while (at < text.size() && text[at] == ' ') ++at;
    if (at == text.size()) return parts;
    if (text[at++] != '.') return {};
  }
}

}  // namespace latchkey::sql
