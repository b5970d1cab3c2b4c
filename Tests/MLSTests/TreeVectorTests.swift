// SPDX-License-Identifier: Apache-2.0

import Foundation
import MLS
import SansIO
import Testing

@Suite struct TreeVectorTests {
  struct TreeMath: Decodable {
    let n_leaves: Int, n_nodes: Int, root: Int
    let left: [Int?], right: [Int?], parent: [Int?], sibling: [Int?]
  }

  @Test func treeMath() throws {
    let cases = try VectorFile.mls("tree-math.json", of: TreeMath.self)
    for one in cases {
      let count = try #require(LeafCount(rawValue: one.n_leaves))
      #expect(count.nodeCount == one.n_nodes)
      #expect(count.root.rawValue == one.root)
      for place in 0..<one.n_nodes {
        let node = NodeIndex(rawValue: place)
        #expect(node.left?.rawValue == one.left[place])
        #expect(node.right?.rawValue == one.right[place])
        #expect(node.parent(in: count)?.rawValue == one.parent[place])
        #expect(node.sibling(in: count)?.rawValue == one.sibling[place])
      }
    }
    #expect(cases.count == 10)
    VectorFile.report("tree-math.json", passed: cases.count, skipped: 0)
  }

  struct Operation: SuiteCase {
    let cipher_suite: UInt16
    let tree_before: HexBytes, proposal: HexBytes, proposal_sender: UInt32
    let tree_hash_before: HexBytes, tree_after: HexBytes, tree_hash_after: HexBytes
  }

  @Test func treeOperations() throws {
    try VectorFile.run("tree-operations.json", of: Operation.self) { one in
      var tree = try RatchetTree(decoding: one.tree_before.bytes)
      #expect(tree.encoded == one.tree_before.bytes)
      #expect(tree.treeHash(one.suite) == one.tree_hash_before.bytes)
      switch try Proposal(decoding: one.proposal.bytes) {
      case .add(let keyPackage): try tree.add(keyPackage.leafNode)
      case .update(let leaf): try tree.update(leaf, at: LeafIndex(rawValue: one.proposal_sender))
      case .remove(let index): try tree.remove(at: index)
      default: Issue.record("an operation that is not on the tree")
      }
      #expect(tree.encoded == one.tree_after.bytes)
      #expect(tree.treeHash(one.suite) == one.tree_hash_after.bytes)
    }
  }

  struct Validation: SuiteCase {
    let cipher_suite: UInt16
    let tree: HexBytes, group_id: HexBytes, tree_hashes: [HexBytes], resolutions: [[Int]]
  }

  @Test func treeValidation() throws {
    try VectorFile.run("tree-validation.json", of: Validation.self) { one in
      var tree = try RatchetTree(decoding: one.tree.bytes)
      #expect(tree.encoded == one.tree.bytes)
      #expect(tree.leafCount.nodeCount == one.tree_hashes.count)
      for place in one.tree_hashes.indices {
        let node = NodeIndex(rawValue: place)
        #expect(tree.treeHash(of: node, one.suite) == one.tree_hashes[place].bytes)
        #expect(tree.resolution(of: node).map(\.rawValue) == one.resolutions[place])
      }
      var fresh = try RatchetTree(decoding: one.tree.bytes)
      let rootHash = one.tree_hashes[tree.leafCount.root.rawValue].bytes
      try fresh.validateAsJoiner(
        groupID: one.group_id.bytes, treeHash: rootHash,
        requirements: try LeafRequirements(
          suite: one.suite, contextExtensions: [], lifetimePolicy: .unchecked),
        now: Instant(milliseconds: 0))
    }
  }
}

@Suite struct TreeKEMVectorTests {
  struct Case: SuiteCase {
    struct Leaf: Decodable {
      struct Secret: Decodable { let node: Int, path_secret: HexBytes }
      let index: UInt32, encryption_priv: HexBytes, signature_priv: HexBytes
      let path_secrets: [Secret]
    }
    struct Path: Decodable {
      let sender: UInt32, update_path: HexBytes, path_secrets: [HexBytes?]
      let commit_secret: HexBytes, tree_hash_after: HexBytes
    }
    let cipher_suite: UInt16
    let group_id: HexBytes, epoch: UInt64, confirmed_transcript_hash: HexBytes
    let ratchet_tree: HexBytes, leaves_private: [Leaf], update_paths: [Path]
  }

  @Test func treeKEM() throws {
    var generator = SeededGenerator(seed: 7)
    try VectorFile.run("treekem.json", of: Case.self) { one in
      let tree = try RatchetTree(decoding: one.ratchet_tree.bytes)
      let members = try one.leaves_private.map { try privateKeys($0, of: tree, one.suite) }
      for path in one.update_paths {
        try checkProcessing(path, one, tree, members)
      }
      if let path = one.update_paths.first {
        try checkCreating(path, one, tree, members, &generator)
      }
    }
  }

  private func privateKeys(
    _ leaf: Case.Leaf, of tree: RatchetTree, _ suite: CipherSuite
  ) throws -> TreePrivateKeys {
    var keys = TreePrivateKeys(
      leafIndex: LeafIndex(rawValue: leaf.index), leafKey: leaf.encryption_priv.secret)
    for entry in leaf.path_secrets {
      let nodeSecret = suite.deriveSecret(entry.path_secret.secret, label: "node")
      let pair = try suite.deriveHPKEKeyPair(inputKeyMaterial: nodeSecret)
      keys.set(pair.privateKey, for: NodeIndex(rawValue: entry.node))
    }
    #expect(keys.match(tree, suite: suite))
    let stored = try TreePrivateKeys(decoding: keys.encoded)
    #expect(stored.encoded == keys.encoded)
    return stored
  }

  private func context(_ one: Case, _ treeHash: [UInt8]) -> [UInt8] {
    GroupContext(
      cipherSuite: one.suite, groupID: one.group_id.bytes, epoch: one.epoch, treeHash: treeHash,
      confirmedTranscriptHash: one.confirmed_transcript_hash.bytes, extensions: []
    ).encoded
  }

  private func checkProcessing(
    _ path: Case.Path, _ one: Case, _ tree: RatchetTree, _ members: [TreePrivateKeys]
  ) throws {
    let update = try UpdatePath(decoding: path.update_path.bytes)
    #expect(update.encoded == path.update_path.bytes)
    let sender = LeafIndex(rawValue: path.sender)
    for keys in members where keys.leafIndex != sender {
      let result = try TreeKEM.processUpdatePath(
        update, from: sender, tree: tree, suite: one.suite, privateKeys: keys
      ) { context(one, $0) }
      #expect(result.commitSecret.copyBytes() == path.commit_secret.bytes)
      #expect(result.treeHash == path.tree_hash_after.bytes)
      #expect(result.privateKeys.match(result.tree, suite: one.suite))
      let expected = try #require(path.path_secrets[Int(keys.leafIndex.rawValue)])
      try checkPathSecret(expected.secret, result, sender, one.suite)
    }
  }

  /// The path secret of the vector is the one from which the member's new keys come.
  private func checkPathSecret(
    _ secret: Secret, _ result: TreeKEM.ProcessedPath, _ sender: LeafIndex, _ suite: CipherSuite
  ) throws {
    let own = result.privateKeys.leafIndex
    var joined = TreePrivateKeys(leafIndex: own, leafKey: result.privateKeys.leafKey)
    try TreeKEM.join(
      tree: result.tree, suite: suite, privateKeys: &joined, pathSecret: secret, committer: sender)
    for node in joined.nodes {
      let derived = try #require(joined.privateKey(for: node))
      let held = try #require(result.privateKeys.privateKey(for: node))
      #expect(derived.constantTimeEquals(held))
    }
    #expect(!joined.nodes.isEmpty)
  }

  private func checkCreating(
    _ path: Case.Path, _ one: Case, _ tree: RatchetTree, _ members: [TreePrivateKeys],
    _ generator: inout SeededGenerator
  ) throws {
    let sender = LeafIndex(rawValue: path.sender)
    let own = try #require(one.leaves_private.first { $0.index == path.sender })
    let created = try TreeKEM.createUpdatePath(
      tree: tree, suite: one.suite, sender: sender,
      profile: try #require(tree.leaf(at: sender)).profile,
      signingWith: SignaturePrivateKey(rawRepresentation: own.signature_priv.secret),
      groupID: one.group_id.bytes, groupContext: { context(one, $0) }, using: &generator)
    #expect(created.privateKeys.match(created.tree, suite: one.suite))
    #expect(
      created.updatePath.leafNode.hasValidSignature(
        at: LeafNode.Position(groupID: one.group_id.bytes, leafIndex: sender), suite: one.suite))
    for keys in members where keys.leafIndex != sender {
      let result = try TreeKEM.processUpdatePath(
        created.updatePath, from: sender, tree: tree, suite: one.suite, privateKeys: keys
      ) { context(one, $0) }
      #expect(result.commitSecret.constantTimeEquals(created.commitSecret))
      #expect(result.treeHash == created.treeHash)
      #expect(result.tree == created.tree)
      let shared = try #require(created.pathSecret(for: keys.leafIndex))
      try checkPathSecret(shared.secret, result, sender, one.suite)
    }
  }
}
