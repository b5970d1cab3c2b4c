// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import SansIO
import SwiftProtobuf
import Testing
import Wire

@testable import ClientCore
@testable import MLS

/// A device that lost step comes back into the same group by an external commit.
@Suite struct RejoinTests {
  private static let rejoined = "has joined it again"

  /// Bob was away for longer than the server keeps entries, and commits were among them.
  static func away(
    _ crashes: [Int: TestCrash] = [:],
    treeInlineDevicesMax: Int = ClientLimits.treeInlineDevicesMax
  ) throws -> World {
    var world = try World.registered(["alice", "bob"])
    world.treeInlineDevicesMax = treeInlineDevicesMax
    _ = try world.send("hello", from: 0, to: 1)
    world.settle()
    world.setOnline(false, 1)
    world.now = world.now + .seconds(25 * 3600)
    _ = try world.send("too old to read", from: 0, to: 1)
    world.settle()
    world.passAMonth()
    _ = try world.send("fresh", from: 0, to: 1)
    world.settle(for: .seconds(60))
    let steps = world.clients[1].steps
    world.crashes[1] = Dictionary(
      uniqueKeysWithValues: crashes.map { (steps + $0.key, $0.value) })
    return world
  }

  /// Lets both talk, in the group that they had.
  static func expectTalk(_ world: inout World, _ comment: Comment = "") throws {
    let answer = try world.send("I am back", from: 1, to: 0)
    world.settle(for: .seconds(120))
    let last = try world.send("good", from: 0, to: 1)
    world.settle(for: .seconds(120))
    #expect(world.state(of: answer, 1, with: 0) == .delivered, comment)
    #expect(world.state(of: last, 0, with: 1) == .delivered, comment)
    #expect(world.texts(1, with: 0).suffix(2) == ["I am back", "good"], comment)
    #expect(world.texts(0, with: 1).suffix(2) == ["I am back", "good"], comment)
    try world.checkAll()
  }

  private func notices(_ world: World, _ index: Int) -> Int {
    world.lines(index, with: 1 - index).count { $0.text.contains(Self.rejoined) }
  }

  @Test func aGapWithACommit() throws {
    var world = try Self.away()
    world.setOnline(true, 1)
    world.settle(for: .seconds(300))
    #expect(world.lines(1, with: 0).map(\.kind).contains(.gap))
    #expect(notices(world, 0) == 1 && notices(world, 1) == 1)
    let groups = world.groups(1, with: 0)
    #expect(groups.map(\.phase) == [.active] && groups.map(\.generation) == [0])
    #expect(world.groups(0, with: 1).map(\.epoch) == groups.map(\.epoch))
    // The server sees neither who came back nor whom it replaced.
    let address = Array("bob@x.example".utf8)
    for frame in world.sent where frame.client == 1 && frame.endpoint == .logs {
      guard
        case .commit(let commit)? = try WireLogsClientFrame(serializedBytes: frame.frame)
          .request
      else { continue }
      let body = [UInt8](commit.body)
      let places = body.indices.dropLast(address.count)
      #expect(!places.contains { body[$0..<$0 + address.count].elementsEqual(address) })
      #expect(commit.body.first == 0xF0 || commit.body.first == 0)
    }
    try Self.expectTalk(&world)
  }

  /// A crash at each step of the way, with the transaction lost or the effects lost.
  @Test(arguments: [TestCrash.beforeCommit, .afterCommit])
  func crashes(_ kind: TestCrash) throws {
    for step in 1...14 {
      var world = try Self.away([step: kind])
      world.setOnline(true, 1)
      world.settle(for: .seconds(300))
      #expect(world.groups(1, with: 0).map(\.phase) == [.active], "step \(step)")
      #expect(notices(world, 0) == 1 && notices(world, 1) == 1, "step \(step)")
      try Self.expectTalk(&world, "step \(step)")
    }
  }

  /// Alice commits between Bob's look at the GroupInfo and his commit.
  @Test func aLostRace() throws {
    var world = try Self.away()
    var dropped = 0
    world.passes = { index, endpoint, bytes in
      guard index == 1, endpoint == .logs,
        case .commit? = try? WireLogsClientFrame(serializedBytes: bytes).request
      else { return true }
      dropped += 1
      return dropped > 1
    }
    world.setOnline(true, 1)
    for _ in 0..<90 where dropped == 0 { world.settle(for: .seconds(1)) }
    #expect(dropped == 1)
    world.now = world.now + .seconds(25 * 3600)
    _ = try world.send("meanwhile", from: 0, to: 1)
    world.settle(for: .seconds(300))
    #expect(world.groups(1, with: 0).map(\.phase) == [.active])
    #expect(notices(world, 0) == 1 && notices(world, 1) == 1)
    try Self.expectTalk(&world)
  }

  /// The GroupInfo of another group, of an older epoch or with another byte is not followed: the
  /// next step of the ladder is a new group.
  @Test(arguments: 0..<3) func aGroupInfoThatIsNotTheGroups(_ kind: Int) throws {
    var world = try Self.away()
    world.tamper = { index, endpoint, bytes in
      guard index == 1, endpoint == .logs,
        var frame = try? WireLogsServerFrame(serializedBytes: bytes),
        case .groupInfo(var info) = frame.response
      else { return bytes }
      switch kind {
      case 0: info.sealed[info.sealed.count / 2] ^= 1
      case 1: info.epoch -= 1
      default: info.sealed = Data()
      }
      frame.response = .groupInfo(info)
      return try? frame.serializedBytes()
    }
    world.setOnline(true, 1)
    world.settle(for: .seconds(300))
    #expect(notices(world, 0) == 0 && notices(world, 1) == 0)
    #expect(world.groups(1, with: 0).map(\.generation).sorted() == [0, 1])
    try Self.expectTalk(&world)
  }

  /// What Bob's device holds, to make external commits that break one rule.
  private struct Rejoiner {
    let context: ConversationContext
    let group: Group
    let device: LocalDevice
    let row: GroupRow

    init(_ world: inout World) throws {
      let store = world.clients[1].store.committed
      row = try #require(store.groups().first)
      let epoch = try #require(store.epoch(groupID: row.groupID, epoch: row.epoch))
      group = try Group(epochState: epoch.state, messageSecrets: epoch.ratchets)
      context = try #require(ProductGroup.context(of: group))
      device = try LocalDevice(decoding: try #require(store.account()).secrets)
    }

    func frame(_ join: ExternalJoin, _ world: inout World) throws -> [UInt8] {
      let parcel = CommitParcel(
        body: try context.wrap(join.message, using: &world.entropy),
        nextTokenHash: Group.tokenHash(join.group.logToken(routingID: context.routingID)),
        sealedGroupInfo: try context.seal(join.group.groupInfo(), using: &world.entropy),
        welcome: [], welcomeDevices: [], removes: false)
      let access = LogAccess(
        logID: row.routingID, epoch: row.epoch, token: group.logToken(routingID: row.routingID))
      return try #require(
        LogsRequest.commit(
          access, endsEpoch: row.epoch, submitID: world.entropy.bytes(16), parcel: parcel
        ).frame(requestID: 4_000))
    }
  }

  /// Nobody follows an external commit without the key of those who were members, one that takes
  /// somebody else's place, or one that takes nobody's.
  @Test(arguments: 0..<3) func externalCommitsThatNobodyFollows(_ kind: Int) throws {
    var world = try World.registered(["alice", "bob"])
    _ = try world.send("hello", from: 0, to: 1)
    _ = try world.send("hello", from: 1, to: 0)
    world.settle()
    let rejoiner = try Rejoiner(&world)
    let id = PreSharedKeyID(
      source: rejoiner.context.rejoinKeySource, nonce: world.entropy.bytes(48))
    var identity = rejoiner.device.leafIdentity
    if kind == 2 {
      identity = LeafIdentity(
        credential: identity.credential,
        signatureKeyPair: try ProductGroup.suite.generateSignatureKeyPair(using: &world.entropy),
        capabilities: identity.capabilities)
    }
    let others = rejoiner.group.members.map(\.leafIndex).first {
      $0 != rejoiner.group.ownLeafIndex
    }
    let replaced: LeafIndex? =
      switch kind {
      case 0: rejoiner.group.ownLeafIndex
      case 1: others
      default: nil
      }
    let join: ExternalJoin
    do throws(MLSFailure) {
      join = try Group.joinExternally(
        try rejoiner.group.groupInfo(), identity: identity, replacing: replaced,
        pskIDs: kind == 0 ? [] : [id], preSharedKeys: rejoiner.context.rejoinKeys, at: world.now,
        using: &world.entropy)
    } catch {
      // Beside its own leaf a device cannot stand twice: MLS itself says so.
      #expect(kind == 1 && error == .duplicateSignatureKey)
      return
    }
    let epoch = try #require(world.groups(0, with: 1).first?.epoch)
    let frame = try rejoiner.frame(join, &world)
    world.queue.append(
      .toServer(connection: try #require(world.clients[1].connections[.logs]), frame))
    world.settle(for: .milliseconds(1))
    let alice = world.groups(0, with: 1)
    #expect(alice.contains { $0.phase == .rejoining || $0.phase == .outOfStep || $0.epoch > epoch })
    #expect(
      !world.lines(0, with: 1).contains {
        $0.text.contains("A device had lost step with the conversation")
      })
  }

  /// Everything that is sealed is bound to its log and to what it is.
  @Test func sealedThings() throws {
    var world = try World.registered(["alice", "bob"])
    _ = try world.send("hello", from: 0, to: 1)
    world.settle()
    let rejoiner = try Rejoiner(&world)
    let context = rejoiner.context
    let other = ConversationContext(generation: 0, using: &world.entropy)
    let info = try context.seal(rejoiner.group.groupInfo(), using: &world.entropy)
    #expect(try context.openGroupInfo(info) == rejoiner.group.groupInfo())
    let commit = try context.wrap([0, 1, 0, 1], using: &world.entropy)
    #expect(ConversationContext.isWrapped(commit) && !ConversationContext.isWrapped(info + [0xF0]))
    for bad in [[], [0xF0], Array(commit.dropLast()), commit + [0], [0xF0] + info] {
      #expect(throws: MLSFailure.decryptionFailed) { try context.unwrap(bad) }
    }
    #expect(throws: MLSFailure.decryptionFailed) { try other.unwrap(commit) }
    #expect(throws: MLSFailure.decryptionFailed) { try other.openGroupInfo(info) }
    #expect(throws: MLSFailure.decryptionFailed) {
      try context.openGroupInfo(Array(commit.dropFirst()))
    }
    let stored = RejoinedGroup(rejoiner.group).encoded
    #expect(
      RejoinedGroup(decoding: stored)?.group.epochAuthenticator
        == rejoiner.group.epochAuthenticator)
    let bytes = stored.copyBytes()
    for damaged in [[], Array(bytes.dropLast()), bytes + [0], [2] + bytes.dropFirst()] {
      #expect(RejoinedGroup(decoding: Secret(damaged)) == nil)
    }
  }
}
