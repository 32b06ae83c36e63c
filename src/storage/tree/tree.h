#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/assert.h"
#include "base/function_ref.h"
#include "env/env.h"
#include "storage/tree/directory.h"
#include "storage/tree/inner.h"
#include "storage/tree/leaf.h"
#include "storage/tree/pool.h"
#include "storage/types.h"

namespace latchkey::storage::tree {

/// What all trees of an engine share.
struct TreeContext {
  Pool& pool;
  Directory& directory;
  std::uint64_t hash_seed;
  std::atomic<std::int64_t> large_value_bytes{0};
  Latch retired_latch;
  std::vector<LongSeparator*> retired;  ///< free them when no turn is running

  TreeContext(Pool& pages, Directory& hints, std::uint64_t seed)
      : pool(pages), directory(hints), hash_seed(seed) {}
  ~TreeContext() { free_retired(); }
  /// Requires: no turn is running, or none can hold a page.
  void free_retired();
};

/// Records copied out of one leaf, in the order of the walk.
///
/// Ownership: the entries' views live until the next read into the batch, or its end.
class LeafBatch {
 public:
  struct Entry {
    Bytes key;
    RecordView record;
  };
  std::vector<Entry> entries;
  std::string next;   ///< where the walk goes on: an inclusive begin, or an exclusive end backward
  bool more = false;  ///< whether there may be records beyond `next`

  LeafBatch() = default;
  LeafBatch(const LeafBatch&) = delete;
  LeafBatch& operator=(const LeafBatch&) = delete;
  ~LeafBatch() { clear(); }
  void clear();
  /// Appends the records in slots from `begin` on, `step` apart, until `end`.
  void copy(const Leaf& leaf, int begin, int end, int step);

 private:
  char* room_for(std::size_t bytes);

  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0;
  struct Held {
    std::size_t entry;
    LargeRecord* large;
  };
  std::vector<Held> held_;  ///< whose values entries view, a reference on each
};

/// One ordered tree of records: the newest committed version of each, nothing else.
///
/// Threads:   any, inside a turn of the engine. Leaves are latched one at a time; the shape changes
///            under the structure latch; inner pages are read optimistically. A counted tree does
///            everything under its structure latch, because each write changes counts up to the
///            root.
/// Ownership: owns its pages and the LargeRecords in them.
/// Source:    see README: B-tree with optimistic lock coupling, B*-like redistribution.
class Tree {
 public:
  Tree(TreeContext& context, TreeId id, const TreeOptions& options);
  ~Tree();
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  TreeId id() const { return id_; }
  const TreeOptions& options() const { return options_; }
  std::uint64_t record_count() const { return record_count_.load(std::memory_order_relaxed); }
  /// The newest version written here, for readers at a snapshot: not after it means nothing
  /// changed.
  Lsn last_version() const { return Lsn{last_version_.load(std::memory_order_acquire)}; }
  void note_version(Lsn version) {
    if (value_of(version) > last_version_.load(std::memory_order_relaxed)) {
      last_version_.store(value_of(version), std::memory_order_release);
    }
  }
  std::uint64_t hash(Bytes key) const { return hash(context_.hash_seed, id_, key); }
  static std::uint64_t hash(std::uint64_t seed, TreeId tree, Bytes key);

  static constexpr int kLevelsMax = 12;
  struct Step {
    Page* page;
    int index;
  };

  /// The leaf where a key is or would be, latched, and its slot there or -1. Lets go at its end.
  class Place {
   public:
    Place() = default;
    Place(Place&& other) noexcept { *this = std::move(other); }
    Place& operator=(Place&& other) noexcept;
    ~Place() { release(); }
    bool found() const { return slot_ >= 0; }
    /// What is there. Requires: found().
    const LeafRecord& record() const {
      LK_ASSERT_SLOW(found());
      return record_;
    }
    void release();

   private:
    friend class Tree;
    void set_slot(int slot) {
      slot_ = slot;
      if (slot >= 0) record_ = Leaf(*page_).record(slot, cell_bytes_);
    }
    Tree* tree_ = nullptr;
    Page* page_ = nullptr;
    int slot_ = -1;
    LeafRecord record_;
    std::size_t cell_bytes_ = 0;
    bool by_descent_ = false;  ///< the leaf is known to be where a missing key belongs
    int depth_ = 0;            ///< counted trees: the way from the root
    Step steps_[kLevelsMax];
  };

  /// A leaf that somebody says may hold a key: see KeyRef.
  struct Hint {
    PageId page = kNoPage;
    std::uint64_t version = 0;  ///< what seen_as() gave when the key belonged there; 0: unknown
    static std::uint64_t seen_as(std::uint64_t page_version) { return page_version + 1; }
  };
  Place locate(Bytes key, std::uint64_t hash, const Hint& hint);
  Place locate(Bytes key, std::uint64_t hash) { return locate(key, hash, Hint{}); }
  /// Where the key belongs, found without a latch and fetched ahead. No page if the tree was being
  /// changed just there.
  Hint find_leaf(Bytes key) const;
  /// Puts the record at the place, splitting pages if it must; the place then holds the leaf that
  /// took it, but no longer says what is there. What the leaf held before is released.
  /// `record.large` moves in.
  /// Returns false, with nothing changed, when the pool has no page left.
  bool write(Place& place, Bytes key, std::uint64_t hash, const LeafRecord& record);
  /// Erases what was found there and lets the place go.
  /// Requires: place.found().
  void erase(Place& place, Bytes key, std::uint64_t hash);

  /// Copies up to `limit` records at or after `from` (after it, if not `inclusive`).
  void read_forward(Bytes from, bool inclusive, std::size_t limit, LeafBatch& out);
  /// Copies up to `limit` records before `end`; without an end, from the last one on.
  void read_backward(const std::optional<std::string>& end, std::size_t limit, LeafBatch& out);

  /// Counted trees: how many keys are in [from, key); the key with `rank` keys between `from` and
  /// it.
  std::uint64_t rank(Bytes key, Bytes from = {});
  std::optional<std::string> select(std::uint64_t rank, Bytes from = {});

  /// A key somewhere in the tree, by random descent; nothing if it met an empty leaf.
  std::optional<std::string> random_key(env::Random& random);

  /// Adds a record that sorts behind all others, quickly. For loading, by one thread alone.
  bool append_sorted(Bytes key, const LeafRecord& record);
  /// Ends a run of append_sorted.
  void finish_append();

  /// Gives back about `page_limit` pages of a tree that nobody can reach any more; tells of each
  /// record in them that has a deadline. Returns whether there are more.
  bool release_some(
      std::size_t page_limit, FunctionRef<void(Bytes key, std::int64_t deadline_ms)> had_deadline =
                                  [](Bytes, std::int64_t) {});

 private:
  struct Bounds {
    std::string low;
    std::string high;
    bool has_high = false;
  };
  /// The way from the root to a leaf.
  struct Path {
    Step steps[kLevelsMax];  ///< the first `depth`
    int depth = 0;
    Page* leaf = nullptr;
    /// Which keys belong below the page that is reached after so many steps. Read from the inner
    /// pages when asked for, so it is right as long as those above stand as they were.
    Bounds bounds(int steps_taken) const;
    Bounds leaf_bounds() const { return bounds(depth); }
  };

  PageKind leaf_kind() const {
    return options_.hashed ? PageKind::HashedLeaf : PageKind::OrderedLeaf;
  }
  PageKind inner_kind() const {
    return options_.counted ? PageKind::CountedInner : PageKind::Inner;
  }
  /// Says that the range of a latched leaf is not what it was. After the parent was changed.
  static void note_new_range(Page& leaf) {
    leaf.header.version.fetch_add(2, std::memory_order_acq_rel);
  }
  Page* root_page() const;
  int root_level() const { return static_cast<int>(root_.load(std::memory_order_acquire) >> 32); }
  void set_root(PageId page, int level);

  bool locate_in(const Hint& hint, Place& place, Bytes key, std::uint64_t hash);
  bool put_at(Place& place, Bytes key, std::uint64_t hash, const LeafRecord& record);
  /// A way down that nobody is kept from changing: what unchanged() says of it holds at that
  /// moment.
  struct Descent {
    const Tree& tree;
    std::uint64_t root;
    Page* parent = nullptr;
    std::uint64_t parent_version = 0;
    Page* leaf = nullptr;
    explicit Descent(const Tree& in) : tree(in), root(in.root_.load(std::memory_order_acquire)) {}
    /// False when the way changed under it.
    bool go_to_leaf(Bytes key);
    bool unchanged() const;
  };
  Page* descend(Bytes key) const;
  void descend_counted(Place& place, Bytes key);
  std::uint64_t keys_before(Bytes key);  // under the structure latch
  void add_to_counts(const Place& place, int change);

  Path walk(Bytes key, Side side);
  bool make_room(Bytes key, std::size_t cost, int attempt);
  bool append_page(Path& path, Bytes key);
  bool grow_root();
  bool split_inner(Path& path, int level);
  void shrink(Bytes key);
  void shrink_inner(Path& path, int level);
  bool merge_inner(Page& parent, int left_index, const Bounds& range);
  /// Records of one or two neighbouring leaves, spread anew over one or more.
  struct Redistribution {
    Page* parent = nullptr;
    int first = 0;        ///< index of the first leaf in the parent
    Page* pages[2] = {};  ///< latched
    int page_count = 0;
    Bounds range;  ///< of all of them together
    int target_count = 0;
    Bytes key;  ///< the record that needs room, not yet in any leaf
    std::size_t cost = 0;
    bool cut_at_key = false;  ///< divide exactly where the key goes
  };
  struct Spread;
  bool redistribute(Redistribution& work);
  bool narrow(Redistribution& work);
  void move_into(Page& page, int target, const Redistribution& work, Spread& spread);
  void link(const Redistribution& work, const Spread& spread, const Page* fresh,
            Page* const* pages);
  bool share(Page& parent_page, int border, Page& from, Page& to, std::size_t cost);
  void retire(const std::vector<LongSeparator*>& separators);
  void note_hint(std::uint64_t hash, PageId page);

  TreeContext& context_;
  TreeId id_;
  TreeOptions options_;
  std::atomic<std::uint64_t> root_;  ///< level << 32 | page
  std::atomic<std::uint64_t> record_count_{0};
  std::atomic<std::uint64_t> last_version_{0};
  Latch structure_;
  Page* append_leaf_ = nullptr;
  std::vector<std::pair<std::uint64_t, PageId>> pending_hints_;
  std::vector<PageId> release_stack_;
};

}  // namespace latchkey::storage::tree
