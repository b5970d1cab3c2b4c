// SPDX-License-Identifier: Apache-2.0

import Foundation
import SottoClient
import Testing

/// Real programs on loopback: looking for what was said.
@Suite(.serialized, .timeLimit(.minutes(5))) struct SearchTests {
  @Test func wordsAreFoundInTheOwnStore() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    let daemons = [try await alice.startDaemon(), try await bob.startDaemon()]
    for text in ["Lunch at the café?", "AND \"NOT\" (lunch*)", "nothing"] {
      try await alice.succeed(["send", bob.address, text, "--wait", "delivered"])
    }
    try await bob.succeed(["send", alice.address, "No lunch today", "--wait", "delivered"])

    let found = try await bob.succeed(["search", "LUNCH"])
    #expect(found.map { $0["from"]?.text } == [bob.address, alice.address, alice.address])
    let first = try #require(found.last)
    let pieces = first["snippet"]?.elements ?? []
    #expect(pieces.map { $0["text"]?.text } == ["Lunch", " at the café?"])
    #expect(pieces.map { $0["match"] == true } == [true, false])
    #expect(first["address"]?.text == alice.address)

    func texts(_ verb: [String]) async throws -> [String] {
      try await bob.succeed(["search"] + verb).map { hit in
        (hit["snippet"]?.elements ?? []).compactMap { $0["text"]?.text }.joined()
      }
    }
    #expect(try await texts(["cafe"]) == ["Lunch at the café?"])
    #expect(try await texts(["lun", "--from", alice.address, "--limit", "1"]).count == 1)
    #expect(try await texts(["lunch", "--in", alice.address]).count == 3)
    #expect(try await texts(["lunch", "--until", "2020-01-01"]) == [])
    #expect(try await texts(["lunch", "--since", "2020-01-01"]).count == 3)
    let order = try #require(found.first?["order"])
    #expect(try await texts(["lunch", "--before", order.line]).count == 2)
    for odd in ["\"", "AND", "NOT", "*", "terms:", "(", "lunch OR nothing", "''", "{}:^"] {
      _ = try await texts([odd])
    }
    #expect(try await texts(["AND"]) == ["AND \"NOT\" (lunch*)"])

    // What is deleted is not found, here and there.
    let id = try #require(first["messageId"]?.text)
    try await alice.succeed(["delete", bob.address, id, "--wait", "stored"])
    try await eventually { try await texts(["cafe"]) == [] }
    #expect(try await alice.succeed(["search", "cafe"]).isEmpty)

    try await bob.fail(
      ["search", "x", "--in", "nobody@\(TestWorld.domain)"], code: "unknown-conversation",
      status: 30)
    try await bob.fail(["search", "x", "--since", "soon"], code: "bad-request", status: 2)
    for daemon in daemons { #expect(await daemon.stop() == 0) }
    // Without a daemon the verb opens the store itself.
    #expect(try await texts(["lunch"]).count == 2)
    _ = await world.server.stop()
  }
}
