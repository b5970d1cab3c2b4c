// SPDX-License-Identifier: Apache-2.0

/// The public state of a group's ratchet tree (RFC 9420 §4, §7) as a value.
///
/// The tree is always full. Its right half holds a member, or it has one leaf (RFC 9420 §7.7);
/// only between `assignLeaf` and the `merge` that follows may that be otherwise. A copy shares
/// all nodes. A decoded tree is only well-formed: `validateAsJoiner` decides whether to trust it.
public struct RatchetTree: Sendable {
  /// The number of leaves, blank ones included.
  public private(set) var leafCount: LeafCount
  private var leaves: [LeafNode?]
  private var parents: [ParentNode?]
  private var hashes = TreeHashCache()
  /// No leaf further left is blank.
  private var firstBlankHint = 0

  /// The tree of a group's creator (RFC 9420 §11).
  public init(creator leaf: LeafNode) {
    leafCount = .one
    leaves = [leaf]
    parents = []
  }

  /// A tree of these nodes.
  ///
  /// - Precondition: `parents` has one place less than `leaves`, whose number is a power of two.
  package init(leaves: [LeafNode?], parents: [ParentNode?]) {
    guard let count = LeafCount(rawValue: leaves.count), parents.count == leaves.count - 1 else {
      preconditionFailure("a tree is full")
    }
    leafCount = count
    self.leaves = leaves
    self.parents = parents
  }

  // MARK: Reading

  /// The member's leaf, or `nil` for a blank one and outside the tree.
  public func leaf(at index: LeafIndex) -> LeafNode? {
    leafCount.contains(index) ? leaves[index.offset] : nil
  }

  /// The parent's content, or `nil` for a blank one, for leaves and outside the tree.
  public func parent(at index: NodeIndex) -> ParentNode? {
    guard !index.isLeaf, index.rawValue < leafCount.nodeCount else { return nil }
    return parents[index.parentOffset]
  }

  /// The HPKE public key of a node, or `nil` for a blank one and outside the tree.
  public func encryptionKey(at index: NodeIndex) -> [UInt8]? {
    if let leafIndex = index.leaf { return leaf(at: leafIndex)?.encryptionKey }
    return parent(at: index)?.encryptionKey
  }

  /// All members, from left to right.
  public var nonBlankLeaves: [(index: LeafIndex, leaf: LeafNode)] {
    var members: [(index: LeafIndex, leaf: LeafNode)] = []
    members.reserveCapacity(leaves.count)
    for offset in leaves.indices {
      guard let leaf = leaves[offset] else { continue }
      members.append((LeafIndex(rawValue: UInt32(offset)), leaf))
    }
    return members
  }

  /// The number of members.
  public var memberCount: Int { leaves.reduce(0) { $1 == nil ? $0 : $0 + 1 } }

  /// All parents that are not blank, from left to right.
  var nonBlankParents: [(index: NodeIndex, parent: ParentNode)] {
    var found: [(index: NodeIndex, parent: ParentNode)] = []
    for offset in parents.indices {
      guard let parent = parents[offset] else { continue }
      found.append((NodeIndex(rawValue: 2 * offset + 1), parent))
    }
    return found
  }

  // MARK: Changing

  /// Puts a new member at the leftmost blank leaf, in a larger tree if there is none, and lists it
  /// as unmerged in every parent above (RFC 9420 §12.1.1).
  ///
  /// - Throws: `treeFull`.
  @discardableResult
  public mutating func add(_ leaf: LeafNode) throws(MLSFailure) -> LeafIndex {
    let index = try assignLeaf()
    leaves[index.offset] = leaf
    firstBlankHint = index.offset + 1
    for node in leafCount.directPath(of: index) {
      parents[node.parentOffset] = parents[node.parentOffset]?.addingUnmergedLeaf(index)
    }
    forgetHashes(above: index)
    return index
  }

  /// The leaf that the next member takes: the leftmost blank one, in a larger tree if there is
  /// none. An external joiner's path is merged there (RFC 9420 §12.4.2).
  ///
  /// - Throws: `treeFull`.
  public mutating func assignLeaf() throws(MLSFailure) -> LeafIndex {
    var offset = firstBlankHint
    while offset < leaves.count, leaves[offset] != nil { offset += 1 }
    firstBlankHint = offset
    if offset == leaves.count {
      guard let larger = leafCount.doubled else { throw .treeFull }
      resize(to: larger)
    }
    return LeafIndex(rawValue: UInt32(offset))
  }

  /// Replaces a member's leaf and blanks all parents above it (RFC 9420 §12.1.2).
  ///
  /// - Throws: `blankLeaf` when no member is there.
  public mutating func update(_ leaf: LeafNode, at index: LeafIndex) throws(MLSFailure) {
    guard self.leaf(at: index) != nil else { throw .blankLeaf }
    setLeaf(leaf, at: index)
    blankDirectPath(of: index)
  }

  /// Blanks a member's leaf and all parents above it, then halves the tree as long as its right
  /// half is empty (RFC 9420 §12.1.3, §7.7).
  ///
  /// - Throws: `blankLeaf` when no member is there, or when it is the last member.
  public mutating func remove(at index: LeafIndex) throws(MLSFailure) {
    guard leaf(at: index) != nil, hasMember(beside: index) else { throw .blankLeaf }
    setLeaf(nil, at: index)
    blankDirectPath(of: index)
    truncate()
  }

  /// Whether someone else is a member; the answer is mostly found at the first leaf.
  private func hasMember(beside index: LeafIndex) -> Bool {
    leaves.indices.contains { $0 != index.offset && leaves[$0] != nil }
  }

  /// Sets or blanks a leaf and nothing else.
  mutating func setLeaf(_ leaf: LeafNode?, at index: LeafIndex) {
    leaves[index.offset] = leaf
    if leaf == nil { firstBlankHint = min(firstBlankHint, index.offset) }
    forgetHashes(above: index)
  }

  /// Sets a parent and nothing else. The caller forgets the hashes above it.
  mutating func setParent(_ parent: ParentNode?, at index: NodeIndex) {
    parents[index.parentOffset] = parent
  }

  /// Blanks all parents above a leaf.
  mutating func blankDirectPath(of index: LeafIndex) {
    for node in leafCount.directPath(of: index) { parents[node.parentOffset] = nil }
    forgetHashes(above: index)
  }

  /// Forgets the hash of a leaf and of all nodes above it, which is where a change to either
  /// shows.
  mutating func forgetHashes(above index: LeafIndex) {
    hashes.forget(index.node)
    var node = index.node
    while let parent = node.parent(in: leafCount) {
      hashes.forget(parent)
      node = parent
    }
  }

  private mutating func truncate() {
    var last = leaves.count - 1
    while last > 0, leaves[last] == nil { last -= 1 }
    if let fitting = LeafCount(holding: last + 1), fitting < leafCount { resize(to: fitting) }
  }

  private mutating func resize(to count: LeafCount) {
    if count < leafCount {
      leaves.removeLast(leaves.count - count.rawValue)
      parents.removeLast(parents.count - (count.rawValue - 1))
    } else {
      leaves.append(contentsOf: repeatElement(nil, count: count.rawValue - leaves.count))
      parents.append(contentsOf: repeatElement(nil, count: count.rawValue - 1 - parents.count))
    }
    leafCount = count
    hashes.resize(nodeCount: count.nodeCount)
    firstBlankHint = min(firstBlankHint, leaves.count)
  }

  // MARK: Hashes

  /// The root's tree hash (RFC 9420 §7.8). Only what changed since the last call is computed.
  ///
  /// - Precondition: the suite is supported.
  public mutating func treeHash(_ suite: CipherSuite) -> [UInt8] {
    treeHash(of: leafCount.root, suite)
  }

  /// The tree hash of any node inside the tree (RFC 9420 §7.8).
  ///
  /// - Precondition: the suite is supported and the node lies inside the tree.
  public mutating func treeHash(of node: NodeIndex, _ suite: CipherSuite) -> [UInt8] {
    precondition(node.rawValue < leafCount.nodeCount, "the node lies outside the tree")
    if !hashes.serves(suite) {
      hashes = TreeHashCache(suite: suite, nodeCount: leafCount.nodeCount)
    }
    if let known = hashes[node] { return known }
    let input: TreeHashInput
    if let left = node.left, let right = node.right {
      input = .parent(
        parent(at: node), left: treeHash(of: left, suite), right: treeHash(of: right, suite))
    } else {
      let index = LeafIndex(rawValue: UInt32(node.rawValue / 2))
      input = .leaf(index, leaf(at: index))
    }
    let hash = input.hash(suite)
    hashes.set(hash, for: node)
    return hash
  }
}

extension RatchetTree: Hashable {
  /// Equal when all nodes are; what is cached does not count.
  public static func == (left: RatchetTree, right: RatchetTree) -> Bool {
    left.leaves == right.leaves && left.parents == right.parents
  }

  /// Hashes all nodes.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(leaves)
    hasher.combine(parents)
  }
}
