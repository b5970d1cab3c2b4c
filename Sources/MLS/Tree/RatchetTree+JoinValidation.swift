// SPDX-License-Identifier: Apache-2.0

public import SansIO

extension RatchetTree {
  /// Checks a tree that someone else sent, before it is used (RFC 9420 §12.4.3.1). Whether the
  /// members' credentials are true, the application says.
  ///
  /// - Parameters:
  ///   - groupID: the group, to which the signatures of leaves are bound.
  ///   - treeHash: the one in the GroupContext of the signed GroupInfo.
  ///   - requirements: what the group demands of its members.
  ///   - now: what lifetimes are compared with.
  /// - Throws: `treeHashMismatch`; `invalidUnmergedLeaves`; `duplicateSignatureKey`,
  ///   `duplicateEncryptionKey`; `unsupportedCredentialType`; `invalidParentHash`; what
  ///   `LeafNode.validate` says of a leaf.
  public mutating func validateAsJoiner(
    groupID: [UInt8], treeHash: [UInt8], requirements: LeafRequirements, now: Instant
  ) throws(MLSFailure) {
    guard self.treeHash(requirements.suite) == treeHash else { throw .treeHashMismatch }
    try checkUnmergedLeaves()
    try checkUniqueKeys()
    try checkCredentialTypes()
    try checkParentHashes(requirements.suite)
    for (index, leaf) in nonBlankLeaves {
      try leaf.validate(
        .tree, at: LeafNode.Position(groupID: groupID, leafIndex: index),
        requirements: requirements, now: now)
    }
  }

  /// Checks that each list of unmerged leaves is in order and names members below its node, and
  /// that all nodes between name them too (RFC 9420 §7.1, §12.4.3.1).
  ///
  /// Looking at the next node below is enough: what it names is checked in its own turn.
  ///
  /// - Throws: `invalidUnmergedLeaves`.
  func checkUnmergedLeaves() throws(MLSFailure) {
    for (index, parent) in nonBlankParents {
      let unmerged = parent.unmergedLeaves
      guard zip(unmerged, unmerged.dropFirst()).allSatisfy({ $0 < $1 }) else {
        throw .invalidUnmergedLeaves
      }
      for leaf in unmerged {
        guard index.covers(leaf), self.leaf(at: leaf) != nil else { throw .invalidUnmergedLeaves }
        if let below = nextParent(below: index, towards: leaf) {
          guard below.hasUnmergedLeaf(leaf) else { throw .invalidUnmergedLeaves }
        }
      }
    }
  }

  /// The highest parent between a node and a leaf that is not blank.
  private func nextParent(below index: NodeIndex, towards leaf: LeafIndex) -> ParentNode? {
    var node = index
    while let left = node.left, let right = node.right {
      node = left.covers(leaf) ? left : right
      if let parent = parent(at: node) { return parent }
    }
    return nil
  }

  /// Checks that each parent was set in one commit together with exactly one node below it, and so
  /// down to a leaf whose member signed for it (RFC 9420 §7.9.2).
  ///
  /// - Throws: `invalidParentHash`.
  mutating func checkParentHashes(_ suite: CipherSuite) throws(MLSFailure) {
    for (index, parent) in nonBlankParents {
      guard let left = index.left, let right = index.right else { continue }
      let fromLeft = isParentHashValid(parent, at: index, child: left, sibling: right, suite)
      let fromRight = isParentHashValid(parent, at: index, child: right, sibling: left, suite)
      guard fromLeft != fromRight else { throw .invalidParentHash }
    }
  }

  /// Whether a node in the resolution of `child` carries the hash of `parent`, and all others of
  /// that resolution came later, which is what makes them unmerged (RFC 9420 §7.9.2).
  ///
  /// At most one node can meet the second condition, so it is found first and hashed against once.
  private mutating func isParentHashValid(
    _ parent: ParentNode, at index: NodeIndex, child: NodeIndex, sibling: NodeIndex,
    _ suite: CipherSuite
  ) -> Bool {
    let unmergedBelow = parent.unmergedLeaves.reduce(0) { child.covers($1) ? $0 + 1 : $0 }
    let resolution = resolution(of: child)
    guard resolution.count == unmergedBelow + 1 else { return false }
    let merged = resolution.filter { node in
      guard let leaf = node.leaf else { return true }
      return !parent.hasUnmergedLeaf(leaf)
    }
    guard merged.count == 1, let candidate = merged.first,
      let carried = carriedParentHash(of: candidate), !carried.isEmpty
    else { return false }
    let input = ParentHashInput(
      encryptionKey: parent.encryptionKey, parentHash: parent.parentHash,
      originalSiblingTreeHash: originalTreeHash(of: sibling, without: parent, suite))
    return input.hash(suite) == carried
  }

  private func carriedParentHash(of node: NodeIndex) -> [UInt8]? {
    if let index = node.leaf { return leaf(at: index)?.parentHash }
    return parent(at: node)?.parentHash
  }

  /// The tree hash of a subtree as it was when `parent` above it was set: without the leaves that
  /// are unmerged there (RFC 9420 §7.9). Parts without such leaves keep their hash.
  private mutating func originalTreeHash(
    of node: NodeIndex, without parent: ParentNode, _ suite: CipherSuite
  ) -> [UInt8] {
    guard parent.hasUnmergedLeaf(in: node.leaves) else {
      return treeHash(of: node, suite)
    }
    guard let left = node.left, let right = node.right else {
      return TreeHashInput.leaf(LeafIndex(rawValue: UInt32(node.rawValue / 2)), nil).hash(suite)
    }
    let original = self.parent(at: node)?.removingUnmergedLeaves {
      parent.hasUnmergedLeaf($0)
    }
    return TreeHashInput.parent(
      original, left: originalTreeHash(of: left, without: parent, suite),
      right: originalTreeHash(of: right, without: parent, suite)
    ).hash(suite)
  }
}
