// SPDX-License-Identifier: Apache-2.0

import ClientCore
import Synchronization

/// Requests that the core has not answered, with the tasks that wait for the answers.
final class PendingRequests: Sendable {
  typealias Answer = Result<ClientAnswer, ClientFailure>

  /// Programs that ask faster than the store answers are told so.
  static let countMax = 4_096

  private struct State {
    var nextNumber: UInt64 = 1
    var closed = false
    var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
    /// Answers on their way to their tasks. They pass by this lock and not by the continuation,
    /// where ThreadSanitizer could not follow them.
    var answers: [UInt64: Answer] = [:]

    /// Gives a wait its answer; the continuation is to be resumed outside the lock.
    mutating func settle(_ number: UInt64, _ answer: Answer) -> CheckedContinuation<Void, Never>? {
      guard let waiter = waiting.removeValue(forKey: number) else { return nil }
      answers[number] = answer
      return waiter
    }
  }

  private let state = Mutex(State())

  /// Gives the request a token, hands it to `submit` and waits for the answer, for `timeout` at
  /// most. A request that is no longer waited for is still carried out.
  func answer(
    timeout: Duration?, submit: @escaping @Sendable (RequestToken) -> Void
  ) async -> Answer {
    guard let number = reserve() else {
      return .failure(ClientFailure(.rateLimited, "Too many requests wait for the store."))
    }
    guard let timeout else { return await suspend(number, submit) }
    return await withTaskGroup(of: Void.self) { group in
      group.addTask {
        guard (try? await Task.sleep(for: timeout)) != nil else { return }
        let late = ClientFailure(.timeout, "The answer did not come in time.")
        self.resolve(RequestToken(number), .failure(late))
      }
      let answer = await suspend(number, submit)
      group.cancelAll()
      return answer
    }
  }

  /// Ends the wait for one request; nothing happens when nobody waits for it any more.
  func resolve(_ token: RequestToken, _ answer: Answer) {
    state.withLock { $0.settle(token.number, answer) }?.resume()
  }

  /// Ends every wait.
  func failAll(_ failure: ClientFailure, closing: Bool = false) {
    let all = state.withLock { state in
      if closing { state.closed = true }
      return state.waiting.keys.map { $0 }.compactMap { state.settle($0, .failure(failure)) }
    }
    for waiter in all { waiter.resume() }
  }

  private func reserve() -> UInt64? {
    state.withLock { state in
      guard state.waiting.count < PendingRequests.countMax else { return nil }
      defer { state.nextNumber += 1 }
      return state.nextNumber
    }
  }

  private func suspend(
    _ number: UInt64, _ submit: (RequestToken) -> Void
  ) async -> Answer {
    await withCheckedContinuation { continuation in
      let open = state.withLock { state in
        if state.closed { return false }
        state.waiting[number] = continuation
        return true
      }
      if open {
        submit(RequestToken(number))
      } else {
        continuation.resume()
      }
    }
    return state.withLock { $0.answers.removeValue(forKey: number) }
      ?? .failure(ClientFailure(.storeFailure, "The client is closing."))
  }
}
