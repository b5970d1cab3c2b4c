// SPDX-License-Identifier: Apache-2.0

import Foundation
import SottoClient
import Testing

/// Real programs on loopback: places, cards and previews.
@Suite(.serialized, .timeLimit(.minutes(5))) struct ContentTests {
  @Test func placesCardsAndPreviewsArrive() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    let daemons = [try await alice.startDaemon(), try await bob.startDaemon()]
    let delivered = ["--wait", "delivered"]
    try await alice.succeed(
      ["send-location", bob.address, "48.2082", "16.3738", "--label", "The square"] + delivered)
    try await alice.succeed(
      ["send-contact", bob.address, "carol@messenger.example", "--name", "Carol"] + delivered)
    try await alice.succeed(
      [
        "send", bob.address, "Read https://x.example/a", "--preview-url", "https://x.example/a",
        "--preview-title", "A title", "--preview-text", "More of it",
      ] + delivered)
    let lines = try await bob.succeed(["history", alice.address])
    #expect(lines.map { $0["kind"]?.text } == ["location", "contact", "text"])
    try #require(lines.count == 3)
    #expect(lines[0]["location"]?["uri"] == "geo:48.2082,16.3738")
    #expect(lines[0]["location"]?["label"] == "The square")
    #expect(lines[1]["contact"]?["address"] == "carol@messenger.example")
    #expect(lines[1]["contact"]?["name"] == "Carol")
    #expect(lines[2]["preview"]?["title"] == "A title")
    try await alice.fail(
      ["send-location", bob.address, "91", "0"], code: "bad-request", status: 2)
    try await alice.fail(
      ["send-contact", bob.address, "carol"], code: "bad-request", status: 2)
    try await alice.fail(
      [
        "send", bob.address, "No link", "--preview-url", "https://x.example/a", "--preview-title",
        "A title",
      ], code: "bad-request", status: 2)
    for daemon in daemons { #expect(await daemon.stop() == 0) }
    _ = await world.server.stop()
  }
}
