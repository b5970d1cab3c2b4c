// SPDX-License-Identifier: Apache-2.0

import SansIO

/// What the tree hash of one node is taken over (RFC 9420 §7.8).
///
/// ```
/// struct {
///   NodeType node_type;
///   select (TreeHashInput.node_type) {
///     case leaf:   LeafNodeHashInput leaf_node;
///     case parent: ParentNodeHashInput parent_node;
///   };
/// } TreeHashInput;
/// struct { uint32 leaf_index; optional<LeafNode> leaf_node; } LeafNodeHashInput;
/// struct {
///   optional<ParentNode> parent_node; opaque left_hash<V>; opaque right_hash<V>;
/// } ParentNodeHashInput;
/// ```
enum TreeHashInput {
  case leaf(LeafIndex, LeafNode?)
  case parent(ParentNode?, left: [UInt8], right: [UInt8])

  func hash(_ suite: CipherSuite) -> [UInt8] {
    var output = ByteWriter()
    switch self {
    case .leaf(let index, let leaf):
      output.write(NodeType.leaf.rawValue)
      output.write(index)
      output.write(optional: leaf)
    case .parent(let parent, let left, let right):
      output.write(NodeType.parent.rawValue)
      output.write(optional: parent)
      output.write(vector: left)
      output.write(vector: right)
    }
    return suite.hash(output.bytes)
  }
}

/// `enum { reserved(0), leaf(1), parent(2), (255) } NodeType` (RFC 9420 §7.8).
enum NodeType: UInt8 {
  case leaf = 1
  case parent = 2
}

/// What the parent hash of a node is taken over (RFC 9420 §7.9).
///
/// ```
/// struct {
///     HPKEPublicKey encryption_key;
///     opaque parent_hash<V>;
///     opaque original_sibling_tree_hash<V>;
/// } ParentHashInput;
/// ```
struct ParentHashInput {
  let encryptionKey: [UInt8]
  let parentHash: [UInt8]
  let originalSiblingTreeHash: [UInt8]

  func hash(_ suite: CipherSuite) -> [UInt8] {
    var output = ByteWriter()
    output.write(vector: encryptionKey)
    output.write(vector: parentHash)
    output.write(vector: originalSiblingTreeHash)
    return suite.hash(output.bytes)
  }
}
