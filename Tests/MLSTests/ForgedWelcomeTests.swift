// SPDX-License-Identifier: Apache-2.0

import SansIO
import Testing

@testable import MLS

/// Welcomes that are sealed and signed correctly and break one rule of RFC 9420 §12.4.3.1: their
/// maker may choose tree, context and secrets as it likes.
@Suite struct ForgedWelcomeTests {
  private struct Scene {
    var world = GroupWorld()
    var groups: [Group]
    let newcomer: Newcomer
    var forged: PermissiveWelcome

    /// Mallory, bob and the newcomer carol, whom an honest commit has added.
    init(extensions: [ExtensionType] = []) throws {
      groups = try world.group(["mallory", "bob"])
      newcomer = try world.newcomer("carol", extensions: extensions)
      _ = try world.commit(&groups, by: 0, [.add(newcomer.keyPackage)])
      _ = try world.commit(&groups, by: 1)
      forged = PermissiveWelcome(of: groups[0])
    }

    /// Puts another tree in place, with its hash in the context.
    mutating func useTree(_ tree: RatchetTree) {
      var tree = tree
      tree.forgetHashes(above: LeafIndex(rawValue: 0))
      forged.context.treeHash = tree.treeHash(world.suite)
      forged.tree = tree
    }

    mutating func join() throws -> StagedWelcome {
      try Group.join(
        try forged.welcome(to: newcomer.keyPackage, using: &world.entropy),
        with: newcomer.bundle, signatureKey: newcomer.signer, preSharedKeys: forged.preSharedKeys,
        at: world.now)
    }
  }

  private func expect(
    _ failure: MLSFailure, _ what: Comment, at location: SourceLocation = #_sourceLocation,
    _ edit: (inout Scene) throws -> Void
  ) throws {
    var scene = try Scene()
    try edit(&scene)
    #expect(throws: failure, what, sourceLocation: location) { _ = try scene.join() }
  }

  @Test func honestOneIsTaken() throws {
    var scene = try Scene()
    #expect(try scene.join().group.members.count == 3)
  }

  @Test func groupInfos() throws {
    try expect(.invalidSignature, "signed by another key") {
      $0.forged.signatureKey = $0.groups[1].state.signatureKey
    }
    try expect(.invalidSignature, "another member's name") {
      $0.forged.signer = $0.groups[1].ownLeafIndex
    }
    try expect(.invalidSender, "blank signer") { $0.forged.signer = LeafIndex(rawValue: 3) }
    try expect(.invalidSender, "no such signer") {
      $0.forged.signer = LeafIndex(rawValue: 0xFFFF_FFFF)
    }
    try expect(.invalidConfirmationTag, "no tag") { $0.forged.confirmationTag = { _ in [] } }
    try expect(.invalidConfirmationTag, "short tag") {
      $0.forged.confirmationTag = { Array($0.dropLast()) }
    }
    try expect(.invalidConfirmationTag, "other tag") {
      $0.forged.confirmationTag = { [$0[0] ^ 1] + $0.dropFirst() }
    }
    try expect(.cipherSuiteMismatch, "suite in the clear") {
      $0.forged.announcedSuite = GroupWorld.suites[1]
    }
    try expect(.cipherSuiteMismatch, "suite inside") {
      let old = $0.forged.context
      $0.forged.context = GroupContext(
        cipherSuite: CipherSuite(rawValue: 3), groupID: old.groupID, epoch: old.epoch,
        treeHash: old.treeHash, confirmedTranscriptHash: old.confirmedTranscriptHash,
        extensions: [])
    }
    try expect(.unsupportedProtocolVersion, "version") {
      $0.forged.groupInfo = { [$0[0], 9] + $0.dropFirst(2) }
    }
    try expect(.decoding(.trailingBytes), "trailing byte") { $0.forged.groupInfo = { $0 + [0] } }
    try expect(.decoding(.truncated), "cut off") {
      $0.forged.groupInfo = { Array($0.dropLast()) }
    }
    try expect(.missingRatchetTree, "no tree") { $0.forged.tree = nil }
    try expect(.unsupportedCapability, "an extension that members lack") {
      $0.forged.context.extensions = [Extension(type: ExtensionType(rawValue: 0xF0BB), data: [])]
    }
  }

  /// Members may all support an extension that the joiner does not.
  @Test func extensionThatTheJoinerLacks() throws {
    let type = ExtensionType(rawValue: 0xF0BB)
    var world = GroupWorld()
    var group = try world.create("mallory", contextExtensions: [Extension(type: type, data: [])])
    let carol = try world.newcomer("carol")
    var tree = group.state.tree
    _ = try tree.add(carol.keyPackage.leafNode)
    group.state.tree = tree
    var forged = PermissiveWelcome(of: group)
    forged.context.treeHash = tree.treeHash(world.suite)
    #expect(throws: MLSFailure.unsupportedCapability) {
      try Group.join(
        try forged.welcome(to: carol.keyPackage, using: &world.entropy), with: carol.bundle,
        signatureKey: carol.signer, at: world.now)
    }
  }

  @Test func groupSecrets() throws {
    func key(_ nonce: Int, _ id: UInt8 = 1) -> PreSharedKeyID {
      PreSharedKeyID(source: .external(id: [id]), nonce: [UInt8](repeating: id, count: nonce))
    }
    func tie(_ usage: PreSharedKeyID.Usage) -> PreSharedKeyID {
      PreSharedKeyID(
        source: .resumption(usage: usage, groupID: [1], epoch: 1),
        nonce: [UInt8](repeating: 1, count: 32))
    }
    try expect(.decoding(.trailingBytes), "trailing byte") { $0.forged.groupSecrets = { $0 + [0] } }
    try expect(.decoding(.truncated), "cut off") {
      $0.forged.groupSecrets = { Array($0.dropLast()) }
    }
    try expect(.unknownPSK, "psk") { $0.forged.psks = [key(32)] }
    try expect(.invalidPSKNonce, "nonce") { $0.forged.psks = [key(31)] }
    try expect(.duplicatePSK, "psk twice") { $0.forged.psks = [key(32), key(32)] }
    try expect(.invalidPSKUsage, "two ties") { $0.forged.psks = [tie(.branch), tie(.reinit)] }
    try expect(.unknownPSK, "a tie to nothing") { $0.forged.psks = [tie(.branch)] }
    try expect(.pathSecretMismatch, "path secret") {
      $0.forged.pathSecret = Secret([UInt8](repeating: 1, count: 32))
    }
    try expect(.pathSecretMismatch, "short path secret") {
      $0.forged.pathSecret = Secret([1])
    }
    try expect(.pathSecretMismatch, "path secret from oneself") {
      $0.forged.pathSecret = Secret([UInt8](repeating: 1, count: 32))
      $0.forged.signer = LeafIndex(rawValue: 2)
      $0.forged.signatureKey = $0.newcomer.signer
    }
  }

  @Test func trees() throws {
    try expect(.treeHashMismatch, "another hash") { $0.forged.context.treeHash[0] ^= 1 }
    try expect(.treeHashMismatch, "short hash") { $0.forged.context.treeHash.removeLast() }
    try expect(.ownLeafNotFound, "without the joiner") {
      var tree = try #require($0.forged.tree)
      try tree.remove(at: LeafIndex(rawValue: 2))
      $0.useTree(tree)
    }
    try expect(.invalidParentHash, "leaves that changed places") {
      var tree = try #require($0.forged.tree)
      let (left, right) = (
        tree.leaf(at: LeafIndex(rawValue: 0)), tree.leaf(at: LeafIndex(rawValue: 1))
      )
      tree.setLeaf(right, at: LeafIndex(rawValue: 0))
      tree.setLeaf(left, at: LeafIndex(rawValue: 1))
      $0.useTree(tree)
      $0.forged.signer = LeafIndex(rawValue: 1)
    }
    try expect(.duplicateSignatureKey, "a member twice") {
      var tree = try #require($0.forged.tree)
      let leaf = try #require(tree.leaf(at: LeafIndex(rawValue: 1)))
      _ = try tree.add(leaf)
      $0.useTree(tree)
    }
    try expect(.invalidParentHash, "a parent that nobody made") {
      var tree = try #require($0.forged.tree)
      let root = tree.leafCount.root
      let parent = try #require(tree.parent(at: root))
      tree.setParent(
        ParentNode(
          encryptionKey: $0.groups[0].encodedRatchetTree.suffix(32),
          parentHash: parent.parentHash, unmergedLeaves: []), at: root)
      $0.useTree(tree)
    }
    try expect(.invalidUnmergedLeaves, "unmerged leaves out of order") {
      var tree = try #require($0.forged.tree)
      let root = tree.leafCount.root
      let parent = try #require(tree.parent(at: root))
      tree.setParent(
        ParentNode(
          encryptionKey: parent.encryptionKey, parentHash: parent.parentHash,
          unmergedLeaves: [LeafIndex(rawValue: 2), LeafIndex(rawValue: 1)]), at: root)
      $0.useTree(tree)
    }
    try expect(.invalidSignature, "a leaf that was altered") {
      var tree = try #require($0.forged.tree)
      let leaf = try #require(tree.leaf(at: LeafIndex(rawValue: 2)))
      var profile = leaf.profile
      profile.credential = .basic(identity: Array("somebody else".utf8))
      tree.setLeaf(
        LeafNode(
          encryptionKey: leaf.encryptionKey, profile: profile, source: leaf.source,
          signature: leaf.signature), at: LeafIndex(rawValue: 2))
      // Without parents there is no parent hash that tells it first.
      for (index, _) in tree.nonBlankParents { tree.setParent(nil, at: index) }
      $0.useTree(tree)
    }
  }
}
