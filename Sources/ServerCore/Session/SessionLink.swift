// SPDX-License-Identifier: Apache-2.0

import SansIO
import Wire

/// What both kinds of session have in common: open requests, silence, slow readers, draining.
struct SessionLink: Sendable {
  /// open → draining → closed, or open → closed. Nothing leaves a closed session.
  enum Phase: Hashable, Sendable {
    case open
    /// New requests are refused; the session closes after the last answer, or at the deadline.
    case draining(by: Instant)
    case closed
  }

  /// What a deadline asks for.
  enum Due: Hashable, Sendable {
    case ping
    case end(WireErrorCode)
  }

  private(set) var phase = Phase.open
  private var tokens: UInt64 = 0
  /// Requests that wait for their answer, by the client's number.
  private(set) var openRequests: Set<UInt64> = []
  /// When the first frame must have come, and when the client must be known.
  var greetedBy: Instant?
  var authenticatedBy: Instant?
  private var lastHeard = Instant(milliseconds: 0)
  private var nextPing = Instant(milliseconds: 0)
  private var outbound = 0
  private var outboundProgress = Instant(milliseconds: 0)

  /// Whether more may be sent to subscriptions.
  var mayPush: Bool { phase == .open && outbound < ServerLimits.outboundBytesMax }

  mutating func opened(at now: Instant) {
    greetedBy = now + ServerLimits.firstFrameDeadline
    heard(at: now)
  }

  mutating func heard(at now: Instant) {
    lastHeard = max(lastHeard, now)
    nextPing = lastHeard + ServerLimits.idlePingAfter
  }

  mutating func newToken() -> SessionToken {
    tokens += 1
    return SessionToken(rawValue: tokens)
  }

  mutating func open(_ requestID: UInt64) { openRequests.insert(requestID) }

  mutating func answer(_ requestID: UInt64) { openRequests.remove(requestID) }

  mutating func close() { phase = .closed }

  mutating func drain(at now: Instant) { phase = .draining(by: now + ServerLimits.drainDeadline) }

  /// A reader makes progress when fewer bytes wait for it than before, or none did.
  mutating func outboundChanged(to bytes: Int, at now: Instant) {
    if bytes < outbound || outbound == 0 { outboundProgress = now }
    outbound = bytes
  }

  var nextDeadline: Instant? {
    guard phase != .closed else { return nil }
    // Asked for after every frame, so nothing is allocated here.
    var next = min(nextPing, lastHeard + ServerLimits.idleCloseAfter)
    if let greetedBy { next = min(next, greetedBy) }
    if let authenticatedBy { next = min(next, authenticatedBy) }
    if outbound > 0 { next = min(next, outboundProgress + ServerLimits.slowReaderAfter) }
    if case .draining(let by) = phase { next = min(next, by) }
    return next
  }

  mutating func due(at now: Instant) -> Due? {
    guard phase != .closed else { return nil }
    if case .draining(let by) = phase, by <= now { return .end(.unavailable) }
    if let greetedBy, greetedBy <= now { return .end(.deadline) }
    if let authenticatedBy, authenticatedBy <= now { return .end(.deadline) }
    if outbound > 0, outboundProgress + ServerLimits.slowReaderAfter <= now {
      return .end(.slowReader)
    }
    if lastHeard + ServerLimits.idleCloseAfter <= now { return .end(.deadline) }
    guard nextPing <= now else { return nil }
    nextPing = now + ServerLimits.idlePingAfter
    return .ping
  }
}

/// A session that lives on a `SessionLink`.
protocol LinkedSession: ServerSession {
  var link: SessionLink { get set }
  /// The frame that refuses a request, or on request 0 says why the connection ends.
  static func failureFrame(_ refusal: SessionRefusal, requestID: UInt64) -> [UInt8]
  /// Reads on for subscriptions that have room.
  mutating func pump(at now: Instant) -> [SessionEffect]
}

extension LinkedSession {
  package mutating func heard(at now: Instant) { link.heard(at: now) }

  package var nextDeadline: Instant? { link.nextDeadline }

  package mutating func deadlineReached(at now: Instant) -> [SessionEffect] {
    switch link.due(at: now) {
    case nil: []
    case .ping: [.ping]
    case .end(let code): end(SessionRefusal(code: code))
    }
  }

  package mutating func outboundChanged(to bytes: Int, at now: Instant) -> [SessionEffect] {
    let couldPush = link.mayPush
    link.outboundChanged(to: bytes, at: now)
    return !couldPush && link.mayPush ? pump(at: now) : []
  }

  package mutating func drain(
    at now: Instant, using entropy: inout some RandomNumberGenerator
  ) -> [SessionEffect] {
    guard link.phase == .open else { return [] }
    link.drain(at: now)
    let wait = UInt64.random(in: ServerLimits.drainRetryAfter, using: &entropy)
    let refusal = SessionRefusal(code: .unavailable, retryAfter: wait)
    let effects = [SessionEffect.send(Self.failureFrame(refusal, requestID: 0))]
    return effects + closeWhenDrained()
  }

  /// Ends the connection and says why.
  mutating func end(_ refusal: SessionRefusal) -> [SessionEffect] {
    guard link.phase != .closed else { return [] }
    link.close()
    return [.send(Self.failureFrame(refusal, requestID: 0)), .close(refusal.code)]
  }

  /// Refuses one request; the connection goes on.
  mutating func refuse(_ requestID: UInt64, _ refusal: SessionRefusal) -> [SessionEffect] {
    answer(requestID, Self.failureFrame(refusal, requestID: requestID))
  }

  /// Refuses one request and ends the connection.
  mutating func refuseAndClose(
    _ requestID: UInt64, _ refusal: SessionRefusal
  ) -> [SessionEffect] {
    guard link.phase != .closed else { return [] }
    link.close()
    return [
      .send(Self.failureFrame(refusal, requestID: requestID)), .close(refusal.code),
    ]
  }

  /// Answers one request.
  mutating func answer(_ requestID: UInt64, _ frame: [UInt8]) -> [SessionEffect] {
    guard link.phase != .closed else { return [] }
    link.answer(requestID)
    return [.send(frame)] + closeWhenDrained()
  }

  private mutating func closeWhenDrained() -> [SessionEffect] {
    guard case .draining = link.phase, link.openRequests.isEmpty else { return [] }
    link.close()
    return [.close(.unavailable)]
  }
}
