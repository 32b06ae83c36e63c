#include "doors/resp/door.h"

#include <fmt/format.h>

#include "base/assert.h"
#include "doors/resp/client.h"
#include "doors/resp/door_rows.h"
#include "doors/resp/door_state.h"

namespace latchkey::resp {

namespace {

class RespProtocol final : public net::Protocol {
 public:
  explicit RespProtocol(DoorState& door) : door_(door) {}
  std::unique_ptr<net::Conversation> open(net::Channel& channel) override {
    return std::make_unique<Client>(door_, channel);
  }
  Bytes refusal() const override { return "-ERR max number of clients reached\r\n"; }
  Bytes out_of_memory() const override {
    return "-OOM the request was not read: no memory is left in the budget\r\n";
  }

 private:
  DoorState& door_;
};

std::string random_hex(env::Random& random, std::size_t digits) {
  std::string text;
  while (text.size() < digits) text += fmt::format("{:016x}", random.next());
  text.resize(digits);
  return text;
}

/// How long a tick is, measured over a moment. Where the clock stands still, as in simulations, a
/// usual processor is assumed: durations are then only shown, never decided by.
double measure_us_per_tick(env::Clock& clock) {
  constexpr std::int64_t kMeasureUs = 1000;
  constexpr std::uint64_t kPatienceTicks = 100'000'000;
  constexpr double kUsualUsPerTick = 1.0 / 2500;
  const std::int64_t began_us = clock.steady_us();
  const std::uint64_t began = ticks();
  for (;;) {
    const std::uint64_t spent = ticks() - began;
    const std::int64_t spent_us = clock.steady_us() - began_us;
    if (spent_us >= kMeasureUs) return static_cast<double>(spent_us) / static_cast<double>(spent);
    if (spent > kPatienceTicks) return kUsualUsPerTick;
  }
}

}  // namespace

DoorState::DoorState(net::Server& the_server, kv::Store& the_store, DoorOptions the_options)
    : server(the_server),
      store(the_store),
      options(std::move(the_options)),
      started_us(now_us()),
      run_id(random_hex(*store.environment().random, 40)),
      us_per_tick(measure_us_per_tick(*store.environment().clock)),
      last_save_s(wall_ms() / 1000) {
  settings.set_password(options.password);
  std::vector<const kv::Command*> ours;
  for (const auto rows :
       {connection_rows(), client_rows(), transaction_rows(), pubsub_rows(), command_rows(),
        info_rows(), config_rows(), server_rows(), diagnosis_rows(), standalone_rows()}) {
    store.commands().add(rows);
    for (const kv::Command& row : rows) ours.push_back(&row);
  }
  index.build(store.commands(), ours);
  for (std::size_t i = 0; i < server.worker_count(); ++i) {
    workers.push_back(std::make_unique<WorkerState>(index.size()));
  }
}

void DoorState::wake_all() {
  clients.for_each([](ClientInfo& info) { info.waker.wake(); });
}

void DoorState::reset_statistics() {
  expired_before = store.expired_count();
  for (const auto& worker : workers) {
    worker->writer.reset_error_counts();
    worker->statistics.executed.reset();
    worker->statistics.hits.reset();
    worker->statistics.misses.reset();
    for (CommandStatistics& command : worker->statistics.commands) {
      command.calls.reset();
      command.ticks.reset();
      command.failed.reset();
      command.rejected.reset();
      for (Counter& bucket : command.buckets) bucket.reset();
    }
  }
}

std::uint64_t RateMeter::per_second(std::uint64_t count, std::int64_t now_us) {
  constexpr std::int64_t kSecondUs = 1'000'000;
  const std::lock_guard lock(mutex_);
  const std::int64_t passed_us = now_us - time_us_;
  if (passed_us >= kSecondUs) {
    const std::uint64_t added = count > count_ ? count - count_ : 0;
    rate_ = time_us_ == 0 ? 0 : added * kSecondUs / static_cast<std::uint64_t>(passed_us);
    count_ = count;
    time_us_ = now_us;
  }
  return rate_;
}

Door::Door() = default;
Door::~Door() = default;
net::Protocol& Door::protocol() { return *protocol_; }

Result<std::unique_ptr<Door>> Door::start(net::Server& server, kv::Store& store,
                                          DoorOptions options) {
  std::unique_ptr<Door> door(new Door());
  door->state_ = std::make_unique<DoorState>(server, store, std::move(options));
  door->protocol_ = std::make_unique<RespProtocol>(*door->state_);
  const DoorOptions& chosen = door->state_->options;
  for (const std::string& address : chosen.addresses) {
    LK_TRY(const std::uint16_t port, server.listen(address, chosen.port, *door->protocol_));
    door->ports_.push_back(port);
    if (door->ports_.size() == 1) door->state_->port = port;
  }
  if (!chosen.local_path.empty())
    LK_CHECK(server.listen_local(chosen.local_path, *door->protocol_));
  return door;
}

}  // namespace latchkey::resp
