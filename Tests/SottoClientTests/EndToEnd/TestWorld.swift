// SPDX-License-Identifier: Apache-2.0

import Foundation
import SottoClient
import Testing

/// A server process and people with homes of their own, in a folder that ends with the value.
final class TestWorld {
  static let domain = "messenger.example"

  let folder: URL
  private(set) var server: RunningProgram
  let invite: String

  private init(folder: URL, server: RunningProgram, invite: String) {
    self.folder = folder
    self.server = server
    self.invite = invite
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  static func start() async throws -> TestWorld {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("sotto-\(UInt32.random(in: 0...UInt32.max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let server = try startServer(in: folder, listen: "127.0.0.1:0")
    return TestWorld(
      folder: folder, server: server, invite: try await server.line(beginning: "invite: "))
  }

  /// The same server on the same port, after it was stopped.
  func startServerAgain() async throws {
    let authority = try #require(invite.split(separator: "/").dropFirst().first)
    server = try TestWorld.startServer(in: folder, listen: String(authority))
    let again = try await server.line(beginning: "invite: ")
    #expect(again == invite)
  }

  private static func startServer(in folder: URL, listen: String) throws -> RunningProgram {
    try RunningProgram(
      "sotto-server",
      [
        "serve", "--data", folder.appendingPathComponent("server").path, "--listen", listen,
        "--domain", domain,
      ], folder: folder, log: "server")
  }

  /// Somebody with a key file, whose home is not registered.
  func person(_ name: String) throws -> TestPerson {
    let key = folder.appendingPathComponent(name + ".key")
    let digits = (0..<64).map { _ in "0123456789abcdef".randomElement() ?? "0" }
    _ = FileManager.default.createFile(
      atPath: key.path, contents: Data(String(digits).utf8),
      attributes: [.posixPermissions: 0o600])
    return TestPerson(name: name, folder: folder, unlock: ["--key-file", key.path])
  }

  /// Somebody with an account, at this server or by another link.
  func registered(_ name: String, invite other: String? = nil) async throws -> TestPerson {
    let person = try person(name)
    try await person.succeed(["register", person.address, "--invite", other ?? invite])
    // What requests are is tested by themselves.
    try await person.succeed(["settings", "set", "strangers", "accept"])
    return person
  }
}

/// One home and the verbs run on it.
struct TestPerson: Sendable {
  let name: String
  let folder: URL
  var unlock: [String]

  var address: String { "\(name)@\(TestWorld.domain)" }
  var home: String { folder.appendingPathComponent(name).path }

  func arguments(_ verb: [String]) -> [String] { verb + ["--home", home, "--json"] + unlock }

  /// Runs a verb to its end.
  func run(_ verb: [String], input: String? = nil) async throws -> Ended {
    try await TestProgram.run("sotto", arguments(verb), input: input, folder: folder)
  }

  /// Runs a verb that must succeed.
  @discardableResult
  func succeed(
    _ verb: [String], input: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> [JSONValue] {
    let ended = try await run(verb, input: input)
    try #require(
      ended.status == 0, "\(verb.first ?? "") of \(name): \(ended.errors)",
      sourceLocation: sourceLocation)
    return ended.values
  }

  /// Runs a verb that must fail with this code and its exit status.
  func fail(
    _ verb: [String], code: String, status: Int32, input: String? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let ended = try await run(verb, input: input)
    #expect(ended.status == status, "\(ended.errors)", sourceLocation: sourceLocation)
    let error = try? JSONValue(parsing: Array(ended.errors.utf8))["error"]
    #expect(error?["code"]?.text == code, "\(ended.errors)", sourceLocation: sourceLocation)
    #expect(ended.output.isEmpty, sourceLocation: sourceLocation)
  }

  /// Starts a daemon and waits until it answers.
  func startDaemon() async throws -> RunningProgram {
    let daemon = try RunningProgram(
      "sotto", arguments(["daemon"]), folder: folder, log: name + ".daemon")
    _ = try await daemon.line(beginning: #"{"ready":true}"#)
    return daemon
  }

  /// The texts that a one-shot `receive` prints.
  func receivedTexts(name: String = "default", timeout: Int = 30) async throws -> [String] {
    let events = try await succeed(["receive", "--name", name, "--timeout", "\(timeout)"])
    return events.filter { $0["type"] == "message-received" }.compactMap { $0["text"]?.text }
  }

  /// Sender, text and state of each line of a history.
  func history(with peer: TestPerson, more: [String] = []) async throws -> [String] {
    let lines = try await succeed(["history", peer.address, "--limit", "1000"] + more)
    return lines.filter { $0["kind"] == "text" }.map { line in
      [line["from"], line["text"], line["state"]].map { $0?.text ?? "" }.joined(separator: "|")
    }
  }
}

/// Tries until it holds; the suite's time limit ends what never does.
func eventually(_ holds: () async throws -> Bool) async throws {
  while try await !holds() { try await Task.sleep(for: .milliseconds(50)) }
}
