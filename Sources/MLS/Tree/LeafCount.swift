// SPDX-License-Identifier: Apache-2.0

/// The number of leaves of a full tree, blank ones included: a power of two (RFC 9420 §4.1.1).
public struct LeafCount: Hashable, Comparable, Sendable {
  /// The number.
  public let rawValue: Int

  /// The most leaves that a tree may have: far above what a client can serve, and low enough
  /// that a tree of blanks is no burden on memory.
  public static let max = LeafCount(unchecked: 1 << 16)

  /// The tree of one leaf.
  public static let one = LeafCount(unchecked: 1)

  private init(unchecked rawValue: Int) { self.rawValue = rawValue }

  /// Takes a power of two of at most `max`; any other number gives `nil`.
  public init?(rawValue: Int) {
    guard rawValue > 0, rawValue <= LeafCount.max.rawValue, rawValue & (rawValue - 1) == 0 else {
      return nil
    }
    self.rawValue = rawValue
  }

  /// The smallest full tree with room for `leaves` leaves, or `nil` above `max`.
  public init?(holding leaves: Int) {
    var size = 1
    while size < leaves {
      guard size < LeafCount.max.rawValue else { return nil }
      size *= 2
    }
    self.rawValue = size
  }

  /// The smaller tree comes first.
  public static func < (left: LeafCount, right: LeafCount) -> Bool {
    left.rawValue < right.rawValue
  }

  /// The number of all nodes, parents included.
  public var nodeCount: Int { 2 * rawValue - 1 }

  /// The root's place.
  public var root: NodeIndex { NodeIndex(rawValue: rawValue - 1) }

  /// The tree with one more level, or `nil` above `max`.
  public var doubled: LeafCount? { LeafCount(rawValue: rawValue * 2) }

  /// The tree with one level less, or `nil` for one leaf.
  public var halved: LeafCount? { LeafCount(rawValue: rawValue / 2) }

  /// Whether the tree has a place for the leaf.
  public func contains(_ leaf: LeafIndex) -> Bool { leaf.offset < rawValue }

  /// The parents above a leaf, lowest first, the root last (RFC 9420 §4.1.2).
  ///
  /// - Precondition: the tree has a place for the leaf.
  public func directPath(of leaf: LeafIndex) -> [NodeIndex] {
    precondition(contains(leaf), "the leaf lies outside the tree")
    var path: [NodeIndex] = []
    var node = leaf.node
    while let parent = node.parent(in: self) {
      path.append(parent)
      node = parent
    }
    return path
  }

  /// The siblings of the leaf and of its direct path, lowest first (RFC 9420 §4.1.2).
  ///
  /// - Precondition: the tree has a place for the leaf.
  public func copath(of leaf: LeafIndex) -> [NodeIndex] {
    precondition(contains(leaf), "the leaf lies outside the tree")
    var path: [NodeIndex] = []
    var node = leaf.node
    while let parent = node.parent(in: self) {
      if let sibling = node.sibling(in: self) { path.append(sibling) }
      node = parent
    }
    return path
  }

  /// The lowest node that lies above both leaves; the leaf's own node when they are the same.
  ///
  /// - Precondition: the tree has places for both.
  public func commonAncestor(_ left: LeafIndex, _ right: LeafIndex) -> NodeIndex {
    precondition(contains(left) && contains(right), "the leaf lies outside the tree")
    var node = left.node
    while !node.covers(right), let parent = node.parent(in: self) { node = parent }
    return node
  }
}
