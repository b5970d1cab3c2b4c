// SPDX-License-Identifier: Apache-2.0

import MLS
import SansIO
import Testing

/// The rules of the tree as a group enforces them when it commits (RFC 9420 §7.3, §12.1.7, §12.2).
@Suite struct GroupTreeRuleTests {
  static let suite = CipherSuite.mls128DHKEMX25519AES128GCMSHA256Ed25519
  static let now = Instant(milliseconds: 1_700_000_000_000)
  static let lifetime = Lifetime(from: now, lasting: .seconds(86_400))

  struct Client {
    let identity: LeafIdentity

    init(
      _ name: String, _ generator: inout SeededGenerator, signature: SignatureKeyPair? = nil,
      capabilities: Capabilities = Capabilities(cipherSuites: [suite]),
      credential: Credential? = nil
    ) throws {
      identity = LeafIdentity(
        credential: credential ?? .basic(identity: Array(name.utf8)),
        signatureKeyPair: try signature ?? suite.generateSignatureKeyPair(using: &generator),
        capabilities: capabilities)
    }

    func bundle(
      _ generator: inout SeededGenerator, lifetime: Lifetime = lifetime
    ) throws -> KeyPackageBundle {
      try KeyPackageBundle.create(
        suite: suite, identity: identity, lifetime: lifetime, using: &generator)
    }
  }

  func start(
    _ generator: inout SeededGenerator, _ extensions: [Extension] = [],
    capabilities: Capabilities = Capabilities(cipherSuites: [suite])
  ) throws -> (Client, Group) {
    let client = try Client("first", &generator, capabilities: capabilities)
    let group = try Group.create(
      groupID: [1], suite: GroupTreeRuleTests.suite, identity: client.identity,
      contextExtensions: extensions, lifetime: GroupTreeRuleTests.lifetime, using: &generator)
    return (client, group)
  }

  func expect(
    _ failure: MLSFailure, _ group: Group, _ proposals: [Proposal],
    _ generator: inout SeededGenerator
  ) {
    var group = group
    var found: MLSFailure?
    do throws(MLSFailure) {
      _ = try group.commit(proposals, at: GroupTreeRuleTests.now, using: &generator)
    } catch {
      found = error
    }
    #expect(found == failure)
  }

  @Test func keysOfAnotherMember() throws {
    var generator = SeededGenerator(seed: 1)
    let (first, group) = try start(&generator)
    let twin = try Client(
      "twin", &generator, signature: first.identity.signatureKeyPair
    ).bundle(&generator)
    expect(.duplicateSignatureKey, group, [.add(twin.keyPackage)], &generator)

    let own = try #require(group.members.first).leafNode
    let thief = try Client("thief", &generator)
    let profile = LeafNode.Profile(
      signatureKey: thief.identity.signatureKeyPair.publicKey,
      credential: thief.identity.credential, capabilities: thief.identity.capabilities)
    let leaf = try LeafNode.signedForKeyPackage(
      profile: profile, encryptionKey: own.encryptionKey, lifetime: GroupTreeRuleTests.lifetime,
      with: thief.identity.signatureKeyPair.privateKey, suite: GroupTreeRuleTests.suite)
    let stolen = try KeyPackage.signed(
      suite: GroupTreeRuleTests.suite, initKey: twin.keyPackage.initKey, leafNode: leaf,
      with: thief.identity.signatureKeyPair.privateKey)
    expect(.duplicateEncryptionKey, group, [.add(stolen)], &generator)
  }

  @Test func sameClientTwiceAndKeyPackagesThatExpired() throws {
    var generator = SeededGenerator(seed: 2)
    let (_, group) = try start(&generator)
    let client = try Client("second", &generator)
    let one = try client.bundle(&generator).keyPackage
    let two = try client.bundle(&generator).keyPackage
    expect(.duplicateAdd, group, [.add(one), .add(two)], &generator)
    let expired = try client.bundle(
      &generator, lifetime: Lifetime(notBefore: 0, notAfter: 1)
    ).keyPackage
    expect(.outsideLifetime, group, [.add(expired)], &generator)
    let eternal = try client.bundle(
      &generator, lifetime: Lifetime(notBefore: 0, notAfter: .max)
    ).keyPackage
    expect(.lifetimeTooLong, group, [.add(eternal)], &generator)
  }

  @Test func removedClientMayComeBackInTheSameCommit() throws {
    var generator = SeededGenerator(seed: 3)
    var (_, group) = try start(&generator)
    let client = try Client("second", &generator)
    let first = try group.commit(
      [.add(try client.bundle(&generator).keyPackage)], at: GroupTreeRuleTests.now,
      using: &generator)
    group = try group.merge(first.staged, at: GroupTreeRuleTests.now)
    let again = try client.bundle(&generator).keyPackage
    expect(.duplicateSignatureKey, group, [.add(again)], &generator)
    let second = try group.commit(
      [.add(again), .remove(LeafIndex(rawValue: 1))], at: GroupTreeRuleTests.now,
      using: &generator)
    group = try group.merge(second.staged, at: GroupTreeRuleTests.now)
    #expect(group.members.count == 2)
    #expect(group.leafNode(at: LeafIndex(rawValue: 1)) == again.leafNode)
  }

  @Test func credentialTypesThatOthersLack() throws {
    var generator = SeededGenerator(seed: 4)
    let (_, group) = try start(&generator)
    let both = Capabilities(
      cipherSuites: [GroupTreeRuleTests.suite], credentials: [.basic, .x509])
    let certified = try Client(
      "x509", &generator, capabilities: both, credential: .x509(certificates: [[1]])
    ).bundle(&generator)
    expect(.unsupportedCredentialType, group, [.add(certified.keyPackage)], &generator)
    let able = try Client("able", &generator, capabilities: both).bundle(&generator)
    var accepting = group
    _ = try accepting.commit(
      [.add(able.keyPackage)], at: GroupTreeRuleTests.now, using: &generator)
    let narrow = try Client(
      "narrow", &generator,
      capabilities: Capabilities(cipherSuites: [GroupTreeRuleTests.suite], credentials: [.x509]),
      credential: .x509(certificates: [])
    ).bundle(&generator)
    expect(.unsupportedCredentialType, group, [.add(narrow.keyPackage)], &generator)
  }

  @Test func extensionsThatMembersLack() throws {
    var generator = SeededGenerator(seed: 5)
    let custom = Extension(type: ExtensionType(rawValue: 0xF0A0), data: [])
    let required = Extension(
      type: .requiredCapabilities, RequiredCapabilities(extensionTypes: [custom.type]))
    let (_, plain) = try start(&generator)
    for extensions in [[custom], [required]] {
      expect(.unsupportedCapability, plain, [.groupContextExtensions(extensions)], &generator)
      #expect(throws: MLSFailure.unsupportedCapability) { try start(&generator, extensions) }
    }
    let able = Capabilities(cipherSuites: [GroupTreeRuleTests.suite], extensions: [custom.type])
    var (_, group) = try start(&generator, capabilities: able)
    let commit = try group.commit(
      [.groupContextExtensions([custom, required])], at: GroupTreeRuleTests.now,
      using: &generator)
    group = try group.merge(commit.staged, at: GroupTreeRuleTests.now)
    #expect(group.contextExtensions == [custom, required])
    let unable = try Client("unable", &generator).bundle(&generator)
    expect(.unsupportedCapability, group, [.add(unable.keyPackage)], &generator)
  }

  @Test func leavesThatAreNotThere() throws {
    var generator = SeededGenerator(seed: 6)
    let (_, group) = try start(&generator)
    for index in [1, 7, .max] as [UInt32] {
      expect(.blankLeaf, group, [.remove(LeafIndex(rawValue: index))], &generator)
    }
    expect(.committerRemoved, group, [.remove(LeafIndex(rawValue: 0))], &generator)
  }

  /// Proposals that no commit may cover do not hold up commits, and what is useful beside them goes
  /// in.
  @Test func uselessPendingProposals() throws {
    var generator = SeededGenerator(seed: 7)
    var (first, group) = try start(&generator)
    let good = try Client("good", &generator)
    let goodPackage = try good.bundle(&generator).keyPackage
    let useless: [Proposal] = [
      .add(goodPackage), .add(try good.bundle(&generator).keyPackage),
      .add(
        try Client("twin", &generator, signature: first.identity.signatureKeyPair)
          .bundle(&generator).keyPackage),
      .add(
        try Client("late", &generator).bundle(
          &generator, lifetime: Lifetime(notBefore: 0, notAfter: 1)
        ).keyPackage),
      .remove(LeafIndex(rawValue: 40)), .remove(LeafIndex(rawValue: 0)),
      .groupContextExtensions([Extension(type: ExtensionType(rawValue: 0xF0A1), data: [])]),
      .preSharedKey(
        PreSharedKeyID(source: .external(id: [1]), nonce: Array(repeating: 1, count: 32))),
      .preSharedKey(PreSharedKeyID(source: .external(id: [1]), nonce: [1])),
    ]
    for proposal in useless { _ = try group.propose(proposal, using: &generator) }
    #expect(group.pendingProposals.count == useless.count)
    let other = try Client("other", &generator).bundle(&generator).keyPackage
    let commit = try group.commit(
      [.add(other)], at: GroupTreeRuleTests.now, using: &generator)
    #expect(commit.staged.added.map(\.leafNode) == [goodPackage.leafNode, other.leafNode])
    #expect(commit.staged.contextExtensions.isEmpty)
    #expect(commit.staged.pskIDs.isEmpty)
    expect(.blankLeaf, group, [.remove(LeafIndex(rawValue: 9))], &generator)
  }

  @Test func newProfilesThatOthersWouldRefuse() throws {
    var generator = SeededGenerator(seed: 8)
    var (_, group) = try start(&generator)
    let present = try #require(group.leafNode(at: group.ownLeafIndex)).profile
    var otherKey = present
    otherKey.signatureKey = try GroupTreeRuleTests.suite.generateSignatureKeyPair(
      using: &generator
    ).publicKey
    var undeclared = present
    undeclared.extensions = [Extension(type: ExtensionType(rawValue: 0xF0A2), data: [])]
    var otherType = present
    otherType.credential = .x509(certificates: [[1]])
    var lonely = otherType
    lonely.capabilities = Capabilities(
      cipherSuites: [GroupTreeRuleTests.suite], credentials: [.basic, .x509])
    let second = try Client("second", &generator).bundle(&generator).keyPackage
    for (failure, profile) in [
      (MLSFailure.invalidSignature, otherKey), (.undeclaredExtension, undeclared),
      (.undeclaredCredentialType, otherType), (.unsupportedCredentialType, lonely),
    ] {
      var found: MLSFailure?
      do throws(MLSFailure) {
        _ = try group.commit(
          [.add(second)], options: CommitOptions(newProfile: profile),
          at: GroupTreeRuleTests.now, using: &generator)
      } catch {
        found = error
      }
      #expect(found == failure)
    }
    var renamed = present
    renamed.credential = .basic(identity: [9])
    let commit = try group.commit(
      options: CommitOptions(newProfile: renamed), at: GroupTreeRuleTests.now, using: &generator)
    group = try group.merge(commit.staged, at: GroupTreeRuleTests.now)
    #expect(group.members.map(\.leafNode.credential) == [.basic(identity: [9])])
  }
}
