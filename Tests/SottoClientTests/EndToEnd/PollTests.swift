// SPDX-License-Identifier: Apache-2.0

import Foundation
import SottoClient
import Testing

/// Real programs on loopback: a poll, by the verbs that people type.
@Suite(.serialized, .timeLimit(.minutes(5))) struct PollTests {
  @Test func aPollFromItsBeginningToItsEnd() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    let daemons = [try await alice.startDaemon(), try await bob.startDaemon()]
    let made = try await alice.succeed(
      ["poll", "create", bob.address, "When?", "Monday", "Tuesday", "--wait", "delivered"])
    let id = try #require(made.first?["messageId"]?.text)
    let asked = try #require(try await bob.succeed(["history", alice.address]).last)
    #expect(asked["kind"] == "poll" && asked["messageId"]?.text == id)
    let number = try #require(asked["order"]?.integer)
    try await bob.succeed(
      ["poll", "vote", alice.address, "\(number)", "2", "--wait", "stored"])
    try await eventually {
      let poll = try await alice.succeed(["poll", "show", bob.address, id]).first
      return poll?["choices"]?.elements.map { $0["votes"]?.integer } == [0, 1]
        && poll?["choices"]?.elements.last?["from"]?.elements.map(\.text) == [bob.address]
    }
    try await bob.fail(
      ["poll", "vote", alice.address, id, "3"], code: "bad-request", status: 2)
    try await bob.fail(["poll", "end", alice.address, id], code: "bad-request", status: 2)
    try await bob.succeed(["poll", "vote", alice.address, id, "--withdraw", "--wait", "stored"])
    try await alice.succeed(["poll", "end", bob.address, id, "--wait", "stored"])
    try await eventually {
      let line = try await bob.succeed(["history", alice.address]).last
      return line?["poll"]?["ended"] == true && line?["poll"]?["voters"]?.integer == 0
    }
    try await bob.fail(
      ["poll", "vote", alice.address, id, "1"], code: "bad-request", status: 2)
    for daemon in daemons { #expect(await daemon.stop() == 0) }
    _ = await world.server.stop()
  }
}
