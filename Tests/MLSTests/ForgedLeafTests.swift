// SPDX-License-Identifier: Apache-2.0

import SansIO
import Testing

@testable import MLS

/// Key packages and updates that are signed correctly and break one rule of RFC 9420 §7.3 or §10.1.
@Suite struct ForgedLeafTests {
  @Test func keyPackages() throws {
    var world = try ForgedWorld()
    let suite = world.world.suite
    let carol = try world.world.newcomer("carol")
    let package = carol.keyPackage
    let leaf = package.leafNode
    let nowhere = LeafNode.Position(groupID: [], leafIndex: LeafIndex(rawValue: 0))
    func signed(_ leaf: LeafNode, initKey: [UInt8]? = nil) throws -> KeyPackage {
      try KeyPackage.signed(
        suite: suite, initKey: initKey ?? package.initKey, leafNode: leaf, with: carol.signer)
    }
    func changedLeaf(
      _ source: LeafNodeSource? = nil, _ edit: (inout LeafNode.Profile) -> Void = { _ in }
    ) throws -> KeyPackage {
      var profile = leaf.profile
      edit(&profile)
      return try signed(
        leaf.changed(
          profile: profile, source: source, signer: carol.signer, at: nowhere, suite: suite))
    }
    let second = try #require(world.bob.leafNode(at: world.bob.ownLeafIndex))
    let now = world.world.now.seconds
    let cases: [(Comment, MLSFailure, KeyPackage)] = [
      (
        "version", .unsupportedProtocolVersion,
        KeyPackage(
          version: ProtocolVersion(rawValue: 2), cipherSuite: suite, initKey: package.initKey,
          leafNode: leaf, extensions: [], signature: package.signature)
      ),
      (
        "suite", .cipherSuiteMismatch,
        KeyPackage(
          cipherSuite: GroupWorld.suites[1], initKey: package.initKey, leafNode: leaf,
          extensions: [], signature: package.signature)
      ),
      ("init key in the leaf", .initKeyReused, try signed(leaf, initKey: leaf.encryptionKey)),
      (
        "signature", .invalidSignature,
        KeyPackage(
          cipherSuite: suite, initKey: package.initKey, leafNode: leaf, extensions: [],
          signature: Array(package.signature.dropLast()))
      ),
      (
        "altered", .invalidSignature,
        KeyPackage(
          cipherSuite: suite, initKey: second.encryptionKey, leafNode: leaf, extensions: [],
          signature: package.signature)
      ),
      ("leaf of an update", .invalidLeafNodeSource, try changedLeaf(.update)),
      ("leaf of a commit", .invalidLeafNodeSource, try changedLeaf(.commit(parentHash: []))),
      (
        "not yet", .outsideLifetime,
        try changedLeaf(.keyPackage(Lifetime(notBefore: now + 10, notAfter: now + 100)))
      ),
      (
        "no more", .outsideLifetime,
        try changedLeaf(.keyPackage(Lifetime(notBefore: now - 100, notAfter: now - 10)))
      ),
      (
        "too long", .lifetimeTooLong,
        try changedLeaf(.keyPackage(Lifetime(notBefore: 0, notAfter: .max)))
      ),
      (
        "turned round", .outsideLifetime,
        try changedLeaf(.keyPackage(Lifetime(notBefore: now + 10, notAfter: now - 10)))
      ),
      ("bob's key", .invalidSignature, try changedLeaf { $0.signatureKey = second.signatureKey }),
      (
        "suite not listed", .unsupportedCapability,
        try changedLeaf { $0.capabilities = Capabilities(cipherSuites: []) }
      ),
      (
        "version not listed", .unsupportedCapability,
        try changedLeaf { $0.capabilities = Capabilities(versions: [], cipherSuites: [suite]) }
      ),
      (
        "credential type not listed", .undeclaredCredentialType,
        try changedLeaf { $0.capabilities = Capabilities(cipherSuites: [suite], credentials: []) }
      ),
    ]
    for (what, failure, keyPackage) in cases {
      world.expect(
        failure,
        try world.mallory.commit(
          [.proposal(.add(keyPackage))], using: &world.world.entropy), what)
    }
  }

  /// A leaf of an Update is looked at when it is committed: what is wrong with it costs the commit,
  /// and an honest committer leaves it out.
  @Test func updates() throws {
    var world = try ForgedWorld()
    let suite = world.world.suite
    let group = world.mallory.group
    let own = try #require(group.leafNode(at: group.ownLeafIndex))
    let place = LeafNode.Position(groupID: group.groupID, leafIndex: group.ownLeafIndex)
    let fresh = try suite.generateHPKEKeyPair(using: &world.world.entropy).publicKey
    let signer = group.state.signatureKey
    let dave = try #require(group.leafNode(at: world.dave.ownLeafIndex))
    func update(
      _ key: [UInt8], _ position: LeafNode.Position, _ source: LeafNodeSource = .update
    ) throws -> LeafNode {
      try own.changed(
        encryptionKey: key, source: source, signer: signer, at: position, suite: suite)
    }
    let cases: [(Comment, MLSFailure, LeafNode)] = [
      ("old key", .encryptionKeyNotFresh, try update(own.encryptionKey, place)),
      ("of a commit", .invalidLeafNodeSource, try update(fresh, place, .commit(parentHash: []))),
      ("dave's key", .duplicateEncryptionKey, try update(dave.encryptionKey, place)),
      (
        "another group", .invalidSignature,
        try update(fresh, LeafNode.Position(groupID: [9], leafIndex: group.ownLeafIndex))
      ),
      (
        "another leaf", .invalidSignature,
        try update(fresh, LeafNode.Position(groupID: group.groupID, leafIndex: world.blank))
      ),
    ]
    for (what, failure, leaf) in cases {
      let message = try world.mallory.publicMessage(.proposal(.update(leaf)))
      var (bob, dave) = (world.bob, world.dave)
      _ = try bob.process(message, at: world.world.now)
      _ = try dave.process(message, at: world.world.now)
      let reference = try #require(bob.state.pendingProposals.first?.reference)
      var committer = PermissiveMember(group: dave)
      let bytes = try committer.commit([.reference(reference)], using: &world.world.entropy)
      #expect(throws: failure, what) { try bob.process(bytes, at: world.world.now) }
      let honest = try dave.commit(at: world.world.now, using: &world.world.entropy)
      #expect(honest.staged.updated.map(\.leafIndex) == [dave.ownLeafIndex], what)
      _ = try staged(bob.process(honest.message, at: world.world.now))
    }
  }
}
