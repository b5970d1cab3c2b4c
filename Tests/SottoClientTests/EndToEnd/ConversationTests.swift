// SPDX-License-Identifier: Apache-2.0

import Foundation
import SottoClient
import Testing

/// Real programs on loopback: what two people do.
@Suite(.serialized, .timeLimit(.minutes(5))) struct ConversationTests {
  @Test func twoPeopleWithDaemons() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    let daemons = [try await alice.startDaemon(), try await bob.startDaemon()]

    let sent = try await alice.succeed(["send", bob.address, "Hello Bob", "--wait", "delivered"])
    #expect(sent.first?["state"] == "delivered")
    #expect(try await bob.receivedTexts() == ["Hello Bob"])
    try await bob.succeed(["send", alice.address, "-"], input: "Two\nlines\u{1b}[2J\n")
    #expect(try await alice.receivedTexts() == ["Two\nlines\u{1b}[2J"])

    // Bob's receive acknowledged the message, which tells Alice that it was read.
    let read = try await alice.succeed(["send", bob.address, "Read this", "--wait", "stored"])
    let messageID = try #require(read.first?["messageId"]?.text)
    #expect(messageID.count >= 32)
    #expect(try await bob.receivedTexts() == ["Read this"])
    let lines = [
      "\(alice.address)|Hello Bob|read", "\(bob.address)|Two\nlines\u{1b}[2J|seen",
      "\(alice.address)|Read this|read",
    ]
    try await eventually { try await alice.history(with: bob) == lines }
    let mirrored = [
      "\(alice.address)|Hello Bob|seen", "\(bob.address)|Two\nlines\u{1b}[2J|read",
      "\(alice.address)|Read this|seen",
    ]
    try await eventually { try await bob.history(with: alice) == mirrored }

    let numbers = [
      try await alice.succeed(["safety-number", bob.address]).first?["safetyNumber"]?.text,
      try await bob.succeed(["safety-number", alice.address]).first?["safetyNumber"]?.text,
    ]
    #expect(numbers[0] == numbers[1])
    #expect(numbers[0]?.count == 60)

    let report = try #require(try await alice.succeed(["protect", "show", bob.address]).first)
    #expect(report["postQuantum"] == true)
    #expect(report["devices"]?.elements.count == 2)
    #expect(report["standing"] == "trusted")
    let list = try await alice.succeed(["conversations"])
    #expect(list.map { $0["address"]?.text } == [bob.address])
    let status = try #require(try await alice.succeed(["status"]).first)
    #expect(status["registered"] == true)
    #expect(status["waiting"] == 0)

    for daemon in daemons { #expect(await daemon.stop() == 0) }
    #expect(await world.server.stop() == 0)
  }

  /// Nobody runs a daemon: every verb opens the store itself.
  @Test func twoPeopleWithoutDaemons() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    try await alice.succeed(["send", bob.address, "one", "--wait", "stored"])
    try await alice.succeed(["send", bob.address, "two", "--wait", "stored"])
    #expect(try await bob.receivedTexts() == ["one", "two"])
    try await bob.succeed(["send", alice.address, "three", "--wait", "stored"])
    #expect(try await alice.receivedTexts() == ["three"])
    #expect(
      try await bob.history(with: alice).map { $0.split(separator: "|")[1] }
        == ["one", "two", "three"])
    _ = await world.server.stop()
  }

  @Test func offlineMessagesArriveLater() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    _ = await world.server.stop()

    // Without a server the message waits in the outbox, and the verb says so.
    let queued = try await alice.succeed(["send", bob.address, "while you were away"])
    #expect(queued.first?["state"] == "queued")
    try await world.startServerAgain()
    let daemon = try await alice.startDaemon()
    #expect(try await bob.receivedTexts() == ["while you were away"])
    try await eventually {
      try await alice.history(with: bob) == ["\(alice.address)|while you were away|read"]
    }
    #expect(await daemon.stop() == 0)
    _ = await world.server.stop()
  }

  @Test func sendersWaitForDeliveryAndReading() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    try await alice.fail(
      ["send", bob.address, "nobody is there", "--wait", "delivered", "--timeout", "2"],
      code: "timeout", status: 51)
    let daemon = try await bob.startDaemon()
    let follower = try RunningProgram(
      "sotto", bob.arguments(["receive", "--follow", "--name", "follower"]), folder: bob.folder,
      log: "follower")
    let sent = try await alice.succeed(["send", bob.address, "now", "--wait", "read"])
    #expect(sent.first?["state"] == "read")
    try await eventually {
      let printed = try String(contentsOf: follower.output, encoding: .utf8)
      return printed.contains("nobody is there") && printed.contains("now")
    }
    _ = await follower.stop()
    #expect(await daemon.stop() == 0)
    _ = await world.server.stop()
  }

  /// A long verb without a daemon lets others in.
  @Test func followersServeOtherVerbs() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    let follower = try RunningProgram(
      "sotto", bob.arguments(["receive", "--follow"]), folder: bob.folder, log: "follower")
    try await alice.succeed(["send", bob.address, "one", "--wait", "read"])
    try await bob.succeed(["send", alice.address, "two", "--wait", "stored"])
    #expect(try await alice.receivedTexts() == ["two"])
    #expect(await follower.stop() == 0)
    let printed = try String(contentsOf: follower.output, encoding: .utf8)
    #expect(printed.split(separator: "\n").count == 1)
    _ = await world.server.stop()
  }

  /// What was acknowledged is not shown again, and nothing else is lost, whatever is killed.
  @Test func namedSubscriptionsSurviveRestarts() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    // A subscription begins with its first use, and then holds events for itself.
    try await bob.fail(["receive", "--name", "b", "--timeout", "0"], code: "timeout", status: 51)
    let first = try await bob.startDaemon()
    try await alice.succeed(["send", bob.address, "one", "--wait", "delivered"])
    #expect(try await bob.receivedTexts(name: "a") == ["one"])
    await first.kill()

    let second = try await bob.startDaemon()
    try await alice.succeed(["send", bob.address, "two", "--wait", "delivered"])
    await second.kill()

    let third = try await bob.startDaemon()
    #expect(try await bob.receivedTexts(name: "a") == ["two"])
    #expect(try await bob.receivedTexts(name: "b") == ["one", "two"])
    try await bob.fail(
      ["receive", "--name", "a", "--timeout", "0.5"], code: "timeout", status: 51)
    #expect(await third.stop() == 0)
    #expect(
      try await bob.history(with: alice)
        == ["\(alice.address)|one|seen", "\(alice.address)|two|seen"])
    _ = await world.server.stop()
  }
}
