// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import SansIO
import ServerCore
import ServerStoreSQLite
import Synchronization

/// What all connections of one server share.
final class ServerParts: Sendable {
  let policy: ServerPolicy
  let hub: SessionHub
  let writer: StoreWriter
  let metrics: ServerMetrics
  let clock: ServerClock
  let blobs: BlobParts
  private let store: SQLiteServerStore
  private let readers: NIOThreadPool
  private let limits: Mutex<RateLimiter>

  init(
    policy: ServerPolicy, rates: RatePolicy, hub: SessionHub, writer: StoreWriter,
    metrics: ServerMetrics, clock: ServerClock, store: SQLiteServerStore, readers: NIOThreadPool,
    blobs: BlobParts
  ) {
    self.policy = policy
    self.hub = hub
    self.writer = writer
    self.metrics = metrics
    self.clock = clock
    self.store = store
    self.readers = readers
    self.blobs = blobs
    limits = Mutex(RateLimiter(policy: rates))
  }

  /// Reads on a thread of the pool; the answer comes on the port's event loop.
  func read(_ request: ReadRequest, for port: any SessionPort, _ token: SessionToken) {
    readers.submit { [self] state in
      guard case .active = state else {
        port.eventLoop.execute { port.answered(token, ReadAnswer.refused(.unavailable)) }
        return
      }
      let answer: ReadAnswer
      do {
        answer = try store.read(request, at: clock.now)
      } catch {
        metrics.count(.storeFailures)
        answer = .refused(.unavailable)
      }
      port.eventLoop.execute { port.answered(token, answer) }
    }
  }

  /// The rate limits of the whole server.
  func withLimits<Value>(_ body: (inout SharedGate) -> Value) -> Value {
    var gate = SharedGate(parts: self)
    return body(&gate)
  }

  fileprivate func admit(_ key: RateKey, cost: Int64, at now: Instant) -> Duration? {
    let wait = limits.withLock { $0.admit(key, cost: cost, at: now) }
    if wait != nil { metrics.count(.rateLimited) }
    return wait
  }

  /// The gate that a session is handed: it takes the lock only while it counts.
  struct SharedGate: RateGate {
    fileprivate let parts: ServerParts

    mutating func admit(_ key: RateKey, cost: Int64, at now: Instant) -> Duration? {
      parts.admit(key, cost: cost, at: now)
    }
  }
}
