// SPDX-License-Identifier: Apache-2.0

import SansIO
import Testing

@testable import ClientCore

@Suite struct ConversationTests {
  @Test func registers() throws {
    var world = try World(["alice"])
    let answer = try world.ask(
      0, .register(address: "alice@x.example", invite: world.invite))
    #expect(answer == .registered(address: "alice@x.example"))
    guard case .status(let status) = try world.ask(0, .status) else {
      Issue.record("no status")
      return
    }
    #expect(status.registered)
    #expect(status.keyPackages == ClientLimits.keyPackagesWanted)
    #expect(status.inboxConnection == "ready")
    #expect(status.logsConnection == "idle")
  }

  @Test func firstContactAndBothDirections() throws {
    var world = try World.registered(["alice", "bob"])
    let first = try world.send("hello", from: 0, to: 1)
    world.settle()
    #expect(world.texts(1, with: 0) == ["hello"])
    #expect(world.state(of: first, 0, with: 1) == .delivered)
    let second = try world.send("hello yourself", from: 1, to: 0)
    world.settle()
    #expect(world.texts(0, with: 1) == ["hello", "hello yourself"])
    #expect(world.texts(1, with: 0) == ["hello", "hello yourself"])
    #expect(world.state(of: second, 1, with: 0) == .delivered)
    try world.checkAll()
  }
}
