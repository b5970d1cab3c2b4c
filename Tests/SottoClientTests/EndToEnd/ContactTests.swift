// SPDX-License-Identifier: Apache-2.0

import Foundation
import SottoClient
import Testing

/// Real programs on loopback: who may reach somebody.
@Suite(.serialized, .timeLimit(.minutes(5))) struct ContactTests {
  @Test func requestsBlocksAndSettings() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    try await bob.succeed(["settings", "set", "strangers", "ask"])
    var daemons: [RunningProgram] = []
    for person in [alice, bob] { daemons.append(try await person.startDaemon()) }

    try await alice.succeed(["send", bob.address, "hello", "--wait", "stored"])
    try await eventually {
      let list = try await bob.succeed(["requests"])
      return list.first?["requests"]?.elements.first?["messages"] == 1
    }
    #expect(
      try await bob.succeed(["conversations"]).first?["conversations"]?.elements.isEmpty ?? true)
    try await bob.fail(["history", alice.address], code: "request-pending", status: 36)
    let shown = try await bob.succeed(["requests", "show", alice.address])
    #expect(shown.first?["lines"]?.elements.first?["text"] == "hello")
    #expect(try await alice.history(with: bob) == ["\(alice.address)|hello|stored"])
    try await bob.succeed(["requests", "accept", alice.address])
    try await eventually {
      try await alice.history(with: bob) == ["\(alice.address)|hello|delivered"]
    }
    #expect(try await bob.receivedTexts() == ["hello"])

    try await bob.succeed(["block", alice.address])
    try await bob.fail(["send", alice.address, "x"], code: "blocked", status: 37)
    try await alice.succeed(["send", bob.address, "hey?", "--wait", "stored"])
    #expect(
      try await bob.succeed(["blocked"]).first?["blocked"]?.elements.first?["address"]?.text
        == alice.address)
    try await bob.succeed(["unblock", alice.address])
    try await alice.succeed(["send", bob.address, "again?", "--wait", "delivered"])
    #expect(
      try await bob.history(with: alice).map { $0.split(separator: "|")[1] }
        == ["hello", "again?"])

    let settings = try await bob.succeed(["settings", "set", "read-receipts", "off"])
    #expect(settings.first?["settings"]?["read-receipts"] == "off")
    #expect(settings.first?["settings"]?["strangers"] == "ask")
    try await bob.fail(
      ["settings", "set", "strangers", "off"], code: "bad-request", status: 2)
    for daemon in daemons { #expect(await daemon.stop() == 0) }
    _ = await world.server.stop()
  }
}
