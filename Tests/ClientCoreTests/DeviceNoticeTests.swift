// SPDX-License-Identifier: Apache-2.0

import SansIO
import Testing

@testable import ClientCore

/// What own devices tell of each other, by names that nobody else learns.
@Suite struct DeviceNoticeTests {
  private func told(_ world: World, _ index: Int) -> [String] {
    world.clients[index].storedEvents.compactMap { kind in
      guard case .ownDeviceChanged(let number, let change, let name) = kind else { return nil }
      return "\(number) \(change) \(name ?? "-")"
    }
  }

  @Test func linkingNamingAndRemovingAreToldByName() throws {
    var world = try World.registered(["alice", "bob"])
    _ = try world.ask(0, .renameDevice(nil, name: "Desk"))
    _ = try world.send("hello", from: 0, to: 1)
    world.settle(for: .seconds(10))
    try LinkTests.link(&world, host: 0)
    try LinkTests.link(&world, host: 0)
    world.settle(for: .seconds(90))
    _ = try world.ask(2, .renameDevice(nil, name: "Phone"))
    world.settle(for: .seconds(10))
    #expect(told(world, 0) == ["2 linked -", "3 linked -", "2 named Phone"])
    // The second learns of the third, and what the others are called.
    #expect(told(world, 2).contains("3 linked -") && told(world, 2).contains("1 named Desk"))
    #expect(!told(world, 2).contains { $0.hasPrefix("2 ") })
    #expect(told(world, 3).contains("2 named Phone"))
    _ = try world.ask(0, .removeDevice(2))
    world.settle(for: .seconds(90))
    #expect(told(world, 0).last == "2 removed Phone")
    #expect(told(world, 3).last == "2 removed Phone")
    // The device itself has its own notice, and other people have no name.
    #expect(!told(world, 2).contains { $0.contains("removed") })
    #expect(told(world, 1).isEmpty)
    #expect(world.lines(1, with: 0).allSatisfy { !$0.text.contains("Phone") })
    try world.checkAll()
  }
}
