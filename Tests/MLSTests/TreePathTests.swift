// SPDX-License-Identifier: Apache-2.0

import MLS
import SansIO
import Testing

/// Update paths that break one rule each (RFC 9420 §7.5, §7.6, §12.4.2).
@Suite struct TreePathTests {
  static let sender = LeafIndex(rawValue: 0)
  static let receiver = LeafIndex(rawValue: 2)

  func expect(
    _ failure: MLSFailure, _ path: UpdatePath, _ world: TreeWorld,
    excluding added: [LeafIndex] = []
  ) {
    #expect(throws: failure) {
      try world.process(
        path, from: TreePathTests.sender, by: TreePathTests.receiver, excluding: added)
    }
  }

  func changing(
    _ path: UpdatePath, at place: Int, _ change: (UpdatePathNode) -> UpdatePathNode
  ) -> UpdatePath {
    var nodes = path.nodes
    nodes[place] = change(nodes[place])
    return UpdatePath(leafNode: path.leafNode, nodes: nodes)
  }

  @Test func numberOfNodes() throws {
    var world = try TreeWorld.settled(4)
    let path = try world.createPath(from: TreePathTests.sender).updatePath
    #expect(path.nodes.count == 2)
    expect(
      .invalidUpdatePath, UpdatePath(leafNode: path.leafNode, nodes: [path.nodes[0]]), world)
    expect(
      .invalidUpdatePath,
      UpdatePath(leafNode: path.leafNode, nodes: path.nodes + [path.nodes[1]]), world)
    expect(.invalidUpdatePath, UpdatePath(leafNode: path.leafNode, nodes: []), world)
  }

  @Test func numberOfCiphertexts() throws {
    var world = try TreeWorld.settled(4)
    let path = try world.createPath(from: TreePathTests.sender).updatePath
    for place in 0..<2 {
      let none = changing(path, at: place) {
        UpdatePathNode(encryptionKey: $0.encryptionKey, encryptedPathSecret: [])
      }
      expect(.invalidUpdatePath, none, world)
      let twice = changing(path, at: place) {
        UpdatePathNode(
          encryptionKey: $0.encryptionKey,
          encryptedPathSecret: $0.encryptedPathSecret + $0.encryptedPathSecret)
      }
      expect(.invalidUpdatePath, twice, world)
    }
  }

  @Test func ciphertextsForTheLeavesThatTheCommitAdds() throws {
    var world = try TreeWorld.settled(5)
    let added = try world.add()
    let generous = try world.createPath(from: TreePathTests.sender).updatePath
    expect(.invalidUpdatePath, generous, world, excluding: [added])
    let exact = try world.createPath(from: TreePathTests.sender, excluding: [added])
    expect(.invalidUpdatePath, exact.updatePath, world)
    let processed = try world.process(
      exact.updatePath, from: TreePathTests.sender, by: TreePathTests.receiver,
      excluding: [added])
    #expect(processed.commitSecret.constantTimeEquals(exact.commitSecret))
    #expect(throws: MLSFailure.noPathSecret) {
      try world.process(
        exact.updatePath, from: TreePathTests.sender, by: added, excluding: [added])
    }
  }

  @Test func aNodeThatHasNothingButAddedLeavesBelowStaysOnThePath() throws {
    var world = try TreeWorld.settled(2)
    let added = try world.add()
    let created = try world.createPath(from: TreePathTests.sender, excluding: [added])
    #expect(created.updatePath.nodes.map(\.encryptedPathSecret.count) == [1, 0])
    let other = LeafIndex(rawValue: 1)
    let processed = try world.process(
      created.updatePath, from: TreePathTests.sender, by: other, excluding: [added])
    #expect(processed.commitSecret.constantTimeEquals(created.commitSecret))
    #expect(created.pathSecret(for: added)?.node == created.tree.leafCount.root)
  }

  @Test func keysThatAreInTheTreeAlready() throws {
    var world = try TreeWorld.settled(4)
    let path = try world.createPath(from: TreePathTests.sender).updatePath
    let present = [
      NodeIndex(rawValue: 0), NodeIndex(rawValue: 1), NodeIndex(rawValue: 3),
      NodeIndex(rawValue: 5), NodeIndex(rawValue: 6),
    ]
    for node in present {
      let key = try #require(world.tree.encryptionKey(at: node))
      let reused = changing(path, at: 1) {
        UpdatePathNode(encryptionKey: key, encryptedPathSecret: $0.encryptedPathSecret)
      }
      expect(.duplicateEncryptionKey, reused, world)
    }
    for key in [path.nodes[0].encryptionKey, path.leafNode.encryptionKey] {
      let twice = changing(path, at: 1) {
        UpdatePathNode(encryptionKey: key, encryptedPathSecret: $0.encryptedPathSecret)
      }
      expect(.duplicateEncryptionKey, twice, world)
    }
  }

  @Test func parentHashOfTheLeaf() throws {
    var world = try TreeWorld.settled(4)
    let path = try world.createPath(from: TreePathTests.sender).updatePath
    let altered = changing(path, at: 1) {
      UpdatePathNode(
        encryptionKey: Array($0.encryptionKey.reversed()),
        encryptedPathSecret: $0.encryptedPathSecret)
    }
    expect(.invalidParentHash, altered, world)
    for source in [LeafNodeSource.update, .commit(parentHash: [])] {
      let leaf = LeafNode(
        encryptionKey: path.leafNode.encryptionKey, profile: path.leafNode.profile,
        source: source, signature: path.leafNode.signature)
      expect(.invalidParentHash, UpdatePath(leafNode: leaf, nodes: path.nodes), world)
    }
  }

  @Test func failedMergeLeavesTheTreeAsItWas() throws {
    var world = try TreeWorld.settled(4)
    let path = try world.createPath(from: TreePathTests.sender).updatePath
    let altered = changing(path, at: 1) {
      UpdatePathNode(encryptionKey: [1], encryptedPathSecret: $0.encryptedPathSecret)
    }
    var tree = world.tree
    #expect(throws: MLSFailure.invalidParentHash) {
      try tree.merge(altered, from: TreePathTests.sender, suite: world.suite)
    }
    #expect(tree == world.tree)
    #expect(throws: MLSFailure.blankLeaf) {
      try tree.merge(path, from: LeafIndex(rawValue: 4), suite: world.suite)
    }
  }

  @Test func ciphertextsThatDoNotOpenOrHoldAnotherSecret() throws {
    var world = try TreeWorld.settled(4)
    let created = try world.createPath(from: TreePathTests.sender)
    let path = created.updatePath
    let recipient = try #require(world.tree.encryptionKey(at: NodeIndex(rawValue: 5)))
    func with(_ ciphertext: HPKECiphertext) -> UpdatePath {
      changing(path, at: 1) {
        UpdatePathNode(encryptionKey: $0.encryptionKey, encryptedPathSecret: [ciphertext])
      }
    }
    func sealed(_ secret: [UInt8], _ context: [UInt8]) throws -> HPKECiphertext {
      try world.suite.encryptWithLabel(
        publicKey: recipient, label: "UpdatePathNode", context: context, plaintext: secret)
    }
    let secret = try #require(created.pathSecret(for: TreePathTests.receiver)).secret.copyBytes()
    let context = TreeWorld.context(created.treeHash)
    _ = try world.process(
      with(try sealed(secret, context)), from: TreePathTests.sender, by: TreePathTests.receiver)
    expect(.decryptionFailed, with(try sealed(secret, [1])), world)
    let genuine = path.nodes[1].encryptedPathSecret[0]
    var damaged = genuine.ciphertext
    damaged[damaged.count - 1] ^= 1
    expect(
      .decryptionFailed,
      with(HPKECiphertext(kemOutput: genuine.kemOutput, ciphertext: damaged)), world)
    expect(
      .pathSecretMismatch, with(try sealed(Array(repeating: 1, count: 32), context)), world)
    expect(.pathSecretMismatch, with(try sealed(secret + [0], context)), world)
    expect(.pathSecretMismatch, with(try sealed([], context)), world)
  }

  @Test func membersWithoutAKeyForThePath() throws {
    var world = try TreeWorld.settled(4)
    let path = try world.createPath(from: TreePathTests.sender).updatePath
    #expect(throws: MLSFailure.noPathSecret) {
      try world.process(path, from: TreePathTests.sender, by: TreePathTests.sender)
    }
    world.members[TreePathTests.receiver]?.keys = TreePrivateKeys(
      leafIndex: TreePathTests.receiver, leafKey: Secret(zeroCount: 32))
    expect(.noPathSecret, path, world)
  }

  @Test func joiningWithAnotherPathSecret() throws {
    var world = try TreeWorld.settled(4)
    let added = try world.add()
    let created = try world.createPath(from: TreePathTests.sender, excluding: [added])
    let secret = try #require(created.pathSecret(for: added)).secret
    let before = try #require(world.members[added]).keys
    func join(_ secret: Secret, _ committer: UInt32) throws -> TreePrivateKeys {
      var keys = before
      try TreeKEM.join(
        tree: created.tree, suite: world.suite, privateKeys: &keys, pathSecret: secret,
        committer: LeafIndex(rawValue: committer))
      return keys
    }
    #expect(try join(secret, 0).match(created.tree, suite: world.suite))
    #expect(throws: MLSFailure.pathSecretMismatch) { try join(Secret(zeroCount: 32), 0) }
    #expect(throws: MLSFailure.pathSecretMismatch) { try join(Secret(zeroCount: 31), 0) }
    #expect(throws: MLSFailure.pathSecretMismatch) { try join(secret, added.rawValue) }
    #expect(throws: MLSFailure.blankLeaf) { try join(secret, 8) }
  }
}

/// Bytes that are no tree, path or set of keys.
@Suite struct TreeDecodingTests {
  static func list(_ content: [UInt8]) -> [UInt8] {
    var output = ByteWriter()
    output.write(vector: content)
    return output.bytes
  }

  @Test func trees() throws {
    let world = try TreeWorld.settled(3)
    let whole = world.tree.encoded
    #expect(try RatchetTree(decoding: whole) == world.tree)
    let leaf: [UInt8] =
      [1, 1] + (try #require(world.tree.leaf(at: LeafIndex(rawValue: 0)))).encoded
    let parent: [UInt8] =
      [1, 2] + ParentNode(encryptionKey: [1], parentHash: [], unmergedLeaves: []).encoded
    let lastNode = DecodingFailure.invalidValue(field: "last node of ratchet_tree")
    let place = DecodingFailure.invalidValue(field: "node_type by place")
    let cases: [(DecodingFailure, [UInt8])] = [
      (lastNode, []), (lastNode, [0]), (lastNode, leaf + [0]), (lastNode, leaf + [0, 0]),
      (lastNode, parent), (lastNode, leaf + parent), (place, leaf + leaf + leaf),
      (place, parent + parent + leaf), (.invalidValue(field: "node_type"), [1, 3]),
      (.invalidValue(field: "node_type"), [1, 0]),
      (.invalidValue(field: "optional presence"), [2]), (.truncated, [1]),
      (.truncated, leaf.dropLast()),
    ]
    for (failure, content) in cases {
      #expect(throws: failure) { try RatchetTree(decoding: TreeDecodingTests.list(content)) }
    }
    #expect(throws: DecodingFailure.trailingBytes) { try RatchetTree(decoding: whole + [0]) }
    #expect(throws: DecodingFailure.truncated) {
      try RatchetTree(decoding: [0xbf, 0xff, 0xff, 0xff])
    }
    let blanks = Array(repeating: UInt8(0), count: LeafCount.max.nodeCount + 1)
    #expect(throws: DecodingFailure.limitExceeded) {
      try RatchetTree(decoding: TreeDecodingTests.list(blanks))
    }
  }

  @Test func everyPrefixOfATreeIsRefused() throws {
    let world = try TreeWorld.settled(3)
    let whole = world.tree.encoded
    for length in 0..<whole.count {
      #expect(throws: DecodingFailure.truncated) {
        try RatchetTree(decoding: Array(whole.prefix(length)))
      }
    }
  }

  @Test func alteredTreesNeverTrap() throws {
    let world = try TreeWorld.settled(4)
    var generator = SeededGenerator(seed: 11)
    let requirements = try world.requirements()
    var joined = 0
    var refused = 0
    for _ in 0..<2_000 {
      var bytes = world.tree.encoded
      for _ in 0...Int.random(in: 0..<3, using: &generator) {
        let place = Int.random(in: bytes.indices, using: &generator)
        bytes[place] = UInt8.random(in: .min ... .max, using: &generator)
      }
      guard bytes != world.tree.encoded, let tree = try? RatchetTree(decoding: bytes) else {
        continue
      }
      #expect(tree.encoded == bytes)
      if (try? world.joined(tree, requirements: requirements)) == nil {
        refused += 1
      } else {
        joined += 1
      }
    }
    #expect(joined == 0)
    #expect(refused > 100)
  }

  @Test func extensionsAndSources() throws {
    var twice = ByteWriter()
    twice.write(list: [
      Extension(type: .applicationID, data: [1]), Extension(type: .applicationID, data: [2]),
    ])
    var input = twice.bytes.span
    var failure: DecodingFailure?
    do { _ = try input.readExtensions() } catch { failure = error }
    #expect(failure == .invalidValue(field: "duplicate extension type"))
    let leaf = try TreeLeafTests.Client().leaf()
    var bytes = leaf.encoded
    let source = bytes.count - leaf.signature.count - 2 - 1 - 16 - 1
    #expect(bytes[source] == 1)
    for value in [0, 4, 255] as [UInt8] {
      bytes[source] = value
      #expect(throws: DecodingFailure.invalidValue(field: "leaf_node_source")) {
        try LeafNode(decoding: bytes)
      }
    }
  }

  @Test func privateKeys() throws {
    let world = try TreeWorld.settled(4)
    let keys = try #require(world.members[LeafIndex(rawValue: 1)]).keys
    #expect(keys.nodes.map(\.rawValue) == [1, 3])
    let stored = try TreePrivateKeys(decoding: keys.encoded)
    #expect(stored.match(world.tree, suite: world.suite))
    func encoded(_ nodes: [UInt32]) -> [UInt8] {
      var output = ByteWriter()
      output.write(UInt32(1))
      output.write(vector: [1])
      output.write(list: nodes) { inner, node in
        inner.write(node)
        inner.write(vector: [2])
      }
      return output.bytes
    }
    _ = try TreePrivateKeys(decoding: encoded([1, 3]))
    for nodes in [[3, 1], [1, 1], [0], [2, 3], [5], [1, 11]] as [[UInt32]] {
      #expect(throws: DecodingFailure.invalidValue(field: "node of a private key")) {
        try TreePrivateKeys(decoding: encoded(nodes))
      }
    }
    #expect("\(keys)".contains("redacted"))
    #expect(!"\(keys)".contains(Hex.encode(keys.leafKey.copyBytes())))
  }
}
