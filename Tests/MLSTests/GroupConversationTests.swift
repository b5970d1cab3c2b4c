// SPDX-License-Identifier: Apache-2.0

import MLS
import SansIO
import Testing

@Suite struct GroupConversationTests {
  @Test(arguments: GroupWorld.suites)
  func twoMembersTalk(suite: CipherSuite) throws {
    var world = GroupWorld(suite: suite)
    var groups = try world.group(["alice", "bob"])
    world.expectAgreement(groups)
    #expect(groups[0].epoch == 1)
    try world.say("hello", &groups, from: 0)
    try world.say("hello yourself", &groups, from: 1)
    for committer in [0, 1, 0] {
      _ = try world.commit(&groups, by: committer)
      world.expectAgreement(groups)
      try world.say("after a commit", &groups, from: committer)
      try world.say("and back", &groups, from: 1 - committer)
    }
    #expect(groups[0].epoch == 4)
  }

  @Test(arguments: GroupWorld.suites)
  func threeMembersAddAndRemove(suite: CipherSuite) throws {
    var world = GroupWorld(suite: suite)
    var groups = try world.group(["alice", "bob"])
    let carol = try world.newcomer("carol")
    let added = try world.commit(&groups, by: 1, [.add(carol.keyPackage)])
    #expect(added.staged.added.map(\.leafIndex.rawValue) == [2])
    let welcome = try #require(added.welcome)
    let joined = try world.join(welcome, carol)
    #expect(joined.sender == groups[1].ownLeafIndex)
    groups.append(joined.group)
    world.expectAgreement(groups)
    try world.say("hello", &groups, from: 2)

    let pending = try world.commit(
      &groups, by: 2, [.remove(groups[1].ownLeafIndex)])
    #expect(pending.staged.removed.map(\.leafIndex.rawValue) == [1])
    #expect(pending.staged.updated.count == 1)
    let message = try groups[2].protect([1], using: &world.entropy)
    #expect(throws: MLSFailure.futureEpoch) { try groups[1].process(message, at: world.now) }
    var rest = [groups[0], groups[2]]
    world.expectAgreement(rest)
    try world.say("without bob", &rest, from: 0)
    #expect(rest[0].members.count == 2)
  }

  @Test func removedMemberLearnsIt() throws {
    var world = GroupWorld()
    var groups = try world.group(["alice", "bob"])
    let pending = try groups[0].commit(
      [.remove(groups[1].ownLeafIndex)], at: world.now, using: &world.entropy)
    let staged = try staged(groups[1].process(pending.message, at: world.now))
    #expect(staged.selfRemoved)
    #expect(staged.exportFromNextEpoch(label: "a", context: [], length: 8) == nil)
    #expect(throws: MLSFailure.notAMember) { try groups[1].merge(staged, at: world.now) }
  }

  @Test(arguments: GroupWorld.suites)
  func pathlessAddsWork(suite: CipherSuite) throws {
    var world = GroupWorld(suite: suite)
    var groups = try world.group(
      ["alice", "bob", "carol", "dave", "eve"], options: CommitOptions(forcesPath: false))
    world.expectAgreement(groups)
    for committer in groups.indices {
      _ = try world.commit(&groups, by: committer)
      world.expectAgreement(groups)
    }
    try world.say("all keys are fresh", &groups, from: 3)
  }

  @Test func ownCommitComesBack() throws {
    var world = GroupWorld()
    var groups = try world.group(["alice", "bob"])
    let pending = try groups[0].commit(at: world.now, using: &world.entropy)
    let stored = try PendingCommit(storage: pending.encodedForStorage)
    #expect(
      stored.encodedForStorage.copyBytes() == pending.encodedForStorage.copyBytes())
    var restored = try groups[0].restored()
    guard
      case .ownCommit(let own) = try restored.process(
        pending.message, pending: stored, at: world.now)
    else { throw UnexpectedKind() }
    groups[0] = try restored.merge(own, at: world.now)
    let staged = try staged(groups[1].process(pending.message, at: world.now))
    groups[1] = try groups[1].merge(staged, at: world.now)
    world.expectAgreement(groups)
    try world.say("after a crash", &groups, from: 0)
  }

  @Test(arguments: [WireFormat.privateMessage, .publicMessage])
  func ownMessagesAreNoErrors(format: WireFormat) throws {
    var world = GroupWorld()
    var groups = try world.group(["alice", "bob"])
    let messages = [
      try groups[0].protect([1], using: &world.entropy),
      try groups[0].propose(
        .groupContextExtensions([]), wireFormat: format, using: &world.entropy),
      try groups[0].commit(
        options: CommitOptions(wireFormat: format), at: world.now, using: &world.entropy
      ).message,
    ]
    for message in messages {
      guard case .ownMessage = try groups[0].process(message, at: world.now) else {
        throw UnexpectedKind()
      }
    }
  }

  @Test func losingCommitIsDropped() throws {
    var world = GroupWorld()
    var groups = try world.group(["alice", "bob"])
    let loser = try groups[0].commit(at: world.now, using: &world.entropy)
    let winner = try groups[1].commit(at: world.now, using: &world.entropy)
    let staged = try staged(groups[0].process(winner.message, pending: loser, at: world.now))
    groups[0] = try groups[0].merge(staged, at: world.now)
    groups[1] = try groups[1].merge(winner.staged, at: world.now)
    world.expectAgreement(groups)
    #expect(throws: MLSFailure.staleCommit) { try groups[0].merge(loser.staged, at: world.now) }
    #expect(throws: MLSFailure.handshakeOutsideEpoch) {
      try groups[1].process(loser.message, at: world.now)
    }
  }

  @Test(arguments: [WireFormat.privateMessage, .publicMessage])
  func proposalsByReference(format: WireFormat) throws {
    var world = GroupWorld()
    var groups = try world.group(["alice", "bob", "carol"])
    let dave = try world.newcomer("dave")
    let update = try groups[1].proposeUpdate(wireFormat: format, using: &world.entropy)
    let add = try groups[2].propose(
      .add(dave.keyPackage), wireFormat: format, using: &world.entropy)
    for (index, message) in [(0, update), (2, update), (0, add), (1, add)] {
      guard case .proposal = try groups[index].process(message, at: world.now) else {
        throw UnexpectedKind()
      }
    }
    groups = try groups.map { try $0.restored() }
    let before = groups[1].leafNode(at: groups[1].ownLeafIndex)
    let pending = try world.commit(
      &groups, by: 0, options: CommitOptions(wireFormat: format))
    #expect(pending.staged.added.map(\.leafNode) == [dave.keyPackage.leafNode])
    #expect(pending.staged.updated.count == 2)
    #expect(pending.staged.updated.first?.old == before)
    #expect(groups[0].pendingProposals.isEmpty)
    let welcome = try #require(pending.welcome)
    groups.append(
      try world.join(welcome, dave).group)
    world.expectAgreement(groups)
    for sender in groups.indices { try world.say("from \(sender)", &groups, from: sender) }
    _ = try world.commit(&groups, by: 1)
    world.expectAgreement(groups)
  }

  /// The commit is signed by the old key, the next epoch by the new one.
  @Test func identityRotatesByCommit() throws {
    var world = GroupWorld()
    var groups = try world.group(["alice", "bob"])
    let identity = try world.identity("alice, again")
    let before = try groups[0].protect([1], using: &world.entropy)
    let pending = try world.commit(
      &groups, by: 0, options: CommitOptions(newIdentity: identity))
    #expect(pending.staged.updated[0].new.signatureKey == identity.signatureKeyPair.publicKey)
    #expect(pending.staged.updated[0].new.credential == identity.credential)
    world.expectAgreement(groups)
    #expect(try application(groups[1].process(before, at: world.now)).data == [1])
    groups[0] = try groups[0].restored()
    try world.say("under a new key", &groups, from: 0)
    _ = try world.commit(&groups, by: 0)
    let carol = try world.newcomer("carol")
    let added = try world.commit(&groups, by: 0, [.add(carol.keyPackage)])
    groups.append(try world.join(added.welcome, carol).group)
    world.expectAgreement(groups)
  }

  @Test func identityRotatesByProposal() throws {
    var world = GroupWorld()
    var groups = try world.group(["alice", "bob"])
    let identity = try world.identity("bob, again")
    let update = try groups[1].proposeUpdate(identity: identity, using: &world.entropy)
    _ = try groups[0].process(update, at: world.now)
    groups[1] = try groups[1].restored()
    try world.say("still under the old key", &groups, from: 1)
    _ = try world.commit(&groups, by: 0)
    world.expectAgreement(groups)
    #expect(
      groups[0].leafNode(at: groups[1].ownLeafIndex)?.signatureKey
        == identity.signatureKeyPair.publicKey)
    try world.say("under a new key", &groups, from: 1)
    _ = try world.commit(&groups, by: 1)
    world.expectAgreement(groups)
  }

  /// An Update that no commit takes up leaves the old key in force.
  @Test func droppedUpdateKeepsTheOldKey() throws {
    var world = GroupWorld()
    var groups = try world.group(["alice", "bob"])
    _ = try groups[1].proposeUpdate(
      identity: try world.identity("bob, again"), using: &world.entropy)
    _ = try world.commit(&groups, by: 0)
    world.expectAgreement(groups)
    try world.say("as ever", &groups, from: 1)
  }

  @Test func preSharedKeys() throws {
    var world = GroupWorld()
    var groups = try world.group(["alice", "bob"])
    var psks = PreSharedKeys()
    psks.insert(Secret([1, 2, 3]), externalID: [7])
    func id(_ source: PreSharedKeyID.Source) -> Proposal {
      .preSharedKey(PreSharedKeyID(source: source, nonce: world.entropy.bytes(32)))
    }
    let past = groups[0].epoch
    _ = try world.commit(&groups, by: 0)
    let proposals = [
      id(.external(id: [7])),
      id(.resumption(usage: .application, groupID: groups[0].groupID, epoch: past)),
    ]
    let message = try groups[0].commit(
      proposals, preSharedKeys: psks, at: world.now, using: &world.entropy
    ).message
    #expect(throws: MLSFailure.unknownPSK) { try groups[1].process(message, at: world.now) }
    let carol = try world.newcomer("carol")
    let pending = try world.commit(
      &groups, by: 1, proposals + [.add(carol.keyPackage)], preSharedKeys: psks)
    world.expectAgreement(groups)
    let welcome = try #require(pending.welcome)
    #expect(throws: MLSFailure.unknownPSK) {
      try world.join(welcome, carol, preSharedKeys: psks)
    }
  }
}
