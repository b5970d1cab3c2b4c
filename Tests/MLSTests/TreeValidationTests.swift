// SPDX-License-Identifier: Apache-2.0

import MLS
import SansIO
import Testing

/// Trees that break one rule of joining each (RFC 9420 §12.4.3.1, §7.9.2).
@Suite struct TreeValidationTests {
  /// The nodes of a tree, open to change.
  struct Nodes {
    var leaves: [LeafNode?]
    var parents: [ParentNode?]

    init(_ tree: RatchetTree) {
      let count = tree.leafCount.rawValue
      leaves = (0..<count).map { tree.leaf(at: LeafIndex(rawValue: UInt32($0))) }
      parents = (0..<count - 1).map { tree.parent(at: NodeIndex(rawValue: 2 * $0 + 1)) }
    }

    var tree: RatchetTree { RatchetTree(leaves: leaves, parents: parents) }

    mutating func setUnmerged(_ leaves: [UInt32], at place: Int) {
      parents[place] = parents[place].map {
        ParentNode(
          encryptionKey: $0.encryptionKey, parentHash: $0.parentHash,
          unmergedLeaves: leaves.map { LeafIndex(rawValue: $0) })
      }
    }

    mutating func setKey(_ key: [UInt8], at place: Int) {
      parents[place] = parents[place].map {
        ParentNode(
          encryptionKey: key, parentHash: $0.parentHash, unmergedLeaves: $0.unmergedLeaves)
      }
    }
  }

  func expect(_ failure: MLSFailure, _ nodes: Nodes, _ world: TreeWorld) throws {
    let requirements = try world.requirements()
    #expect(throws: failure) { try world.joined(nodes.tree, requirements: requirements) }
  }

  /// The same leaf with another signed content.
  func resigned(
    _ world: TreeWorld, _ offset: UInt32, key: [UInt8]? = nil, source: LeafNodeSource? = nil,
    change: (inout LeafNode.Profile) -> Void = { _ in }
  ) throws -> LeafNode {
    let index = LeafIndex(rawValue: offset)
    let leaf = try #require(world.tree.leaf(at: index))
    let member = try #require(world.members[index])
    var profile = leaf.profile
    change(&profile)
    return try LeafNode.signed(
      profile: profile, encryptionKey: key ?? leaf.encryptionKey, source: source ?? leaf.source,
      at: world.position(index), with: member.signer, suite: world.suite)
  }

  /// Eight members whose root and right half have two unmerged leaves.
  func worldWithUnmergedLeaves() throws -> TreeWorld {
    var world = try TreeWorld.settled(8)
    try world.remove(LeafIndex(rawValue: 5))
    try world.remove(LeafIndex(rawValue: 7))
    for index in world.indices { try world.commit(from: index) }
    try world.add()
    try world.add()
    _ = try world.joined(world.tree, requirements: try world.requirements())
    let unmerged = world.tree.parent(at: world.tree.leafCount.root)?.unmergedLeaves
    #expect(unmerged?.map(\.rawValue) == [5, 7])
    return world
  }

  // MARK: The whole tree

  @Test func treeHash() throws {
    let world = try TreeWorld.settled(4)
    let requirements = try world.requirements()
    #expect(throws: MLSFailure.treeHashMismatch) {
      var tree = world.tree
      try tree.validateAsJoiner(
        groupID: TreeWorld.groupID, treeHash: Array(repeating: 0, count: 32),
        requirements: requirements, now: Instant(milliseconds: 0))
    }
  }

  /// Out of order, twice, blank, elsewhere, outside the tree.
  @Test(arguments: [[7, 5], [5, 5, 7], [2, 5, 7, 200], [5, 7, 4_000_000_000]] as [[UInt32]])
  func unmergedLeavesOfTheRoot(_ unmerged: [UInt32]) throws {
    let world = try worldWithUnmergedLeaves()
    var nodes = Nodes(world.tree)
    nodes.setUnmerged(unmerged, at: 3)
    try expect(.invalidUnmergedLeaves, nodes, world)
  }

  @Test func unmergedLeafOfAnotherSubtree() throws {
    let world = try worldWithUnmergedLeaves()
    var nodes = Nodes(world.tree)
    nodes.setUnmerged([1, 5, 7], at: 5)
    try expect(.invalidUnmergedLeaves, nodes, world)
  }

  @Test func unmergedLeafThatIsBlank() throws {
    var world = try TreeWorld.settled(8)
    try world.remove(LeafIndex(rawValue: 2))
    try world.commit(from: LeafIndex(rawValue: 0))
    var nodes = Nodes(world.tree)
    nodes.setUnmerged([2], at: 3)
    try expect(.invalidUnmergedLeaves, nodes, world)
  }

  @Test func unmergedLeafThatANodeBetweenDoesNotList() throws {
    let world = try worldWithUnmergedLeaves()
    var nodes = Nodes(world.tree)
    #expect(nodes.parents[5]?.unmergedLeaves.map(\.rawValue) == [5, 7])
    nodes.setUnmerged([5], at: 5)
    try expect(.invalidUnmergedLeaves, nodes, world)
  }

  // MARK: Keys and credentials

  @Test func signatureKeyOfTwoMembers() throws {
    let world = try TreeWorld.settled(4)
    var nodes = Nodes(world.tree)
    let twin = try #require(nodes.leaves[1]).signatureKey
    nodes.leaves[2] = try resigned(world, 2) { $0.signatureKey = twin }
    try expect(.duplicateSignatureKey, nodes, world)
  }

  @Test func encryptionKeyOfTwoMembers() throws {
    let world = try TreeWorld.settled(4)
    var nodes = Nodes(world.tree)
    nodes.leaves[2] = try resigned(world, 2, key: try #require(nodes.leaves[1]).encryptionKey)
    try expect(.duplicateEncryptionKey, nodes, world)
  }

  @Test func encryptionKeyOfALeafAndAParent() throws {
    let world = try TreeWorld.settled(4)
    var nodes = Nodes(world.tree)
    nodes.leaves[2] = try resigned(world, 2, key: try #require(nodes.parents[0]).encryptionKey)
    try expect(.duplicateEncryptionKey, nodes, world)
  }

  @Test func encryptionKeyOfTwoParents() throws {
    let world = try TreeWorld.settled(8)
    var nodes = Nodes(world.tree)
    nodes.setKey(try #require(nodes.parents[0]).encryptionKey, at: 5)
    try expect(.duplicateEncryptionKey, nodes, world)
  }

  @Test func credentialTypeThatOthersLack() throws {
    let world = try TreeWorld.settled(4)
    var nodes = Nodes(world.tree)
    nodes.leaves[3] = try resigned(world, 3) {
      $0.credential = .x509(certificates: [[1]])
      $0.capabilities = Capabilities(cipherSuites: [world.suite], credentials: [.basic, .x509])
    }
    try expect(.unsupportedCredentialType, nodes, world)
  }

  @Test func credentialTypesOfOthersThatOneLacks() throws {
    let world = try TreeWorld.settled(4)
    var nodes = Nodes(world.tree)
    nodes.leaves[3] = try resigned(world, 3) {
      $0.capabilities = Capabilities(cipherSuites: [world.suite], credentials: [.x509])
      $0.credential = .x509(certificates: [])
    }
    try expect(.unsupportedCredentialType, nodes, world)
  }

  @Test func manyCredentialTypesThatAllSupport() throws {
    let world = try TreeWorld.settled(8)
    let types = (0..<8).map { CredentialType(rawValue: 0xF000 + $0) }
    var tree = world.tree
    for offset in UInt32(0)..<8 {
      let leaf = try resigned(world, offset, key: [UInt8(offset)], source: .update) {
        $0.credential = .unknown(type: types[Int(offset)], content: [1, 2, 3])
        $0.capabilities = Capabilities(cipherSuites: [world.suite], credentials: types)
      }
      try tree.update(leaf, at: LeafIndex(rawValue: offset))
    }
    _ = try world.joined(tree, requirements: try world.requirements())
    var nodes = Nodes(tree)
    nodes.leaves[3] = try resigned(world, 3, key: [3], source: .update) {
      $0.credential = .unknown(type: types[3], content: [])
      $0.capabilities = Capabilities(
        cipherSuites: [world.suite], credentials: types.dropLast() + [.basic])
    }
    try expect(.unsupportedCredentialType, nodes, world)
  }

  // MARK: Parent hashes

  @Test(arguments: 0..<7) func parentWithAnotherKey(_ place: Int) throws {
    let world = try TreeWorld.settled(8)
    var nodes = Nodes(world.tree)
    nodes.setKey(Array(repeating: 9, count: 32), at: place)
    try expect(.invalidParentHash, nodes, world)
  }

  @Test(arguments: [0, 1, 3, 5]) func parentWithAnotherKeyAndUnmergedLeaves(_ place: Int) throws {
    let world = try worldWithUnmergedLeaves()
    var nodes = Nodes(world.tree)
    nodes.setKey(Array(repeating: 9, count: 32), at: place)
    try expect(.invalidParentHash, nodes, world)
  }

  @Test(arguments: [1, 3, 5]) func parentWithAnotherParentHash(_ place: Int) throws {
    let world = try TreeWorld.settled(8)
    var nodes = Nodes(world.tree)
    nodes.parents[place] = nodes.parents[place].map {
      ParentNode(
        encryptionKey: $0.encryptionKey, parentHash: Array(repeating: 1, count: 32),
        unmergedLeaves: $0.unmergedLeaves)
    }
    try expect(.invalidParentHash, nodes, world)
  }

  @Test func leafWithoutParentHashBelowAParent() throws {
    let world = try TreeWorld.settled(2)
    for source in [
      LeafNodeSource.update, .keyPackage(Lifetime(notBefore: 0, notAfter: 1)),
      .commit(parentHash: []), .commit(parentHash: Array(repeating: 0, count: 32)),
    ] {
      var nodes = Nodes(world.tree)
      nodes.leaves[1] = try resigned(world, 1, source: source)
      try expect(.invalidParentHash, nodes, world)
    }
  }

  @Test func memberThatIsMissingFromTheUnmergedLeaves() throws {
    let world = try worldWithUnmergedLeaves()
    var nodes = Nodes(world.tree)
    nodes.setUnmerged([7], at: 5)
    nodes.setUnmerged([7], at: 3)
    try expect(.invalidParentHash, nodes, world)
  }

  @Test func memberThatIsWronglyAmongTheUnmergedLeaves() throws {
    let world = try TreeWorld.settled(4)
    var nodes = Nodes(world.tree)
    nodes.setUnmerged([0], at: 1)
    nodes.setUnmerged([0], at: 0)
    try expect(.invalidParentHash, nodes, world)
  }

  @Test func parentThatNobodySet() throws {
    var world = try TreeWorld(seed: 3)
    for _ in 0..<3 { try world.add() }
    var nodes = Nodes(world.tree)
    nodes.parents[0] = ParentNode(encryptionKey: [1, 2, 3], parentHash: [], unmergedLeaves: [])
    try expect(.invalidParentHash, nodes, world)
  }

  // MARK: Leaves

  @Test func leavesThatChangedPlaces() throws {
    var world = try TreeWorld.settled(2)
    try world.add()
    try world.add()
    for index in world.indices { try world.update(index) }
    var nodes = Nodes(world.tree)
    nodes.leaves.swapAt(2, 3)
    try expect(.invalidSignature, nodes, world)
  }

  @Test func leavesOfAnotherGroup() throws {
    let world = try TreeWorld.settled(2)
    let requirements = try world.requirements()
    #expect(throws: MLSFailure.invalidSignature) {
      var tree = world.tree
      let hash = tree.treeHash(world.suite)
      try tree.validateAsJoiner(
        groupID: [1], treeHash: hash, requirements: requirements, now: Instant(milliseconds: 0))
    }
  }

  @Test func leafWithAnAlteredContent() throws {
    let world = try TreeWorld.settled(2)
    var nodes = Nodes(world.tree)
    let leaf = try #require(nodes.leaves[0])
    var profile = leaf.profile
    profile.credential = .basic(identity: Array("someone else".utf8))
    // The altered leaf is the sibling of the last committer's, so its own rule is met first only
    // when no parent hash covers it.
    nodes.parents[0] = nil
    nodes.leaves[0] = LeafNode(
      encryptionKey: leaf.encryptionKey, profile: profile, source: leaf.source,
      signature: leaf.signature)
    try expect(.invalidSignature, nodes, world)
  }

  @Test func sizesOfTheTree() throws {
    var world = try TreeWorld.settled(3)
    #expect(throws: MLSFailure.blankLeaf) { try world.tree.remove(at: LeafIndex(rawValue: 3)) }
    #expect(throws: MLSFailure.blankLeaf) { try world.tree.remove(at: LeafIndex(rawValue: 99)) }
    let leaf = try #require(world.tree.leaf(at: LeafIndex(rawValue: 0)))
    #expect(throws: MLSFailure.blankLeaf) {
      try world.tree.update(leaf, at: LeafIndex(rawValue: 3))
    }
    try world.remove(LeafIndex(rawValue: 1))
    try world.remove(LeafIndex(rawValue: 2))
    #expect(world.tree.leafCount == .one)
    #expect(throws: MLSFailure.blankLeaf) { try world.tree.remove(at: LeafIndex(rawValue: 0)) }
    var full = RatchetTree(
      leaves: Array(repeating: leaf, count: LeafCount.max.rawValue),
      parents: Array(repeating: nil, count: LeafCount.max.rawValue - 1))
    #expect(throws: MLSFailure.treeFull) { try full.add(leaf) }
  }
}
