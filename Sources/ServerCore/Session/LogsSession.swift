// SPDX-License-Identifier: Apache-2.0

import Identity
package import SansIO
import Wire

/// A connection to `/v1/logs`: it knows no account, and every request brings its own right.
package struct LogsSession: ServerSession, LinkedSession {
  /// What a token's answer is for.
  enum Pending: Hashable, Sendable {
    case request(UInt64)
    case subscription(UInt64)
    /// Whether the right to a signal holds.
    case signal(UInt64, LogSignal)
  }

  private let policy: ServerPolicy
  private let peer: PeerAddress
  var link = SessionLink()
  private var pending: [SessionToken: Pending] = [:]
  /// By the client's request number.
  var subscriptions: [UInt64: Subscription] = [:]
  /// The subscriptions of each log, in the order in which they were made.
  var watched: [LogID: [UInt64]] = [:]
  /// Subscriptions that may be read on for, first come, first served.
  var ready: [UInt64] = []
  /// Subscriptions that are being read for.
  var reads = 0

  /// A session for a connection from `peer`.
  package init(policy: ServerPolicy, peer: PeerAddress) {
    self.policy = policy
    self.peer = peer
  }

  static func failureFrame(_ refusal: SessionRefusal, requestID: UInt64) -> [UInt8] {
    LogsResponse.failure(refusal).frame(requestID: requestID)
  }

  package mutating func opened(
    at now: Instant, using entropy: inout some RandomNumberGenerator
  ) -> [SessionEffect] {
    link.opened(at: now)
    return [.send(LogsResponse.greeting(domains: policy.domains, now: now).frame(requestID: 0))]
  }

  package mutating func received(
    _ frame: Span<UInt8>, at now: Instant, limits: inout some RateGate
  ) -> [SessionEffect] {
    guard link.phase != .closed else { return [] }
    link.heard(at: now)
    link.greetedBy = nil
    let parsed: ParsedFrame<LogsRequest>
    do throws(SessionRefusal) {
      parsed = try LogsRequest.parse(frame)
    } catch {
      return end(error)
    }
    let id = parsed.requestID
    // An answer could not be told from that to the request that bears the number already.
    guard !link.openRequests.contains(id), subscriptions[id] == nil else { return end(.malformed) }
    guard link.phase == .open else { return refuse(id, .unavailable) }
    switch parsed.request {
    case .failure(let refusal): return refuse(id, refusal)
    case .success(let request):
      if let refusal = admit(request, at: now, limits: &limits) { return refuse(id, refusal) }
      return perform(request, id: id, at: now)
    }
  }

  /// Why the request may not be done now.
  private func admit(
    _ request: LogsRequest, at now: Instant, limits: inout some RateGate
  ) -> SessionRefusal? {
    var keys: [RateKey] = [.peer(peer)]
    switch request {
    case .unsubscribe, .acknowledge:
      // They only free what is held for the client.
      return nil
    case .getManifest(let address):
      guard policy.domains.contains(address.domain) else { return .unknownDomain }
    case .takeKeyPackages(let address):
      guard policy.domains.contains(address.domain) else { return .unknownDomain }
      keys.append(.peerTaking(peer))
    case .createLog: keys.append(.peerCreation(peer))
    case .append(let append): keys.append(.right(append.right))
    case .commit(let commit): keys.append(.right(commit.right))
    case .putPart(let part): keys.append(.right(part.right))
    case .signal(let right, _): keys = [.peerSignals(peer), .signals(right)]
    case .readLog, .subscribe, .getGroupInfo, .getPart: break
    }
    guard link.openRequests.count < ServerLimits.openRequestsMax else {
      return .rateLimited(.milliseconds(100))
    }
    for key in keys {
      if let wait = limits.admit(key, cost: 1, at: now) { return .rateLimited(wait) }
    }
    return nil
  }

  private mutating func perform(
    _ request: LogsRequest, id: UInt64, at now: Instant
  ) -> [SessionEffect] {
    switch request {
    case .getManifest(let address): read(.manifest(address), for: id)
    case .takeKeyPackages(let address): submit(.takeKeyPackages(address), for: id)
    case .createLog(let logID, let epoch, let hash):
      submit(.createLog(logID, epoch: epoch, tokenHash: hash), for: id)
    case .append(let append): submit(.append(append), for: id)
    case .commit(let commit): submit(.commit(commit), for: id)
    case .readLog(let right, let start, let limit):
      read(
        .log(right, start, PageLimit(entries: limit, bytes: ServerLimits.pageBytesMax)), for: id)
    case .subscribe(let right, let start, let signals):
      subscribe(id, right, start, signals: signals, at: now)
    case .unsubscribe(let subscription): unsubscribe(subscription, id: id)
    case .acknowledge(let subscription, let seq):
      acknowledge(subscription, seq: seq, id: id, at: now)
    case .getGroupInfo(let right): read(.groupInfo(right), for: id)
    case .putPart(let part): submit(.putPart(part), for: id)
    case .getPart(let log, let part): read(.part(log, part), for: id)
    case .signal(let right, let body): signal(right, body, id: id)
    }
  }

  private mutating func submit(_ request: StoreRequest, for id: UInt64) -> [SessionEffect] {
    [.submit(newToken(.request(id)), request)]
  }

  private mutating func read(_ request: ReadRequest, for id: UInt64) -> [SessionEffect] {
    [.read(newToken(.request(id)), request)]
  }

  mutating func newToken(_ purpose: Pending) -> SessionToken {
    let token = link.newToken()
    pending[token] = purpose
    switch purpose {
    case .request(let id), .signal(let id, _): link.open(id)
    case .subscription: break
    }
    return token
  }

  // MARK: Answers

  package mutating func answered(
    _ token: SessionToken, _ answer: StoreAnswer, at now: Instant
  ) -> [SessionEffect] {
    guard case .request(let id) = pending.removeValue(forKey: token) else { return [] }
    switch answer {
    case .done: return self.answer(id, LogsResponse.done.frame(requestID: id))
    case .refused(let refusal): return refuse(id, refusal.told)
    case .appended(let receipt):
      return self.answer(id, LogsResponse.appended(receipt).frame(requestID: id))
    case .keyPackages(let taken):
      return self.answer(id, LogsResponse.keyPackages(taken).frame(requestID: id))
    case .swept: preconditionFailure("a session does not sweep")
    }
  }

  package mutating func answered(
    _ token: SessionToken, _ answer: ReadAnswer, at now: Instant
  ) -> [SessionEffect] {
    switch pending.removeValue(forKey: token) {
    case nil: return []
    case .subscription(let id): return continued(id, answer, at: now)
    case .signal(let id, let signal): return checked(signal, answer, id: id)
    case .request(let id):
      switch answer {
      case .refused(let refusal): return refuse(id, refusal.told)
      case .manifest(let manifest):
        return self.answer(id, LogsResponse.manifest(manifest).frame(requestID: id))
      case .log(let page):
        return self.answer(id, LogsResponse.entries(page, isFirst: true).frame(requestID: id))
      case .groupInfo(let epoch, let sealed):
        return self.answer(
          id, LogsResponse.groupInfo(epoch: epoch, sealed: sealed).frame(requestID: id))
      case .part(let body): return self.answer(id, LogsResponse.part(body).frame(requestID: id))
      case .keyPackageCount, .inbox, .blob, .blobs, .present:
        preconditionFailure("nothing here reads an inbox or a blob")
      }
    }
  }
}
