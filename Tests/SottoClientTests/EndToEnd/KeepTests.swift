// SPDX-License-Identifier: Apache-2.0

import Foundation
import SottoClient
import Testing

/// Real programs on loopback: messages that disappear, and what their author lets be kept.
@Suite(.serialized, .timeLimit(.minutes(5))) struct KeepTests {
  private static func texts(
    _ reader: TestPerson, _ other: TestPerson
  ) async throws -> [String] {
    try await reader.succeed(["history", other.address]).filter { $0["kind"] == "text" }
      .compactMap { $0["text"]?.text }
  }

  @Test func onlyWhatItsAuthorLetsBeKeptStays() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    let daemons = [try await alice.startDaemon(), try await bob.startDaemon()]
    var ids: [String: String] = [:]
    for text in ["Granted", "Asked", "Refused", "Taken back"] {
      let sent = try await alice.succeed(
        ["send", bob.address, text, "--expires", "exists:45s", "--wait", "delivered"])
      ids[text] = try #require(sent.first?["messageId"]?.text)
    }
    let once = try await alice.succeed(
      ["send", bob.address, "One look", "--once", "--wait", "delivered"])
    try await bob.fail(
      ["keep", alice.address, try #require(once.first?["messageId"]?.text)],
      code: "bad-request", status: 2)
    for text in ["Granted", "Asked", "Refused"] {
      let id = try #require(ids[text])
      try await bob.succeed(["keep", alice.address, id, "--wait", "stored"])
      try await bob.fail(
        ["keep", alice.address, id, "accept"], code: "not-permitted", status: 33)
    }
    try await eventually {
      let asked = try await alice.succeed(["kept", bob.address])
      return asked.map { $0["text"]?.text } == ["Refused", "Asked", "Granted"]
        && asked.allSatisfy { $0["keepAskedBy"]?.elements.first?.text == bob.address }
    }
    let granted = try #require(ids["Granted"])
    let refused = try #require(ids["Refused"])
    let takenBack = try #require(ids["Taken back"])
    try await alice.succeed(["keep", bob.address, granted, "accept", "--wait", "stored"])
    try await alice.succeed(["keep", bob.address, refused, "refuse", "--wait", "stored"])
    try await alice.succeed(["keep", bob.address, takenBack, "--wait", "stored"])
    try await eventually {
      let kept = try await bob.succeed(["kept", alice.address])
      return kept.filter { $0["kept"] == true }.map { $0["text"]?.text }
        == ["Taken back", "Granted"]
    }
    try await bob.fail(["keep", alice.address, refused], code: "not-permitted", status: 33)

    // The time of all is over.
    for (reader, other) in [(alice, bob), (bob, alice)] {
      try await eventually {
        try await Self.texts(reader, other) == ["Granted", "Taken back"]
      }
    }
    let target = world.folder.appendingPathComponent("export").path
    try await bob.succeed(["export", target, "--in", alice.address])
    let file = try String(
      contentsOfFile: target + "/conversations/0001.jsonl", encoding: .utf8)
    #expect(file.contains("Granted") && !file.contains("Asked") && !file.contains("Refused"))
    #expect(try await bob.succeed(["search", "granted"]).count == 1)

    // Bob sleeps while Alice takes one back: it is gone before he sees it.
    #expect(await daemons[1].stop() == 0)
    try await alice.succeed(["unkeep", bob.address, takenBack, "--wait", "stored"])
    // It was sent last, and its time may be over a moment after that of the others.
    try await eventually { try await Self.texts(alice, bob) == ["Granted"] }
    let again = try await bob.startDaemon()
    try await eventually { try await Self.texts(bob, alice) == ["Granted"] }
    let events = try await bob.succeed(["receive", "--events", "--timeout", "0"])
    let changes = events.filter { $0["type"] == "keep-changed" }.map { $0["change"]?.text }
    #expect(changes == ["asked", "asked", "asked", "kept", "refused", "kept", "ended"])
    #expect(await daemons[0].stop() == 0)
    #expect(await again.stop() == 0)
    _ = await world.server.stop()
  }
}
