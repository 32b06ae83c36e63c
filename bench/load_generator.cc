// A lean load generator for servers that speak RESP: one thread, epoll, requests prepared before
// the clock starts, replies counted but not built. Its own cost per request is printed beside the
// result, and bench/null_responder shows its ceiling.
//
// Not verified: the content of replies beyond their first byte (tests do that).

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "bench/histogram.h"
#include "bench/process_cpu.h"
#include "bench/reply_scanner.h"
#include "bench/request_ring.h"

namespace latchkey::bench {
namespace {

constexpr std::size_t kReceiveBytes = 1u << 20;
constexpr std::uint64_t kSilenceMaxNs = 60'000'000'000;

std::uint64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u +
         static_cast<std::uint64_t>(now.tv_nsec);
}

[[noreturn]] void stop(const std::string& why) {
  std::fprintf(stderr, "load_generator: %s\n", why.c_str());
  std::exit(1);
}

struct Options {
  RequestPlan plan;
  std::uint16_t port = 6379;
  std::uint32_t connections = 50;
  std::uint32_t pipeline = 1;
  std::uint64_t requests = 0;  ///< 0: until `seconds` are over
  double seconds = 3;
  double warmup_seconds = 0.5;
  double rate = 0;  ///< requests a second; 0: as fast as replies come
  std::string expected;
  int server_process = 0;
  bool spin = false;
  bool json = false;
  bool each = false;
};

struct Connection {
  int descriptor = -1;
  std::uint32_t outstanding = 0;
  std::uint64_t due_ns = 0;  ///< when the stretch in flight was sent, or should have been
  std::string_view unsent;
  std::string carried;  ///< the start of a reply whose end has not come
  std::uint64_t replies = 0;
};

/// Everything that is read at the start and at the end of the measured time.
struct Reading {
  std::uint64_t at_ns = 0;
  ReplyCounts counts;
  std::uint64_t own_cpu_ns = 0;
  std::uint64_t server_cpu_ns = 0;
  std::uint64_t machine_cpu_ns = 0;
};

/// Drives all connections of one run.
///
/// Threads: one at a time.
/// Errors:  stops the process: a benchmark that goes on after an error measures something else.
class Generator {
 public:
  explicit Generator(const Options& options)
      : options_(options),
        ring_(options.plan),
        scanner_(options.expected.empty() ? '\0' : options.expected[0]),
        received_(kReceiveBytes) {}

  void run() {
    connect_all();
    const std::uint64_t begin_ns = now_ns();
    const bool counted = options_.requests != 0;
    const std::uint64_t warm_ns = counted ? 0 : seconds(options_.warmup_seconds);
    requests_left_ = counted ? options_.requests : ~std::uint64_t{0};
    next_due_ns_ = begin_ns;
    bool measuring = false;
    std::uint64_t end_ns = ~std::uint64_t{0};
    last_reply_ns_ = begin_ns;
    for (;;) {
      const std::uint64_t now = now_ns();
      if (!measuring && now >= begin_ns + warm_ns) {
        measuring = true;
        latencies_ = Histogram();
        for (auto& connection : connections_) connection.replies = 0;
        first_ = read_all();
        if (!counted) end_ns = first_.at_ns + seconds(options_.seconds);
      }
      if (now >= end_ns || (requests_left_ == 0 && idle_.size() == connections_.size())) break;
      if (now > last_reply_ns_ + kSilenceMaxNs) stop("no reply for a minute");
      send_due(now);
      wait_and_receive();
    }
    last_ = read_all();
    report();
  }

 private:
  static std::uint64_t seconds(double count) { return static_cast<std::uint64_t>(count * 1e9); }

  void connect_all() {
    poll_ = epoll_create1(EPOLL_CLOEXEC);
    connections_.resize(options_.connections);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options_.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (std::uint32_t i = 0; i < options_.connections; ++i) {
      const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      if (connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        stop("cannot connect to port " + std::to_string(options_.port) + ": " + strerror(errno));
      }
      const int on = 1;
      setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      fcntl(descriptor, F_SETFL, O_NONBLOCK);
      connections_[i].descriptor = descriptor;
      watch(i, EPOLL_CTL_ADD, EPOLLIN);
      idle_.push_back(i);
    }
  }

  void watch(std::uint32_t index, int change, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.u32 = index;
    epoll_ctl(poll_, change, connections_[index].descriptor, &event);
  }

  /// Sends on idle connections what is due. Without a rate everything is due at once; with one, a
  /// stretch that finds no idle connection waits, and its latency counts from when it was due.
  void send_due(std::uint64_t now) {
    while (!idle_.empty() && requests_left_ > 0) {
      std::uint64_t due = now;
      if (options_.rate > 0) {
        if (next_due_ns_ > now) return;
        due = next_due_ns_;
        next_due_ns_ += static_cast<std::uint64_t>(1e9 * options_.pipeline / options_.rate);
      }
      const std::uint32_t index = idle_.front();
      idle_.pop_front();
      begin_stretch(index, due);
    }
  }

  void begin_stretch(std::uint32_t index, std::uint64_t due) {
    Connection& connection = connections_[index];
    const auto wanted = std::min<std::uint64_t>(options_.pipeline, requests_left_);
    const RequestRing::Stretch stretch = ring_.next(static_cast<std::uint32_t>(wanted));
    connection.outstanding = stretch.count;
    connection.due_ns = due;
    connection.unsent = stretch.bytes;
    requests_left_ -= stretch.count;
    send_more(index);
  }

  void send_more(std::uint32_t index) {
    Connection& connection = connections_[index];
    while (!connection.unsent.empty()) {
      const ssize_t sent = send(connection.descriptor, connection.unsent.data(),
                                connection.unsent.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EAGAIN) return watch(index, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
      if (sent < 0) stop(std::string("send: ") + strerror(errno));
      connection.unsent.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  void wait_and_receive() {
    epoll_event events[256];
    // With a rate the next request may be due in a moment; the generator has its core to itself.
    const bool spin = options_.spin || options_.rate > 0;
    const int count = epoll_wait(poll_, events, 256, spin ? 0 : 1000);
    if (count < 0 && errno != EINTR) stop(std::string("epoll_wait: ") + strerror(errno));
    for (int i = 0; i < count; ++i) {
      const std::uint32_t index = events[i].data.u32;
      if ((events[i].events & EPOLLOUT) != 0) {
        watch(index, EPOLL_CTL_MOD, EPOLLIN);
        send_more(index);
      }
      if ((events[i].events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) receive(index);
    }
  }

  void receive(std::uint32_t index) {
    Connection& connection = connections_[index];
    const std::size_t carried = connection.carried.size();
    std::memcpy(received_.data(), connection.carried.data(), carried);
    if (carried == received_.size()) stop("a reply is larger than the receive buffer");
    const ssize_t got =
        recv(connection.descriptor, received_.data() + carried, received_.size() - carried, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) stop("the server closed a connection");
    const std::size_t size = carried + static_cast<std::size_t>(got);
    const std::uint64_t before = counts_.replies;
    const std::size_t used = scanner_.scan(received_.data(), size, counts_);
    if (scanner_.broken()) {
      stop("no reply begins with: " +
           std::string(received_.data() + used, std::min<std::size_t>(size - used, 40)));
    }
    connection.carried.assign(received_.data() + used, size - used);
    const std::uint64_t replies = counts_.replies - before;
    if (replies == 0) return;
    if (replies > connection.outstanding) stop("more replies than requests");
    if (counts_.errors > 0 && first_error_.empty()) keep_first_error(used);
    last_reply_ns_ = now_ns();
    latencies_.add(last_reply_ns_ - connection.due_ns, replies);
    connection.replies += replies;
    connection.outstanding -= static_cast<std::uint32_t>(replies);
    if (connection.outstanding == 0) next_stretch(index);
  }

  /// Keeps a connection busy without a detour through the list of idle ones, where it may.
  void next_stretch(std::uint32_t index) {
    if (options_.rate > 0 || requests_left_ == 0) {
      idle_.push_back(index);
    } else {
      begin_stretch(index, last_reply_ns_);
    }
  }

  void keep_first_error(std::size_t size) {
    const std::string_view seen(received_.data(), size);
    std::size_t at = seen.starts_with('-') ? 0 : seen.find("\n-");
    if (at == std::string_view::npos) return;
    at += seen[at] == '\n';
    first_error_ = seen.substr(at, std::min<std::size_t>(seen.find('\r', at) - at, 200));
  }

  Reading read_all() {
    Reading reading;
    reading.counts = counts_;
    reading.own_cpu_ns = process_cpu_ns(getpid()).value_or(0);
    if (options_.server_process != 0) {
      reading.server_cpu_ns = process_cpu_ns(options_.server_process).value_or(0);
    }
    reading.machine_cpu_ns = machine_cpu_ns();
    reading.at_ns = now_ns();
    return reading;
  }

  void report() const {
    const auto replies = last_.counts.replies - first_.counts.replies;
    const double wall = static_cast<double>(last_.at_ns - first_.at_ns) / 1e9;
    const double count = static_cast<double>(std::max<std::uint64_t>(replies, 1));
    const double server = static_cast<double>(last_.server_cpu_ns - first_.server_cpu_ns) / count;
    const double own = static_cast<double>(last_.own_cpu_ns - first_.own_cpu_ns) / count;
    const double others =
        static_cast<double>(last_.machine_cpu_ns - first_.machine_cpu_ns) / 1e9 / wall -
        (server + own) * count / 1e9 / wall;
    std::uint64_t slowest = ~std::uint64_t{0};
    std::uint64_t fastest = 0;
    for (const auto& connection : connections_) {
      slowest = std::min(slowest, connection.replies);
      fastest = std::max(fastest, connection.replies);
    }
    const auto us = [](std::uint64_t ns) { return static_cast<double>(ns) / 1000; };
    const char* form =
        options_.json
            ? "{\"requests\": %llu, \"seconds\": %.4f, \"rate\": %.1f, \"server_cpu_ns\": %.2f, "
              "\"generator_cpu_ns\": %.2f, \"p50_us\": %.1f, \"p99_us\": %.1f, \"p999_us\": %.1f, "
              "\"max_us\": %.1f, \"errors\": %llu, \"nulls\": %llu, \"unexpected\": %llu, "
              "\"others\": %.3f, \"slowest_connection\": %llu, \"fastest_connection\": %llu, "
              "\"first_error\": "
              "\"%s\"}\n"
            : "%llu replies in %.2f s: %.0f per second; processor time per reply: server %.0f ns, "
              "generator %.0f ns\nlatency p50 %.1f us, p99 %.1f us, p99.9 %.1f us, highest %.1f "
              "us\n"
              "errors %llu, nulls %llu, unexpected %llu; everything else used %.2f cores; "
              "replies per connection %llu to %llu\n%s\n";
    using Long = unsigned long long;
    std::printf(form, static_cast<Long>(replies), wall, count / wall, server, own,
                us(latencies_.at(0.5)), us(latencies_.at(0.99)), us(latencies_.at(0.999)),
                us(latencies_.max()), static_cast<Long>(counts_.errors),
                static_cast<Long>(last_.counts.nulls - first_.counts.nulls),
                static_cast<Long>(counts_.unexpected), std::max(others, 0.0),
                static_cast<Long>(slowest), static_cast<Long>(fastest), first_error_.c_str());
  }

  Options options_;
  RequestRing ring_;
  ReplyScanner scanner_;
  std::vector<char> received_;
  int poll_ = -1;
  std::vector<Connection> connections_;
  std::deque<std::uint32_t> idle_;
  std::uint64_t requests_left_ = 0;
  std::uint64_t next_due_ns_ = 0;
  std::uint64_t last_reply_ns_ = 0;
  ReplyCounts counts_;
  Histogram latencies_;
  std::string first_error_;
  Reading first_;
  Reading last_;
};

}  // namespace
}  // namespace latchkey::bench

int main(int argument_count, char** arguments) {
  using latchkey::bench::KeyOrder;
  latchkey::bench::Options options;
  options.plan.command = "PING";
  CLI::App app("Sends RESP requests to 127.0.0.1 and measures rate, latency and processor time.");
  app.add_option("--port", options.port)->required();
  app.add_option("--command", options.plan.command, "words; {key} {value} {score} {ttl} vary");
  app.add_option("--connections", options.connections)->check(CLI::Range(1, 10'000));
  app.add_option("--pipeline", options.pipeline)->check(CLI::Range(1, 10'000));
  app.add_option("--keys", options.plan.key_count)->check(CLI::Range(1, 1'000'000'000));
  app.add_option("--first-key", options.plan.key_first);
  app.add_option("--key-space", options.plan.key_space, "another number means other keys");
  app.add_option("--value-bytes", options.plan.value_bytes)->check(CLI::Range(0, 65'536));
  app.add_option("--prepare", options.plan.request_count, "requests prepared, then repeated")
      ->check(CLI::Range(1, 100'000'000));
  app.add_option("--seed", options.plan.seed);
  app.add_option("--requests", options.requests, "send so many instead of for so long");
  app.add_option("--seconds", options.seconds)->check(CLI::PositiveNumber);
  app.add_option("--warmup", options.warmup_seconds, "seconds before the measured time");
  app.add_option("--rate", options.rate, "requests a second, sent when due (open loop)");
  app.add_option("--expect", options.expected, "the first byte of a good reply");
  app.add_option("--server-pid", options.server_process, "whose processor time to measure");
  app.add_flag("--each", options.each, "each key once, in order of its number");
  app.add_flag("--spin", options.spin, "never sleep");
  app.add_flag("--json", options.json);
  CLI11_PARSE(app, argument_count, arguments);
  if (options.each) {
    options.plan.order = KeyOrder::Each;
    if (options.requests == 0) options.requests = options.plan.key_count;
  }
  latchkey::bench::Generator(options).run();
  return 0;
}
