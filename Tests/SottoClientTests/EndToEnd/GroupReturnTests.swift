// SPDX-License-Identifier: Apache-2.0

import Foundation
import SottoClient
import Testing

/// Real programs on loopback: a home folder that is put back to an old copy.
@Suite(.serialized, .timeLimit(.minutes(5))) struct GroupReturnTests {
  /// Carol's disk is put back to where it was before she wrote and before Dave was removed. She
  /// cannot rejoin with the keys that she had. Nobody does anything by hand: she asks, Alice's
  /// program brings her back, and both say so.
  @Test func anOldCopyOfAHomeComesBackByItself() async throws {
    let world = try await TestWorld.start()
    let alice = try await world.registered("alice")
    let bob = try await world.registered("bob")
    let carol = try await world.registered("carol")
    let dave = try await world.registered("dave")
    var daemons: [String: RunningProgram] = [:]
    for person in [alice, bob, carol] { daemons[person.name] = try await person.startDaemon() }
    let made = try await alice.succeed(
      ["group", "create", "Choir", bob.address, carol.address, dave.address])
    let reference = try #require(made.first?["address"]?.text)
    for person in [bob, carol] {
      try await eventually {
        let group = try await person.run(["group", "show", reference])
        return group.values.first?["members"]?.elements.count == 4
      }
    }
    _ = await daemons["carol"]?.stop()
    let copy = world.folder.appendingPathComponent("copy").path
    try FileManager.default.copyItem(atPath: carol.home, toPath: copy)

    daemons["carol"] = try await carol.startDaemon()
    try await carol.succeed(["send", reference, "not in the copy", "--wait", "stored"])
    _ = await daemons["carol"]?.stop()
    try await alice.succeed(["group", "remove", reference, dave.address])
    try await eventually {
      let group = try await bob.succeed(["group", "show", reference]).first
      return group?["members"]?.elements.count == 3
    }
    // Alice's machine is off for a while.
    _ = await daemons["alice"]?.stop()
    try FileManager.default.removeItem(atPath: carol.home)
    try FileManager.default.moveItem(atPath: copy, toPath: carol.home)
    daemons["carol"] = try await carol.startDaemon()
    func notices(_ person: TestPerson) async throws -> [String] {
      try await person.succeed(["history", reference, "--limit", "100"])
        .filter { $0["kind"] == "notice" }.compactMap { $0["text"]?.text }
    }
    try await eventually {
      try await notices(carol).contains { $0.contains("It asks those who may add people") }
    }
    daemons["alice"] = try await alice.startDaemon()
    try await eventually {
      let group = try await carol.succeed(["group", "show", reference]).first
      return group?["phase"] == "open" && group?["members"]?.elements.count == 3
    }
    #expect(
      try await notices(alice).contains {
        $0 == "\(carol.address) has lost step with the group and is added again."
      })
    #expect(try await notices(bob).contains("\(alice.address) added \(carol.address)."))
    try await carol.succeed(["send", reference, "here again", "--wait", "delivered"])
    for person in [alice, bob] {
      let texts = try await person.succeed(["history", reference]).filter { $0["kind"] == "text" }
      #expect(texts.compactMap { $0["text"]?.text } == ["not in the copy", "here again"])
    }
    for daemon in daemons.values { #expect(await daemon.stop() == 0) }
    _ = await world.server.stop()
  }
}
