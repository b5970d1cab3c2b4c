// SPDX-License-Identifier: Apache-2.0

import Foundation
import SottoClient
import Testing

/// Real programs on loopback: messages that disappear after 5 seconds.
@Suite(.serialized, .timeLimit(.minutes(5))) struct TimerTests {
  @Test func messagesDisappearOnBothSides() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    let daemons = [try await alice.startDaemon(), try await bob.startDaemon()]
    try await alice.succeed(["send", bob.address, "This stays", "--wait", "delivered"])
    try await alice.succeed(
      ["send", bob.address, "This goes", "--expires", "5s", "--wait", "delivered"])
    try await alice.succeed(["send", bob.address, "One look", "--once", "--wait", "delivered"])

    let seen = try await bob.succeed(["history", alice.address])
    #expect(seen.map { $0["text"]?.text } == ["This stays", "This goes", "One look"])
    #expect(seen.map { $0["kind"]?.text } == ["text", "text", "once"])
    #expect(seen.map { $0["timer"]?.text } == [nil, "5s", "once"])
    #expect(seen[1]["expiresAt"] != nil)
    let again = try await bob.succeed(["history", alice.address])
    #expect(!again.contains { $0["kind"] == "once" })
    for (reader, other) in [(alice, bob), (bob, alice)] {
      try await eventually {
        let lines = try await reader.succeed(["history", other.address])
        return lines.filter { $0["kind"] == "text" }.map { $0["text"]?.text } == ["This stays"]
      }
    }
    // Programs that had not taken the event yet are told that it is gone, and not what it said.
    let untaken = try await bob.succeed(["receive", "--timeout", "0"])
    #expect(!untaken.contains { $0["text"] == "This goes" || $0["text"] == "One look" })

    // A shorter timer holds for both at once.
    try await alice.succeed(["timer", bob.address, "5s"])
    #expect(try await alice.succeed(["timer", bob.address]).first?["timer"] == "5s")
    try await alice.succeed(["send", bob.address, "Gone soon", "--wait", "delivered"])
    let third = try await bob.succeed(["history", alice.address])
    #expect(third.last { $0["kind"] == "text" }?["timer"] == "5s")

    // None is proposed, and holds when the other side agrees.
    try await alice.succeed(["timer", bob.address, "off"])
    try await eventually {
      let report = try await bob.succeed(["timer", alice.address]).first
      return report?["timer"] == "5s" && report?["proposed"] == "off"
        && report?["proposedBy"] == "peer"
    }
    try await alice.fail(
      ["timer", bob.address, "--accept"], code: "not-permitted", status: 33)
    try await bob.succeed(["timer", alice.address, "--decline"])
    try await eventually {
      try await alice.succeed(["timer", bob.address]).first?["proposed"] == nil
    }
    try await bob.succeed(["timer", alice.address, "off"])
    try await eventually {
      try await alice.succeed(["timer", bob.address]).first?["proposedBy"] == "peer"
    }
    try await alice.succeed(["timer", bob.address, "--accept"])
    for (reader, other) in [(alice, bob), (bob, alice)] {
      try await eventually {
        let report = try await reader.succeed(["timer", other.address]).first
        return report?["timer"] == "off" && report?["proposed"] == nil
      }
    }
    // Whether there is a message among them depends on how fast all of this went.
    let events = try await bob.run(["receive", "--name", "changes", "--timeout", "0"]).values
    let changes = events.filter { $0["type"] == "group-changed" }.map { $0["change"]?.text }
    #expect(
      changes == ["timer", "timer-proposed", "timer-declined", "timer-proposed", "timer-accepted"])

    // Bob's daemon sleeps over the end: it deletes before it shows.
    #expect(await daemons[1].stop() == 0)
    try await Task.sleep(for: .seconds(6))
    let last = try await bob.succeed(["history", alice.address])
    #expect(last.filter { $0["kind"] == "text" }.map { $0["text"]?.text } == ["This stays"])

    try await alice.fail(
      ["send", bob.address, "x", "--expires", "4s"], code: "bad-request", status: 2)
    let presets = try await alice.succeed(["timer", "--presets"]).first?["presets"]?.elements
    #expect(presets?.first == "5s" && presets?.last == "4w" && presets?.count == 12)
    try await alice.fail(["timer", bob.address, "5w"], code: "bad-request", status: 2)
    #expect(await daemons[0].stop() == 0)
    _ = await world.server.stop()
  }

  @Test func newConversationsHaveTheUsualTimer() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    let daemons = [try await alice.startDaemon(), try await bob.startDaemon()]
    let settings = try await alice.succeed(["settings", "set", "timer", "1w"])
    #expect(settings.first?["settings"]?["timer"] == "1w")
    try await alice.fail(["settings", "set", "timer", "9w"], code: "bad-request", status: 2)
    try await alice.succeed(["send", bob.address, "First", "--wait", "delivered"])
    #expect(try await bob.succeed(["timer", alice.address]).first?["timer"] == "1w")
    let lines = try await bob.succeed(["history", alice.address])
    #expect(lines.first { $0["kind"] == "text" }?["timer"] == "1w")
    let group = try await alice.succeed(["group", "create", "Hike"])
    let reference = try #require(group.first?["address"]?.text)
    #expect(try await alice.succeed(["timer", reference]).first?["timer"] == "1w")
    for daemon in daemons { #expect(await daemon.stop() == 0) }
    _ = await world.server.stop()
  }
}
