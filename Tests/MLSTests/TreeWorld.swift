// SPDX-License-Identifier: Apache-2.0

import MLS
import SansIO

/// A group without key schedule and messages: the tree, and what each member holds of it.
struct TreeWorld {
  struct Member {
    let signer: SignaturePrivateKey
    var profile: LeafNode.Profile
    var keys: TreePrivateKeys
  }

  static let groupID: [UInt8] = Array("tree world".utf8)

  let suite: CipherSuite
  var tree: RatchetTree
  var members: [LeafIndex: Member]
  var generator: SeededGenerator
  private var names = 0

  init(suite: CipherSuite = .mls128DHKEMX25519AES128GCMSHA256Ed25519, seed: UInt64 = 1) throws {
    self.suite = suite
    generator = SeededGenerator(seed: seed)
    let made = try TreeWorld.newcomer(name: 0, suite: suite, &generator)
    tree = RatchetTree(creator: made.leaf)
    let index = LeafIndex(rawValue: 0)
    members = [
      index: Member(
        signer: made.signer, profile: made.leaf.profile,
        keys: TreePrivateKeys(leafIndex: index, leafKey: made.leafKey))
    ]
  }

  struct Newcomer {
    let signer: SignaturePrivateKey
    let leafKey: Secret
    let leaf: LeafNode
  }

  static func newcomer(
    name: Int, suite: CipherSuite, _ generator: inout SeededGenerator
  ) throws -> Newcomer {
    let signature = try suite.generateSignatureKeyPair(using: &generator)
    let encryption = try suite.generateHPKEKeyPair(using: &generator)
    let profile = LeafNode.Profile(
      signatureKey: signature.publicKey,
      credential: .basic(identity: Array("member \(name)".utf8)),
      capabilities: Capabilities(cipherSuites: [suite], credentials: [.basic]))
    let leaf = try LeafNode.signedForKeyPackage(
      profile: profile, encryptionKey: encryption.publicKey,
      lifetime: Lifetime(notBefore: 1_000, notAfter: 2_000), with: signature.privateKey,
      suite: suite)
    return Newcomer(signer: signature.privateKey, leafKey: encryption.privateKey, leaf: leaf)
  }

  /// Members in the order of their leaves.
  var indices: [LeafIndex] { members.keys.sorted() }

  func position(_ index: LeafIndex) -> LeafNode.Position {
    LeafNode.Position(groupID: TreeWorld.groupID, leafIndex: index)
  }

  func requirements(
    contextExtensions: [Extension] = [], lifetimePolicy: LifetimePolicy = .unchecked
  ) throws -> LeafRequirements {
    try LeafRequirements(
      suite: suite, contextExtensions: contextExtensions, lifetimePolicy: lifetimePolicy)
  }

  /// Any bytes that depend on the tree hash will do for a context.
  static func context(_ treeHash: [UInt8]) -> [UInt8] { Array("context".utf8) + treeHash }

  // MARK: Proposals

  /// Adds a client that has its leaf's key only; its index.
  @discardableResult
  mutating func add() throws -> LeafIndex {
    names += 1
    let made = try TreeWorld.newcomer(name: names, suite: suite, &generator)
    let index = try tree.add(made.leaf)
    members[index] = Member(
      signer: made.signer, profile: made.leaf.profile,
      keys: TreePrivateKeys(leafIndex: index, leafKey: made.leafKey))
    return index
  }

  mutating func update(_ index: LeafIndex) throws {
    guard var member = members[index] else { throw MLSFailure.blankLeaf }
    let pair = try suite.generateHPKEKeyPair(using: &generator)
    let leaf = try LeafNode.signed(
      profile: member.profile, encryptionKey: pair.publicKey, source: .update,
      at: position(index), with: member.signer, suite: suite)
    try tree.update(leaf, at: index)
    member.keys.replaceLeafKey(pair.privateKey)
    members[index] = member
    forgetBlankNodes()
  }

  mutating func remove(_ index: LeafIndex) throws {
    try tree.remove(at: index)
    members[index] = nil
    forgetBlankNodes()
  }

  mutating func forgetBlankNodes() {
    for index in indices { members[index]?.keys.forgetBlankNodes(of: tree) }
  }

  // MARK: Commits

  mutating func createPath(
    from sender: LeafIndex, excluding added: [LeafIndex] = []
  ) throws -> TreeKEM.CreatedPath {
    guard let member = members[sender] else { throw MLSFailure.blankLeaf }
    return try TreeKEM.createUpdatePath(
      tree: tree, suite: suite, sender: sender, profile: member.profile,
      signingWith: member.signer, groupID: TreeWorld.groupID, excluding: added,
      groupContext: TreeWorld.context, using: &generator)
  }

  func process(
    _ path: UpdatePath, from sender: LeafIndex, by index: LeafIndex,
    excluding added: [LeafIndex] = []
  ) throws -> TreeKEM.ProcessedPath {
    guard let member = members[index] else { throw MLSFailure.blankLeaf }
    return try TreeKEM.processUpdatePath(
      path, from: sender, tree: tree, suite: suite, privateKeys: member.keys, excluding: added,
      groupContext: TreeWorld.context)
  }

  /// One commit's path, taken in by everyone. `check` sees each member's commit secret and tree
  /// beside the committer's.
  mutating func commit(
    from sender: LeafIndex, adding added: [LeafIndex] = [],
    check: (TreeKEM.CreatedPath, TreeKEM.ProcessedPath) -> Void = { _, _ in }
  ) throws {
    let created = try createPath(from: sender, excluding: added)
    for index in indices where index != sender {
      if added.contains(index) {
        guard var member = members[index] else { continue }
        if let secret = created.pathSecret(for: index)?.secret {
          try TreeKEM.join(
            tree: created.tree, suite: suite, privateKeys: &member.keys, pathSecret: secret,
            committer: sender)
        }
        members[index] = member
      } else {
        let result = try process(
          created.updatePath, from: sender, by: index, excluding: added)
        check(created, result)
        members[index]?.keys = result.privateKeys
      }
    }
    members[sender]?.keys = created.privateKeys
    tree = created.tree
  }

  /// A group of `count` members in which everyone committed once, so that no node is blank that
  /// need not be.
  static func settled(_ count: Int, seed: UInt64 = 1) throws -> TreeWorld {
    var world = try TreeWorld(seed: seed)
    for _ in 1..<count { try world.add() }
    for index in world.indices { try world.commit(from: index) }
    return world
  }

  func joined(
    _ tree: RatchetTree, requirements: LeafRequirements, at seconds: Int64 = 1_500
  ) throws -> RatchetTree {
    var tree = tree
    let hash = tree.treeHash(suite)
    try tree.validateAsJoiner(
      groupID: TreeWorld.groupID, treeHash: hash, requirements: requirements,
      now: Instant(milliseconds: seconds * 1_000))
    return tree
  }
}
