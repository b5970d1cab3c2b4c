// SPDX-License-Identifier: Apache-2.0

import MLS
import SansIO
import Testing

/// The tree against the slow model, and against itself.
@Suite struct TreePropertyTests {
  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func randomOperationsAgreeWithTheModel(seed: UInt64) throws {
    var world = try TreeWorld(seed: seed)
    let first = try #require(world.tree.leaf(at: LeafIndex(rawValue: 0)))
    var model = TreeModel.leaf(0, first)
    var largest = 1
    for _ in 0..<60 {
      try step(&world, &model, growing: largest < 12)
      largest = max(largest, world.tree.memberCount)
      try compare(&world, model)
    }
    #expect(largest > 4)
  }

  private func step(
    _ world: inout TreeWorld, _ model: inout TreeModel, growing: Bool
  ) throws {
    let members = world.indices
    let one = members[Int.random(in: 0..<members.count, using: &world.generator)]
    switch UInt8.random(in: 0..<10, using: &world.generator) {
    case 0..<(growing ? 4 : 2):
      let index = try world.add()
      #expect(model.add(try #require(world.tree.leaf(at: index))) == index.rawValue)
    case 4..<6 where members.count > 1:
      try world.remove(one)
      model.remove(one.rawValue)
    case 6:
      try world.update(one)
      model.update(try #require(world.tree.leaf(at: one)), at: one.rawValue)
    default:
      try merge(one, &world, &model)
    }
  }

  /// A path with keys that nobody holds: only the public side is compared here.
  private func merge(
    _ sender: LeafIndex, _ world: inout TreeWorld, _ model: inout TreeModel
  ) throws {
    let recipients = model.copathResolutions(of: sender.rawValue)
    let keys = recipients.map { _ in world.generator.bytes(32) }
    let parentHash = model.setPath(keys[...], of: sender.rawValue, world.suite)
    let member = try #require(world.members[sender])
    let leaf = try LeafNode.signed(
      profile: member.profile, encryptionKey: world.generator.bytes(32),
      source: .commit(parentHash: parentHash), at: world.position(sender), with: member.signer,
      suite: world.suite)
    model.setLeaf(leaf, at: sender.rawValue)
    let none = HPKECiphertext(kemOutput: [], ciphertext: [])
    let nodes = zip(keys, recipients).map { key, recipients in
      UpdatePathNode(encryptionKey: key, encryptedPathSecret: recipients.map { _ in none })
    }
    try world.tree.merge(
      UpdatePath(leafNode: leaf, nodes: nodes), from: sender, suite: world.suite)
    #expect(world.tree.filteredDirectPath(of: sender).count == keys.count)
  }

  /// The hash is asked of the tree that lives on, so that the next step finds a full cache.
  private func compare(_ world: inout TreeWorld, _ model: TreeModel) throws {
    let incremental = world.tree.treeHash(world.suite)
    let tree = world.tree
    #expect(incremental == model.treeHash(world.suite))
    var decoded = try RatchetTree(decoding: tree.encoded)
    #expect(decoded == tree)
    #expect(decoded.encoded == tree.encoded)
    #expect(decoded.treeHash(world.suite) == incremental)
    #expect(tree.nonBlankLeaves.map(\.index) == world.indices)
    for index in world.indices {
      let mine = tree.filteredDirectPath(of: index).map { step in
        tree.resolution(of: step.copathChild).map { node -> TreeModel.Resolved in
          if let leaf = node.leaf { return .leaf(leaf.rawValue) }
          return .parent(tree.encryptionKey(at: node) ?? [])
        }
      }
      #expect(mine == model.copathResolutions(of: index.rawValue))
    }
    _ = try world.joined(decoded, requirements: try world.requirements())
  }

  /// Every member follows every commit, and the private keys are those of the tree.
  @Test(arguments: [1, 2] as [UInt64])
  func membersFollowRandomCommits(seed: UInt64) throws {
    var world = try TreeWorld(seed: seed)
    for _ in 0..<25 {
      try randomProposals(&world)
      let members = world.indices
      var added: [LeafIndex] = []
      if members.count < 11, world.generator.chance(1, in: 2) {
        for _ in 0...Int.random(in: 0..<3, using: &world.generator) {
          added.append(try world.add())
        }
      }
      let sender = members[Int.random(in: 0..<members.count, using: &world.generator)]
      try world.commit(from: sender, adding: added.sorted()) { created, processed in
        #expect(created.commitSecret.constantTimeEquals(processed.commitSecret))
        #expect(created.tree == processed.tree)
        #expect(created.treeHash == processed.treeHash)
      }
      for index in world.indices {
        let member = try #require(world.members[index])
        #expect(member.keys.match(world.tree, suite: world.suite))
      }
      _ = try world.joined(world.tree, requirements: try world.requirements())
    }
  }

  private func randomProposals(_ world: inout TreeWorld) throws {
    for index in world.indices where world.members.count > 2 {
      guard world.generator.chance(1, in: 8) else { continue }
      if world.generator.chance(1, in: 2) {
        try world.remove(index)
      } else {
        try world.update(index)
      }
    }
  }

  @Test func changesToACopyLeaveTheOriginal() throws {
    var world = try TreeWorld.settled(5)
    var original = world.tree
    let hash = original.treeHash(world.suite)
    let encoded = original.encoded
    try world.remove(LeafIndex(rawValue: 4))
    try world.commit(from: LeafIndex(rawValue: 0))
    #expect(world.tree.leafCount.rawValue == 4)
    #expect(original.encoded == encoded)
    #expect(original.treeHash(world.suite) == hash)
    #expect(original.leafCount.rawValue == 8)
  }

  @Test func externalJoinerTakesTheLeftmostBlankLeaf() throws {
    var world = try TreeWorld.settled(4)
    let made = try TreeWorld.newcomer(name: 99, suite: world.suite, &world.generator)
    let index = try world.tree.assignLeaf()
    #expect(index.rawValue == 4)
    #expect(world.tree.leafCount.rawValue == 8)
    world.members[index] = TreeWorld.Member(
      signer: made.signer, profile: made.leaf.profile,
      keys: TreePrivateKeys(leafIndex: index, leafKey: made.leafKey))
    let created = try world.createPath(from: index)
    for other in world.indices where other != index {
      let processed = try world.process(created.updatePath, from: index, by: other)
      #expect(processed.commitSecret.constantTimeEquals(created.commitSecret))
      #expect(processed.tree == created.tree)
    }
    #expect(created.updatePath.nodes.count == 1)
  }
}
