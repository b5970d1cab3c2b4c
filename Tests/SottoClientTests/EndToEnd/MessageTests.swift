// SPDX-License-Identifier: Apache-2.0

import Foundation
import SottoClient
import Testing

/// Real programs on loopback: what people do with messages that are there.
@Suite(.serialized, .timeLimit(.minutes(5))) struct MessageTests {
  @Test func answersReactionsEditsAndDeletions() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    let daemons = [try await alice.startDaemon(), try await bob.startDaemon()]
    try await alice.succeed(["send", bob.address, "See you at noom?", "--wait", "delivered"])
    try await alice.succeed(["send", bob.address, "never mind this", "--wait", "delivered"])

    // Bob names messages by their numbers, Alice hers by their identifiers.
    let seen = try await bob.succeed(["history", alice.address])
    let numbers = seen.compactMap { $0["order"].map { "\($0.line)" } }
    let first = try #require(seen.first?["messageId"]?.text)
    let second = try #require(seen.last?["messageId"]?.text)
    try await bob.succeed(["reply", alice.address, numbers[0], "Gladly", "--wait", "delivered"])
    try await bob.succeed(["react", alice.address, numbers[0], "👍", "--wait", "stored"])
    try await bob.succeed(["react", alice.address, numbers[0], "🎉", "--wait", "stored"])
    try await bob.succeed(["react", alice.address, numbers[0], "🎉", "--remove", "--wait", "stored"])
    try await alice.succeed(["edit", bob.address, first, "See you at noon?", "--wait", "stored"])
    try await alice.succeed(["delete", bob.address, second, "--wait", "stored"])

    for (reader, other) in [(alice, bob), (bob, alice)] {
      try await eventually {
        let lines = try await reader.succeed(["history", other.address])
        return lines.map { $0["text"]?.text } == ["See you at noon?", "", "Gladly"]
          && lines.map { $0["kind"]?.text } == ["text", "deleted", "text"]
          && lines[0]["editedAt"] != nil
          && lines[0]["reactions"]?.elements.map { $0["reaction"]?.text } == ["👍"]
          && lines[2]["quote"]?["messageId"]?.text == first
          && lines[2]["quote"]?["text"] == "See you at noon?"
      }
      let revisions = try await reader.succeed(["revisions", other.address, first])
      #expect(revisions.map { $0["text"]?.text } == ["See you at noom?", "See you at noon?"])
    }

    // What cannot be, with its code.
    try await bob.fail(
      ["edit", alice.address, first, "no"], code: "bad-request", status: 2)
    try await bob.fail(["delete", alice.address, first], code: "bad-request", status: 2)
    try await bob.fail(
      ["react", alice.address, first, "no emoji"], code: "bad-request", status: 2)
    try await bob.fail(
      ["react", alice.address, second, "👍"], code: "unknown-message", status: 31)
    try await bob.fail(
      ["react", alice.address, first, "❤️", "--wait", "read"], code: "bad-request", status: 2)

    // Removed by Bob for himself alone.
    try await bob.succeed(["delete", alice.address, first, "--for-me"])
    #expect(
      try await bob.succeed(["history", alice.address]).map { $0["text"]?.text } == ["", "Gladly"])
    #expect(try await alice.succeed(["history", bob.address]).count == 3)
    for daemon in daemons { #expect(await daemon.stop() == 0) }
    _ = await world.server.stop()
  }
}
