// SPDX-License-Identifier: Apache-2.0

import MLS
import SansIO
import Testing

/// Groups that follow upon others: ReInit and subgroup branching (RFC 9420 §11.2, §11.3).
@Suite struct GroupSuccessionTests {
  private static let extensionType = ExtensionType(rawValue: 0xF0A7)

  /// Three members of a group of the mandatory suite, whose ReInit moves it to the other one.
  private struct Reinitialized {
    var old: GroupWorld
    var new: GroupWorld
    var groups: [Group]
    var newcomers: [Newcomer]
    var options: SuccessionOptions

    init() throws {
      old = GroupWorld(suite: GroupWorld.suites[0])
      new = GroupWorld(suite: GroupWorld.suites[1], seed: 5)
      groups = try old.group(["alice", "bob", "carol"])
      let parameters = Proposal.ReInit(
        groupID: [2], version: .mls10, cipherSuite: new.suite,
        extensions: [Extension(type: GroupSuccessionTests.extensionType, data: [5])])
      _ = try old.commit(&groups, by: 1, [.reInit(parameters)])
      groups = try groups.map { try $0.restored() }
      let types = [GroupSuccessionTests.extensionType]
      newcomers = []
      for name in ["bob", "carol"] {
        newcomers.append(try new.newcomer(name, extensions: types))
      }
      options = SuccessionOptions(
        identity: try new.identity("alice", extensions: types), lifetime: new.lifetime)
    }

    mutating func succeed(_ invited: [Newcomer]) throws -> Succession {
      try Predecessor(groups[0]).reinitialized(
        inviting: invited.map(\.keyPackage), options: options, at: new.now, using: &new.entropy)
    }

    func join(
      _ welcome: [UInt8]?, _ newcomer: Newcomer, following old: Predecessor?
    ) throws -> StagedWelcome {
      try Group.join(
        try opened(welcome), with: newcomer.bundle, signatureKey: newcomer.signer,
        following: old, at: new.now)
    }
  }

  @Test func reInitMovesTheGroup() throws {
    var world = try Reinitialized()
    let succession = try world.succeed(world.newcomers)
    #expect(succession.group.epoch == 1 && succession.group.suite == world.new.suite)
    var groups = [succession.group]
    for (index, newcomer) in world.newcomers.enumerated() {
      let old = Predecessor(world.groups[index + 1])
      let joined = try world.join(succession.welcome, newcomer, following: old)
      #expect(joined.pskIDs.count == 1)
      groups.append(joined.group)
    }
    world.new.expectAgreement(groups)
    try world.new.say("in the new group", &groups, from: 2)
    _ = try world.new.commit(&groups, by: 1)
    world.new.expectAgreement(groups)
  }

  @Test func reInitWithOtherMembersIsRefused() throws {
    var world = try Reinitialized()
    let stranger = try world.new.newcomer(
      "mallory", extensions: [GroupSuccessionTests.extensionType])
    let fewer = [world.newcomers[0]]
    let more = world.newcomers + [stranger]
    let swapped = [world.newcomers[0], stranger]
    for invited in [fewer, more, swapped] {
      #expect(throws: MLSFailure.predecessorMismatch) { try world.succeed(invited) }
    }
    // A member that does so all the same is found out by those who are invited.
    let others = Predecessor(world.groups[0], isSameClient: { _, _ in true })
    let forged = try others.reinitialized(
      inviting: swapped.map(\.keyPackage), options: world.options, at: world.new.now,
      using: &world.new.entropy)
    #expect(throws: MLSFailure.predecessorMismatch) {
      try world.join(
        forged.welcome, world.newcomers[0], following: Predecessor(world.groups[1]))
    }
  }

  @Test func tieMustBeTheOneExpected() throws {
    var world = try Reinitialized()
    let succession = try world.succeed(world.newcomers)
    let bob = world.newcomers[0]
    #expect(throws: MLSFailure.unknownPSK) {
      try world.join(succession.welcome, bob, following: nil)
    }
    var elsewhere = GroupWorld(seed: 8)
    let other = try elsewhere.create("bob")
    let stranger = try Group.create(
      groupID: [9], suite: elsewhere.suite, identity: try elsewhere.identity("bob"),
      lifetime: elsewhere.lifetime, using: &elsewhere.entropy)
    #expect(throws: MLSFailure.unknownPSK) {
      try world.join(succession.welcome, bob, following: Predecessor(stranger))
    }
    // Same name, another group: its epoch is not there.
    #expect(throws: MLSFailure.unknownPSK) {
      try world.join(succession.welcome, bob, following: Predecessor(other))
    }
    // A Welcome without any tie is not the group that the ReInit announced.
    var fresh = try world.new.create("alice")
    let pending = try fresh.commit(
      [.add(bob.keyPackage)], at: world.new.now, using: &world.new.entropy)
    #expect(throws: MLSFailure.predecessorMismatch) {
      try world.join(pending.welcome, bob, following: Predecessor(world.groups[1]))
    }
  }

  @Test func onlyAReInitIsFollowed() throws {
    var world = GroupWorld()
    var groups = try world.group(["alice", "bob"])
    let options = SuccessionOptions(
      identity: try world.identity("alice"), lifetime: world.lifetime)
    #expect(throws: MLSFailure.notReinitialized) {
      try Predecessor(groups[0]).reinitialized(
        inviting: [], options: options, at: world.now, using: &world.entropy)
    }
    let old = Proposal.ReInit(
      groupID: [2], version: ProtocolVersion(rawValue: 9), cipherSuite: world.suite,
      extensions: [])
    _ = try world.commit(&groups, by: 0, [.reInit(old)])
    #expect(throws: MLSFailure.unsupportedProtocolVersion) {
      try Predecessor(groups[0]).reinitialized(
        inviting: [], options: options, at: world.now, using: &world.entropy)
    }
    #expect(throws: MLSFailure.groupReinitialized) {
      try Predecessor(groups[0]).branched(
        groupID: [3], inviting: [], options: options, at: world.now, using: &world.entropy)
    }
  }

  @Test(arguments: GroupWorld.suites)
  func branchTakesSomeMembers(suite: CipherSuite) throws {
    var world = GroupWorld(suite: suite)
    var groups = try world.group(["alice", "bob", "carol"])
    let bob = try world.newcomer("bob")
    let options = SuccessionOptions(
      identity: try world.identity("alice"), lifetime: world.lifetime)
    let branch = try Predecessor(groups[0]).branched(
      groupID: [3], inviting: [bob.keyPackage], options: options, at: world.now,
      using: &world.entropy)
    // The old group may have gone on meanwhile.
    _ = try world.commit(&groups, by: 2)
    func join(_ old: Group?) throws -> StagedWelcome {
      try Group.join(
        try opened(branch.welcome), with: bob.bundle, signatureKey: bob.signer,
        following: old.map { Predecessor($0) }, at: world.now)
    }
    let joined = try join(groups[1])
    var two = [branch.group, joined.group]
    world.expectAgreement(two)
    try world.say("the two of us", &two, from: 1)
    #expect(throws: MLSFailure.unknownPSK) { try join(nil) }
    for _ in 0..<6 { _ = try world.commit(&groups, by: 0) }
    #expect(throws: MLSFailure.unknownPSK) { try join(groups[1]) }
  }

  @Test func branchOfStrangersIsRefused() throws {
    var world = GroupWorld()
    let groups = try world.group(["alice", "bob"])
    let mallory = try world.newcomer("mallory")
    let options = SuccessionOptions(
      identity: try world.identity("alice"), lifetime: world.lifetime)
    func branch(
      _ predecessor: Predecessor, _ id: [UInt8], _ invited: [Newcomer]
    ) throws -> Succession {
      try predecessor.branched(
        groupID: id, inviting: invited.map(\.keyPackage), options: options, at: world.now,
        using: &world.entropy)
    }
    #expect(throws: MLSFailure.predecessorMismatch) {
      try branch(Predecessor(groups[0]), [3], [mallory])
    }
    #expect(throws: MLSFailure.predecessorMismatch) {
      try branch(Predecessor(groups[0]), groups[0].groupID, [])
    }
    let bob = try world.newcomer("bob")
    let careless = Predecessor(groups[0], isSameClient: { _, _ in true })
    let forged = try branch(careless, [3], [mallory, bob])
    #expect(throws: MLSFailure.predecessorMismatch) {
      try Group.join(
        try opened(forged.welcome), with: bob.bundle, signatureKey: bob.signer,
        following: Predecessor(groups[1]), at: world.now)
    }
  }

  /// The keys that tie groups go into a first commit and nowhere else.
  @Test(arguments: [PreSharedKeyID.Usage.reinit, .branch])
  func tiesAreRefusedInCommits(usage: PreSharedKeyID.Usage) throws {
    var world = GroupWorld()
    var groups = try world.group(["alice", "bob"])
    let id = PreSharedKeyID(
      source: .resumption(usage: usage, groupID: groups[0].groupID, epoch: groups[0].epoch),
      nonce: world.entropy.bytes(32))
    #expect(throws: MLSFailure.invalidPSKUsage) {
      try groups[0].commit([.preSharedKey(id)], at: world.now, using: &world.entropy)
    }
    let info = try groups[0].groupInfo()
    let carol = try world.identity("carol")
    #expect(throws: MLSFailure.invalidPSKUsage) {
      try Group.joinExternally(
        info, identity: carol, pskIDs: [id], at: world.now, using: &world.entropy)
    }
  }
}
