// SPDX-License-Identifier: Apache-2.0

import Foundation
import SottoClient
import Testing

/// Real programs on loopback: comparing safety numbers.
@Suite(.serialized, .timeLimit(.minutes(5))) struct VerifyTests {
  @Test func aMarkComesAndGoes() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    let daemon = try await bob.startDaemon()
    try await alice.fail(["verify", bob.address], code: "unknown-conversation", status: 30)
    try await alice.succeed(["send", bob.address, "Hello Bob", "--wait", "delivered"])

    let shown = try #require(try await bob.succeed(["safety-number", alice.address]).first)
    let own = try #require(try await alice.succeed(["safety-number", bob.address]).first)
    let digits = try #require(shown["safetyNumber"]?.text)
    let text = try #require(shown["text"]?.text)
    let ownText = try #require(own["text"]?.text)
    #expect(text != ownText)
    #expect(own["verifiedAt"] == nil)

    try await alice.fail(
      ["verify", bob.address, "--text", ownText], code: "safety-number-mismatch", status: 38)
    try await alice.fail(
      ["verify", bob.address, "--number", String(repeating: "0", count: 60)],
      code: "safety-number-mismatch", status: 38)
    try await alice.fail(
      ["verify", bob.address, "--number", "12345"], code: "bad-request", status: 2)
    try await alice.fail(
      ["verify", bob.address, "--number", digits, "--text", text], code: "bad-request", status: 2)
    #expect(try await marks(alice, bob) == [false, false, false])

    for proof in [["--number", digits], ["--text", text], []] {
      let marked = try await alice.succeed(["verify", bob.address] + proof)
      #expect(marked.first?["verifiedAt"]?.text != nil)
      #expect(try await marks(alice, bob) == [true, true, true])
      let unmarked = try await alice.succeed(["unverify", bob.address])
      #expect(unmarked.first?["address"]?.text == bob.address)
      #expect(unmarked.first?["verifiedAt"] == nil)
      #expect(try await marks(alice, bob) == [false, false, false])
    }
    // It is nobody else's business.
    #expect(try await marks(bob, alice) == [false, false, false])

    #expect(await daemon.stop() == 0)
    #expect(await world.server.stop() == 0)
  }

  /// What the three verbs that show the mark say.
  private func marks(_ person: TestPerson, _ peer: TestPerson) async throws -> [Bool] {
    let list = try await person.succeed(["conversations"])
    let summary = list.first { $0["address"]?.text == peer.address }
    let number = try await person.succeed(["safety-number", peer.address]).first
    let report = try await person.succeed(["protect", "show", peer.address]).first
    return [
      summary?["verified"]?.bool == true, number?["verifiedAt"] != nil,
      report?["verifiedAt"] != nil,
    ]
  }
}
