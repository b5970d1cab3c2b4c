// SPDX-License-Identifier: Apache-2.0

import Foundation
import Identity
import Testing
import Wire

/// The program `sotto-server`, which lies beside the test bundle.
@Suite(.timeLimit(.minutes(4)))
struct ProgramTests {
  private static func arguments(
    _ folder: String, port: Int = 0, extra: [String] = []
  ) -> [String] {
    [
      "serve", "--data", folder, "--listen", "127.0.0.1:\(port)", "--domain",
      "messenger.example", "--log-level", "critical",
    ] + extra
  }

  @Test(arguments: [
    [], ["serve"], ["serve", "--no-such-option"], ["no-such-command"],
    ["serve", "--data", "/nowhere/x", "--listen", "127.0.0.1", "--domain", "a.example"],
    ["serve", "--data", "/nowhere/x", "--listen", "127.0.0.1:99999", "--domain", "a.example"],
    ["serve", "--data", "/nowhere/x", "--listen", "127.0.0.1:0"],
    ["serve", "--data", "/nowhere/x", "--listen", "127.0.0.1:0", "--domain", "NOT A DOMAIN"],
    [
      "serve", "--data", "/nowhere/x", "--listen", "127.0.0.1:0", "--domain", "a.example",
      "--tls-cert", "/nowhere/c",
    ],
    [
      "serve", "--data", "/nowhere/x", "--listen", "127.0.0.1:0", "--domain", "a.example",
      "--rates", "none",
    ],
    [
      "serve", "--data", "/nowhere/x", "--listen", "127.0.0.1:0", "--domain", "a.example",
      "--checkpoint-bytes", "4095",
    ],
  ])
  func wrongUsageEndsWithTwo(arguments: [String]) async throws {
    let program = try ServerProgram(arguments)
    // Without any argument the program tells how it is used, which is no mistake.
    #expect(await program.ended() == (arguments.isEmpty ? 0 : 2))
  }

  @Test func aFolderInUseEndsWithThreeAndATakenPortWithFour() async throws {
    try await TemporaryFolder.with { folder in
      let first = try ServerProgram(Self.arguments(folder))
      let invite = try await first.invite()
      let status = try await ServerProgram(Self.arguments(folder)).ended()
      #expect(status == 3)
      try await TemporaryFolder.with { other in
        let port = Int(invite.port)
        let status = try await ServerProgram(Self.arguments(other, port: port)).ended()
        #expect(status == 4)
      }
      #expect(await first.stop() == 0)
    }
  }

  @Test func aBadCertificateEndsWithSix() async throws {
    try await TemporaryFolder.with { folder in
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true)
      let file = folder + "/bad.pem"
      try Data("no certificate".utf8).write(to: URL(fileURLWithPath: file))
      let extra = ["--tls-cert", file, "--tls-key", file]
      let program = try ServerProgram(Self.arguments(folder, extra: extra))
      #expect(await program.ended() == 6)
      let gone = ["--tls-cert", folder + "/none", "--tls-key", folder + "/none"]
      let status = try await ServerProgram(Self.arguments(folder, extra: gone)).ended()
      #expect(status == 6)
    }
  }

  @Test func aSecondStartPrintsTheSamePinAndKey() async throws {
    try await TemporaryFolder.with { folder in
      let first = try ServerProgram(Self.arguments(folder))
      let before = try await first.invite()
      #expect(await first.stop() == 0)
      let second = try ServerProgram(Self.arguments(folder))
      let after = try await second.invite()
      #expect(before.certificatePin == after.certificatePin)
      #expect(before.serverKey == after.serverKey)
      #expect(await second.stop(with: SIGINT) == 0)
    }
  }

  /// With clients connected and one that never finishes its handshake.
  @Test func theProgramDrains() async throws {
    try await TemporaryFolder.with { folder in
      let program = try ServerProgram(Self.arguments(folder))
      let invite = try await program.invite()
      let client = try await program.logs(invite)
      _ = try await RawConnection.connectPlain(port: Int(invite.port))
      try await client.makeLog(TestLog(1))
      program.signal(SIGTERM)
      #expect(try await client.next { $0.requestID == 0 }.failure.code == .unavailable)
      #expect(await program.ended() == 0)
    }
  }

  /// What was acknowledged before kill -9 is there after it, with its number, and nothing twice.
  @Test(arguments: ["full", "normal"])
  func acknowledgedEntriesSurviveAKill(synchronous: String) async throws {
    try await TemporaryFolder.with { folder in
      let extra = ["--synchronous", synchronous]
      let log = TestLog(7)
      var acknowledged: [Data: UInt64] = [:]
      for round in 0..<3 as Range<UInt64> {
        let program = try ServerProgram(Self.arguments(folder, extra: extra))
        let client = try await program.logs(try await program.invite())
        if round == 0 { try await client.makeLog(log) }
        let target = acknowledged.count + 40
        var submitted: [UInt64: Data] = [:]
        var number = round * 10_000
        while acknowledged.count < target {
          // Always some on their way when the kill comes.
          for _ in 0..<8 {
            let message = log.message(number, Array(repeating: 3, count: 500))
            submitted[try await client.send(.append(message))] = message.submitID
            number += 1
          }
          for _ in 0..<4 {
            let answer = try await client.next { submitted[$0.requestID] != nil }
            guard let id = submitted.removeValue(forKey: answer.requestID) else { continue }
            if case .appended(let appended)? = answer.response { acknowledged[id] = appended.seq }
          }
          if submitted.count > 40 {
            _ = try await client.next { $0.appended.seq > 0 }
          }
        }
        await program.kill()
        while let answer = try? await client.next() {
          guard let id = submitted[answer.requestID] else { continue }
          if case .appended(let appended)? = answer.response { acknowledged[id] = appended.seq }
        }
      }
      let program = try ServerProgram(Self.arguments(folder, extra: extra))
      let client = try await program.logs(try await program.invite())
      let entries = try await client.readAll(log)
      #expect(entries.map(\.seq) == Array(1...UInt64(entries.count)))
      #expect(Set(entries.map(\.submitID)).count == entries.count)
      let stored = Dictionary(uniqueKeysWithValues: entries.map { ($0.submitID, $0.seq) })
      for (id, seq) in acknowledged { #expect(stored[id] == seq) }
      #expect(acknowledged.count >= 120)
      #expect(await program.stop() == 0)
    }
  }
}

/// The program as it runs.
final class ServerProgram {
  private let process = Process()
  private let output: URL

  init(_ arguments: [String]) throws {
    let folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    output = FileManager.default.temporaryDirectory
      .appendingPathComponent("sotto-server-\(UUID().uuidString).out")
    _ = FileManager.default.createFile(atPath: output.path, contents: nil)
    process.executableURL = folder.appendingPathComponent("sotto-server")
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = FileHandle.nullDevice
    try process.run()
  }

  deinit {
    if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
    try? FileManager.default.removeItem(at: output)
  }

  /// The invite that it prints once it listens.
  func invite() async throws -> InviteLink {
    while true {
      let text = try String(contentsOf: output, encoding: .utf8)
      for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      where line.hasPrefix("invite: ") {
        return try InviteLink(String(line.dropFirst(8)))
      }
      try #require(process.isRunning, "it ended before it listened")
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  func logs(_ invite: InviteLink) async throws -> LogsClient {
    let raw = try await RawConnection.connect(
      port: Int(invite.port), pin: invite.certificatePin.bytes)
    let client = LogsClient(try await WebSocketConnection.open(raw, path: "/v1/logs"))
    _ = try await client.next()
    return client
  }

  func stop(with signal: Int32 = SIGTERM) async -> Int32 {
    self.signal(signal)
    return await ended()
  }

  func signal(_ number: Int32) { Foundation.kill(process.processIdentifier, number) }

  func kill() async { _ = await stop(with: SIGKILL) }

  /// The exit status, or the number of the signal below 0.
  func ended() async -> Int32 {
    while process.isRunning { try? await Task.sleep(for: .milliseconds(10)) }
    return process.terminationReason == .exit
      ? process.terminationStatus : -process.terminationStatus
  }
}
