// SPDX-License-Identifier: Apache-2.0

import Foundation
import SottoClient
import Testing

/// Real programs on loopback: arranging what one has.
@Suite(.serialized, .timeLimit(.minutes(5))) struct OrganisingTests {
  @Test func conversationsAreArranged() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    let carol = try await world.registered("carol")
    let people = [alice, bob, carol]
    var daemons: [RunningProgram] = []
    for person in people { daemons.append(try await person.startDaemon()) }
    try await bob.succeed(["send", alice.address, "keep this", "--wait", "delivered"])
    try await carol.succeed(["send", alice.address, "hello", "--wait", "delivered"])
    func list() async throws -> [JSONValue] { try await alice.succeed(["conversations"]) }
    #expect(try await list().map { $0["address"]?.text } == [carol.address, bob.address])

    let number = try #require(
      try await alice.succeed(["history", bob.address]).last?["order"]?.line)
    try await alice.succeed(["star", bob.address, number])
    let starred = try await alice.succeed(["starred"])
    #expect(starred.map { $0["text"]?.text } == ["keep this"])
    #expect(starred.first?["address"]?.text == bob.address)

    let sent = try await alice.succeed(
      ["forward", bob.address, number, carol.address, "--wait", "delivered"])
    #expect(sent.first?["state"] == "delivered")
    let line = try #require(try await carol.succeed(["history", alice.address]).last)
    #expect(line["text"] == "keep this")
    #expect(line["forwarded"] == true)
    #expect(!line.line.contains("bob"))
    try await alice.fail(
      ["forward", bob.address, "00", carol.address], code: "unknown-message", status: 31)

    try await alice.succeed(["pin", bob.address])
    try await alice.succeed(["draft", bob.address, "-"], input: "Dear Bob\n")
    try await alice.succeed(["mark-unread", bob.address])
    try await alice.succeed(["mute", carol.address, "--until", "2100-01-01T00:00:00Z"])
    try await alice.succeed(["archive", carol.address])
    let arranged = try await list()
    #expect(arranged.map { $0["address"]?.text } == [bob.address, carol.address])
    #expect(arranged[0]["pinned"] == true)
    #expect(arranged[0]["draft"] == "Dear Bob")
    #expect(arranged[0]["markedUnread"] == true)
    #expect(arranged[1]["archived"] == true)
    #expect(arranged[1]["mutedUntil"] == "2100-01-01T00:00:00.000Z")

    // Sending ends the draft and the mark; what is archived and muted stays away.
    #expect(try await alice.succeed(["draft", bob.address]).first?["text"] == "Dear Bob")
    try await alice.succeed(["send", bob.address, "Dear Bob!", "--wait", "delivered"])
    try await carol.succeed(["send", alice.address, "anybody there?", "--wait", "delivered"])
    let after = try await list()
    #expect(after[0]["draft"] == nil && after[0]["markedUnread"] == nil)
    #expect(after[1]["archived"] == true && after[1]["unread"] != 0)
    try await alice.succeed(["unmute", carol.address])
    try await carol.succeed(["send", alice.address, "hello?", "--wait", "delivered"])
    #expect(try await list()[1]["archived"] == nil)
    try await alice.succeed(["unpin", bob.address])
    #expect(try await list().map { $0["address"]?.text } == [carol.address, bob.address])

    try await alice.succeed(["unstar", bob.address, number])
    #expect(try await alice.succeed(["starred"]).isEmpty)
    try await alice.fail(
      ["pin", "nobody@\(TestWorld.domain)"], code: "unknown-conversation", status: 30)
    try await alice.fail(["mute", bob.address, "--until", "soon"], code: "bad-request", status: 2)
    for daemon in daemons { #expect(await daemon.stop() == 0) }
    _ = await world.server.stop()
  }
}
