// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO

/// Opening and losing connections, and finding the place of an answer.
extension ClientStep {
  /// Asks for the connections that are wanted and not there; ends those that do not answer.
  mutating func pumpConnections(_ account: AccountRow) throws(ClientStoreFailure) {
    for endpoint in ClientEndpoint.allCases {
      if let deadline = connection(endpoint).requestDeadline, deadline <= now {
        effects.append(.disconnect(endpoint))
        try disconnected(endpoint, .closed)
      }
      guard connection(endpoint).phase == .closed else { continue }
      if endpoint == .logs, try !wantsLogs(account) {
        // Nothing is to be done when the wait is over, and so the wait is no deadline.
        if let retryAt = state.logs.retryAt, retryAt <= now { state.logs.retryAt = nil }
        continue
      }
      if let retryAt = connection(endpoint).retryAt, now < retryAt { continue }
      modify(endpoint) { $0.phase = .connecting }
      effects.append(.connect(endpoint, invite: account.invite))
    }
  }

  /// Whether there is anything to ask of the logs. A connection without a question would be closed
  /// by the server after its deadline, and made anew for ever.
  func wantsLogs(_ account: AccountRow) throws(ClientStoreFailure) -> Bool {
    guard account.phase == .registered else { return false }
    if try !transaction.ownKnocks().isEmpty { return true }
    if try wantsHistoryLog() { return true }
    if !state.wantedManifests.isEmpty || state.link?.isOver == false { return true }
    // Other own devices are told what is set here.
    if state.manifests[account.address]?.manifest.devices.count ?? 0 > 1 { return true }
    let conversations = try transaction.conversations()
    let peers = try transaction.peers()
    let welcomes = try transaction.welcomes()
    // Notes to self are nothing to the server while there is one device.
    let others = conversations.contains { $0.address != account.address }
    return others || !peers.isEmpty || !welcomes.isEmpty
  }

  /// Without an account there is nobody to connect as.
  mutating func closeConnections() {
    for endpoint in ClientEndpoint.allCases where connection(endpoint).phase != .closed {
      effects.append(.disconnect(endpoint))
    }
    state.inboxClosed()
    state.logsClosed()
  }

  mutating func connected(_ endpoint: ClientEndpoint) {
    guard connection(endpoint).phase == .connecting else { return }
    modify(endpoint) { $0.phase = .opening }
  }

  mutating func disconnected(
    _ endpoint: ClientEndpoint, _ reason: DisconnectReason
  ) throws(ClientStoreFailure) {
    guard connection(endpoint).phase != .closed else { return }
    switch endpoint {
    case .inbox: state.inboxClosed()
    case .logs:
      state.logsClosed()
      linkDisconnected()
    }
    let wait = backoff(
      from: ClientLimits.connectBackoff, attempt: connection(endpoint).attempts,
      longest: ClientLimits.connectBackoffMax)
    let retryAt = max(now + wait, connection(endpoint).retryAt ?? now)
    modify(endpoint) {
      $0.attempts += 1
      $0.retryAt = retryAt
    }
    switch reason {
    case .closed, .unreachable: state.connectionFailure = .noServer
    case .wrongCertificate: state.connectionFailure = .wrongInvite
    }
    guard endpoint == .inbox, let token = state.registering else { return }
    state.registering = nil
    switch reason {
    case .closed, .unreachable:
      refuse(token, .noServer, "The server cannot be reached.")
    case .wrongCertificate:
      refuse(token, .wrongInvite, "The server does not have the certificate of the invite.")
    }
  }

  /// The connection is of use now.
  mutating func becameReady(_ endpoint: ClientEndpoint) {
    state.connectionFailure = nil
    modify(endpoint) {
      $0.phase = .ready
      $0.attempts = 0
      $0.retryAt = nil
    }
  }

  mutating func received(
    _ bytes: [UInt8], on endpoint: ClientEndpoint
  ) throws(ClientStoreFailure) {
    let phase = connection(endpoint).phase
    guard phase == .opening || phase == .ready else { return }
    guard bytes.count <= ClientLimits.frameBytesMax else { return try breakOff(endpoint) }
    let frame =
      switch endpoint {
      case .inbox: ServerMessage.inbox(bytes)
      case .logs: ServerMessage.logs(bytes)
      }
    guard let frame else { return try breakOff(endpoint) }
    if frame.requestID == 0, case .failure(let refusal) = frame.message {
      return try serverCloses(endpoint, refusal)
    }
    switch endpoint {
    case .inbox: try receivedInbox(frame.message, requestID: frame.requestID)
    case .logs: try receivedLogs(frame.message, requestID: frame.requestID)
    }
  }

  /// The server says why it is about to close the connection.
  mutating func serverCloses(
    _ endpoint: ClientEndpoint, _ refusal: ServerRefusal
  ) throws(ClientStoreFailure) {
    if let wait = refusal.retryAfter {
      let retryAt = now + wait
      modify(endpoint) { $0.retryAt = retryAt }
    }
    try breakOff(endpoint)
  }

  /// Ends a connection that makes no sense any more.
  mutating func breakOff(_ endpoint: ClientEndpoint) throws(ClientStoreFailure) {
    effects.append(.disconnect(endpoint))
    try disconnected(endpoint, .closed)
  }

  @discardableResult
  mutating func send(_ request: InboxRequest, _ purpose: RequestPurpose?) -> UInt64 {
    let id = purpose.map { state.inbox.track($0, at: now) } ?? state.inbox.untrackedID()
    guard let frame = request.frame(requestID: id) else { return id }
    effects.append(.send(.inbox, frame))
    return id
  }

  @discardableResult
  mutating func send(_ request: LogsRequest, _ purpose: RequestPurpose?) -> UInt64 {
    let id = purpose.map { state.logs.track($0, at: now) } ?? state.logs.untrackedID()
    guard let frame = request.frame(requestID: id) else { return id }
    effects.append(.send(.logs, frame))
    return id
  }

  /// A wait that doubles with each attempt, with up to a quarter of jitter, so that many clients
  /// do not come back at once.
  mutating func backoff(from first: Duration, attempt: Int, longest: Duration) -> Duration {
    let base = first.inMilliseconds << Int64(min(attempt, 16))
    let wait = min(base, longest.inMilliseconds)
    return .milliseconds(wait + Int64.random(in: 0...max(1, wait / 4), using: &entropy))
  }

  func connection(_ endpoint: ClientEndpoint) -> ServerConnection {
    switch endpoint {
    case .inbox: state.inbox
    case .logs: state.logs
    }
  }

  private mutating func modify(
    _ endpoint: ClientEndpoint, _ change: (inout ServerConnection) -> Void
  ) {
    switch endpoint {
    case .inbox: change(&state.inbox)
    case .logs: change(&state.logs)
    }
  }
}
