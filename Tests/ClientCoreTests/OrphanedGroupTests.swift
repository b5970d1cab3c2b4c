// SPDX-License-Identifier: Apache-2.0

import SansIO
import SwiftProtobuf
import Testing
import Wire

@testable import ClientCore

/// A conversation whose peer was in it with one device, and has taken that one out of the account
/// before it had brought the others in.
@Suite struct OrphanedGroupTests {
  @Test func whatIsSentReachesTheOtherDevices() throws {
    var world = try World.registered(["alice", "bob"])
    try world.send("hello", from: 1, to: 0)
    world.settle(for: .seconds(10))
    // The first device never manages to bring the second one in.
    world.passes = { index, endpoint, bytes in
      guard index == 0, endpoint == .logs else { return true }
      let request = (try? WireLogsClientFrame(serializedBytes: bytes))?.request
      if case .commit? = request { return false } else { return true }
    }
    try LinkTests.link(&world, host: 0)
    world.setOnline(false, 0)
    guard case .devices(let devices) = try world.ask(2, .devices) else { throw NoAnswer() }
    let first = try #require(devices.first { !$0.own })
    _ = try world.ask(2, .removeDevice(first.deviceID))
    world.passes = { _, _, _ in true }
    // The first word of the other device tells Bob what has become of the first one.
    try world.send("my new device", from: 2, to: 1)
    world.settle(for: .seconds(30))
    try world.send("who is there?", from: 1, to: 0)
    world.settle(for: .seconds(60))
    #expect(world.texts(2, with: 1).contains("who is there?"))
    #expect(world.groups(1, with: 0).count { $0.phase == .active } == 1)
  }

  private struct NoAnswer: Error {}
}
