// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// The position of a leaf or a parent in the array form of a ratchet tree (RFC 9420 Appendix C):
/// leaves at even places, parents at odd ones.
public struct NodeIndex: Hashable, Comparable, Sendable, WireValue {
  /// The place in the array; never negative. It is wider than a `uint32`, so that the node of
  /// any `LeafIndex` can be named.
  public let rawValue: Int

  /// Takes a place.
  ///
  /// - Precondition: `rawValue` is not negative.
  public init(rawValue: Int) {
    precondition(rawValue >= 0, "a node index is never negative")
    self.rawValue = rawValue
  }

  /// Takes a stored place of 32 bits.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    self.init(rawValue: Int(try input.readUInt32()))
  }

  /// Writes the place as 32 bits.
  public func encode(to output: inout ByteWriter) { output.write(UInt32(rawValue)) }

  /// Nodes further left come first.
  public static func < (left: NodeIndex, right: NodeIndex) -> Bool {
    left.rawValue < right.rawValue
  }

  /// The height above the leaves: 0 for a leaf.
  public var level: Int { (~rawValue).trailingZeroBitCount }

  /// Whether the place is a leaf's.
  public var isLeaf: Bool { rawValue & 1 == 0 }

  /// The leaf at this place, or `nil` for a parent.
  public var leaf: LeafIndex? {
    isLeaf ? LeafIndex(rawValue: UInt32(truncatingIfNeeded: rawValue >> 1)) : nil
  }

  /// The left child, or `nil` for a leaf.
  public var left: NodeIndex? {
    isLeaf ? nil : NodeIndex(rawValue: rawValue ^ (1 << (level - 1)))
  }

  /// The right child, or `nil` for a leaf.
  public var right: NodeIndex? {
    isLeaf ? nil : NodeIndex(rawValue: rawValue ^ (3 << (level - 1)))
  }

  /// The parent in a tree of `count` leaves, or `nil` for the root and for places outside.
  public func parent(in count: LeafCount) -> NodeIndex? {
    guard self != count.root, rawValue < count.nodeCount else { return nil }
    let height = level
    let isRightChild = (rawValue >> (height + 1)) & 1
    return NodeIndex(rawValue: (rawValue | (1 << height)) ^ (isRightChild << (height + 1)))
  }

  /// The other child of the parent, or `nil` for the root and for places outside.
  public func sibling(in count: LeafCount) -> NodeIndex? {
    guard let parent = parent(in: count) else { return nil }
    return self < parent ? parent.right : parent.left
  }

  /// The leaves below this node, the leaf itself for a leaf.
  public var leaves: Range<LeafIndex> {
    let span = 1 << level
    let first = (rawValue - (span - 1)) >> 1
    let lower = LeafIndex(rawValue: UInt32(truncatingIfNeeded: first))
    let upper = LeafIndex(rawValue: UInt32(truncatingIfNeeded: first + span))
    return lower..<upper
  }

  /// Whether `leaf` lies below this node or is it.
  public func covers(_ leaf: LeafIndex) -> Bool {
    let height = level
    return leaf.node.rawValue >> (height + 1) == rawValue >> (height + 1)
  }

  /// The place of a parent in an array of parents only.
  var parentOffset: Int { rawValue >> 1 }
}
