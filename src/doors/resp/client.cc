#include "doors/resp/client.h"

#include <algorithm>

#include "base/assert.h"
#include "doors/resp/client_parts.h"
#include "doors/resp/door_state.h"

namespace latchkey::resp {

namespace {

/// Whose converse() runs on this thread: a client that publishes to itself gets the message before
/// the reply, as from Redis.
thread_local Client* conversing = nullptr;

struct Conversing {
  explicit Conversing(Client& client) { conversing = &client; }
  ~Conversing() { conversing = nullptr; }
};

}  // namespace

Client::Client(DoorState& door, net::Channel& channel)
    : door_(door), channel_(channel), writer_(&door.workers[channel.worker_index()]->writer) {
  session_.id = channel.id();
  session_.door = this;
  session_.authenticated = !door.settings.has_password();
  info_.id = channel.id();
  info_.address = channel.peer_address();
  info_.local_address = channel.local_address();
  info_.socket = channel.socket();
  info_.created_us = door.now_us();
  info_.active_us = info_.created_us;
  info_.waker = channel.waker();
  door_.clients.add(info_);
  // Who never says a word must go in time too. Read behind add(): of a timeout that is set at this
  // moment, either this sees the value or wake_all() sees the client.
  const std::int64_t timeout_s = door_.settings.idle_timeout_s.load(std::memory_order_relaxed);
  if (!session_.authenticated) {
    channel.wake_at(info_.created_us + kAuthenticationUs);
  } else if (timeout_s > 0) {
    idle_alarm_us_ = info_.created_us + timeout_s * 1'000'000;
    channel.wake_at(idle_alarm_us_);
  }
}

Client::~Client() {
  end_transaction();
  end_wait_for_keys();
  if (info_.monitor) door_.monitors.remove(*this);
  // After these no other thread is inside deliver().
  if (subscriptions_ != nullptr) door_.store.hub().unsubscribe_all(*this);
  if (shard_listener_ != nullptr) door_.shard_hub.unsubscribe_all(*shard_listener_);
  door_.clients.remove(info_);
}

net::TurnResult Client::converse() {
  const Conversing mark(*this);
  writer_->bind(channel_.output(), version_);
  session_.depends_on = storage::Lsn{0};
  if (expired()) return {net::Progress::Drop, {}};
  net::Progress progress = net::Progress::Waiting;
  if (!mail_.empty()) write_pushes();
  if (wait_is_over()) progress = serve();
  if (!mail_.empty()) write_pushes();
  publish_info();
  if (progress == net::Progress::Waiting && wait_ == Wait::Keys) progress = net::Progress::Parked;
  return {progress, session_.depends_on};
}

/// A client that has not authenticated in time, or that has been idle for longer than allowed,
/// goes.
bool Client::expired() {
  const std::int64_t timeout_s = door_.settings.idle_timeout_s.load(std::memory_order_relaxed);
  if (session_.authenticated && timeout_s == 0) return false;
  const std::int64_t now_us = door_.now_us();
  if (!session_.authenticated) {
    if (now_us < info_.created_us + kAuthenticationUs) return false;
    door_.log(net::LogLevel::Info, "closing connection " + std::to_string(info_.id) + " from " +
                                       info_.address + ": it did not authenticate in time");
    return true;
  }
  const bool listens = subscriptions_ != nullptr || shard_listener_ != nullptr || info_.monitor;
  if (listens || wait_ != Wait::None || !channel_.input().empty()) return false;
  const std::int64_t deadline_us = info_.active_us + timeout_s * 1'000'000;
  if (now_us >= deadline_us) return true;
  if (idle_alarm_us_ < now_us) {
    idle_alarm_us_ = deadline_us;
    channel_.wake_at(deadline_us);
  }
  return false;
}

std::size_t Client::input_bytes_max() const {
  return session_.authenticated ? door_.settings.input_bytes_max.load(std::memory_order_relaxed)
                                : kUnauthenticatedBytesMax;
}

RequestLimits Client::limits() const {
  constexpr std::size_t kUnauthenticatedArgumentsMax = 10;
  constexpr std::size_t kUnauthenticatedArgumentBytesMax = 16 * 1024;
  if (!session_.authenticated)
    return {kUnauthenticatedArgumentsMax, kUnauthenticatedArgumentBytesMax, false};
  return {RequestLimits::kArgumentsMax,
          door_.settings.argument_bytes_max.load(std::memory_order_relaxed), true};
}

void Client::publish_info() {
  const auto set = [](auto& field, auto value) {
    field.store(static_cast<std::remove_cvref_t<decltype(field.load())>>(value),
                std::memory_order_relaxed);
  };
  set(info_.input_bytes, channel_.input().size());
  set(info_.input_free_bytes, channel_.input().capacity() - channel_.input().size());
  set(info_.output_bytes, channel_.output().size());
  set(info_.output_capacity, channel_.output().capacity());
  set(info_.queued, transaction_ == nullptr ? -1 : static_cast<int>(transaction_->queue.size()));
  set(info_.watched, session_.watches.size());
  set(info_.blocked, wait_ != Wait::None);
}

void Client::set_version(Version version) {
  version_ = version;
  writer_->set_version(version);
  info_.protocol.store(static_cast<std::uint8_t>(version), std::memory_order_relaxed);
}

void Client::select(std::string collection_name) {
  session_.collection_name = std::move(collection_name);
  session_.collection = nullptr;
  door_.clients.set(info_.collection, session_.collection_name);
}

void Client::set_monitor(bool on) {
  if (info_.monitor == on) return;
  info_.monitor = on;
  if (on) {
    door_.monitors.add(*this);
  } else {
    door_.monitors.remove(*this);
  }
}

void Client::reset() {
  end_transaction();
  session_.watches.clear();
  for (const Kind kind : {Kind::Channel, Kind::Pattern, Kind::Shard}) {
    for (const std::string& name : subscriptions(kind)) unsubscribe(kind, name);
  }
  set_monitor(false);
  set_version(Version::Two);
  reply_mode_ = ReplyMode::On;
  info_.keep_evict = false;
  info_.keep_touch = false;
  select("default");
  door_.clients.set(info_.name, "");
  session_.authenticated = !door_.settings.has_password();
}

void Client::answer_at(std::int64_t steady_us) {
  pending_ = std::make_unique<Pending>();
  pending_->until_us = steady_us;
  wait_ = Wait::Time;
  channel_.wake_at(steady_us);
}

void Client::answer_after(std::shared_ptr<BackgroundJob> job) {
  pending_ = std::make_unique<Pending>();
  pending_->job = std::move(job);
  wait_ = Wait::Job;
}

bool Client::wait_is_over() {
  switch (wait_) {
    case Wait::None:
      return true;
    case Wait::Lock:
      if (!pending_->unlocked->load(std::memory_order_acquire)) return false;
      break;
    case Wait::Pause:
      if (door_.pause_mode != PauseMode::None && door_.now_us() < door_.pause_until_us)
        return false;
      break;
    case Wait::Time:
      if (door_.now_us() < pending_->until_us) {
        channel_.wake_at(pending_->until_us);
        return false;
      }
      if (!pending_->is_silent) writer_->ok();
      break;
    case Wait::Keys:
      if (!wait_for_keys_is_over()) return false;
      break;
    case Wait::Shutdown:
      return false;
    case Wait::Job:
      if (!pending_->job->done()) return false;
      if (pending_->is_silent) break;
      if (pending_->job->outcome().has_value()) {
        writer_->ok();
      } else {
        writer_->error(pending_->job->outcome().error());
      }
      break;
  }
  note_pending();
  wait_ = Wait::None;
  pending_.reset();
  return true;
}

/// Writes the answer when there is one, or when it is too late for one.
bool Client::wait_for_keys_is_over() {
  kv::WaitingCommand& waiting = *pending_->waiting;
  if (waiting.take_must_retry()) door_.store.retry(waiting);
  const Unblock unblock = info_.unblock.load(std::memory_order_relaxed);
  bool in_vain = false;
  if (!waiting.answered()) {
    const bool is_late = pending_->until_us != 0 && door_.now_us() >= pending_->until_us;
    if (!is_late && unblock == Unblock::Waiting) return false;
    in_vain = door_.store.stop_waiting(waiting);
  }
  if (pending_->is_silent) {
    // Nothing is said.
  } else if (!in_vain) {
    waiting.reply().replay(*writer_);
  } else if (unblock == Unblock::ByError) {
    writer_->error(Error(ErrorCode::Unblocked));
  } else {
    writer_->null_array();
  }
  if (!in_vain && session_.depends_on < waiting.depends_on()) {
    session_.depends_on = waiting.depends_on();
  }
  end_wait_for_keys();
  return true;
}

void Client::end_wait_for_keys() {
  if (wait_ != Wait::Keys) return;
  info_.unblock.store(Unblock::NotWaiting, std::memory_order_relaxed);
  door_.store.stop_waiting(*pending_->waiting);
  door_.store.engine().reserve_memory(-static_cast<std::int64_t>(pending_->waiting->bytes()));
}

bool Client::subscribe(Kind kind, Bytes name) {
  if (subscriptions_ == nullptr) subscriptions_ = std::make_unique<Subscriptions>();
  if (kind == Kind::Shard && shard_listener_ == nullptr)
    shard_listener_ = std::make_unique<ShardListener>(*this);
  if (!subscriptions_->names[static_cast<std::size_t>(kind)].emplace(name).second) return false;
  if (kind == Kind::Pattern) {
    door_.store.hub().subscribe_pattern(*this, name);
  } else if (kind == Kind::Shard) {
    door_.shard_hub.subscribe(*shard_listener_, name);
  } else {
    door_.store.hub().subscribe(*this, name);
  }
  count_subscriptions();
  return true;
}

bool Client::unsubscribe(Kind kind, const std::string& name) {
  if (subscriptions_ == nullptr ||
      subscriptions_->names[static_cast<std::size_t>(kind)].erase(name) == 0) {
    return false;
  }
  if (kind == Kind::Pattern) {
    door_.store.hub().unsubscribe_pattern(*this, name);
  } else if (kind == Kind::Shard) {
    door_.shard_hub.unsubscribe(*shard_listener_, name);
  } else {
    door_.store.hub().unsubscribe(*this, name);
  }
  count_subscriptions();
  return true;
}

void Client::count_subscriptions() {
  const auto count = [this](Kind kind) {
    return static_cast<std::uint32_t>(subscriptions_->names[static_cast<std::size_t>(kind)].size());
  };
  info_.channels = count(Kind::Channel);
  info_.patterns = count(Kind::Pattern);
  info_.shard_channels = count(Kind::Shard);
}

std::vector<std::string> Client::subscriptions(Kind kind) const {
  if (subscriptions_ == nullptr) return {};
  const auto& names = subscriptions_->names[static_cast<std::size_t>(kind)];
  return {names.begin(), names.end()};
}

std::size_t Client::subscription_count(Kind kind) const {
  if (kind == Kind::Shard) return info_.shard_channels;
  return info_.channels + info_.patterns;
}

void Client::deliver(const std::shared_ptr<const kv::Message>& message,
                     const std::string& pattern) {
  post({Push::Kind::Message, message, pattern});
}

void Client::post(Push push) {
  // Inside an EXEC or with replies off, a message must stay out of the reply that is being written.
  if (conversing == this && !in_exec_ && reply_mode_ == ReplyMode::On &&
      push.kind != Push::Kind::MonitorLine) {
    write_push(push);
    return;
  }
  switch (
      mail_.post(std::move(push), door_.settings.push_bytes_max.load(std::memory_order_relaxed))) {
    case PushMail::Posted::First:
      // Who converses looks into the box itself.
      if (conversing != this) info_.waker.wake();
      break;
    case PushMail::Posted::More:
      break;
    case PushMail::Posted::Overflow:
      info_.waker.drop();
      break;
  }
}

void Client::write_pushes() {
  for (const Push& push : mail_.take()) {
    write_push(push);
    if (channel_.output().size() > door_.settings.push_bytes_max.load(std::memory_order_relaxed)) {
      info_.waker.drop();
      return;
    }
  }
}

void Client::write_push(const Push& push) {
  const kv::Message& message = *push.message;
  session_.depends_on = std::max(session_.depends_on, message.depends_on);
  if (push.kind == Push::Kind::MonitorLine) {
    writer_->status(message.payload);
    return;
  }
  if (!push.pattern.empty()) {
    writer_->push(4);
    writer_->bulk("pmessage");
    writer_->bulk(push.pattern);
  } else {
    writer_->push(3);
    writer_->bulk(push.kind == Push::Kind::ShardMessage ? "smessage" : "message");
  }
  writer_->bulk(message.channel);
  writer_->bulk(message.payload);
}

void Monitors::add(Client& client) {
  const std::lock_guard lock(mutex_);
  clients_.push_back(&client);
  count_ = clients_.size();
}

void Monitors::remove(Client& client) {
  const std::lock_guard lock(mutex_);
  std::erase(clients_, &client);
  count_ = clients_.size();
}

void Monitors::show(const std::string& line) {
  const auto message = std::make_shared<const kv::Message>(kv::Message{"", line, {}});
  const std::lock_guard lock(mutex_);
  for (Client* client : clients_) client->push_line(message);
}

}  // namespace latchkey::resp
