// SPDX-License-Identifier: Apache-2.0

public import ClientCore

extension SottoClient {
  /// Makes the account `address` on the service of the invite link. Asking again goes on where a
  /// crash or a broken network left off.
  ///
  /// - Throws: among others `wrongInvite`, `noServer`, `addressTaken`, `alreadyRegistered`.
  public func register(
    _ address: String, invite: String, timeout: Duration = .seconds(60)
  ) async throws(ClientFailure) {
    let request = ClientRequest.register(address: address, invite: invite)
    do {
      _ = try await answer(request, timeout: timeout)
    } catch {
      throw error.code == .timeout ? await causeOfWaiting() : error
    }
  }

  /// Puts a text message into the outbox, from which it goes out as soon as that is possible.
  ///
  /// - Returns: the message's identifier.
  /// - Throws: among others `notRegistered`, `messageTooLarge`, `identityChanged`.
  public func send(_ text: String, to address: String) async throws(ClientFailure) -> [UInt8] {
    let answer = try await answer(.send(address: address, text: text))
    guard case .queued(let messageID) = answer else { throw mismatch() }
    return messageID
  }

  /// How far an own message has come.
  ///
  /// - Throws: the failure of the message when it cannot be sent.
  public func state(
    of messageID: [UInt8], to address: String
  ) async throws(ClientFailure) -> MessageState {
    let answer = try await answer(.messageState(address: address, messageID: messageID))
    guard case .messageState(let state, let failure) = answer else { throw mismatch() }
    if state == .failed {
      throw ClientFailure(failure ?? .serverFailure, "The message cannot be sent.")
    }
    return state
  }

  /// Waits until an own message has come at least as far as `wanted`.
  ///
  /// - Returns: how far it has come.
  /// - Throws: the failure of the message, or `timeout`, or, when the server could not be reached
  ///   all that time, why.
  @discardableResult
  public func wait(
    for wanted: MessageState, of messageID: [UInt8], to address: String,
    timeout: Duration = .seconds(30)
  ) async throws(ClientFailure) -> MessageState {
    let deadline = ContinuousClock.now + timeout
    while true {
      let version = events.version
      let state = try await state(of: messageID, to: address)
      if state.hasReached(wanted) { return state }
      guard ContinuousClock.now < deadline, !Task.isCancelled else { throw await causeOfWaiting() }
      await events.wait(after: version, until: deadline)
    }
  }

  /// Events after the cursor of the named subscription, oldest first; the same ones again until
  /// they are acknowledged. An unknown name begins a subscription, at the oldest event that is
  /// kept when `fromStart`, else after the newest. Without any, waits for `timeout` at most.
  public func receive(
    subscriber: String, fromStart: Bool = true, limit: Int = 100, timeout: Duration? = nil
  ) async throws(ClientFailure) -> [ClientEvent] {
    let deadline = timeout.map { ContinuousClock.now + $0 }
    while true {
      let version = events.version
      let request = ClientRequest.receive(
        subscriber: subscriber, fromStart: fromStart, limit: limit)
      guard case .events(let page, _) = try await answer(request) else { throw mismatch() }
      if !page.isEmpty { return page }
      guard let deadline, ContinuousClock.now < deadline, !Task.isCancelled else { return [] }
      await events.wait(after: version, until: deadline)
    }
  }

  /// The subscription has dealt with events up to and with `seq`; messages among them count as
  /// read.
  @discardableResult
  public func acknowledge(
    subscriber: String, seq: UInt64
  ) async throws(ClientFailure) -> UInt64 {
    let answer = try await answer(.acknowledge(subscriber: subscriber, seq: seq))
    guard case .acknowledged(let cursor) = answer else { throw mismatch() }
    events.advance()
    return cursor
  }

  /// All conversations, the one with the latest activity first.
  public func conversations() async throws(ClientFailure) -> [ConversationSummary] {
    guard case .conversations(let list) = try await answer(.conversations) else {
      throw mismatch()
    }
    return list
  }

  /// Lines of a conversation, the newest first, before the line `before` when given. Looking at
  /// them marks them read.
  public func history(
    with address: String, limit: Int = 50, before: UInt64? = nil
  ) async throws(ClientFailure) -> [HistoryLine] {
    let request = ClientRequest.history(address: address, limit: limit, before: before)
    guard case .history(let lines) = try await answer(request) else { throw mismatch() }
    return lines
  }

  /// Messages of the conversation up to and with line `upTo` have been looked at.
  ///
  /// - Returns: how many became read.
  @discardableResult
  public func markRead(
    with address: String, upTo: UInt64
  ) async throws(ClientFailure) -> Int {
    let answer = try await answer(.markRead(address: address, upTo: upTo))
    guard case .marked(let count) = answer else { throw mismatch() }
    return count
  }

  /// The client's own state.
  public func status() async throws(ClientFailure) -> StatusReport {
    guard case .status(let report) = try await answer(.status) else { throw mismatch() }
    return report
  }

  /// What each party can learn about the conversation, from live state.
  public func protection(of address: String) async throws(ClientFailure) -> ProtectionReport {
    guard case .protection(let report) = try await answer(.protectShow(address: address))
    else { throw mismatch() }
    return report
  }

  /// Why something has not happened: the reason of the last failed connection, when there is one.
  private func causeOfWaiting() async -> ClientFailure {
    if let cause = try? await status().connectionFailure {
      return ClientFailure(cause, "The server cannot be used.")
    }
    return ClientFailure(.timeout, "It did not happen in time.")
  }

  func mismatch() -> ClientFailure {
    ClientFailure(.internalFailure, "The core answered another question.")
  }
}

extension SottoClient {
  /// How long a client that is about to close stays for what is on the way.
  private static let settleTime = Duration.seconds(3)
  /// Receipts wait this long for others to share a report with, and then need a moment.
  private static let quietTime = Duration.milliseconds(700)

  /// Gives what was just caused (receipts, key packages, queued messages) the time to leave, when
  /// the server can be reached.
  func settle() async {
    let start = ContinuousClock.now
    while ContinuousClock.now - start < SottoClient.settleTime, !Task.isCancelled {
      let version = events.version
      guard let status = try? await status(), status.registered, status.connectionFailure == nil
      else { return }
      let isQuiet = status.waiting == 0 && ["ready", "idle"].contains(status.logsConnection)
      if isQuiet, ContinuousClock.now - start >= SottoClient.quietTime { return }
      await events.wait(after: version, until: ContinuousClock.now + .milliseconds(100))
    }
  }
}
