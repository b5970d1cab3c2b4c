// SPDX-License-Identifier: Apache-2.0

import ClientCore
import Foundation
import SansIO
import SottoClient
import Testing

/// The daemon's socket over a client without an account, whose store is in memory.
@Suite(.timeLimit(.minutes(1))) struct LocalServerTests {
  /// Runs `body` while the socket is served.
  private func serving(
    events: Int = 0, store: InMemoryClientStore = InMemoryClientStore(),
    _ body: @escaping @Sendable (_ path: String) async throws -> Void
  ) async throws {
    var store = store
    for number in 0..<events { try append(number, to: &store) }
    let client = SottoClient(store: store, home: "/nowhere")
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("sotto-\(UInt32.random(in: 0...UInt32.max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("s").path
    // What a killed process left behind does not stand in the way.
    try Data("stale".utf8).write(to: URL(fileURLWithPath: path))
    let (listening, continuation) = AsyncStream.makeStream(of: Void.self)
    try await withThrowingTaskGroup { group in
      group.addTask {
        try await LocalServer(client: client).serve(path: path) { continuation.finish() }
      }
      for await _ in listening {}
      try await body(path)
      group.cancelAll()
    }
    #expect(!FileManager.default.fileExists(atPath: path))
    await client.close()
  }

  private func append(_ number: Int, to store: inout InMemoryClientStore) throws {
    try store.transact { transaction throws(ClientStoreFailure) in
      _ = transaction.append(
        EventRow(
          at: Instant(milliseconds: 1_700_000_000_000 + Int64(number)),
          address: "bob@messenger.example",
          body: ClientEvent.Kind.conversationRekeyed(epoch: UInt64(number), byPeer: true).encoded))
    }
  }

  @Test func socketIsForItsOwnerAlone() async throws {
    try await serving { path in
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      #expect(attributes[.posixPermissions] as? Int == 0o600)
      #expect(attributes[.type] as? FileAttributeType == .typeSocket)
    }
  }

  @Test func callsAreAnswered() async throws {
    try await serving { path in
      let status = try await SottoConnection.connecting(path: path) { connection in
        try await connection.call("status")
      }
      #expect(status?["registered"] == false)
      #expect(status?["eventHead"] == 0)
    }
  }

  static let mistakes: [(String, [String: JSONValue], String, Int32)] = [
    ("no-such-method", [:], "bad-request", 2), ("status", ["x": 1], "bad-request", 2),
    ("subscribe", [:], "bad-request", 2), ("conversations", [:], "not-registered", 10),
    ("send", ["address": "bob@messenger.example", "text": "x"], "not-registered", 10),
    ("register", ["address": "bob", "invite": "x"], "bad-address", 3),
    ("register", ["address": "bob@messenger.example", "invite": "x"], "wrong-invite", 15),
    ("acknowledge", ["subscriber": "nobody", "seq": 1], "bad-request", 2),
  ]

  @Test(arguments: mistakes)
  func failuresHaveCodes(
    method: String, parameters: [String: JSONValue], code: String, exitCode: Int32
  ) async throws {
    try await serving { path in
      _ = try await SottoConnection.connecting(path: path) { connection in
        let failure = await #expect(throws: SottoFailure.self) {
          try await connection.call(method, parameters)
        }
        #expect(failure?.code == code)
        #expect(failure?.exitCode == exitCode)
        // The connection is as good as before.
        _ = try await connection.call("status")
      }
    }
  }

  @Test func tooLongALineEndsTheConnection() async throws {
    try await serving { path in
      _ = try await SottoConnection.connecting(path: path) { connection in
        let text = String(repeating: "x", count: LocalLimits.requestBytesMax)
        let failure = await #expect(throws: SottoFailure.self) {
          try await connection.call("send", ["address": "a", "text": .string(text)])
        }
        #expect(failure?.code == "internal-failure")
      }
    }
  }

  @Test func programsAreCounted() async throws {
    try await serving { path in
      try await withThrowingTaskGroup { group in
        let (stream, ready) = AsyncStream.makeStream(of: Void.self)
        let (stop, release) = AsyncStream.makeStream(of: Void.self)
        for _ in 0..<LocalLimits.connectionsMax {
          group.addTask {
            _ = try await SottoConnection.connecting(path: path) { connection in
              _ = try await connection.call("status")
              ready.yield()
              for await _ in stop {}
            }
          }
        }
        var iterator = stream.makeAsyncIterator()
        for _ in 0..<LocalLimits.connectionsMax { await iterator.next() }
        await #expect(throws: SottoFailure.self) {
          try await SottoConnection.connecting(path: path) { connection in
            try await connection.call("status")
          }
        }
        release.finish()
        try await group.waitForAll()
      }
    }
  }

  @Test func eventsComeAgainUntilTheyAreAcknowledged() async throws {
    try await serving(events: 3) { path in
      _ = try await SottoConnection.connecting(path: path) { connection in
        let question: [String: JSONValue] = ["subscriber": "a", "fromStart": true]
        for _ in 0..<2 {
          let events = try await connection.call("receive", question)["events"]?.elements
          #expect(events?.map { $0["seq"] } == [1, 2, 3])
          #expect(events?.first?["type"] == "conversation-rekeyed")
        }
        _ = try await connection.call("acknowledge", ["subscriber": "a", "seq": 2])
        let rest = try await connection.call("receive", question)["events"]?.elements
        #expect(rest?.map { $0["seq"] } == [3])
      }
    }
  }

  /// Only a window of events is sent; acknowledging opens it.
  @Test func subscriptionsAreFlowControlled() async throws {
    let count = LocalLimits.eventsInFlight + 50
    try await serving(events: count) { path in
      _ = try await SottoConnection.connecting(path: path) { connection in
        _ = try await connection.call("subscribe", ["subscriber": "a", "fromStart": true])
        var last: JSONValue?
        for number in 1...LocalLimits.eventsInFlight {
          last = try await connection.nextEvent()?["seq"]
          #expect(last == .integer(Int64(number)))
        }
        _ = try await connection.call(
          "acknowledge", ["subscriber": "a", "seq": last ?? .null])
        for number in LocalLimits.eventsInFlight + 1...count {
          #expect(try await connection.nextEvent()?["seq"] == .integer(Int64(number)))
        }
      }
      // What was not acknowledged comes again on the next connection.
      _ = try await SottoConnection.connecting(path: path) { connection in
        _ = try await connection.call("subscribe", ["subscriber": "a"])
        let first = try await connection.nextEvent()?["seq"]
        #expect(first == .integer(Int64(LocalLimits.eventsInFlight + 1)))
      }
    }
  }

  /// A failed transaction is told to who asked, and the next one works on what was stored.
  @Test func storeFailureIsSurvived() async throws {
    var store = InMemoryClientStore()
    store.failingCommitIn = 2
    try await serving(store: store) { path in
      _ = try await SottoConnection.connecting(path: path) { connection in
        var codes: [String] = []
        for _ in 0..<3 {
          do {
            _ = try await connection.call("status")
            codes.append("ok")
          } catch let failure as SottoFailure {
            codes.append(failure.code)
          }
        }
        #expect(codes == ["store-failure", "ok", "ok"])
      }
    }
  }
}
