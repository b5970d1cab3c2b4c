// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Glibc

/// SIGINT and SIGTERM end a verb by cancelling its task, so that stores and sockets are closed.
enum Interruption {
  /// What an interrupted verb ends with, as shells expect of SIGINT.
  static let exitCode: Int32 = 130

  /// Runs `work` in a task that either signal cancels, or the time when it is up. A signal that
  /// comes before that ends the process as it ends any other.
  ///
  /// - Throws: what `work` throws; `CancellationError` whatever it throws once it is cancelled, as
  ///   what is interrupted fails in many ways.
  static func cancelling<Value: Sendable>(
    after seconds: Double? = nil, _ work: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    let task = Task { try await work() }
    var sources: [any DispatchSourceSignal] = []
    for number in [SIGINT, SIGTERM] {
      // Never ignored: a source takes the signal over by itself, and only when it is registered.
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { task.cancel() }
      sources.append(source)
      await withCheckedContinuation { continuation in
        source.setRegistrationHandler { continuation.resume() }
        source.resume()
      }
    }
    let timer = seconds.map { seconds in
      Task {
        try await Task.sleep(for: .seconds(seconds))
        task.cancel()
      }
    }
    defer { timer?.cancel() }
    defer { sources.forEach { $0.cancel() } }
    do {
      return try await task.value
    } catch {
      throw task.isCancelled ? CancellationError() : error
    }
  }
}
