// SPDX-License-Identifier: Apache-2.0

package import SansIO
package import Wire

/// A whole server in one value: sessions, watch table, rate limits, write queue and store, with no
/// socket, clock or thread. The simulator drives it; the driver on sockets is made of the same
/// parts.
///
/// Requests wait in the queue until `flush`: that is the disk. A crash drops the queue, or keeps
/// what it did to the store and drops the answers.
package struct ServerMachine<Store: ServerStore>: Sendable {
  /// Names a connection.
  package struct ConnectionID: Hashable, Comparable, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package static func < (left: ConnectionID, right: ConnectionID) -> Bool {
      left.rawValue < right.rawValue
    }
  }

  /// The two endpoints.
  package enum Endpoint: Hashable, Sendable {
    case inbox
    case logs
  }

  /// What the network must do, in order.
  package enum Effect: Hashable, Sendable {
    case send(ConnectionID, [UInt8])
    case ping(ConnectionID)
    case close(ConnectionID, WireErrorCode)
  }

  private enum Session: Sendable {
    case inbox(InboxSession)
    case logs(LogsSession)
  }

  private struct Origin: Hashable, Sendable {
    let connection: ConnectionID
    let token: SessionToken
  }

  /// What is durable. The simulator has its disk fail.
  package var store: Store
  private let policy: ServerPolicy
  private var limits: RateLimiter
  private var sessions: [ConnectionID: Session] = [:]
  private var watches = WatchTable<ConnectionID>()
  private var queue = WriteQueue<Origin>()
  private var nextSweep: Instant?

  /// A server that starts with what is durable in `store`.
  package init(store: Store, policy: ServerPolicy, rates: RatePolicy = RatePolicy()) {
    self.store = store
    self.policy = policy
    limits = RateLimiter(policy: rates)
  }

  /// Whether requests wait for `flush`.
  package var hasPendingWrites: Bool { !queue.isEmpty }

  /// The connections that are open, in rising order.
  package var connections: [ConnectionID] { sessions.keys.sorted() }

  // MARK: Connections

  /// A connection was opened.
  package mutating func connect(
    _ connection: ConnectionID, to endpoint: Endpoint, from peer: PeerAddress, at now: Instant,
    using entropy: inout some RandomNumberGenerator
  ) -> [Effect] {
    precondition(sessions[connection] == nil, "the connection is open")
    switch endpoint {
    case .inbox: sessions[connection] = .inbox(InboxSession(policy: policy, peer: peer))
    case .logs: sessions[connection] = .logs(LogsSession(policy: policy, peer: peer))
    }
    let effects = with(connection) { session in session.opened(at: now, using: &entropy) }
    return perform(effects, of: connection, at: now)
  }

  /// The other side is gone. Answers to its requests go nowhere.
  package mutating func disconnect(_ connection: ConnectionID) {
    sessions[connection] = nil
    watches.removeAll(of: connection)
  }

  /// One binary message came in. Messages to closed connections are dropped.
  package mutating func receive(
    _ frame: [UInt8], on connection: ConnectionID, at now: Instant
  ) -> [Effect] {
    var limits = limits
    let effects = with(connection) { session in
      session.received(frame.span, at: now, limits: &limits)
    }
    self.limits = limits
    return perform(effects, of: connection, at: now)
  }

  /// The answer to a ping came in.
  package mutating func receivePong(on connection: ConnectionID, at now: Instant) {
    _ = with(connection) { session in
      session.heard(at: now)
      return []
    }
  }

  /// So many bytes wait for a connection.
  package mutating func outboundChanged(
    to bytes: Int, on connection: ConnectionID, at now: Instant
  ) -> [Effect] {
    let effects = with(connection) { session in session.outboundChanged(to: bytes, at: now) }
    return perform(effects, of: connection, at: now)
  }

  /// The server goes down in good order.
  package mutating func drain(
    at now: Instant, using entropy: inout some RandomNumberGenerator
  ) -> [Effect] {
    var all: [Effect] = []
    for connection in connections {
      let effects = with(connection) { session in session.drain(at: now, using: &entropy) }
      all += perform(effects, of: connection, at: now)
    }
    return all
  }

  // MARK: Time

  /// When `deadlineReached` is to be called, unless something else comes before.
  package var nextDeadline: Instant? {
    let deadlines = sessions.values.compactMap { session in
      switch session {
      case .inbox(let inbox): inbox.nextDeadline
      case .logs(let logs): logs.nextDeadline
      }
    }
    return (deadlines + (nextSweep.map { [$0] } ?? [])).min()
  }

  /// The time of `nextDeadline` has come. The first call starts the sweeping.
  package mutating func deadlineReached(at now: Instant) -> [Effect] {
    var all: [Effect] = []
    for connection in connections {
      let effects = with(connection) { session in session.deadlineReached(at: now) }
      all += perform(effects, of: connection, at: now)
    }
    if let due = nextSweep {
      if due <= now { nextSweep = now + sweep(at: now) }
    } else {
      nextSweep = now + ServerLimits.sweepInterval
    }
    return all
  }

  /// Deletes what has lapsed; gives the time until the next sweep. A store that fails is tried
  /// again at the usual time.
  private mutating func sweep(at now: Instant) -> Duration {
    let request = StoreRequest.sweep(rowsMax: ServerLimits.sweepRowsMax)
    guard let answers = try? store.write([request], at: now) else {
      return ServerLimits.sweepInterval
    }
    // A full sweep may have left something: the writers get their turn first.
    return answers == [.swept(rows: ServerLimits.sweepRowsMax)]
      ? .milliseconds(100) : ServerLimits.sweepInterval
  }

  // MARK: The disk

  /// Writes one batch of what waits and gives the answers out. Nothing happens when nothing waits.
  package mutating func flush(at now: Instant) -> [Effect] {
    let batch = queue.takeBatch()
    guard !batch.isEmpty else { return [] }
    let answers: [StoreAnswer]
    do {
      answers = try store.write(batch.map(\.request), at: now)
    } catch {
      answers = batch.map { _ in .refused(.unavailable) }
    }
    var all: [Effect] = []
    for (item, answer) in zip(batch, answers) {
      let effects = with(item.origin.connection) { session in
        session.answered(item.origin.token, answer, at: now)
      }
      all += perform(effects, of: item.origin.connection, at: now)
    }
    let requests = batch.map(\.request)
    let wakes = Wake.after(requests, answers)
    let news = LogNews.of(Set(wakes.compactMap(\.log)), in: requests, answers, at: now)
    for wake in wakes { all += advance(wake, wake.log.flatMap { news[$0] }, at: now) }
    return all
  }

  /// The process dies. What waits is lost; with `keepingPending` it had reached the disk and only
  /// its answers are lost. Gives the store that the next machine starts with.
  package consuming func crash(keepingPending: Bool, at now: Instant) -> Store {
    if keepingPending {
      while !queue.isEmpty {
        let batch = queue.takeBatch()
        guard (try? store.write(batch.map(\.request), at: now)) != nil else { break }
      }
    }
    return store
  }

  // MARK: Effects

  private mutating func advance(
    _ wake: Wake, _ news: LogNews?, at now: Instant
  ) -> [Effect] {
    var all: [Effect] = []
    for connection in watches.watchers(of: wake) {
      let effects = with(connection) { session in session.advanced(wake, news, at: now) }
      all += perform(effects, of: connection, at: now)
    }
    return all
  }

  /// Hands a signal to all that watch its log but the one that sent it.
  private mutating func tell(
    _ signal: LogSignal, from sender: ConnectionID, at now: Instant
  ) -> [Effect] {
    var all: [Effect] = []
    for connection in watches.watchers(of: .log(signal.logID)) where connection != sender {
      let effects = with(connection) { session in session.signalled(signal, at: now) }
      all += perform(effects, of: connection, at: now)
    }
    return all
  }

  private mutating func with(
    _ connection: ConnectionID, _ body: (inout any ServerSession) -> [SessionEffect]
  ) -> [SessionEffect] {
    guard let session = sessions[connection] else { return [] }
    var opened: any ServerSession
    switch session {
    case .inbox(let inbox): opened = inbox
    case .logs(let logs): opened = logs
    }
    let effects = body(&opened)
    switch opened {
    case let inbox as InboxSession: sessions[connection] = .inbox(inbox)
    case let logs as LogsSession: sessions[connection] = .logs(logs)
    default: preconditionFailure("there are two kinds of session")
    }
    return effects
  }

  /// Does what a session asks for. Reads are answered at once, so their effects stand where the
  /// read stood.
  private mutating func perform(
    _ effects: [SessionEffect], of connection: ConnectionID, at now: Instant
  ) -> [Effect] {
    var all: [Effect] = []
    for effect in effects {
      switch effect {
      case .send(let frame): all.append(.send(connection, frame))
      case .ping: all.append(.ping(connection))
      case .watch(let wake): watches.watch(wake, by: connection)
      case .unwatch(let wake): watches.unwatch(wake, by: connection)
      case .signal(let signal): all += tell(signal, from: connection, at: now)
      case .close(let code):
        all.append(.close(connection, code))
        disconnect(connection)
      case .submit(let token, let request):
        let origin = Origin(connection: connection, token: token)
        guard !queue.append(request, from: origin) else { continue }
        let refused = with(connection) { session in
          session.answered(token, StoreAnswer.refused(.unavailable), at: now)
        }
        all += perform(refused, of: connection, at: now)
      case .read(let token, let request):
        let answer = (try? store.read(request, at: now)) ?? .refused(.unavailable)
        let answered = with(connection) { session in session.answered(token, answer, at: now) }
        all += perform(answered, of: connection, at: now)
      }
    }
    return all
  }
}
