// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// The `ratchet_tree` extension's content (RFC 9420 §12.4.3.3).
///
/// ```
/// struct {
///     NodeType node_type;
///     select (Node.node_type) {
///         case leaf:   LeafNode leaf_node;
///         case parent: ParentNode parent_node;
///     };
/// } Node;
/// optional<Node> ratchet_tree<V>;
/// ```
extension RatchetTree: WireValue {
  private enum Node {
    case blank
    case leaf(LeafNode)
    case parent(ParentNode)
  }

  /// Takes a tree from the front of `input`. Each node costs at least one byte there, so that no
  /// more is allocated than was sent, and as much again for the blanks on the right.
  ///
  /// - Throws: `invalidValue` when the list is empty, ends with anything but a leaf (blank nodes at
  ///   the end are left out, and no parent stands to the right of every leaf), or has a leaf at a
  ///   parent's place; `limitExceeded` above `LeafCount.max`.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    let nodes = try input.readList(maximumCount: LeafCount.max.nodeCount) {
      (input: inout Span<UInt8>) throws(DecodingFailure) in try RatchetTree.readNode(from: &input)
    }
    guard case .leaf? = nodes.last, let count = LeafCount(holding: nodes.count / 2 + 1) else {
      throw .invalidValue(field: "last node of ratchet_tree")
    }
    var leaves: [LeafNode?] = Array(repeating: nil, count: count.rawValue)
    var parents: [ParentNode?] = Array(repeating: nil, count: count.rawValue - 1)
    for (place, node) in nodes.enumerated() {
      switch (node, place.isMultiple(of: 2)) {
      case (.blank, _): break
      case (.leaf(let leaf), true): leaves[place / 2] = leaf
      case (.parent(let parent), false): parents[place / 2] = parent
      case (.leaf, false), (.parent, true): throw .invalidValue(field: "node_type by place")
      }
    }
    self.init(leaves: leaves, parents: parents)
  }

  private static func readNode(from input: inout Span<UInt8>) throws(DecodingFailure) -> Node {
    let node = try input.readOptional { (input: inout Span<UInt8>) throws(DecodingFailure) in
      switch NodeType(rawValue: try input.readUInt8()) {
      case .leaf: Node.leaf(try LeafNode(from: &input))
      case .parent: Node.parent(try ParentNode(from: &input))
      case nil: throw DecodingFailure.invalidValue(field: "node_type")
      }
    }
    return node ?? .blank
  }

  /// Writes the tree up to its last node that is not blank.
  public func encode(to output: inout ByteWriter) {
    var last = leafCount.nodeCount - 1
    while last >= 0, encryptionKey(at: NodeIndex(rawValue: last)) == nil { last -= 1 }
    output.writeNested { inner in
      guard last >= 0 else { return }
      for place in 0...last { writeNode(at: NodeIndex(rawValue: place), to: &inner) }
    }
  }

  private func writeNode(at index: NodeIndex, to output: inout ByteWriter) {
    if let leafIndex = index.leaf, let leaf = leaf(at: leafIndex) {
      output.write(UInt8(1))
      output.write(NodeType.leaf.rawValue)
      output.write(leaf)
    } else if let parent = parent(at: index) {
      output.write(UInt8(1))
      output.write(NodeType.parent.rawValue)
      output.write(parent)
    } else {
      output.write(UInt8(0))
    }
  }
}
