#pragma once

#include <cstddef>
#include <memory>

#include "base/bytes.h"

namespace latchkey::net {

/// How one attempt to move bytes ended.
struct Moved {
  enum class Outcome : unsigned char {
    Some,    ///< `bytes` were moved
    NotNow,  ///< nothing can be moved at the moment
    Ended,   ///< the peer has closed its side (receive only)
    Failed,  ///< the connection is broken
  };
  Outcome outcome;
  std::size_t bytes = 0;
};

/// The two directions of a socket, never waiting. TLS is another implementation, between the
/// connection and the same socket.
///
/// Threads:   the worker's.
/// Ownership: owns the socket.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual Moved receive(char* into, std::size_t bytes_max) = 0;
  virtual Moved send(Bytes bytes) = 0;
  /// Says to the peer that nothing more will be sent.
  virtual void finish() = 0;
  virtual int socket() const = 0;
};

std::unique_ptr<Transport> plain_transport(int socket);

/// Ends both directions of a socket at once: what its owner reads or sends next fails.
/// Threads: any. Requires: the owner keeps it open meanwhile.
void cut(int socket);

}  // namespace latchkey::net
