// SPDX-License-Identifier: Apache-2.0

extension RatchetTree {
  /// Puts a commit's new keys into the tree (RFC 9420 §7.5, §12.4.2): blanks the committer's
  /// direct path, sets the nodes of its filtered part and checks the leaf's parent hash. The
  /// leaf has been validated before, the proposals are applied.
  ///
  /// - Parameters:
  ///   - path: what the commit carries.
  ///   - sender: the committer's leaf.
  ///   - excluded: the leaves that the same commit added, in increasing order.
  ///   - suite: the group's.
  /// - Throws: `invalidUpdatePath`, `duplicateEncryptionKey`, `invalidParentHash`. The tree is
  ///   unchanged then.
  /// - Precondition: the suite is supported.
  public mutating func merge(
    _ path: UpdatePath, from sender: LeafIndex, excluding excluded: [LeafIndex] = [],
    suite: CipherSuite
  ) throws(MLSFailure) {
    guard leafCount.contains(sender) else { throw .blankLeaf }
    let steps = filteredDirectPath(of: sender)
    guard steps.count == path.nodes.count else { throw .invalidUpdatePath }
    for (step, node) in zip(steps, path.nodes) {
      let recipients = recipients(of: step, excluding: excluded)
      guard node.encryptedPathSecret.count == recipients.count else { throw .invalidUpdatePath }
    }
    let keys = path.nodes.map(\.encryptionKey)
    try checkFresh(keys + [path.leafNode.encryptionKey])
    var next = self
    let parentHash = next.setPath(keys, along: steps, from: sender, suite: suite)
    guard path.leafNode.parentHash == parentHash else { throw .invalidParentHash }
    next.setLeaf(path.leafNode, at: sender)
    self = next
  }

  /// The nodes that a path secret is encrypted to: a resolution without the leaves that the same
  /// commit added (RFC 9420 §7.6).
  func recipients(of step: PathStep, excluding excluded: [LeafIndex]) -> [NodeIndex] {
    let resolution = resolution(of: step.copathChild)
    guard !excluded.isEmpty else { return resolution }
    let isExcluded = Set(excluded)
    return resolution.filter { node in
      guard let leaf = node.leaf else { return true }
      return !isExcluded.contains(leaf)
    }
  }

  /// Checks that no key of a path stands in the tree already or twice in the path
  /// (RFC 9420 §12.4.2).
  ///
  /// - Throws: `duplicateEncryptionKey`.
  func checkFresh(_ keys: [[UInt8]]) throws(MLSFailure) {
    guard Set(keys).count == keys.count else { throw .duplicateEncryptionKey }
    let fresh = KeyFilter(keys)
    for (_, leaf) in nonBlankLeaves where fresh.contains(leaf.encryptionKey) {
      throw .duplicateEncryptionKey
    }
    for (_, parent) in nonBlankParents where fresh.contains(parent.encryptionKey) {
      throw .duplicateEncryptionKey
    }
  }

  /// Sets the keys of a filtered direct path, with parent hashes from the root downwards, and
  /// gives the parent hash for the leaf (RFC 9420 §7.9).
  ///
  /// The path's own nodes have no unmerged leaves now, so the original tree hash of each sibling
  /// is its tree hash.
  mutating func setPath(
    _ keys: [[UInt8]], along steps: [PathStep], from sender: LeafIndex, suite: CipherSuite
  ) -> [UInt8] {
    precondition(keys.count == steps.count, "one key for each node of the path")
    blankDirectPath(of: sender)
    var parentHash: [UInt8] = []
    for (step, key) in zip(steps, keys).reversed() {
      setParent(
        ParentNode(encryptionKey: key, parentHash: parentHash, unmergedLeaves: []), at: step.node)
      let input = ParentHashInput(
        encryptionKey: key, parentHash: parentHash,
        originalSiblingTreeHash: treeHash(of: step.copathChild, suite))
      parentHash = input.hash(suite)
    }
    return parentHash
  }
}
