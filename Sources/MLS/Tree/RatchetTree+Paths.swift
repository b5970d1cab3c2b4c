// SPDX-License-Identifier: Apache-2.0

/// One node of a filtered direct path, and its child on the other side.
public struct PathStep: Hashable, Sendable {
  /// The node that gets a new key.
  public let node: NodeIndex
  /// Its child off the path, to whose resolution the path secret is encrypted.
  public let copathChild: NodeIndex
}

extension RatchetTree {
  /// The nodes that hold the keys of all members below a node (RFC 9420 §4.1.1).
  ///
  /// Unmerged leaves that a tree from outside names, but does not have, are left out.
  public func resolution(of node: NodeIndex) -> [NodeIndex] {
    var found: [NodeIndex] = []
    appendResolution(of: node, to: &found)
    return found
  }

  private func appendResolution(of node: NodeIndex, to found: inout [NodeIndex]) {
    if let index = node.leaf {
      if leaf(at: index) != nil { found.append(node) }
    } else if let parent = parent(at: node) {
      found.append(node)
      for leaf in parent.unmergedLeaves where leafCount.contains(leaf) { found.append(leaf.node) }
    } else if let left = node.left, let right = node.right, node.rawValue < leafCount.nodeCount {
      appendResolution(of: left, to: &found)
      appendResolution(of: right, to: &found)
    }
  }

  /// Whether a node's resolution has no entry; it is found without listing them.
  func hasEmptyResolution(_ node: NodeIndex) -> Bool {
    if let index = node.leaf { return leaf(at: index) == nil }
    if parent(at: node) != nil { return false }
    guard let left = node.left, let right = node.right else { return true }
    return hasEmptyResolution(left) && hasEmptyResolution(right)
  }

  /// A leaf's direct path without the nodes whose other child has an empty resolution
  /// (RFC 9420 §4.1.2), lowest first.
  ///
  /// - Precondition: the tree has a place for the leaf.
  public func filteredDirectPath(of leaf: LeafIndex) -> [PathStep] {
    precondition(leafCount.contains(leaf), "the leaf lies outside the tree")
    var steps: [PathStep] = []
    var node = leaf.node
    while let parent = node.parent(in: leafCount), let sibling = node.sibling(in: leafCount) {
      if !hasEmptyResolution(sibling) {
        steps.append(PathStep(node: parent, copathChild: sibling))
      }
      node = parent
    }
    return steps
  }
}
