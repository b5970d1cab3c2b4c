// SPDX-License-Identifier: Apache-2.0

import SansIO
import Foundation
import Identity
import Server
import Testing
import Wire

/// Starting, draining and starting again.
@Suite(.timeLimit(.minutes(3)))
struct LifecycleTests {
  @Test func aDrainIsToldToEverySession() async throws {
    try await RunningServer.with { running in
      let logs = try await running.logs()
      let log = TestLog(1)
      try await logs.makeLog(log)
      let inbox = try await running.inbox()
      _ = try await inbox.nonce()
      for number in 0..<50 as Range<UInt64> { try await logs.send(.append(log.message(number))) }
      _ = try await logs.next { $0.appended.seq > 0 }
      async let stopped: Void = running.stop()
      // Answers to what was taken still come; then the reason, then the end.
      let last = try await logs.next { $0.requestID == 0 }
      #expect(last.failure.code == .unavailable)
      #expect((1_000...5_000).contains(last.failure.retryAfterMs))
      let lastOfInbox = try await inbox.next { $0.requestID == 0 }
      #expect(lastOfInbox.failure.code == .unavailable)
      await #expect(throws: RawConnection.Fault.ended) { while true { _ = try await logs.next() } }
      await stopped
      #expect(running.metric("sotto_connections") == 0)
      await #expect(throws: (any Error).self) { _ = try await running.raw() }
    }
  }

  @Test func twoServersDoNotShareAFolder() async throws {
    try await TemporaryFolder.with { folder in
      let first = try await RunningServer.start(folder: folder)
      await #expect(throws: ServerStartFailure.dataFolderInUse) {
        _ = try await RunningServer.start(folder: folder)
      }
      await first.stop()
      try await RunningServer.start(folder: folder).stop()
    }
  }

  @Test func aPortInUseAndABadCertificateAreNamed() async throws {
    try await RunningServer.with { running in
      try await TemporaryFolder.with { folder in
        await #expect(throws: ServerStartFailure.listen) {
          _ = try await RunningServer.start(folder: folder) { $0.port = running.port }
        }
        // A start that failed leaves the folder to the next one.
        await #expect(throws: ServerStartFailure.certificate) {
          _ = try await RunningServer.start(folder: folder) {
            $0.certificateFiles = (folder + "/lock", folder + "/lock")
          }
        }
        try await RunningServer.start(folder: folder).stop()
      }
    }
  }

  @Test func plaintextIsServedOnLoopbackAndNowhereElse() async throws {
    try await RunningServer.with(configure: { $0.isPlaintext = true }) { running in
      #expect(running.server.invites.isEmpty)
      let raw = try await RawConnection.connectPlain(port: running.port)
      let client = LogsClient(try await WebSocketConnection.open(raw, path: "/v1/logs"))
      #expect(try await client.next().greeting.domains == ["messenger.example"])
      try await client.makeLog(TestLog(1))
    }
    for host in ["0.0.0.0", "192.0.2.1", "::", "localhost", "127.0.0.1.example"] {
      try await TemporaryFolder.with { folder in
        await #expect(throws: ServerStartFailure.plaintextElsewhere) {
          _ = try await RunningServer.start(folder: folder) {
            $0.isPlaintext = true
            $0.host = host
          }
        }
      }
    }
  }

  /// A key that belongs to another certificate.
  @Test func certificateAndKeyBelongTogether() async throws {
    try await TemporaryFolder.with { one in
      try await RunningServer.start(folder: one).stop()
      try await TemporaryFolder.with { other in
        try await RunningServer.start(folder: other).stop()
        await #expect(throws: ServerStartFailure.certificate) {
          _ = try await RunningServer.start(folder: other) {
            $0.certificateFiles = (one + "/certificate.pem", other + "/certificate-key.pem")
          }
        }
      }
    }
  }

  @Test func aServerThatStartsAgainIsTheSame() async throws {
    try await TemporaryFolder.with { folder in
      let log = TestLog(2)
      let first = try await RunningServer.start(folder: folder)
      let account = try TestAccount("ada")
      let inbox = try await first.inbox()
      let register = try account.register(try await inbox.nonce())
      #expect(try await inbox.ask(register) == .done(WireDone()))
      let logs = try await first.logs()
      try await logs.makeLog(log)
      let receipt = try await logs.append(log.message(1, [5, 6]))
      await first.stop()

      let second = try await RunningServer.start(folder: folder)
      #expect(second.pin == first.pin)
      #expect(second.server.invites[0].serverKey == first.server.invites[0].serverKey)
      let again = try await second.logs()
      #expect(try await again.readAll(log).map(\.body) == [Data([5, 6])])
      #expect(try await again.append(log.message(1, [5, 6])).seq == receipt.seq)
      let login = try await second.inbox()
      #expect(try await login.ask(try account.login(try await login.nonce())) == .done(WireDone()))
      await second.stop()
    }
  }

  @Test func theFolderIsTheOwnersAlone() async throws {
    try await TemporaryFolder.with { folder in
      let running = try await RunningServer.start(folder: folder)
      try await running.logs().makeLog(TestLog(3))
      let files = FileManager.default
      #expect(try files.attributesOfItem(atPath: folder)[.posixPermissions] as? Int == 0o700)
      let names = try files.contentsOfDirectory(atPath: folder)
      #expect(names.contains("sotto.sqlite"))
      for name in names {
        let mode = try files.attributesOfItem(atPath: folder + "/" + name)[.posixPermissions]
        #expect(mode as? Int == 0o600, "\(name)")
      }
      await running.stop()
    }
  }
}
