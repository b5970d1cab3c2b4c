// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Wakes tasks when something has happened that they may want to look at.
///
/// A task takes `version` first, looks, and then waits for a later version: nothing that happens in
/// between is missed.
final class EventSignal: Sendable {
  private struct State {
    var version: UInt64 = 0
    var closed = false
    var nextWaiter: UInt64 = 0
    var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
  }

  private let state = Mutex(State())

  /// Counts what has happened.
  var version: UInt64 { state.withLock(\.version) }

  /// Something has happened.
  func advance() {
    wake { state in state.version += 1 }
  }

  /// Nothing will happen any more: every wait ends.
  func close() {
    wake { state in state.closed = true }
  }

  /// Returns when something has happened after `version`, when the deadline has passed, when the
  /// task is cancelled or when the signal is closed.
  func wait(after version: UInt64, until deadline: ContinuousClock.Instant?) async {
    await withTaskGroup { group in
      group.addTask { await self.suspend(after: version) }
      if let deadline {
        group.addTask { try? await Task.sleep(until: deadline, clock: .continuous) }
      }
      await group.next()
      group.cancelAll()
    }
  }

  private func wake(_ change: (inout State) -> Void) {
    let woken = state.withLock { state in
      change(&state)
      let waiters = state.waiters.values.map { $0 }
      state.waiters = [:]
      return waiters
    }
    for waiter in woken { waiter.resume() }
  }

  private func suspend(after version: UInt64) async {
    let number = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let ready = state.withLock { state in
          if state.version != version || state.closed || Task.isCancelled { return true }
          state.waiters[number] = continuation
          return false
        }
        if ready { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: number) }?.resume()
    }
  }
}
