// SPDX-License-Identifier: Apache-2.0

import Foundation
import SottoClient
import Testing

/// Real programs on loopback: what is set on one device holds on the other.
@Suite(.serialized, .timeLimit(.minutes(5))) struct OwnDeviceTests {
  @Test func ownDevicesShareWhatTheirUserSets() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    let laptop = try world.person("laptop")
    let daemons = [
      try await alice.startDaemon(), try await bob.startDaemon(), try await laptop.startDaemon(),
    ]
    try await alice.succeed(["send", bob.address, "hello", "--wait", "delivered"])
    // Before there is another device.
    try await alice.succeed(["pin", bob.address])
    try await alice.succeed(["settings", "set", "read-receipts", "off"])
    try await DeviceTests.link(laptop, to: alice, invite: world.invite)
    try await eventually {
      try await laptop.succeed(["settings"]).first?["settings"]?["read-receipts"] == "off"
    }
    // A draft goes over, and what the laptop blocks is blocked on the phone.
    try await bob.succeed(["send", alice.address, "to both", "--wait", "delivered"])
    try await eventually { try await laptop.succeed(["history", bob.address]).count == 1 }
    #expect(
      try await laptop.succeed(["conversations"]).map { $0["address"]?.text } == [bob.address])
    try await alice.succeed(["draft", bob.address, "half a thought"])
    try await eventually {
      try await laptop.succeed(["draft", bob.address]).first?["text"] == "half a thought"
    }
    try await laptop.succeed(["block", "mallory@\(TestWorld.domain)"])
    try await eventually {
      try await alice.succeed(["blocked"]).first?["blocked"]?.elements.count == 1
    }
    // Notes to self are on both, and only they show the own address.
    try await alice.succeed(["send", alice.address, "buy milk"])
    try await eventually {
      try await laptop.succeed(["history", alice.address]).map { $0["text"] } == ["buy milk"]
    }
    let list = try await laptop.succeed(["conversations"])
    #expect(Set(list.compactMap { $0["address"]?.text }) == [alice.address, bob.address])
    // Devices have names.
    try await alice.succeed(["device", "rename", "Desk"])
    try await laptop.succeed(["device", "rename", "2", "Lap"])
    for person in [alice, laptop] {
      try await eventually {
        try await person.succeed(["device", "list"]).map { $0["name"]?.text } == ["Desk", "Lap"]
      }
    }
    // What has become of the other device is told by its name, and to nobody else.
    #expect(
      try await alice.succeed(["receive", "--name", "notices", "--timeout", "0"]).contains {
        $0["type"] == "own-device-changed" && $0["change"] == "named" && $0["name"] == "Lap"
      })
    #expect(
      try await !bob.succeed(["receive", "--name", "notices", "--timeout", "0"]).contains {
        $0["type"] == "own-device-changed"
      })
    // It survives the process.
    #expect(await daemons[2].stop() == 0)
    #expect(try await laptop.succeed(["draft", bob.address]).first?["text"] == "half a thought")
    try await alice.succeed(["device", "remove", "2"])
    try await eventually {
      try await alice.succeed(["receive", "--name", "notices"]).contains {
        $0["type"] == "own-device-changed" && $0["change"] == "removed" && $0["name"] == "Lap"
          && $0["deviceId"] == 2
      }
    }
    for daemon in daemons.prefix(2) { #expect(await daemon.stop() == 0) }
    _ = await world.server.stop()
  }
}
