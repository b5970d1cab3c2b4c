// SPDX-License-Identifier: Apache-2.0

import MLS
import SansIO
import Testing

/// Leaving by one's own word (draft-ietf-mls-extensions, SelfRemove).
@Suite struct GroupSelfRemoveTests {
  private func leave(_ group: inout Group, _ world: inout GroupWorld) throws -> [UInt8] {
    try group.propose(.selfRemove, wireFormat: .publicMessage, using: &world.entropy)
  }

  @Test(arguments: GroupWorld.suites)
  func memberLeaves(suite: CipherSuite) throws {
    var world = GroupWorld(suite: suite, proposalTypes: [.selfRemove])
    var groups = try world.group(["alice", "bob", "carol"])
    let bob = groups[1].ownLeafIndex
    let word = try leave(&groups[1], &world)
    for index in [0, 2] {
      guard case .proposal(.selfRemove, let sender) = try groups[index].process(word, at: world.now)
      else { throw UnexpectedKind() }
      #expect(sender == .member(bob))
    }
    // As a store gives it back.
    groups = try groups.map { try $0.restored() }
    let pending = try groups[0].commit(
      options: CommitOptions(forcesPath: false), at: world.now, using: &world.entropy)
    #expect(pending.staged.removed.map(\.leafIndex) == [bob])
    #expect(pending.staged.hasPath)
    let atCarol = try staged(groups[2].process(pending.message, at: world.now))
    let atBob = try staged(groups[1].process(pending.message, at: world.now))
    #expect(atBob.selfRemoved)
    groups = [
      try groups[0].merge(pending.staged, at: world.now),
      try groups[2].merge(atCarol, at: world.now),
    ]
    world.expectAgreement(groups)
    #expect(groups[0].members.count == 2)
    try world.say("without bob", &groups, from: 1)
  }

  @Test func whoLeavesCannotCommitIt() throws {
    var world = GroupWorld(proposalTypes: [.selfRemove])
    var groups = try world.group(["alice", "bob"])
    _ = try leave(&groups[1], &world)
    let pending = try groups[1].commit(at: world.now, using: &world.entropy)
    #expect(pending.staged.removed.isEmpty)
    #expect(throws: MLSFailure.invalidSelfRemove) {
      try groups[1].commit([.selfRemove], at: world.now, using: &world.entropy)
    }
  }

  @Test func onceAnEpochAndInTheClear() throws {
    var world = GroupWorld(proposalTypes: [.selfRemove])
    var groups = try world.group(["alice", "bob"])
    #expect(throws: MLSFailure.invalidSelfRemove) {
      try groups[1].propose(.selfRemove, using: &world.entropy)
    }
    _ = try leave(&groups[1], &world)
    #expect(throws: MLSFailure.duplicateLeafProposal) { try leave(&groups[1], &world) }
    _ = try groups[0].commit(at: world.now, using: &world.entropy)
  }

  @Test func everyMemberHasToSupportIt() throws {
    var world = GroupWorld(proposalTypes: [.selfRemove])
    var groups = [try world.create("alice")]
    let bob = try world.newcomer("bob")
    world.proposalTypes = []
    let carol = try world.newcomer("carol")
    let pending = try groups[0].commit(
      [.add(bob.keyPackage), .add(carol.keyPackage)], at: world.now, using: &world.entropy)
    groups[0] = try groups[0].merge(pending.staged, at: world.now)
    groups.append(try world.join(pending.welcome, bob).group)
    #expect(throws: MLSFailure.unsupportedProposalType) { try leave(&groups[1], &world) }
    // Without her, or in the commit that removes her, it goes.
    let removal = try world.commit(
      &groups, by: 0, [.remove(LeafIndex(rawValue: 2))])
    #expect(removal.staged.removed.count == 1)
    _ = try leave(&groups[1], &world)
  }

  /// A new member need not support a type of proposal that the commit which adds it covers.
  @Test func addedMembersNeedNotSupportIt() throws {
    var world = GroupWorld(proposalTypes: [.selfRemove])
    var groups = try world.group(["alice", "bob", "carol"])
    let word = try leave(&groups[1], &world)
    for index in [0, 2] { _ = try groups[index].process(word, at: world.now) }
    world.proposalTypes = []
    let dave = try world.newcomer("dave")
    let pending = try groups[0].commit(
      [.add(dave.keyPackage)], at: world.now, using: &world.entropy)
    #expect(pending.staged.removed.count == 1 && pending.staged.added.count == 1)
    let atCarol = try staged(groups[2].process(pending.message, at: world.now))
    groups = [
      try groups[0].merge(pending.staged, at: world.now),
      try groups[2].merge(atCarol, at: world.now), try world.join(pending.welcome, dave).group,
    ]
    world.expectAgreement(groups)
    #expect(groups[2].ownLeafIndex == LeafIndex(rawValue: 1))
  }

  /// Remove and Update give way to the member's own word.
  @Test func otherProposalsForTheLeafGiveWay() throws {
    var world = GroupWorld(proposalTypes: [.selfRemove])
    var groups = try world.group(["alice", "bob", "carol"])
    let bob = groups[1].ownLeafIndex
    let update = try groups[1].proposeUpdate(using: &world.entropy)
    let removal = try groups[2].propose(.remove(bob), using: &world.entropy)
    let word = try leave(&groups[1], &world)
    for message in [update, removal, word] { _ = try groups[0].process(message, at: world.now) }
    for message in [update, word] { _ = try groups[2].process(message, at: world.now) }
    let pending = try world.commit(&groups, by: 0, [.remove(bob)])
    #expect(pending.staged.removed.map(\.leafIndex) == [bob])
    world.expectAgreement([groups[0], groups[2]])
  }

  /// An external joiner takes SelfRemoves up, and stands on the leaf that became free: the sender
  /// of the SelfRemove is not taken for the joiner.
  @Test func externalJoinerTakesThemUp() throws {
    var world = GroupWorld(proposalTypes: [.selfRemove])
    var groups = try world.group(["alice", "bob", "carol", "dave"])
    let info = try groups[0].groupInfo()
    let words = [try leave(&groups[1], &world), try leave(&groups[3], &world)]
    for index in groups.indices {
      for word in words { _ = try groups[index].process(word, at: world.now) }
    }
    let eve = try world.identity("eve")
    let join = try Group.joinExternally(
      info, identity: eve, selfRemoves: words, at: world.now, using: &world.entropy)
    for index in [0, 2] {
      let staged = try staged(groups[index].process(join.message, at: world.now))
      #expect(staged.removed.map(\.leafIndex.rawValue) == [1, 3])
      #expect(staged.added.map(\.leafIndex.rawValue) == [1])
      #expect(staged.committer == LeafIndex(rawValue: 1))
      groups[index] = try groups[index].merge(staged, at: world.now)
    }
    let left = try staged(groups[1].process(join.message, at: world.now))
    #expect(left.selfRemoved)
    groups = [groups[0], groups[2], join.group]
    world.expectAgreement(groups)
    try world.say("hello", &groups, from: 2)
  }

  /// A client that comes back after it said that it leaves goes by that word, not by a Remove.
  @Test func externalJoinerReplacesALeafThatLeaves() throws {
    var world = GroupWorld(proposalTypes: [.selfRemove])
    var groups = try world.group(["alice", "bob"])
    let info = try groups[0].groupInfo()
    let word = try leave(&groups[1], &world)
    _ = try groups[0].process(word, at: world.now)
    let again = try world.identity("bob")
    let join = try Group.joinExternally(
      info, identity: again, replacing: groups[1].ownLeafIndex, selfRemoves: [word],
      at: world.now, using: &world.entropy)
    let staged = try staged(groups[0].process(join.message, at: world.now))
    #expect(staged.removed.count == 1 && staged.added.count == 1)
    world.expectAgreement([try groups[0].merge(staged, at: world.now), join.group])
  }

  @Test func externalJoinerChecksThem() throws {
    var world = GroupWorld(proposalTypes: [.selfRemove])
    var groups = try world.group(["alice", "bob"])
    let before = try leave(&groups[1], &world)
    _ = try groups[0].process(before, at: world.now)
    let info = try groups[0].groupInfo()
    let eve = try world.identity("eve")
    func join(_ words: [[UInt8]], _ info: GroupInfo) throws {
      _ = try Group.joinExternally(
        info, identity: eve, selfRemoves: words, at: world.now, using: &world.entropy)
    }
    var forged = before
    forged[forged.count - 60] ^= 1
    let other = try groups[0].propose(
      .remove(groups[1].ownLeafIndex), wireFormat: .publicMessage, using: &world.entropy)
    var elsewhere = GroupWorld(seed: 9, proposalTypes: [.selfRemove])
    var stranger = try Group.create(
      groupID: [7], suite: world.suite, identity: try elsewhere.identity("mallory"),
      lifetime: world.lifetime, using: &elsewhere.entropy)
    let wrong = try leave(&stranger, &elsewhere)
    #expect(throws: MLSFailure.invalidSignature) { try join([forged], info) }
    #expect(throws: MLSFailure.unexpectedMessageKind) { try join([other], info) }
    #expect(throws: MLSFailure.wrongGroup) { try join([wrong], info) }
    #expect(throws: MLSFailure.duplicateLeafProposal) { try join([before, before], info) }
    groups[1] = try world.group(["alice", "bob"])[1]
    let next = try groups[0].commit(
      options: CommitOptions(includesPendingProposals: false), at: world.now, using: &world.entropy)
    let later = try groups[0].merge(next.staged, at: world.now).groupInfo()
    #expect(throws: MLSFailure.handshakeOutsideEpoch) { try join([before], later) }
  }
}
