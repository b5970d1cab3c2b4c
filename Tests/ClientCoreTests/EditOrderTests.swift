// SPDX-License-Identifier: Apache-2.0

import SansIO
import Testing

@testable import ClientCore

/// Two devices of one person change the same message.
@Suite struct EditOrderTests {
  /// Alice's first device changes it without a network, and the second one after that: the server
  /// gets the first device's version last.
  @Test(arguments: [false, true]) func whatTheServerTookLastCounts(hasCrashed: Bool) throws {
    var world = try LinkTests.linked()
    world.settle(for: .seconds(60))
    try world.send("hello", from: 0, to: 1)
    world.settle(for: .seconds(60))
    let id = try world.send("said", from: 0, to: 1)
    world.settle(for: .seconds(60))
    let bob = world.clients[1].address
    world.setOnline(false, 0)
    _ = try world.ask(0, .edit(address: bob, messageID: id, text: "by the first"))
    world.settle(for: .seconds(60))
    _ = try world.ask(2, .edit(address: bob, messageID: id, text: "by the second"))
    world.settle(for: .seconds(60))
    #expect(world.texts(1, with: 0).last == "by the second")
    if hasCrashed { world.restart(0) }
    world.setOnline(true, 0)
    world.settle(for: .seconds(60))
    for (index, other) in [(0, 1), (1, 0), (2, 1)] {
      #expect(world.texts(index, with: other).last == "by the first", "\(index)")
    }
    // From now on each stands where the server put it, whatever the clocks say.
    _ = try world.ask(2, .edit(address: bob, messageID: id, text: "by the second again"))
    world.settle(for: .seconds(60))
    for (index, other) in [(0, 1), (1, 0), (2, 1)] {
      #expect(world.texts(index, with: other).last == "by the second again", "\(index)")
    }
    let times = [(0, 1), (1, 0), (2, 1)].map { world.lines($0, with: $1).last?.editedAt }
    #expect(Set(times).count == 1 && times[0] != nil)
    try world.checkAll()
  }

  /// The clock of the device that changed it first is ten minutes ahead.
  @Test func clocksDoNotCount() throws {
    var world = try LinkTests.linked()
    world.settle(for: .seconds(60))
    try world.send("hello", from: 0, to: 1)
    world.settle(for: .seconds(60))
    let id = try world.send("said", from: 0, to: 1)
    world.settle(for: .seconds(60))
    let bob = world.clients[1].address
    let now = world.now
    world.now = now + .seconds(600)
    _ = world.begin(0, .edit(address: bob, messageID: id, text: "by the first"))
    world.now = now
    world.settle(for: .seconds(60))
    _ = try world.ask(2, .edit(address: bob, messageID: id, text: "by the second"))
    world.settle(for: .seconds(60))
    for (index, other) in [(0, 1), (1, 0), (2, 1)] {
      #expect(world.texts(index, with: other).last == "by the second", "\(index)")
    }
    try world.checkAll()
  }
}
