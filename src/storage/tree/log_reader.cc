#include "storage/tree/log_reader.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "storage/tree/log_newest.h"
#include "storage/tree/log_window.h"

namespace latchkey::storage::tree {

namespace {

/// How many bytes behind the end are checksummed to count what is cut. It bounds the work that
/// bytes made to look like frames can cause; marks, which decide, are short and all looked at.
constexpr std::uint64_t kCountingBytesMax = 64u << 20;
/// A search reads the rest of a segment in steps of this.
constexpr std::uint64_t kSearchStepBytes = 1u << 20;

std::string number(std::uint64_t value) { return std::to_string(value); }

/// One call of read_log.
class LogReading {
 public:
  LogReading(env::FileSystem& files, const LogReadOptions& options,
             FunctionRef<Result<void>(Lsn, Bytes)> visit)
      : files_(files), options_(options), visit_(visit) {}

  Result<LogEnd> run();

 private:
  /// A part of a record whose Joined frame has not come yet. Its bytes are read again then, so that
  /// parts nobody joins cost no memory.
  struct Part {
    std::size_t segment;
    std::uint64_t position;
    std::uint32_t bytes;
  };
  struct Chain {
    std::vector<Part> parts;
    std::uint64_t bytes = 0;
  };
  struct Evidence {
    std::uint64_t durable = 0;         ///< the highest position a mark behind the end speaks of
    std::string place;                 ///< of that mark
    std::uint64_t last_frame_end = 0;  ///< of any good frame behind the end; 0: none
    std::uint64_t counting_budget = kCountingBytesMax;
  };

  Result<void> find_files();
  Result<void> inspect_segment(const std::string& name, std::uint64_t start);
  Result<void> check_newest() const;
  Result<bool> choose_first();
  Result<void> check_chain() const;
  void end_segments_where_others_begin();
  Result<void> read_frames();
  Result<bool> step_to_next_segment();
  Result<void> take_frame(const LogWindow::Frame& frame);
  Result<void> take_part(const LogWindow::Frame& frame);
  Result<void> take_joined(Bytes body);
  Result<std::string> join(const Chain& chain);
  Result<void> take_record(Bytes body);
  Result<void> end_at_fault(const char* fault);
  Result<void> search_behind(Evidence& evidence);
  Result<void> search_segment(LogWindow& window, std::uint64_t position, Evidence& evidence);
  void count_cut(const Evidence& evidence, bool frame_was_begun);
  void finish();

  Result<std::unique_ptr<LogWindow>> open_window(std::size_t index) const;
  std::string place_of(const LogSegmentInfo& segment, std::uint64_t position) const;
  Error damaged(const std::string& where, const std::string& why) const;
  const LogSegmentInfo& segment() const { return end_.segments[live_[index_]]; }

  env::FileSystem& files_;
  const LogReadOptions& options_;
  FunctionRef<Result<void>(Lsn, Bytes)> visit_;
  LogEnd end_;
  std::map<std::size_t, std::string> faults_;  ///< by index in segments: why a file cannot be used
  std::vector<std::size_t> live_;  ///< indexes in segments, from the one that holds `start`
  std::size_t index_ = 0;          ///< in live_
  std::unique_ptr<LogWindow> window_;
  std::uint64_t position_ = 0;
  std::map<std::uint64_t, Chain> chains_;
};

Error LogReading::damaged(const std::string& where, const std::string& why) const {
  return Error(
      ErrorCode::Corruption,
      where + ": " + why +
          ". The log is damaged; restore a backup, or repair the log and accept the loss of "
          "what follows that place");
}

std::string LogReading::place_of(const LogSegmentInfo& info, std::uint64_t position) const {
  return info.path + " at offset " + number(kSegmentHeaderBytes + position - info.start) +
         " (Lsn " + number(position) + ")";
}

Result<std::unique_ptr<LogWindow>> LogReading::open_window(std::size_t index) const {
  const LogSegmentInfo& info = end_.segments[live_[index]];
  return LogWindow::open(files_, {info.path, info.epoch, info.start, info.end});
}

Result<LogEnd> LogReading::run() {
  LK_CHECK(find_files());
  position_ = value_of(options_.start);
  if (options_.expect == LogReadOptions::Expect::Nothing) {
    for (LogSegmentInfo& info : end_.segments) info.obsolete = true;
    end_.end = options_.start;
    return std::move(end_);
  }
  LK_TRY(const bool is_there, choose_first());
  if (is_there) {
    LK_CHECK(check_chain());
    end_segments_where_others_begin();
    LK_CHECK(read_frames());
  }
  if (position_ < value_of(options_.must_reach)) {
    return damaged(options_.directory, "the log ends at Lsn " + number(position_) +
                                           ", but the checkpoint needs it up to Lsn " +
                                           number(value_of(options_.must_reach)));
  }
  finish();
  return std::move(end_);
}

Result<void> LogReading::find_files() {
  LK_TRY(const auto names, files_.list(options_.directory));
  for (const std::string& name : names) {
    if (const auto start = parse_segment_name(name)) {
      LK_CHECK(inspect_segment(name, *start));
    } else if (parse_spare_name(name)) {
      end_.spares.push_back(options_.directory + "/" + name);
    } else if (name == kUnfinishedSegmentName) {
      end_.leftovers.push_back(options_.directory + "/" + name);
    }
  }
  // Names sort as their numbers do; list() sorts names.
  LK_ASSERT(std::is_sorted(end_.segments.begin(), end_.segments.end(),
                           [](const auto& a, const auto& b) { return a.start < b.start; }));
  std::uint64_t epoch = 0;
  for (std::size_t i = 0; i < end_.segments.size(); ++i) {
    LogSegmentInfo& info = end_.segments[i];
    if (faults_.contains(i)) continue;
    info.obsolete = info.epoch.number < epoch;
    epoch = std::max(epoch, info.epoch.number);
  }
  end_.epoch = epoch;
  return {};
}

Result<void> LogReading::inspect_segment(const std::string& name, std::uint64_t start) {
  LogSegmentInfo info;
  info.path = options_.directory + "/" + name;
  info.start = start;
  LK_TRY(const auto file, files_.open(info.path, env::OpenMode::ReadOnly));
  LK_TRY(info.file_bytes, file->size());
  std::string block(kSegmentHeaderBytes, '\0');
  LK_TRY(const std::size_t got, file->read_at(0, block));
  block.resize(got);
  std::string_view why;
  const auto header = decode_segment_header(block, why);
  std::string fault;
  if (!header) {
    fault = why;
  } else if (header->start != start) {
    fault = "the header says that the segment starts at " + number(header->start);
  } else if (info.file_bytes < kSegmentHeaderBytes + header->segment_bytes) {
    fault = "the file has " + number(info.file_bytes) + " bytes, but was made with " +
            number(kSegmentHeaderBytes + header->segment_bytes);
  }
  if (!fault.empty()) {
    faults_[end_.segments.size()] = std::move(fault);
    info.end = start;
    info.obsolete = true;  // if it can be done without; choose_first says no if it cannot
  } else {
    info.epoch = header->epoch;
    info.end = start + header->segment_bytes;
    info.used_before = header->used_before;
    end_.note = std::max(end_.note, header->note);
  }
  end_.segments.push_back(std::move(info));
  return {};
}

/// Collects what is to be read. Returns false if there is no log and need not be.
Result<bool> LogReading::choose_first() {
  const std::uint64_t start = value_of(options_.start);
  std::size_t first = end_.segments.size();
  for (std::size_t i = 0; i < end_.segments.size(); ++i) {
    if (!end_.segments[i].obsolete && end_.segments[i].start <= start) first = i;
  }
  for (const auto& [index, why] : faults_) {
    if (first == end_.segments.size() || index > first)
      return damaged(end_.segments[index].path, why);
  }
  LK_CHECK(check_newest());
  if (end_.segments.empty() && options_.expect == LogReadOptions::Expect::LogOrNothing)
    return false;
  if (first == end_.segments.size() || start > end_.segments[first].end) {
    return damaged(options_.directory, "no segment of the log holds Lsn " + number(start) +
                                           ", where the newest checkpoint needs it to begin");
  }
  for (std::size_t i = first; i < end_.segments.size(); ++i) {
    if (!end_.segments[i].obsolete) live_.push_back(i);
  }
  return true;
}

/// The newest segment never goes before another has taken its place.
Result<void> LogReading::check_newest() const {
  LK_TRY(const auto newest, read_newest_segment(files_, options_.directory));
  if (!newest.has_value()) return {};
  const std::string path = options_.directory + "/" + segment_name(newest->start);
  const auto is_it_or_later = [&](const LogSegmentInfo& info) {
    return info.epoch.number > newest->epoch ||
           (info.epoch.number == newest->epoch && info.start >= newest->start);
  };
  if (std::any_of(end_.segments.begin(), end_.segments.end(), is_it_or_later)) return {};
  return damaged(path, "this newest segment of the log, which " + std::string(kNewestName) +
                           " names, is missing");
}

/// Segments come into being in order and are synced before they get their names, so no crash leaves
/// a gap between them.
Result<void> LogReading::check_chain() const {
  for (std::size_t i = 1; i < live_.size(); ++i) {
    const LogSegmentInfo& left = end_.segments[live_[i - 1]];
    const LogSegmentInfo& right = end_.segments[live_[i]];
    const bool same_epoch = left.epoch.number == right.epoch.number;
    if (right.start > left.end) {
      return damaged(right.path, "the segment before it, which starts at Lsn " + number(left.end) +
                                     ", is missing");
    }
    if (same_epoch && (right.epoch.salt != left.epoch.salt || right.start < left.end)) {
      return damaged(right.path, "it does not go on where " + left.path + " ends");
    }
  }
  return {};
}

/// A later epoch begins where recovery had found the end of the one before.
void LogReading::end_segments_where_others_begin() {
  LogSegmentInfo* before = nullptr;
  for (LogSegmentInfo& info : end_.segments) {
    if (info.obsolete) continue;
    if (before != nullptr) before->end = std::min(before->end, info.start);
    before = &info;
  }
}

Result<void> LogReading::read_frames() {
  LK_TRY(window_, open_window(0));
  for (;;) {
    if (position_ == segment().end) {
      LK_TRY(const bool stepped, step_to_next_segment());
      if (!stepped) return {};
      continue;
    }
    if (position_ % 8 != 0) {
      return damaged(place_of(segment(), position_), "reading cannot begin inside a record");
    }
    LK_TRY(const auto frame, window_->frame_at(position_));
    if (frame.fault != nullptr) return end_at_fault(frame.fault);
    LK_CHECK(take_frame(frame));
  }
}

Result<bool> LogReading::step_to_next_segment() {
  if (index_ + 1 == live_.size()) return false;
  const std::uint64_t epoch = segment().epoch.number;
  ++index_;
  LK_ASSERT(segment().start == position_);
  if (segment().epoch.number != epoch) chains_.clear();
  LK_TRY(window_, open_window(index_));
  return true;
}

Result<void> LogReading::take_frame(const LogWindow::Frame& frame) {
  position_ += frame.bytes;
  switch (frame.kind) {
    case FrameKind::Record:
      return take_record(frame.body);
    case FrameKind::Part:
      return take_part(frame);
    case FrameKind::Joined:
      return take_joined(frame.body);
    case FrameKind::Mark:
      end_.durable = std::max(end_.durable, Lsn{load<std::uint64_t>(frame.body.data())});
      end_.note = std::max(end_.note, load<std::uint64_t>(frame.body.data() + 8));
      return {};
    case FrameKind::Filler:
      return {};
  }
  return {};
}

Result<void> LogReading::take_record(Bytes body) {
  ++end_.record_count;
  end_.record_bytes += body.size();
  end_.end = Lsn{position_};  // of the content, until finish()
  return visit_(Lsn{position_}, body);
}

Result<void> LogReading::take_part(const LogWindow::Frame& frame) {
  Chain& chain = chains_[load<std::uint64_t>(frame.body.data())];
  const auto bytes = static_cast<std::uint32_t>(frame.body.size() - kChainBytes);
  chain.parts.push_back({index_, position_ - frame.bytes, bytes});
  chain.bytes += bytes;
  end_.end = Lsn{position_};
  return {};
}

Result<void> LogReading::take_joined(Bytes body) {
  const auto first = load<std::uint64_t>(body.data());
  const auto bytes = load<std::uint64_t>(body.data() + 8);
  const auto parts = load<std::uint32_t>(body.data() + 16);
  auto found = chains_.extract(first);
  const std::uint64_t start = position_ - frame_bytes(kJoinedBodyBytes);
  if (found.empty() || found.mapped().bytes != bytes || found.mapped().parts.size() != parts) {
    const bool begins_before = first < value_of(options_.start);
    return damaged(place_of(segment(), start),
                   begins_before ? "the record's first part, at Lsn " + number(first) +
                                       ", lies before the place where replay begins"
                                 : "the record's parts are not all there");
  }
  LK_TRY(const std::string record, join(found.mapped()));
  return take_record(record);
}

/// The only place where a length that was read turns into memory: parts of as many bytes were seen.
Result<std::string> LogReading::join(const Chain& chain) {
  std::string record;
  record.reserve(chain.bytes);
  std::unique_ptr<LogWindow> window;
  std::size_t opened = 0;
  for (const Part& part : chain.parts) {
    if (window == nullptr || opened != part.segment) {
      LK_TRY(window, open_window(part.segment));
      opened = part.segment;
    }
    LK_TRY(const auto frame, window->frame_at(part.position));
    if (frame.fault != nullptr || frame.body.size() != kChainBytes + part.bytes) {
      return damaged(place_of(end_.segments[live_[part.segment]], part.position),
                     "the file changed while it was read");
    }
    record.append(frame.body.substr(kChainBytes));
  }
  LK_ASSERT(record.size() == chain.bytes);
  return record;
}

Result<void> LogReading::end_at_fault(const char* fault) {
  const std::string where = place_of(segment(), position_);
  if (end_.segments[live_.back()].epoch.number != segment().epoch.number) {
    return damaged(where, std::string(fault) + ", but a later run of the log began behind it");
  }
  Evidence evidence;
  LK_CHECK(search_behind(evidence));
  if (evidence.durable > position_) {
    return damaged(where, std::string(fault) + ", but the mark in " + evidence.place +
                              " says that everything up to Lsn " + number(evidence.durable) +
                              " was on stable storage");
  }
  LK_TRY(const auto header, window_->bytes_at(position_, kFrameHeaderBytes));
  count_cut(evidence, load<std::uint64_t>(header.data()) != 0);
  return {};
}

Result<void> LogReading::search_behind(Evidence& evidence) {
  LK_CHECK(search_segment(*window_, position_ + kFrameHeaderBytes, evidence));
  for (std::size_t i = index_ + 1; i < live_.size(); ++i) {
    LK_TRY(const auto window, open_window(i));
    LK_CHECK(search_segment(*window, window->segment().start, evidence));
  }
  return {};
}

/// Looks for frames at every eighth byte, as what lies before them may be anything.
Result<void> LogReading::search_segment(LogWindow& window, std::uint64_t position,
                                        Evidence& evidence) {
  const std::uint64_t end = window.segment().end;
  constexpr std::uint32_t kMarkWord = frame_word(FrameKind::Mark, kMarkBodyBytes);
  while (position < end) {
    const std::uint64_t step = std::min(kSearchStepBytes, end - position);
    LK_TRY(const Bytes bytes, window.bytes_at(position, step));
    std::uint64_t at = 0;
    std::uint32_t word = 0;
    for (; at + kFrameHeaderBytes <= step; at += 8) {
      word = load<std::uint32_t>(bytes.data() + at + 4);
      if (word == kMarkWord ||
          (word != 0 && evidence.counting_budget > 0 && frame_word_is_sane(word)))
        break;
    }
    if (at + kFrameHeaderBytes > step) {
      position += step;
      continue;
    }
    position += at;
    // This may move the window, so the bytes are looked up again after it.
    LK_TRY(const auto frame, window.frame_at(position));
    if (word != kMarkWord)
      evidence.counting_budget -=
          std::min(evidence.counting_budget, frame_bytes(frame_body_bytes(word)));
    if (frame.fault == nullptr && frame.kind == FrameKind::Mark) {
      const auto durable = load<std::uint64_t>(frame.body.data());
      if (durable > evidence.durable) {
        evidence.durable = durable;
        evidence.place = window.segment().path + " at offset " + number(window.offset_of(position));
      }
    }
    position += frame.fault == nullptr ? frame.bytes : 8;
    if (frame.fault == nullptr) evidence.last_frame_end = position;
  }
  return {};
}

void LogReading::count_cut(const Evidence& evidence, bool frame_was_begun) {
  // Behind a mark that speaks of all before it, bytes of no meaning are no tail but what a recycled
  // file held before, if this one is such a file.
  const bool vouched = value_of(end_.durable) > 0 && end_.durable >= end_.end;
  if (evidence.last_frame_end != 0) {
    end_.cut_bytes = evidence.last_frame_end - position_;
  } else if (frame_was_begun && !(vouched && segment().used_before)) {
    end_.cut_bytes = kFrameHeaderBytes;  // at least; its length cannot be believed
  }
  if (end_.cut_bytes == 0 && !frame_was_begun) return;
  end_.cut_file = segment().path;
  end_.cut_offset = kSegmentHeaderBytes + position_ - segment().start;
}

void LogReading::finish() {
  end_.sealed = end_.durable >= end_.end && end_.cut_bytes == 0;
  end_.end = Lsn{position_};
  for (LogSegmentInfo& info : end_.segments)
    info.end = std::min(info.end, std::max(info.start, position_));
}

}  // namespace

Result<LogEnd> read_log(env::FileSystem& files, const LogReadOptions& options,
                        FunctionRef<Result<void>(Lsn lsn, Bytes body)> visit) {
  return LogReading(files, options, visit).run();
}

}  // namespace latchkey::storage::tree
