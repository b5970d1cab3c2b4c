// SPDX-License-Identifier: Apache-2.0

import MLS
import SansIO
import Testing

@Suite struct GroupExternalTests {
  @Test(arguments: GroupWorld.suites)
  func externalJoin(suite: CipherSuite) throws {
    var world = GroupWorld(suite: suite)
    var groups = try world.group(["alice", "bob", "carol"])
    let info = try groups[0].groupInfo()
    let dave = try world.identity("dave")
    let join = try Group.joinExternally(
      info, identity: dave, at: world.now, using: &world.entropy)
    for index in groups.indices {
      let staged = try staged(groups[index].process(join.message, at: world.now))
      #expect(staged.isExternal)
      #expect(
        staged.added.map(\.leafNode.signatureKey) == [dave.signatureKeyPair.publicKey])
      #expect(staged.committer == join.group.ownLeafIndex)
      groups[index] = try groups[index].merge(staged, at: world.now)
    }
    groups.append(join.group)
    world.expectAgreement(groups)
    for sender in groups.indices { try world.say("hello", &groups, from: sender) }
    _ = try world.commit(&groups, by: 3)
    world.expectAgreement(groups)
  }

  @Test func resync() throws {
    var world = GroupWorld()
    var groups = try world.group(["alice", "bob", "carol"])
    let info = try groups[0].groupInfo()
    let again = try world.identity("bob")
    let join = try Group.joinExternally(
      info, identity: again, replacing: groups[1].ownLeafIndex, at: world.now,
      using: &world.entropy)
    let own = try staged(groups[1].process(join.message, at: world.now))
    #expect(own.selfRemoved)
    for index in [0, 2] {
      let staged = try staged(groups[index].process(join.message, at: world.now))
      #expect(staged.removed.map(\.leafIndex) == [groups[1].ownLeafIndex])
      groups[index] = try groups[index].merge(staged, at: world.now)
    }
    groups[1] = join.group
    #expect(join.group.ownLeafIndex == LeafIndex(rawValue: 1))
    world.expectAgreement(groups)
    try world.say("back again", &groups, from: 1)
  }

  @Test func externalJoinNeedsTheKey() throws {
    var world = GroupWorld()
    let groups = try world.group(["alice", "bob"])
    let dave = try world.identity("dave")
    let bare = try groups[0].groupInfo(carriesExternalPub: false)
    #expect(throws: MLSFailure.missingExternalPub) {
      try Group.joinExternally(
        bare, identity: dave, at: world.now, using: &world.entropy)
    }
    let treeless = try groups[0].groupInfo(carriesTree: false)
    #expect(throws: MLSFailure.missingRatchetTree) {
      try Group.joinExternally(
        treeless, identity: dave, at: world.now, using: &world.entropy)
    }
    _ = try Group.joinExternally(
      treeless, ratchetTree: groups[1].encodedRatchetTree, identity: dave, at: world.now,
      using: &world.entropy)
  }

  @Test func externalJoinWithPreSharedKey() throws {
    var world = GroupWorld()
    var groups = try world.group(["alice", "bob"])
    var keys = PreSharedKeys()
    keys.insert(Secret([1, 2, 3]), externalID: [7])
    let id = PreSharedKeyID(source: .external(id: [7]), nonce: world.entropy.bytes(32))
    let carol = try world.identity("carol")
    let info = try groups[0].groupInfo()
    #expect(throws: MLSFailure.unknownPSK) {
      try Group.joinExternally(
        info, identity: carol, pskIDs: [id], at: world.now, using: &world.entropy)
    }
    #expect(throws: MLSFailure.duplicatePSK) {
      try Group.joinExternally(
        info, identity: carol, pskIDs: [id, id], preSharedKeys: keys, at: world.now,
        using: &world.entropy)
    }
    let join = try Group.joinExternally(
      info, identity: carol, pskIDs: [id], preSharedKeys: keys, at: world.now,
      using: &world.entropy)
    #expect(throws: MLSFailure.unknownPSK) { try groups[0].process(join.message, at: world.now) }
    for index in groups.indices {
      let staged = try staged(
        groups[index].process(join.message, preSharedKeys: keys, at: world.now))
      #expect(staged.pskIDs == [id])
      groups[index] = try groups[index].merge(staged, at: world.now)
    }
    groups.append(try join.group.restored())
    world.expectAgreement(groups)
    try world.say("hello", &groups, from: 2)
  }

  /// What others would refuse fails at the joiner already.
  @Test func externalJoinsThatOthersWouldRefuse() throws {
    var world = GroupWorld()
    var groups = try world.group(["alice", "bob"])
    let bob = try world.identity("bob")
    _ = try world.commit(&groups, by: 1, options: CommitOptions(newIdentity: bob))
    let info = try groups[0].groupInfo()
    #expect(throws: MLSFailure.duplicateSignatureKey) {
      try Group.joinExternally(info, identity: bob, at: world.now, using: &world.entropy)
    }
    #expect(throws: MLSFailure.blankLeaf) {
      try Group.joinExternally(
        info, identity: bob, replacing: LeafIndex(rawValue: 5), at: world.now,
        using: &world.entropy)
    }
    let mismatched = LeafIdentity(
      credential: bob.credential,
      signatureKeyPair: SignatureKeyPair(
        privateKey: bob.signatureKeyPair.privateKey,
        publicKey: try world.suite.generateSignatureKeyPair(using: &world.entropy).publicKey),
      capabilities: bob.capabilities)
    #expect(throws: MLSFailure.invalidSignature) {
      try Group.joinExternally(info, identity: mismatched, at: world.now, using: &world.entropy)
    }
    var forged = info.encoded
    forged[forged.count - 1] ^= 1
    let damaged = try GroupInfo(decoding: forged)
    #expect(throws: MLSFailure.invalidSignature) {
      try Group.joinExternally(
        damaged, identity: bob, replacing: groups[1].ownLeafIndex, at: world.now,
        using: &world.entropy)
    }
    let again = try Group.joinExternally(
      info, identity: bob, replacing: groups[1].ownLeafIndex, at: world.now,
      using: &world.entropy)
    let staged = try staged(groups[0].process(again.message, at: world.now))
    groups = [try groups[0].merge(staged, at: world.now), again.group]
    world.expectAgreement(groups)
  }

  @Test func externalJoinerNeedsEveryExtension() throws {
    var world = GroupWorld()
    let type = ExtensionType(rawValue: 0xF0A1)
    var group = try world.create("alice", contextExtensions: [Extension(type: type, data: [1])])
    let info = try group.groupInfo()
    let unable = try world.identity("bob")
    #expect(throws: MLSFailure.unsupportedGroupContextExtension) {
      try Group.joinExternally(info, identity: unable, at: world.now, using: &world.entropy)
    }
    let able = try world.identity("bob", extensions: [type])
    let join = try Group.joinExternally(
      info, identity: able, at: world.now, using: &world.entropy)
    let staged = try staged(group.process(join.message, at: world.now))
    world.expectAgreement([try group.merge(staged, at: world.now), join.group])
  }

  /// The GroupInfo that a joiner hands out serves the next one.
  @Test func externalJoinsFollowEachOther() throws {
    var world = GroupWorld()
    var groups = [try world.create("alice")]
    var info = try groups[0].groupInfo()
    for name in ["bob", "carol", "dave"] {
      let join = try Group.joinExternally(
        info, identity: try world.identity(name), at: world.now, using: &world.entropy)
      let late = try Group.joinExternally(
        info, identity: try world.identity("late"), at: world.now, using: &world.entropy)
      for index in groups.indices {
        let staged = try staged(groups[index].process(join.message, at: world.now))
        groups[index] = try groups[index].merge(staged, at: world.now)
        #expect(throws: MLSFailure.handshakeOutsideEpoch) {
          try groups[index].process(late.message, at: world.now)
        }
      }
      groups.append(join.group)
      info = try join.group.groupInfo()
      world.expectAgreement(groups)
    }
    for committer in groups.indices { _ = try world.commit(&groups, by: committer) }
    world.expectAgreement(groups)
  }

  private func external(
    _ proposal: Proposal, _ sender: Sender, in group: Group, _ signer: SignaturePrivateKey
  ) throws -> MLSMessage {
    let content = FramedContent(
      groupID: group.groupID, epoch: group.epoch, sender: sender, authenticatedData: [],
      body: .proposal(proposal))
    let signed = try AuthenticatedContent.signed(
      content, wireFormat: .publicMessage, suite: group.suite, context: [], signer: signer)
    return .publicMessage(
      try PublicMessage(
        protecting: signed, suite: group.suite, membershipKey: Secret(zeroCount: 32),
        context: []))
  }

  @Test func externalSendersPropose() throws {
    var world = GroupWorld()
    let server = try world.suite.generateSignatureKeyPair(using: &world.entropy)
    let senders = ExternalSenders(list: [
      ExternalSender(signatureKey: server.publicKey, credential: .basic(identity: [1]))
    ])
    var groups = try world.group(["alice", "bob", "carol"])
    let remove = Proposal.remove(groups[2].ownLeafIndex)
    let early = try external(remove, .external(0), in: groups[0], server.privateKey)
    #expect(throws: MLSFailure.unknownExternalSender) {
      try groups[0].process(early, at: world.now)
    }
    _ = try world.commit(
      &groups, by: 0, [.groupContextExtensions([Extension(type: .externalSenders, senders)])])
    let good = try external(remove, .external(0), in: groups[0], server.privateKey)
    let unknown = try external(remove, .external(1), in: groups[0], server.privateKey)
    let forged = try external(
      remove, .external(0), in: groups[0],
      try world.suite.generateSignatureKeyPair(using: &world.entropy).privateKey)
    let kind = try external(
      .externalInit(kemOutput: []), .external(0), in: groups[0], server.privateKey)
    #expect(throws: MLSFailure.unknownExternalSender) {
      try groups[0].process(unknown, at: world.now)
    }
    #expect(throws: MLSFailure.invalidSignature) { try groups[0].process(forged, at: world.now) }
    #expect(throws: MLSFailure.proposalNotAllowedForSender) {
      try groups[0].process(kind, at: world.now)
    }
    for index in groups.indices { _ = try groups[index].process(good, at: world.now) }
    _ = try world.commit(&groups, by: 1)
    groups.removeLast()
    world.expectAgreement(groups)
    #expect(groups[0].members.count == 2)
  }

  @Test func newMemberProposesItself() throws {
    var world = GroupWorld()
    var groups = try world.group(["alice", "bob"])
    let carol = try world.newcomer("carol")
    let add = try external(
      .add(carol.keyPackage), .newMemberProposal, in: groups[0], carol.signer)
    let remove = try external(
      .remove(LeafIndex(rawValue: 0)), .newMemberProposal, in: groups[0], carol.signer)
    #expect(throws: MLSFailure.invalidSender) {
      try groups[0].process(remove, at: world.now)
    }
    for index in groups.indices { _ = try groups[index].process(add, at: world.now) }
    let welcome = try #require(try world.commit(&groups, by: 1).welcome)
    groups.append(try world.join(welcome, carol).group)
    world.expectAgreement(groups)
  }
}
