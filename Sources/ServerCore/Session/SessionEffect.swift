// SPDX-License-Identifier: Apache-2.0

package import SansIO
package import Wire

/// Names a request that a session gave to its driver, for the answer.
package struct SessionToken: Hashable, Comparable, Sendable {
  package let rawValue: UInt64

  package init(rawValue: UInt64) { self.rawValue = rawValue }

  package static func < (left: SessionToken, right: SessionToken) -> Bool {
    left.rawValue < right.rawValue
  }
}

/// What the driver must do for a session, in order.
package enum SessionEffect: Hashable, Sendable {
  /// Send one binary message.
  case send([UInt8])
  /// Queue a request for the writer; its answer comes back through `answered`.
  case submit(SessionToken, StoreRequest)
  /// Read from the store; the answer comes back through `answered`.
  case read(SessionToken, ReadRequest)
  /// From now on hand the session every such wake.
  case watch(Wake)
  /// No longer hand it this wake.
  case unwatch(Wake)
  /// Hand a signal to all other sessions that watch its log, through `signalled`.
  case signal(LogSignal)
  /// Send a ping of the transport; its answer is told through `heard`.
  case ping
  /// Close the connection once everything before was sent. The other side has been told why.
  case close(WireErrorCode)
}

/// The machine of one connection. It does no work itself: the same machine runs on sockets and in
/// the simulator.
package protocol ServerSession: Sendable {
  /// The connection is open: the server speaks first.
  mutating func opened(
    at now: Instant, using entropy: inout some RandomNumberGenerator
  ) -> [SessionEffect]

  /// One binary message came in.
  mutating func received(
    _ frame: Span<UInt8>, at now: Instant, limits: inout some RateGate
  ) -> [SessionEffect]

  /// A submitted request is durable, or refused. When the store failed the driver answers
  /// `refused(.unavailable)`.
  mutating func answered(
    _ token: SessionToken, _ answer: StoreAnswer, at now: Instant
  ) -> [SessionEffect]

  /// A read is done. When the store failed the driver answers `refused(.unavailable)`.
  mutating func answered(
    _ token: SessionToken, _ answer: ReadAnswer, at now: Instant
  ) -> [SessionEffect]

  /// Something that the session watches has changed. May come once too often, never too rarely.
  ///
  /// - Parameter news: what is new in a log, when that is all that is new.
  mutating func advanced(_ wake: Wake, _ news: LogNews?, at now: Instant) -> [SessionEffect]

  /// Another session has sent a signal.
  mutating func signalled(_ signal: LogSignal, at now: Instant) -> [SessionEffect]

  /// The other side gave a sign of life that is no frame, such as a pong.
  mutating func heard(at now: Instant)

  /// So many bytes now wait for the socket to take them. Told whenever the number changes.
  mutating func outboundChanged(to bytes: Int, at now: Instant) -> [SessionEffect]

  /// When `deadlineReached` is to be called, unless the session changes before.
  var nextDeadline: Instant? { get }

  /// The time of `nextDeadline` has come.
  mutating func deadlineReached(at now: Instant) -> [SessionEffect]

  /// The server goes down: open requests are finished, new ones refused, then the session closes.
  mutating func drain(
    at now: Instant, using entropy: inout some RandomNumberGenerator
  ) -> [SessionEffect]
}
