#include "doors/net/worker.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>  // before Asio, which uses std::exchange without including it

#include "base/assert.h"
#include "base/text.h"

namespace latchkey::net {

namespace asio = boost::asio;

struct Worker::Loop {
  Loop() : io(1), work(io.get_executor()), sockets(io), alarm(io) {}
  asio::io_context io;
  asio::executor_work_guard<asio::io_context::executor_type> work;
  asio::posix::stream_descriptor sockets;  // the poller, as one descriptor
  asio::steady_timer alarm;
  std::int64_t alarm_us = 0;  // when the timer is set for; 0 = it is not
};

namespace {

constexpr auto kLaterVersionFirst = [](const auto& left, const auto& right) {
  return left.version > right.version;
};
constexpr auto kLaterAlarmFirst = [](const auto& left, const auto& right) {
  return left.steady_us > right.steady_us;
};

}  // namespace

Result<std::unique_ptr<Worker>> Worker::create(Server& server, std::size_t index) {
  LK_TRY(Poller poller, Poller::open());
  return std::unique_ptr<Worker>(new Worker(server, index, std::move(poller)));
}

Worker::Worker(Server& server, std::size_t index, Poller poller)
    : server_(server),
      index_(index),
      pool_(server.engine_),
      poller_(std::move(poller)),
      loop_(std::make_unique<Loop>()) {
  loop_->sockets.assign(poller_.descriptor());
  mailbox_ = std::make_shared<Mailbox>([this] { asio::post(loop_->io, [this] { on_mail(); }); });
}

Worker::~Worker() {
  mailbox_->close();
  connections_.clear();
  loop_->sockets.release();  // the poller closes it
}

asio::io_context& Worker::io() { return loop_->io; }

void Worker::start() {
  thread_ = std::thread([this] { run(); });
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

void Worker::run() {
  arm_poller();
  loop_->io.run();
  mailbox_->close();
  connections_.clear();
}

void Worker::arm_poller() {
  loop_->sockets.async_wait(asio::posix::descriptor_base::wait_read,
                            [this](const boost::system::error_code& failed) {
                              if (failed) return;
                              on_sockets_ready();
                              arm_poller();
                            });
}

void Worker::on_sockets_ready() {
  Poller::Event events[256];
  const std::size_t count = poller_.take(events);
  for (std::size_t i = 0; i < count; ++i) {
    Connection& connection = *static_cast<Connection*>(events[i].owner);
    if (connection.dead()) continue;
    if (events[i].gone && !connection.reads()) {
      // Nobody will read its answers, and this event would come again and again.
      connection.die();
      continue;
    }
    if (events[i].writable) touch(connection);
    if (events[i].readable) {
      connection.set_readable();
      queue(connection);
    }
  }
  run_step();
}

void Worker::queue(Connection& connection) {
  if (connection.queued) return;
  connection.queued = true;
  turns_.push_back(&connection);
}

void Worker::touch(Connection& connection) {
  if (connection.touched) return;
  connection.touched = true;
  touched_.push_back(&connection);
}

void Worker::run_step() {
  LK_ASSERT(current_.empty());
  current_.swap(turns_);
  // Who queues itself from here on comes in the next step, after all the others.
  step_us_ = turn_us_ = steady_us();
  const std::span<Connection* const> all(current_);
  for (std::size_t begin = 0; begin < all.size(); begin += kLookAhead) {
    run_turns(all.subspan(begin, std::min(kLookAhead, all.size() - begin)));
  }
  current_.clear();
  end_step();
  if (!turns_.empty() && !step_posted_) {
    step_posted_ = true;
    asio::post(loop_->io, [this] {
      step_posted_ = false;
      run_step();
    });
  }
  reap();
  buffer_bytes_.store(pool_.outstanding_bytes(), std::memory_order_relaxed);
}

void Worker::run_turns(std::span<Connection* const> connections) {
  if (connections.size() > 1) {
    for (Connection* connection : connections) connection->look_ahead();
    for (Connection* connection : connections) connection->fetch_foreseen();
  }
  for (Connection* connection : connections) {
    connection->queued = false;
    connection->take_turn();
    if (connections.size() == 1) return;
    turn_us_ = steady_us();
    if (turn_us_ - step_us_ > kStepUs) {
      end_step();
      step_us_ = turn_us_;
    }
  }
}

void Worker::end_step() {
  if (touched_.empty()) return;
  storage::Engine& engine = server_.engine_;
  storage::Lsn newest{0};
  for (const Connection* connection : touched_)
    newest = std::max(newest, connection->output().last_dependency());
  storage::Lsn stable = newest;
  if (newest != storage::Lsn{0} && newest > (stable = engine.stable_lsn())) {
    engine.make_stable(newest);
    stable = engine.stable_lsn();
  }
  for (Connection* connection : touched_) {
    connection->touched = false;
    connection->flush(stable);
    if (!connection->dead() && connection->output().holds()) hold(*connection);
  }
  touched_.clear();
  if (!held_.empty()) release_held();
}

void Worker::hold(Connection& connection) {
  if (connection.awaits_stable) return;
  connection.awaits_stable = true;
  held_.push_back({connection.output().first_dependency(), connection.id()});
  std::push_heap(held_.begin(), held_.end(), kLaterVersionFirst);
}

void Worker::release_held() {
  // The flag goes up before the position is read: an advance after the read then finds it up.
  mailbox_->set_awaits_stable(true);
  const storage::Lsn stable = server_.engine_.stable_lsn();
  const bool sealed = server_.engine_.log_sealed();
  while (!held_.empty() && (held_.front().version <= stable || sealed)) {
    std::pop_heap(held_.begin(), held_.end(), kLaterVersionFirst);
    const Held next = held_.back();
    held_.pop_back();
    Connection* connection = find(next.connection_id);
    if (connection == nullptr || connection->dead()) continue;
    connection->awaits_stable = false;
    connection->flush(stable);
    if (connection->dead() || !connection->output().holds()) continue;
    if (sealed) {
      // Nothing will ever say whether these writes lasted, so the client must not get an answer.
      log_drop(*connection, "the log is sealed and its answers show writes that may be lost");
      connection->die();
    } else {
      hold(*connection);
    }
  }
  if (held_.empty()) mailbox_->set_awaits_stable(false);
}

void Worker::on_mail() {
  Mailbox::Letters letters = mailbox_->take();
  for (NewSocket& socket : letters.sockets) take_in(std::move(socket));
  if (letters.stable_moved) release_held();
  for (const std::uint64_t id : letters.wakes) {
    if (Connection* connection = find(id); connection != nullptr && !connection->dead())
      queue(*connection);
  }
  for (const std::uint64_t id : letters.drops) {
    if (Connection* connection = find(id); connection != nullptr) connection->die();
  }
  if (letters.stop) begin_stop();
  run_step();
}

void Worker::take_in(NewSocket socket) {
  const int descriptor = socket.socket;
  const std::uint64_t id = server_.next_connection_id_.fetch_add(1, std::memory_order_relaxed);
  auto connection = std::make_unique<Connection>(*this, id, std::move(socket));
  Connection& added = *connection;
  connections_.emplace(id, std::move(connection));
  if (auto watched = poller_.add(descriptor, Poller::kNothing, &added); !watched.has_value()) {
    server_.log(LogLevel::Error, watched.error().message());
    added.die();
    return;
  }
  if (stop_deadline_us_ != 0) {
    added.die();
    return;
  }
  touch(added);
}

Connection* Worker::find(std::uint64_t connection_id) {
  const auto found = connections_.find(connection_id);
  return found == connections_.end() ? nullptr : found->second.get();
}

void Worker::bury(Connection& connection) { buried_.push_back(connection.id()); }

void Worker::reap() {
  if (buried_.empty()) return;
  std::erase_if(turns_, [](const Connection* connection) { return connection->dead(); });
  std::erase_if(touched_, [](const Connection* connection) { return connection->dead(); });
  for (const std::uint64_t id : buried_) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) continue;
    poller_.remove(found->second->socket());
    connections_.erase(found);
    server_.connections_open_.fetch_sub(1, std::memory_order_relaxed);
  }
  buried_.clear();
  if (stop_deadline_us_ != 0 && connections_.empty()) loop_->io.stop();
}

void Worker::wake_at(std::uint64_t connection_id, std::int64_t at_us) {
  alarms_.push_back({at_us, connection_id});
  std::push_heap(alarms_.begin(), alarms_.end(), kLaterAlarmFirst);
  arm_alarm();
}

void Worker::arm_alarm() {
  if (alarms_.empty()) return;
  const std::int64_t next_us = alarms_.front().steady_us;
  if (loop_->alarm_us != 0 && loop_->alarm_us <= next_us) return;
  loop_->alarm_us = next_us;
  loop_->alarm.expires_after(
      std::chrono::microseconds(std::max<std::int64_t>(next_us - steady_us(), 0)));
  loop_->alarm.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled) on_alarms();
  });
}

void Worker::on_alarms() {
  loop_->alarm_us = 0;
  const std::int64_t now_us = steady_us();
  while (!alarms_.empty() && alarms_.front().steady_us <= now_us) {
    std::pop_heap(alarms_.begin(), alarms_.end(), kLaterAlarmFirst);
    const std::uint64_t id = alarms_.back().connection_id;
    alarms_.pop_back();
    Connection* connection = find(id);
    if (connection == nullptr || connection->dead()) continue;
    connection->check_deadline();
    if (!connection->dead()) queue(*connection);
  }
  if (stop_deadline_us_ != 0 && now_us >= stop_deadline_us_) {
    for (auto& [id, connection] : connections_) connection->die();
  }
  arm_alarm();
  run_step();
  if (stop_deadline_us_ != 0 && connections_.empty()) loop_->io.stop();
}

void Worker::begin_stop() {
  if (stop_deadline_us_ != 0) return;
  stop_deadline_us_ = steady_us() + kStopWaitUs;
  for (auto& [id, connection] : connections_) connection->finish();
  wake_at(0, stop_deadline_us_);
  if (connections_.empty()) loop_->io.stop();
}

void Worker::log_drop(const Connection& connection, const char* reason) const {
  server_.log(LogLevel::Warning, "closing connection " + std::to_string(connection.id()) +
                                     " from " + escape_for_log(connection.peer_address()) + ": " +
                                     reason);
}

}  // namespace latchkey::net
