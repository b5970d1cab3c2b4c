// SPDX-License-Identifier: Apache-2.0

import SansIO
import Testing

@testable import MLS

/// Update paths and their leaves that are signed correctly and break one rule of RFC 9420 §7.3,
/// §7.5 or §7.9.2.
@Suite struct ForgedPathTests {
  private typealias Change = PermissiveMember.CommitChange

  private func changed(_ edit: (inout Change) -> Void) -> Change {
    var change = Change.none
    edit(&change)
    return change
  }

  /// The path with another leaf.
  private func withLeaf(
    _ world: ForgedWorld, _ edit: @escaping (LeafNode) throws -> LeafNode
  ) -> Change {
    changed { $0.path = { UpdatePath(leafNode: try edit($0.leafNode), nodes: $0.nodes) } }
  }

  /// The path with another first node.
  private func withNode(_ edit: @escaping (UpdatePathNode) -> UpdatePathNode) -> Change {
    changed { change in
      change.path = { path in
        UpdatePath(
          leafNode: path.leafNode, nodes: [edit(path.nodes[0])] + path.nodes.dropFirst())
      }
    }
  }

  @Test func leaves() throws {
    var world = try ForgedWorld()
    let suite = world.world.suite
    let group = world.mallory.group
    let signer = group.state.signatureKey
    let own = try #require(group.leafNode(at: group.ownLeafIndex))
    let dave = try #require(group.leafNode(at: world.dave.ownLeafIndex))
    let daveSigner = world.dave.state.signatureKey
    let place = LeafNode.Position(groupID: group.groupID, leafIndex: group.ownLeafIndex)
    let elsewhere = LeafNode.Position(
      groupID: group.groupID, leafIndex: world.dave.ownLeafIndex)
    let otherGroup = LeafNode.Position(groupID: [9], leafIndex: group.ownLeafIndex)
    func leaf(
      _ position: LeafNode.Position, key: [UInt8]? = nil, source: LeafNodeSource? = nil,
      signer other: SignaturePrivateKey? = nil,
      _ edit: @escaping (inout LeafNode.Profile) -> Void = { _ in }
    ) -> Change {
      withLeaf(world) { made in
        var profile = made.profile
        edit(&profile)
        return try made.changed(
          encryptionKey: key, profile: profile, source: source, signer: other ?? signer,
          at: position, suite: suite)
      }
    }
    let poor = Capabilities(cipherSuites: [suite], credentials: [])
    let undeclared = Extension(type: ExtensionType(rawValue: 0xF0AA), data: [])
    let cases: [(Comment, MLSFailure, Change)] = [
      ("from an update", .invalidLeafNodeSource, leaf(place, source: .update)),
      (
        "from a key package", .invalidLeafNodeSource,
        leaf(place, source: .keyPackage(world.world.lifetime))
      ),
      ("old encryption key", .encryptionKeyNotFresh, leaf(place, key: own.encryptionKey)),
      ("dave's encryption key", .duplicateEncryptionKey, leaf(place, key: dave.encryptionKey)),
      ("no parent hash", .invalidParentHash, leaf(place, source: .commit(parentHash: []))),
      (
        "long parent hash", .invalidParentHash,
        withLeaf(world) { made in
          try made.changed(
            source: .commit(parentHash: (made.parentHash ?? []) + [0]), signer: signer, at: place,
            suite: suite)
        }
      ),
      ("signed for another leaf", .invalidSignature, leaf(elsewhere)),
      ("signed for another group", .invalidSignature, leaf(otherGroup)),
      ("signed by dave", .invalidSignature, leaf(place, signer: daveSigner)),
      ("dave's key alone", .invalidSignature, leaf(place) { $0.signatureKey = dave.signatureKey }),
      (
        "credential type not listed", .undeclaredCredentialType,
        leaf(place) { $0.capabilities = poor }
      ),
      (
        "suite not listed", .unsupportedCapability,
        leaf(place) { $0.capabilities = Capabilities(cipherSuites: []) }
      ),
      (
        "extension not listed", .undeclaredExtension,
        leaf(place) { $0.extensions = [undeclared] }
      ),
    ]
    for (what, failure, change) in cases {
      world.expect(
        failure, try world.mallory.commit([], change, using: &world.world.entropy), what)
    }
  }

  /// Leaves that are wrong beside others only: the path is made for them from the start.
  @Test func leavesAmongOthers() throws {
    var world = try ForgedWorld()
    let group = world.mallory.group
    var twin = try #require(group.leafNode(at: group.ownLeafIndex)).profile
    twin.signatureKey = try #require(group.leafNode(at: world.dave.ownLeafIndex)).signatureKey
    var stranger = try #require(group.leafNode(at: group.ownLeafIndex)).profile
    stranger.credential = .x509(certificates: [[1]])
    stranger.capabilities = Capabilities(
      cipherSuites: [world.world.suite], credentials: [.basic, .x509])
    let cases: [(Comment, MLSFailure, Change)] = [
      (
        "dave's signature key", .duplicateSignatureKey,
        changed {
          $0.profile = twin
          $0.leafSigner = world.dave.state.signatureKey
        }
      ),
      (
        "credential type that others lack", .unsupportedCredentialType,
        changed { $0.profile = stranger }
      ),
    ]
    for (what, failure, change) in cases {
      world.expect(
        failure, try world.mallory.commit([], change, using: &world.world.entropy), what)
    }
  }

  @Test func nodes() throws {
    var world = try ForgedWorld()
    let suite = world.world.suite
    let tree = world.mallory.group.state.tree
    let other = try suite.generateHPKEKeyPair(using: &world.world.entropy)
    let taken = try #require(
      tree.nonBlankParents.first { !$0.index.covers(world.mallory.group.ownLeafIndex) }?
        .parent.encryptionKey ?? world.dave.leafNode(at: world.dave.ownLeafIndex)?.encryptionKey)
    let garbage = HPKECiphertext(
      kemOutput: [UInt8](repeating: 9, count: 32), ciphertext: [UInt8](repeating: 1, count: 48))
    let cases: [(Comment, MLSFailure, Change)] = [
      (
        "no nodes", .invalidUpdatePath,
        changed { $0.path = { UpdatePath(leafNode: $0.leafNode, nodes: []) } }
      ),
      (
        "one node less", .invalidUpdatePath,
        changed {
          $0.path = { UpdatePath(leafNode: $0.leafNode, nodes: Array($0.nodes.dropLast())) }
        }
      ),
      (
        "one node more", .invalidUpdatePath,
        changed { $0.path = { UpdatePath(leafNode: $0.leafNode, nodes: $0.nodes + [$0.nodes[0]]) } }
      ),
      (
        "one ciphertext less", .invalidUpdatePath,
        withNode {
          UpdatePathNode(
            encryptionKey: $0.encryptionKey,
            encryptedPathSecret: Array($0.encryptedPathSecret.dropLast()))
        }
      ),
      (
        "one ciphertext more", .invalidUpdatePath,
        withNode {
          UpdatePathNode(
            encryptionKey: $0.encryptionKey,
            encryptedPathSecret: $0.encryptedPathSecret + [garbage])
        }
      ),
      (
        "another node key", .invalidParentHash,
        withNode {
          UpdatePathNode(
            encryptionKey: other.publicKey, encryptedPathSecret: $0.encryptedPathSecret)
        }
      ),
      (
        "key of another node", .duplicateEncryptionKey,
        withNode {
          UpdatePathNode(encryptionKey: taken, encryptedPathSecret: $0.encryptedPathSecret)
        }
      ),
      (
        "the same key twice", .duplicateEncryptionKey,
        changed { change in
          change.path = { path in
            let key = path.nodes[0].encryptionKey
            return UpdatePath(
              leafNode: path.leafNode,
              nodes: path.nodes.map {
                UpdatePathNode(encryptionKey: key, encryptedPathSecret: $0.encryptedPathSecret)
              })
          }
        }
      ),
      (
        "garbage for bob", .decryptionFailed,
        withNode {
          UpdatePathNode(
            encryptionKey: $0.encryptionKey,
            encryptedPathSecret: $0.encryptedPathSecret.map { _ in garbage })
        }
      ),
      (
        "no ciphertext at all", .decryptionFailed,
        withNode {
          UpdatePathNode(
            encryptionKey: $0.encryptionKey,
            encryptedPathSecret: $0.encryptedPathSecret.map { _ in
              HPKECiphertext(kemOutput: [], ciphertext: [])
            })
        }
      ),
      ("another context", .decryptionFailed, changed { $0.pathContext = [1] }),
    ]
    for (what, failure, change) in cases {
      world.expect(
        failure, try world.mallory.commit([], change, using: &world.world.entropy), what)
    }
  }

  /// A secret that opens, and leads to other keys than those in the path or is of another length.
  @Test(arguments: [0, 31, 32, 33])
  func pathSecrets(length: Int) throws {
    var world = try ForgedWorld()
    let suite = world.world.suite
    let bob = world.bob
    let key = try #require(bob.leafNode(at: bob.ownLeafIndex)?.encryptionKey)
    // The tree hash is that of the tree with the path, which does not change with ciphertexts.
    let group = world.mallory.group
    var sealed: HPKECiphertext?
    let change = changed { change in
      change.path = { path in
        var tree = group.state.tree
        try tree.merge(path, from: group.ownLeafIndex, suite: suite)
        let context = GroupContext(
          cipherSuite: suite, groupID: group.groupID, epoch: group.epoch + 1,
          treeHash: tree.treeHash(suite),
          confirmedTranscriptHash: group.context.confirmedTranscriptHash, extensions: [])
        let ciphertext = try suite.encryptWithLabel(
          publicKey: key, label: "UpdatePathNode", context: context.encoded,
          plaintext: [UInt8](repeating: 7, count: length))
        sealed = ciphertext
        return UpdatePath(
          leafNode: path.leafNode,
          nodes: [
            UpdatePathNode(
              encryptionKey: path.nodes[0].encryptionKey, encryptedPathSecret: [ciphertext])
          ] + path.nodes.dropFirst())
      }
    }
    let bytes = try world.mallory.commit([], change, using: &world.world.entropy)
    #expect(sealed != nil)
    world.expect(.pathSecretMismatch, bytes, "\(length) bytes")
  }

  /// A leaf that a commit adds gets no ciphertext.
  @Test func ciphertextsForAddedLeaves() throws {
    var world = try ForgedWorld()
    let carol = try world.world.newcomer("carol")
    let bytes = try world.mallory.commit(
      [.proposal(.add(carol.keyPackage))], changed { $0.includesAdded = true },
      using: &world.world.entropy)
    world.expect(.invalidUpdatePath, bytes, "a ciphertext too many")
  }
}
