// SPDX-License-Identifier: Apache-2.0

import SansIO
import Testing

@testable import MLS

/// External commits that are signed correctly and break one rule of RFC 9420 §12.4.3.2.
@Suite struct ForgedExternalCommitTests {
  private typealias Change = PermissiveMember.CommitChange

  /// An outsider: it knows the GroupInfo, and signs with its own key for a leaf of its choice.
  private struct Outsider {
    var member: PermissiveMember
    let identity: LeafIdentity
    let leaf: LeafIndex
    let kemOutput: [UInt8]

    init(_ world: inout ForgedWorld, at leaf: LeafIndex) throws {
      identity = try world.world.identity("eve")
      member = world.mallory
      self.leaf = leaf
      let suite = world.world.suite
      let key = try world.bob.state.secrets.externalKeyPair(suite: suite).publicKey
      (kemOutput, _) = try suite.encapsulateExport(
        publicKey: key, exporterContext: Group.externalInitLabel, length: suite.hashLength)
    }

    mutating func commit(
      _ proposals: [ProposalOrRef], _ edit: (inout Change) -> Void = { _ in },
      using entropy: inout SeededGenerator
    ) throws -> [UInt8] {
      var change = Change.none
      change.message.sender = .newMemberCommit
      change.message.signer = identity.signatureKeyPair.privateKey
      change.sender = leaf
      change.profile = identity.profile
      change.leafSigner = identity.signatureKeyPair.privateKey
      edit(&change)
      // The path needs somebody at the leaf to begin with.
      if member.group.state.tree.leaf(at: leaf) == nil, let any = member.group.members.first {
        member.group.state.tree.setLeaf(any.leafNode, at: leaf)
        defer { member.group.state.tree.setLeaf(nil, at: leaf) }
        return try member.commit(proposals, change, using: &entropy)
      }
      return try member.commit(proposals, change, using: &entropy)
    }
  }

  @Test func proposalLists() throws {
    var world = try ForgedWorld([.selfRemove])
    var eve = try Outsider(&world, at: world.blank)
    let carol = try world.world.newcomer("carol")
    let start = ProposalOrRef.proposal(.externalInit(kemOutput: eve.kemOutput))
    let remove = ProposalOrRef.proposal(.remove(world.dave.ownLeafIndex))
    let other = ProposalOrRef.proposal(.remove(world.mallory.group.ownLeafIndex))
    let leaf = try #require(world.bob.members.first?.leafNode)
    let reInit = Proposal.ReInit(
      groupID: [2], version: .mls10, cipherSuite: world.world.suite, extensions: [])
    let tie = PreSharedKeyID(
      source: .resumption(usage: .branch, groupID: world.bob.groupID, epoch: world.bob.epoch),
      nonce: world.world.entropy.bytes(32))
    let unknown = PreSharedKeyID(
      source: .external(id: [1]), nonce: world.world.entropy.bytes(32))
    let cases: [(Comment, MLSFailure, [ProposalOrRef])] = [
      ("nothing", .invalidExternalCommit, []),
      ("no init", .invalidExternalCommit, [remove]),
      ("two inits", .invalidExternalCommit, [start, start]),
      ("two removes", .invalidExternalCommit, [start, remove, other]),
      ("the same remove twice", .duplicateLeafProposal, [start, remove, remove]),
      ("an add", .invalidExternalCommit, [start, .proposal(.add(carol.keyPackage))]),
      ("an update", .invalidExternalCommit, [start, .proposal(.update(leaf))]),
      (
        "context extensions", .invalidExternalCommit,
        [start, .proposal(.groupContextExtensions([]))]
      ),
      ("a reinit", .invalidExternalCommit, [start, .proposal(.reInit(reInit))]),
      ("self-remove by value", .invalidSelfRemove, [start, .proposal(.selfRemove)]),
      ("nobody removed", .blankLeaf, [start, .proposal(.remove(world.blank))]),
      ("a tie", .invalidPSKUsage, [start, .proposal(.preSharedKey(tie))]),
      ("unknown psk", .unknownPSK, [start, .proposal(.preSharedKey(unknown))]),
      (
        "unknown reference", .unknownProposal,
        [start, .reference(ProposalRef(bytes: [UInt8](repeating: 1, count: 32)))]
      ),
    ]
    for (what, failure, proposals) in cases {
      let bytes = try eve.commit(
        proposals,
        { change in if failure == .unknownPSK { change.preSharedKeys = PreSharedKeys() } },
        using: &world.world.entropy)
      world.expect(failure, bytes, what)
    }
  }

  /// Of what was proposed before, an external commit takes up SelfRemoves and nothing else.
  @Test func references() throws {
    var world = try ForgedWorld([.selfRemove])
    var dave = world.dave
    let message = try dave.propose(.remove(LeafIndex(rawValue: 0)), using: &world.world.entropy)
    _ = try world.mallory.group.process(message, at: world.world.now)
    _ = try world.bob.process(message, at: world.world.now)
    var eve = try Outsider(&world, at: world.blank)
    let reference = try #require(world.bob.state.pendingProposals.first?.reference)
    let bytes = try eve.commit(
      [.proposal(.externalInit(kemOutput: eve.kemOutput)), .reference(reference)],
      using: &world.world.entropy)
    world.expect(.invalidExternalCommit, bytes, "a remove by reference")
  }

  @Test func pathsAndLeaves() throws {
    var world = try ForgedWorld()
    var eve = try Outsider(&world, at: world.blank)
    let start = ProposalOrRef.proposal(.externalInit(kemOutput: eve.kemOutput))
    let own = try #require(world.dave.leafNode(at: world.dave.ownLeafIndex))
    let signer = eve.identity.signatureKeyPair.privateKey
    let suite = world.world.suite
    let position = LeafNode.Position(groupID: world.bob.groupID, leafIndex: world.blank)
    world.expect(
      .invalidSender,
      try eve.commit([start], { $0.hasPath = false }, using: &world.world.entropy), "no path")
    world.expect(
      .invalidSignature,
      try eve.commit(
        [start], { $0.message.signer = world.dave.state.signatureKey },
        using: &world.world.entropy), "signed by dave")
    world.expect(
      .invalidSignature,
      try eve.commit([start], { $0.message.signedContext = [1] }, using: &world.world.entropy),
      "another context")
    // The leaf that a joiner has to take is the leftmost blank one.
    var elsewhere = try Outsider(&world, at: world.dave.ownLeafIndex)
    world.expect(
      .invalidSignature, try elsewhere.commit([start], using: &world.world.entropy),
      "another leaf")
    // Who replaces a leaf brings a new key, as with an Update.
    let resync = try eve.commit(
      [start, .proposal(.remove(world.dave.ownLeafIndex))],
      { change in
        change.path = { path in
          UpdatePath(
            leafNode: try path.leafNode.changed(
              encryptionKey: own.encryptionKey, signer: signer, at: position, suite: suite),
            nodes: path.nodes)
        }
      }, using: &world.world.entropy)
    world.expect(.encryptionKeyNotFresh, resync, "the old key")
    // Somebody else's signature key: the member that has it sees itself doubled.
    let stolen = try eve.commit(
      [start],
      { change in
        change.message.signer = world.dave.state.signatureKey
        change.leafSigner = world.dave.state.signatureKey
        change.profile = own.profile
      }, using: &world.world.entropy)
    world.expect(.duplicateSignatureKey, stolen, "a member's key")
  }

  @Test func externalInitOutput() throws {
    var world = try ForgedWorld()
    var eve = try Outsider(&world, at: world.blank)
    for output in [[], [1], [UInt8](repeating: 0, count: 32), eve.kemOutput + [0]] {
      let bytes = try eve.commit(
        [.proposal(.externalInit(kemOutput: output))], using: &world.world.entropy)
      var bob = world.bob
      #expect(throws: MLSFailure.self) { try bob.process(bytes, at: world.world.now) }
      #expect(bob.snapshot == world.bob.snapshot)
    }
    // A key that opens, and a commit that was confirmed under another init secret.
    let bytes = try eve.commit(
      [.proposal(.externalInit(kemOutput: eve.kemOutput))], using: &world.world.entropy)
    world.expect(.invalidConfirmationTag, bytes, "another init secret")
  }
}
