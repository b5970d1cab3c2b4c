// SPDX-License-Identifier: Apache-2.0

import ServerCore
import Foundation
import Identity
import Logging
import Server
import Testing

/// A server in this process on a free port of loopback.
struct RunningServer {
  let server: SottoServer

  var port: Int { server.port }
  var pin: [UInt8] { server.invites[0].certificatePin.bytes }

  /// Starts a server on a thread that may wait.
  ///
  /// - Throws: a `ServerStartFailure`.
  static func start(
    folder: String, configure: (inout ServerConfiguration) -> Void = { _ in }
  ) async throws -> RunningServer {
    var configuration = ServerConfiguration(
      dataFolder: folder, host: "127.0.0.1", port: 0,
      domains: [try ServiceDomain("messenger.example")])
    configuration.rates = .unrestricted
    configuration.keepsOnPowerLoss = false
    configure(&configuration)
    let chosen = configuration
    let server = try await withCheckedThrowingContinuation {
      (continuation: CheckedContinuation<SottoServer, any Error>) in
      Thread.detachNewThread {
        let logger = Logger(label: "test") { _ in ServerLogHandler(level: .critical) }
        continuation.resume(with: Result { try SottoServer(chosen, logger: logger) })
      }
    }
    return RunningServer(server: server)
  }

  /// Runs `body` with a server on a new folder and takes both away again.
  static func with(
    configure: (inout ServerConfiguration) -> Void = { _ in },
    _ body: (RunningServer) async throws -> Void
  ) async throws {
    try await TemporaryFolder.with { folder in
      let running = try await start(folder: folder, configure: configure)
      do {
        try await body(running)
      } catch {
        await running.stop()
        throw error
      }
      await running.stop()
    }
  }

  /// Drains, on a thread that may wait.
  func stop() async {
    let server = server
    await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        server.shutDown()
        continuation.resume()
      }
    }
  }

  func raw() async throws -> RawConnection {
    try await RawConnection.connect(port: port, pin: pin)
  }

  func socket(_ path: String) async throws -> WebSocketConnection {
    try await WebSocketConnection.open(try await raw(), path: path)
  }

  /// A connection to `/v1/logs` whose greeting was read.
  func logs() async throws -> LogsClient {
    let client = LogsClient(try await socket("/v1/logs"))
    _ = try await client.next()
    return client
  }

  func inbox() async throws -> InboxClient { InboxClient(try await socket("/v1/inbox")) }

  /// One figure of the metrics.
  func metric(_ name: String) -> Int? {
    for line in server.metricsText.split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.count == 2, words[0] == name { return Int(words[1]) }
    }
    return nil
  }

  /// Waits until a figure has come where it should; the suite's time limit is the deadline.
  func wait(for name: String, _ isThere: (Int) -> Bool) async throws {
    while !isThere(metric(name) ?? -1) { try await Task.sleep(for: .milliseconds(20)) }
  }
}

/// A folder that is gone afterwards.
enum TemporaryFolder {
  static func with(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("sotto-server-tests-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await body(folder)
  }
}
