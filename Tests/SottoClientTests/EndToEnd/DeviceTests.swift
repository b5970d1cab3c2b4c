// SPDX-License-Identifier: Apache-2.0

import Foundation
import SottoClient
import Testing

/// Real programs on loopback: an account with two devices.
@Suite(.serialized, .timeLimit(.minutes(5))) struct DeviceTests {
  @Test func aSecondDeviceFromLinkToRemoval() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    let laptop = try world.person("laptop")
    let daemons = [
      try await alice.startDaemon(), try await bob.startDaemon(), try await laptop.startDaemon(),
    ]
    try await alice.succeed(["send", bob.address, "from the phone", "--wait", "delivered"])
    try await Self.link(laptop, to: alice, invite: world.invite)
    #expect(try await alice.succeed(["device", "list"]).map { $0["deviceId"] } == [1, 2])
    #expect(
      try await laptop.succeed(["device", "list"]).map { $0["own"] } == [false, true])

    // The phone brings the laptop into the conversation; both say and see the same.
    try await eventually {
      let report = try await bob.succeed(["protect", "show", alice.address]).first
      return report?["devices"]?.elements.count == 3
    }
    try await bob.succeed(["send", alice.address, "to both", "--wait", "delivered"])
    try await eventually {
      let lines = try await laptop.succeed(["history", bob.address])
      return lines.map { $0["text"]?.text } == ["to both"]
    }
    try await laptop.succeed(["send", bob.address, "from the laptop", "--wait", "delivered"])
    try await eventually {
      let lines = try await alice.succeed(["history", bob.address])
      return lines.map { $0["text"]?.text } == ["from the phone", "to both", "from the laptop"]
        && lines.last?["own"] == true
    }

    // Taken out, it reads nothing more.
    try await alice.succeed(["device", "remove", "2"])
    try await eventually {
      let report = try await bob.succeed(["protect", "show", alice.address]).first
      return report?["devices"]?.elements.count == 2
    }
    try await bob.succeed(["send", alice.address, "the phone alone", "--wait", "delivered"])
    let seen = try await laptop.succeed(["history", bob.address])
    #expect(!seen.contains { $0["text"] == "the phone alone" })
    try await alice.fail(["device", "remove", "2"], code: "bad-request", status: 2)
    try await alice.fail(["device", "accept", "nonsense"], code: "bad-request", status: 2)
    for daemon in daemons { #expect(await daemon.stop() == 0) }
    _ = await world.server.stop()
  }

  /// Types the link and the code, as a person with both devices does: first a wrong one, which ends
  /// it, since nobody is let in by guessing.
  static func link(
    _ device: TestPerson, to account: TestPerson, invite: String
  ) async throws {
    for isWrong in [true, false] {
      let joiner = try RunningProgram(
        "sotto", device.arguments(["device", "link", "--invite", invite]), folder: device.folder,
        log: "link")
      let link = try #require(try await joiner.value(beginning: #"{"link""#)["link"]?.text)
      let host = try RunningProgram(
        "sotto", account.arguments(["device", "accept", link]), folder: device.folder,
        log: "accept", isTyped: true)
      let shown = try await joiner.value(beginning: #"{"address""#)
      #expect(shown["address"]?.text == account.address)
      let code = try #require(shown["code"]?.text)
      try host.type(isWrong ? String(code.reversed()) + "0" : code)
      #expect(await host.end() == (isWrong ? 20 : 0))
      #expect(await (isWrong ? joiner.stop() : joiner.end()) == (isWrong ? 130 : 0))
    }
  }
}
