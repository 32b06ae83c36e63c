#include "doors/resp/clients.h"

#include <fmt/format.h>

#include <utility>

namespace latchkey::resp {

void Clients::add(ClientInfo& info) {
  const std::lock_guard lock(mutex_);
  by_id_.emplace(info.id, &info);
}

void Clients::remove(ClientInfo& info) {
  const std::lock_guard lock(mutex_);
  by_id_.erase(info.id);
}

std::size_t Clients::size() const {
  const std::lock_guard lock(mutex_);
  return by_id_.size();
}

void Clients::for_each(FunctionRef<void(ClientInfo&)> visit) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, info] : by_id_) {
    if (!info->killed) visit(*info);
  }
}

void Clients::set(std::string& field, std::string value) const {
  const std::lock_guard lock(mutex_);
  field = std::move(value);
}

std::string flag_letters(const ClientInfo& info) {
  std::string letters;
  if (info.monitor) letters += 'O';
  if (info.channels + info.patterns + info.shard_channels > 0) letters += 'P';
  if (info.queued >= 0) letters += 'x';
  if (info.blocked) letters += 'b';
  if (info.local_address.starts_with('/')) letters += 'U';
  if (info.keep_evict) letters += 'e';
  if (info.keep_touch) letters += 'T';
  return letters.empty() ? "N" : letters;
}

std::string describe(const ClientInfo& info, std::int64_t now_us) {
  constexpr std::int64_t kSecond = 1'000'000;
  const std::uint64_t memory =
      info.input_bytes + info.input_free_bytes + info.output_capacity + sizeof(ClientInfo);
  return fmt::format(
      "id={} addr={} laddr={} fd={} name={} age={} idle={} flags={} db={} sub={} psub={} ssub={} "
      "multi={} "
      "qbuf={} qbuf-free={} argv-mem=0 multi-mem=0 rbs={} rbp=0 obl=0 oll=0 omem={} "
      "tot-mem={} "
      "events=r cmd={} user={} redir=-1 resp={} lib-name={} lib-ver={}",
      info.id, info.address, info.local_address, info.socket, info.name,
      (now_us - info.created_us) / kSecond, (now_us - info.active_us) / kSecond, flag_letters(info),
      info.collection == "default" ? "0" : info.collection, info.channels.load(),
      info.patterns.load(), info.shard_channels.load(), info.queued.load(), info.input_bytes.load(),
      info.input_free_bytes.load(), info.output_capacity.load(), info.output_bytes.load(), memory,
      info.last_command.load(), info.user, info.protocol.load(), info.library_name,
      info.library_version);
}

}  // namespace latchkey::resp
