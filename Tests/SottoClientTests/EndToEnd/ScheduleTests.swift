// SPDX-License-Identifier: Apache-2.0

import Foundation
import SottoClient
import Testing

/// Real programs on loopback: messages that leave at their time.
@Suite(.serialized, .timeLimit(.minutes(5))) struct ScheduleTests {
  @Test func scheduledMessagesLeaveAtTheirTime() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    let bobsDaemon = try await bob.startDaemon()
    let first = try await alice.startDaemon()
    try await alice.succeed(["send", bob.address, "hello", "--wait", "delivered"])

    try await alice.succeed(["send", bob.address, "soon", "--at", "+2s"])
    let far = try #require(
      try await alice.succeed(["send", bob.address, "far", "--at", "+2h30m"]).first)
    let never = try #require(
      try await alice.succeed(["send", bob.address, "never", "--at", "+1w"]).first)
    try await eventually { try await bob.history(with: alice).count == 2 }
    #expect(try await bob.history(with: alice).last?.contains("|soon|") == true)
    let waiting = try await alice.succeed(["scheduled"])
    #expect(waiting.map { $0["text"]?.text } == ["far", "never"])

    try await alice.succeed(["unschedule", try #require(never["scheduledId"]).line])
    // Due while no program of Alice's runs: the next one sends it.
    let number = try #require(far["scheduledId"]).line
    try await alice.succeed(["reschedule", number, "--at", "+1s", "--text", "nearer"])
    await first.kill()
    try await Task.sleep(for: .milliseconds(1_200))
    let second = try await alice.startDaemon()
    try await eventually { try await bob.history(with: alice).count == 3 }
    #expect(try await bob.history(with: alice).last?.contains("|nearer|") == true)
    #expect(try await alice.succeed(["scheduled"]).isEmpty)

    try await alice.fail(["unschedule", number], code: "unknown-message", status: 31)
    for time in ["+0s", "2020-01-01T00:00:00Z", "tomorrow", "+5", "2026-11-24"] {
      try await alice.fail(
        ["send", bob.address, "x", "--at", time], code: "bad-request", status: 2)
    }
    for daemon in [second, bobsDaemon] { #expect(await daemon.stop() == 0) }
    _ = await world.server.stop()
  }
}
