// SPDX-License-Identifier: Apache-2.0

import Foundation
import SottoClient
import Testing

/// Real programs on loopback: messages that are pinned for both.
@Suite(.serialized, .timeLimit(.minutes(5))) struct PinTests {
  @Test func aMessageIsPinnedForBoth() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    let daemons = [try await alice.startDaemon(), try await bob.startDaemon()]
    let sent = try await alice.succeed(
      ["send", bob.address, "The address is 7 Mill Lane", "--wait", "delivered"])
    let id = try #require(sent.first?["messageId"]?.text)
    try await bob.succeed(
      ["pin-message", alice.address, id, "--until", "+7d", "--wait", "stored"])
    try await eventually {
      let pins = try await alice.succeed(["pinned", bob.address])
      return pins.count == 1 && pins[0]["line"]?["text"] == "The address is 7 Mill Lane"
        && pins[0]["from"]?.text == bob.address && pins[0]["until"] != nil
    }
    try await alice.succeed(["unpin-message", bob.address, id, "--wait", "stored"])
    try await eventually { try await bob.succeed(["pinned", alice.address]).isEmpty }
    try await bob.fail(
      ["unpin-message", alice.address, id], code: "bad-request", status: 2)
    for daemon in daemons { #expect(await daemon.stop() == 0) }
    _ = await world.server.stop()
  }
}
