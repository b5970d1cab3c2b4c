// SPDX-License-Identifier: Apache-2.0

package import SansIO
import Wire

extension LogsSession {
  /// A log that is read as it grows.
  struct Subscription: Sendable {
    let right: LogRight
    /// Wants signals.
    let signals: Bool
    var start: LogStart
    var window: SendWindow
    /// The client has had the first page.
    var isStarted = false
    var isReading = false
    /// Stands in `ready`.
    var isReady = false
    /// Something may be there that was not read yet.
    var isBehind = true
    /// The log's epoch when it was last read; a commit makes everybody read.
    var epoch: UInt64 = 0

    init(right: LogRight, start: LogStart, signals: Bool) {
      self.right = right
      self.signals = signals
      self.start = start
      if case .after(let seq) = start {
        window = SendWindow(after: seq)
      } else {
        window = SendWindow(after: 0)
      }
    }

    /// Whether the reader has all before the news, and room for them.
    func takes(_ news: LogNews) -> Bool {
      guard isStarted, !isReading, !isBehind, case .after(news.after) = start else { return false }
      return window.room.map(news.fits) ?? false
    }
  }

  package mutating func advanced(
    _ wake: Wake, _ news: LogNews?, at now: Instant
  ) -> [SessionEffect] {
    guard case .log(let logID) = wake else { return [] }
    var effects: [SessionEffect] = []
    for id in watched[logID] ?? [] {
      if let news, link.mayPush, var subscription = subscriptions[id], subscription.takes(news) {
        let frame = LogsResponse.frame(news, epoch: subscription.epoch, requestID: id)
        effects.append(.send(frame))
        for entry in news.entries {
          subscription.window.send(entry.seq, byteCount: entry.byteCount)
        }
        subscription.start = .after(news.head)
        subscriptions[id] = subscription
      } else {
        subscriptions[id]?.isBehind = true
        makeReady(id)
      }
    }
    return effects + pump(at: now)
  }

  mutating func subscribe(
    _ id: UInt64, _ right: LogRight, _ start: LogStart, signals: Bool, at now: Instant
  ) -> [SessionEffect] {
    guard subscriptions.count < ServerLimits.subscriptionsMax else {
      return refuse(id, SessionRefusal(code: .quotaExceeded))
    }
    let isFirst = watched[right.logID] == nil
    watched[right.logID, default: []].append(id)
    subscriptions[id] = Subscription(right: right, start: start, signals: signals)
    makeReady(id)
    // The watch comes first, so that an entry that is appended during the read is not missed.
    return (isFirst ? [.watch(.log(right.logID))] : []) + pump(at: now)
  }

  mutating func unsubscribe(_ subscription: UInt64, id: UInt64) -> [SessionEffect] {
    guard subscriptions[subscription] != nil else { return refuse(id, .notFound) }
    return remove(subscription) + answer(id, LogsResponse.done.frame(requestID: id))
  }

  mutating func acknowledge(
    _ subscription: UInt64, seq: UInt64, id: UInt64, at now: Instant
  ) -> [SessionEffect] {
    guard var acknowledged = subscriptions[subscription] else { return refuse(id, .notFound) }
    guard acknowledged.window.acknowledge(seq) else { return refuse(id, .malformed) }
    subscriptions[subscription] = acknowledged
    makeReady(subscription)
    return answer(id, LogsResponse.done.frame(requestID: id)) + pump(at: now)
  }

  mutating func pump(at now: Instant) -> [SessionEffect] {
    var effects: [SessionEffect] = []
    while link.mayPush, reads < ServerLimits.subscriptionReadsMax, !ready.isEmpty {
      let id = ready.removeFirst()
      guard var subscription = subscriptions[id] else { continue }
      subscription.isReady = false
      // With a full window it becomes ready again by an acknowledgement.
      if let room = subscription.window.room {
        subscription.isReading = true
        subscription.isBehind = false
        let token = newToken(.subscription(id))
        effects.append(.read(token, .log(subscription.right, subscription.start, room)))
        reads += 1
      }
      subscriptions[id] = subscription
    }
    return effects
  }

  /// A page for a subscription came.
  mutating func continued(
    _ id: UInt64, _ answer: ReadAnswer, at now: Instant
  ) -> [SessionEffect] {
    reads -= 1
    guard link.phase != .closed else { return [] }
    guard var subscription = subscriptions[id] else { return pump(at: now) }
    guard case .log(let page) = answer else {
      // The right no longer holds, or the store failed: the client subscribes anew.
      var told = SessionRefusal.notFound
      if case .refused(let refusal) = answer { told = refusal.told }
      return [.send(Self.failureFrame(told, requestID: id))] + remove(id) + pump(at: now)
    }
    var effects: [SessionEffect] = []
    if !subscription.isStarted || !page.entries.isEmpty || page.gap != nil {
      let response = LogsResponse.entries(page, isFirst: !subscription.isStarted)
      effects.append(.send(response.frame(requestID: id)))
    }
    for entry in page.entries {
      subscription.window.send(entry.seq, byteCount: entry.body.count)
    }
    subscription.window.advance(to: page.next)
    subscription.isStarted = true
    subscription.isReading = false
    subscription.epoch = page.epoch
    subscription.start = .after(page.next)
    if !page.isCaughtUp { subscription.isBehind = true }
    subscriptions[id] = subscription
    if page.isCut, page.isCaughtUp {
      // A member was removed: whoever is still one comes back with a later epoch's token.
      let refusal = SessionRefusal.staleEpoch(page.epoch, head: page.head)
      effects.append(.send(Self.failureFrame(refusal, requestID: id)))
      effects += remove(id)
    }
    makeReady(id)
    return effects + pump(at: now)
  }

  private mutating func makeReady(_ id: UInt64) {
    guard let subscription = subscriptions[id] else { return }
    guard subscription.isBehind, !subscription.isReading, !subscription.isReady else { return }
    subscriptions[id]?.isReady = true
    ready.append(id)
  }

  private mutating func remove(_ id: UInt64) -> [SessionEffect] {
    guard let removed = subscriptions.removeValue(forKey: id) else { return [] }
    let logID = removed.right.logID
    ready.removeAll { other in other == id }
    watched[logID]?.removeAll { other in other == id }
    guard watched[logID]?.isEmpty == true else { return [] }
    watched[logID] = nil
    return [.unwatch(.log(logID))]
  }
}
