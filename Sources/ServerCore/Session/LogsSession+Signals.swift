// SPDX-License-Identifier: Apache-2.0

package import SansIO

/// What is handed to those who read a log at the moment, and never stored (logs.md, Signals).
package struct LogSignal: Hashable, Sendable {
  /// The log.
  package let logID: LogID
  /// Its epoch when the signal was sent.
  package let epoch: UInt64
  /// What it says, sealed.
  package let body: [UInt8]

  package init(logID: LogID, epoch: UInt64, body: [UInt8]) {
    self.logID = logID
    self.epoch = epoch
    self.body = body
  }
}

extension LogsSession {
  /// Somebody sends a signal: the store is asked whether the right is of the present epoch.
  mutating func signal(_ right: LogRight, _ body: [UInt8], id: UInt64) -> [SessionEffect] {
    let signal = LogSignal(logID: right.logID, epoch: right.epoch, body: body)
    return [.read(newToken(.signal(id, signal)), .present(right))]
  }

  /// The right of a signal was looked at.
  mutating func checked(
    _ signal: LogSignal, _ answer: ReadAnswer, id: UInt64
  ) -> [SessionEffect] {
    guard case .present = answer else {
      var told = SessionRefusal.notFound
      if case .refused(let refusal) = answer { told = refusal.told }
      return refuse(id, told)
    }
    guard link.phase != .closed else { return [] }
    return [.signal(signal)] + self.answer(id, LogsResponse.done.frame(requestID: id))
  }

  /// Another connection has sent a signal. Only who has read the log into the present epoch gets
  /// it: nobody else can open it, and whoever was removed is not told that somebody is there.
  package mutating func signalled(_ signal: LogSignal, at now: Instant) -> [SessionEffect] {
    guard link.mayPush else { return [] }
    return (watched[signal.logID] ?? []).compactMap { id in
      guard let subscription = subscriptions[id], subscription.takes(signal) else { return nil }
      return .send(LogsResponse.signal(signal.body).frame(requestID: id))
    }
  }
}

extension LogsSession.Subscription {
  fileprivate func takes(_ signal: LogSignal) -> Bool {
    signals && isStarted && !isReading && !isBehind && epoch == signal.epoch
  }
}
