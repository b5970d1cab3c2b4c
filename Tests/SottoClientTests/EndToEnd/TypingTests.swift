// SPDX-License-Identifier: Apache-2.0

import Foundation
import SottoClient
import Testing

/// Real programs on loopback: one sees that the other types, unless somebody does not want that.
@Suite(.serialized, .timeLimit(.minutes(5))) struct TypingTests {
  /// The whole lines that a program has printed.
  private func printed(_ program: RunningProgram) throws -> [JSONValue] {
    let text = try String(contentsOf: program.output, encoding: .utf8)
    return try text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      .map { try JSONValue(parsing: Array($0.utf8)) }
  }

  private func typing(_ program: RunningProgram) throws -> [JSONValue] {
    try printed(program).filter { $0["type"] == "typing" }
  }

  @Test func theOtherOneSeesItBeginAndEnd() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    let daemons = [try await alice.startDaemon(), try await bob.startDaemon()]
    try await alice.succeed(["send", bob.address, "hello", "--wait", "delivered"])
    let watching = try RunningProgram(
      "sotto", bob.arguments(["receive", "--follow", "--events"]), folder: bob.folder,
      log: "bob.watching")
    try await eventually { try printed(watching).contains { $0["text"] == "hello" } }

    #expect(try await alice.succeed(["typing", bob.address]).first?["told"] == true)
    try await eventually { try typing(watching).count == 1 }
    let begun = try typing(watching)[0]
    #expect(begun["from"]?.text == alice.address && begun["typing"] == true)
    #expect(begun["address"]?.text == alice.address && begun["seq"] == nil)
    #expect(try await alice.succeed(["typing", bob.address, "--stop"]).first?["told"] == false)
    try await eventually { try typing(watching).count == 2 }
    #expect(try typing(watching)[1]["typing"] == false)

    // Off: not sent, and not shown.
    try await alice.succeed(["settings", "set", "typing", "off"])
    #expect(try await alice.succeed(["typing", bob.address]).first?["told"] == false)
    #expect(try await bob.succeed(["typing", alice.address]).first?["told"] == true)
    try await alice.succeed(["settings", "set", "typing", "on"])
    try await bob.succeed(["settings", "set", "typing", "off"])
    #expect(try await alice.succeed(["typing", bob.address]).first?["told"] == true)
    try await alice.succeed(["send", bob.address, "there", "--wait", "delivered"])
    try await eventually { try printed(watching).contains { $0["text"] == "there" } }
    #expect(try typing(watching).count == 2)
    #expect(
      try await alice.succeed(["receive", "--events"]).allSatisfy { $0["type"] != "typing" })

    #expect(await watching.stop() == 0)
    for daemon in daemons { #expect(await daemon.stop() == 0) }
    _ = await world.server.stop()
  }
}
