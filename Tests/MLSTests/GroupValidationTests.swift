// SPDX-License-Identifier: Apache-2.0

import MLS
import SansIO
import Testing

/// Proposal lists and Welcomes that RFC 9420 §12.2 and §12.4.3.1 refuse.
@Suite struct GroupValidationTests {
  private var suite: CipherSuite { GroupWorld.suites[0] }

  @Test func badProposalLists() throws {
    var world = GroupWorld(suite: suite)
    var groups = try world.group(["alice", "bob", "carol"])
    let dave = try world.newcomer("dave")
    let bob = groups[1].ownLeafIndex
    let nonce = [UInt8](repeating: 1, count: 32)
    let psk = PreSharedKeyID(source: .external(id: [1]), nonce: nonce)
    let branch = PreSharedKeyID(
      source: .resumption(usage: .branch, groupID: [1], epoch: 0), nonce: nonce)
    let short = PreSharedKeyID(source: .external(id: [1]), nonce: [1])
    let reInit = Proposal.ReInit(
      groupID: [2], version: .mls10, cipherSuite: suite, extensions: [])
    let old = Proposal.ReInit(
      groupID: [2], version: ProtocolVersion(rawValue: 0), cipherSuite: suite, extensions: [])
    let leaf = try #require(groups[0].leafNode(at: groups[0].ownLeafIndex))
    let cases: [([Proposal], MLSFailure)] = [
      ([.remove(groups[0].ownLeafIndex)], .committerRemoved),
      ([.update(leaf)], .committerUpdate),
      ([.remove(bob), .remove(bob)], .duplicateLeafProposal),
      ([.remove(LeafIndex(rawValue: 9))], .blankLeaf),
      ([.add(dave.keyPackage), .add(dave.keyPackage)], .duplicateAdd),
      ([.preSharedKey(psk), .preSharedKey(psk)], .duplicatePSK),
      ([.preSharedKey(psk)], .unknownPSK),
      ([.preSharedKey(branch)], .invalidPSKUsage),
      ([.preSharedKey(short)], .invalidPSKNonce),
      (
        [.groupContextExtensions([]), .groupContextExtensions([])],
        .duplicateGroupContextExtensions
      ),
      ([.reInit(reInit), .remove(bob)], .reInitNotAlone),
      ([.reInit(old)], .reInitLowersVersion),
      ([.externalInit(kemOutput: [])], .proposalNotAllowedForSender),
      (
        [.groupContextExtensions([Extension(type: ExtensionType(rawValue: 0xF123), data: [])])],
        .unsupportedCapability
      ),
    ]
    let before = groups[0].snapshot
    for (proposals, failure) in cases {
      #expect(throws: failure) {
        try groups[0].commit(
          proposals, at: world.now, using: &world.entropy)
      }
    }
    #expect(groups[0].snapshot == before)
  }

  @Test func unknownReferenceIsRefused() throws {
    var world = GroupWorld(suite: suite)
    var groups = try world.group(["alice", "bob"])
    _ = try groups[0].propose(.groupContextExtensions([]), using: &world.entropy)
    let pending = try groups[0].commit(at: world.now, using: &world.entropy)
    let before = groups[1].snapshot
    #expect(throws: MLSFailure.unknownProposal) {
      try groups[1].process(pending.message, at: world.now)
    }
    #expect(groups[1].snapshot == before)
  }

  @Test func memberIsNotAddedTwice() throws {
    var world = GroupWorld(suite: suite)
    var groups = try world.group(["alice", "bob"])
    let carol = try world.newcomer("carol")
    _ = try world.commit(&groups, by: 0, [.add(carol.keyPackage)])
    #expect(throws: MLSFailure.duplicateSignatureKey) {
      try groups[0].commit(
        [.add(carol.keyPackage)], at: world.now, using: &world.entropy)
    }
  }

  @Test func lifetimesCount() throws {
    var world = GroupWorld(suite: suite)
    var groups = try world.group(["alice"])
    let bob = try world.newcomer("bob")
    let late = world.now + .seconds(40 * 86_400)
    #expect(throws: MLSFailure.outsideLifetime) {
      try groups[0].commit(
        [.add(bob.keyPackage)], at: late, using: &world.entropy)
    }
    let eternal = try world.newcomer("eve", lifetime: Lifetime(notBefore: 0, notAfter: .max))
    #expect(throws: MLSFailure.lifetimeTooLong) {
      try groups[0].commit(
        [.add(eternal.keyPackage)], at: world.now, using: &world.entropy)
    }
    groups[0].policy.lifetimes = .unchecked
    _ = try groups[0].commit(
      [.add(bob.keyPackage), .add(eternal.keyPackage)], at: late,
      using: &world.entropy)
  }

  @Test func welcomesAreChecked() throws {
    var world = GroupWorld(suite: suite)
    var groups = try world.group(["alice"])
    let bob = try world.newcomer("bob")
    let eve = try world.newcomer("eve")
    let pending = try groups[0].commit(
      [.add(bob.keyPackage)],
      options: CommitOptions(welcomeCarriesTree: false), at: world.now, using: &world.entropy)
    let welcome = try #require(pending.welcome)
    #expect(throws: MLSFailure.notInWelcome) {
      try world.join(welcome, eve)
    }
    #expect(throws: MLSFailure.missingRatchetTree) {
      try world.join(welcome, bob)
    }
    #expect(throws: MLSFailure.treeHashMismatch) {
      try world.join(welcome, bob, ratchetTree: groups[0].encodedRatchetTree)
    }
    let next = try groups[0].merge(pending.staged, at: world.now)
    let joined = try world.join(welcome, bob, ratchetTree: next.encodedRatchetTree)
    world.expectAgreement([next, joined.group])
    let whole = try opened(welcome)
    var changed = whole.encryptedGroupInfo
    changed[3] ^= 1
    let tampered = MLSMessage.welcome(
      Welcome(cipherSuite: suite, secrets: whole.secrets, encryptedGroupInfo: changed))
    #expect(throws: MLSFailure.decryptionFailed) { try world.join(tampered.encoded, bob) }
  }

  @Test func joinerNeedsEveryExtension() throws {
    var world = GroupWorld(suite: suite)
    let type = ExtensionType(rawValue: 0xF0A1)
    var group = try world.create("alice", contextExtensions: [Extension(type: type, data: [1])])
    let plain = try world.newcomer("bob")
    #expect(throws: MLSFailure.unsupportedCapability) {
      try group.commit(
        [.add(plain.keyPackage)], at: world.now, using: &world.entropy)
    }
    let able = try world.newcomer("bob", extensions: [type])
    let pending = try group.commit(
      [.add(able.keyPackage)], at: world.now, using: &world.entropy)
    let welcome = try #require(pending.welcome)
    let joined = try world.join(welcome, able)
    #expect(joined.group.context.extensions.data(of: type) == [1])
  }

  @Test func reInitEndsTheGroup() throws {
    var world = GroupWorld(suite: suite)
    var groups = try world.group(["alice", "bob"])
    let parameters = Proposal.ReInit(
      groupID: [2], version: .mls10, cipherSuite: suite, extensions: [])
    _ = try world.commit(&groups, by: 0, [.reInit(parameters)])
    groups = try groups.map { try $0.restored() }
    for index in groups.indices {
      #expect(groups[index].reInit == parameters)
      #expect(throws: MLSFailure.groupReinitialized) {
        try groups[index].protect([1], using: &world.entropy)
      }
      #expect(throws: MLSFailure.groupReinitialized) {
        try groups[index].commit(at: world.now, using: &world.entropy)
      }
    }
  }

  @Test func bundlesAreStored() throws {
    var world = GroupWorld(suite: suite)
    let bundle = try world.newcomer("bob").bundle
    let stored = try KeyPackageBundle(storage: bundle.encodedForStorage)
    #expect(stored.keyPackage == bundle.keyPackage)
    #expect(stored.reference == bundle.reference)
    let bytes = bundle.encodedForStorage.copyBytes()
    for damaged in [[], Array(bytes.dropLast()), bytes + [0], [2] + bytes.dropFirst()] {
      #expect(throws: MLSFailure.invalidStoredState) {
        try KeyPackageBundle(storage: Secret(damaged))
      }
    }
    #expect(throws: MLSFailure.invalidKey) {
      try KeyPackageBundle(
        keyPackage: bundle.keyPackage, initPrivateKey: bundle.encryptionPrivateKey,
        encryptionPrivateKey: bundle.initPrivateKey)
    }
  }

  /// Proposals that no commit could cover must not stand in the way of those that one can.
  @Test func badPendingProposalsAreLeftOut() throws {
    var world = GroupWorld(suite: suite)
    var groups = try world.group(["alice", "bob", "carol"])
    let bob = groups[1].ownLeafIndex
    let carol = groups[2].ownLeafIndex
    let member = try #require(groups[2].leafNode(at: carol))
    let expired = try world.newcomer("eve", lifetime: Lifetime(notBefore: 1, notAfter: 2))
    let psk = PreSharedKeyID(
      source: .external(id: [1]), nonce: [UInt8](repeating: 1, count: 32))
    let unknown = Extension(type: ExtensionType(rawValue: 0xF123), data: [])
    var messages = [try groups[1].proposeUpdate(using: &world.entropy)]
    let proposals: [Proposal] = [
      .remove(LeafIndex(rawValue: 9)), .add(expired.keyPackage), .preSharedKey(psk),
      .groupContextExtensions([unknown]), .remove(groups[0].ownLeafIndex), .remove(carol),
    ]
    for proposal in proposals {
      messages.append(try groups[1].propose(proposal, using: &world.entropy))
    }
    for message in messages {
      for index in [0, 2] { _ = try groups[index].process(message, at: world.now) }
    }
    #expect(groups[0].pendingProposals.count == 7)
    var trial = groups[0]
    let removal = try trial.commit(
      [.remove(bob)], at: world.now, using: &world.entropy)
    #expect(removal.staged.removed.map(\.leafIndex) == [carol, bob])
    let pending = try world.commit(&groups, by: 0)
    #expect(pending.staged.removed == [Member(leafIndex: carol, leafNode: member)])
    #expect(pending.staged.updated.map(\.leafIndex) == [bob, groups[0].ownLeafIndex])
    #expect(pending.staged.contextExtensions.isEmpty && pending.staged.pskIDs.isEmpty)
    #expect(pending.staged.added.isEmpty)
    groups.removeLast()
    world.expectAgreement(groups)
  }

  /// Adds that only clash with each other cost the second of them its place, and nothing else.
  @Test func clashingPendingProposalsLeaveTheRest() throws {
    var world = GroupWorld(suite: suite)
    var groups = try world.group(["alice", "bob", "carol"])
    let dave = try world.newcomer("dave")
    let eve = try world.identity("eve")
    let leaf = try LeafNode.signedForKeyPackage(
      profile: LeafNode.Profile(
        signatureKey: eve.signatureKeyPair.publicKey, credential: eve.credential,
        capabilities: eve.capabilities),
      encryptionKey: dave.keyPackage.leafNode.encryptionKey, lifetime: world.lifetime,
      with: eve.signatureKeyPair.privateKey, suite: suite)
    let twin = try KeyPackage.signed(
      suite: suite, initKey: dave.keyPackage.initKey, leafNode: leaf,
      with: eve.signatureKeyPair.privateKey)
    let proposals: [Proposal] = [
      .add(dave.keyPackage), .add(twin), .remove(groups[2].ownLeafIndex),
    ]
    for proposal in proposals {
      let message = try groups[1].propose(proposal, using: &world.entropy)
      for index in [0, 2] { _ = try groups[index].process(message, at: world.now) }
    }
    let pending = try world.commit(&groups, by: 0)
    #expect(pending.staged.added.map(\.leafNode) == [dave.keyPackage.leafNode])
    #expect(pending.staged.removed.map(\.leafIndex) == [groups[2].ownLeafIndex])
    groups[2] = try world.join(pending.welcome, dave).group
    world.expectAgreement(groups)
  }
}
