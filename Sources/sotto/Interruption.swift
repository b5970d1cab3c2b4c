// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Glibc

/// SIGINT and SIGTERM end a verb by cancelling its task, so that stores and sockets are closed.
enum Interruption {
  /// What an interrupted verb ends with, as shells expect of SIGINT.
  static let exitCode: Int32 = 130

  /// Runs `work` in a task that either signal cancels, or the time when it is up.
  static func cancelling<Value: Sendable>(
    after seconds: Double? = nil, _ work: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    let task = Task { try await work() }
    let sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { task.cancel() }
      source.resume()
      return source
    }
    let timer = seconds.map { seconds in
      Task {
        try await Task.sleep(for: .seconds(seconds))
        task.cancel()
      }
    }
    defer { timer?.cancel() }
    defer { sources.forEach { $0.cancel() } }
    return try await task.value
  }
}
