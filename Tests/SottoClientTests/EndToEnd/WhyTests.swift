// SPDX-License-Identifier: Apache-2.0

import Foundation
import SottoClient
import Testing

/// Real programs on loopback: notes to self, and why a message is where it is.
@Suite(.serialized, .timeLimit(.minutes(5))) struct WhyTests {
  @Test func messagesSayWhyTheyWait() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    func codes(_ person: TestPerson, _ other: TestPerson, _ line: String) async throws -> [String] {
      try await person.succeed(["why", other.address, line]).compactMap { $0["code"]?.text }
    }
    let sent = try await alice.succeed(["send", bob.address, "hello", "--wait", "stored"])
    let id = try #require(sent.first?["messageId"]?.text)
    #expect(try await codes(alice, bob, id) == ["stored", "unverified"])
    #expect(try await bob.receivedTexts() == ["hello"])
    #expect(try await codes(bob, alice, id) == ["authentic", "unverified"])
    try await alice.fail(["why", bob.address, "99"], code: "unknown-message", status: 31)
    try await alice.fail(
      ["why", "nobody@\(TestWorld.domain)", "1"], code: "unknown-conversation", status: 30)

    // Without a server a message waits and says so; a note to self needs none.
    _ = await world.server.stop()
    let waiting = try await alice.succeed(["send", bob.address, "later"])
    let later = try #require(waiting.first?["messageId"]?.text)
    #expect(try await codes(alice, bob, later).first == "waits-for-server")
    let note = try await alice.succeed(["send", alice.address, "buy milk", "--wait", "read"])
    #expect(note.first?["state"] == "read")
    let noteID = try #require(note.first?["messageId"]?.text)
    #expect(try await codes(alice, alice, noteID) == ["note"])
    #expect(
      try await alice.succeed(["search", "milk"]).map { $0["address"]?.text } == [alice.address])
    #expect(try await alice.history(with: alice) == ["\(alice.address)|buy milk|read"])
  }
}
