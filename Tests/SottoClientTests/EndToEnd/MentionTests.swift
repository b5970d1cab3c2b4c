// SPDX-License-Identifier: Apache-2.0

import Foundation
import SottoClient
import Testing

/// Real programs on loopback: people who are mentioned.
@Suite(.serialized, .timeLimit(.minutes(5))) struct MentionTests {
  @Test func whoIsMentionedIsTold() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    let daemons = [try await alice.startDaemon(), try await bob.startDaemon()]
    try await alice.succeed(["group", "create", "Hike", bob.address])
    try await eventually {
      let shown = try await bob.run(["group", "show", "Hike"])
      return shown.values.first?["members"]?.elements.count == 2
    }
    try await bob.succeed(["mute", "Hike"])
    try await alice.succeed(["send", "Hike", "Are you there, @bob?", "--wait", "delivered"])
    let events = try await bob.succeed(["receive", "--name", "new", "--timeout", "5"])
    let event = try #require(events.first { $0["type"] == "message-received" })
    #expect(event["text"]?.text == "Are you there, @\(bob.address)?")
    #expect(event["mentionsMe"] == true)
    #expect(event["mentions"]?.elements.map(\.text) == [bob.address])
    let line = try #require(try await alice.succeed(["history", "Hike"]).last)
    #expect(line["text"]?.text == "Are you there, @\(bob.address)?")
    #expect(line["mentions"]?.elements.count == 1 && line["mentionsMe"] == nil)
    for daemon in daemons { #expect(await daemon.stop() == 0) }
    _ = await world.server.stop()
  }
}
