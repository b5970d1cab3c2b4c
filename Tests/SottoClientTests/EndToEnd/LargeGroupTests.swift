// SPDX-License-Identifier: Apache-2.0

import ClientCore
import Foundation
import SottoClient
import Testing

/// Groups whose tree lies beside the log, with the real client and a real server: here those of
/// more than one device.
@Suite(.timeLimit(.minutes(2))) struct LargeGroupTests {
  private func client(_ name: String, in world: TestWorld) async throws -> SottoClient {
    let client = SottoClient(
      store: InMemoryClientStore(), home: world.folder.path, treeInlineDevicesMax: 1)
    try await client.register("\(name)@\(TestWorld.domain)", invite: world.invite)
    _ = try await client.set(.strangers, to: "accept")
    return client
  }

  private func texts(_ client: SottoClient, _ group: String) async throws -> [String] {
    guard try await client.conversations().contains(where: { $0.address == group }) else {
      return []
    }
    return try await client.history(with: group).filter { $0.kind == .text }.map(\.text)
  }

  /// What a newcomer needs is on the server's disk before the commit: whoever added her goes, the
  /// server starts again, and she comes in.
  @Test func theNewcomerNeedsNobody() async throws {
    let world = try await TestWorld.start()
    let alice = try await client("alice", in: world)
    let bob = try await client("bob", in: world)
    let carol = try await world.registered("carol")
    let group = try await alice.createGroup(
      named: "Hike", with: ["bob@\(TestWorld.domain)"])
    // A message that is sent before he is in goes without him.
    try await eventually { try await alice.group(group).people.count == 2 }
    _ = try await alice.send("one", to: group)
    try await eventually { try await texts(bob, group) == ["one"] }
    _ = try await bob.send("two", to: group)
    try await eventually { try await texts(alice, group).contains("two") }

    try await alice.change(.add(address: carol.address), in: group)
    try await eventually { try await bob.group(group).people.count == 3 }
    await alice.close()
    #expect(await world.server.stop() == 0)
    try await world.startServerAgain()
    let daemon = try await carol.startDaemon()
    try await eventually {
      let shown = try await carol.run(["group", "show", group])
      return shown.values.first?["members"]?.elements.count == 3
    }
    try await carol.succeed(["send", group, "three"])
    try await eventually { try await texts(bob, group).contains("three") }
    #expect(await daemon.stop() == 0)
    await bob.close()
    #expect(await world.server.stop() == 0)
  }
}
