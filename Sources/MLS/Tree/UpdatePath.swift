// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// A new key for one node of a committer's filtered direct path, and the path secret for the
/// members below its other child (RFC 9420 §7.6).
///
/// ```
/// struct {
///     HPKEPublicKey encryption_key;
///     HPKECiphertext encrypted_path_secret<V>;
/// } UpdatePathNode;
/// ```
public struct UpdatePathNode: Hashable, Sendable, WireValue {
  /// The node's new public key.
  public let encryptionKey: [UInt8]
  /// One ciphertext for each node of the resolution of the copath child, in order.
  public let encryptedPathSecret: [HPKECiphertext]

  /// A path node of these parts.
  public init(encryptionKey: [UInt8], encryptedPathSecret: [HPKECiphertext]) {
    self.encryptionKey = encryptionKey
    self.encryptedPathSecret = encryptedPathSecret
  }

  /// Takes a path node from the front of `input`.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    encryptionKey = try input.readVector()
    encryptedPathSecret = try input.readList(maximumCount: LeafCount.max.rawValue) {
      (input: inout Span<UInt8>) throws(DecodingFailure) in try HPKECiphertext(from: &input)
    }
  }

  /// Writes the path node.
  public func encode(to output: inout ByteWriter) {
    output.write(vector: encryptionKey)
    output.write(list: encryptedPathSecret)
  }
}

/// The fresh keys of a commit (RFC 9420 §7.6).
///
/// ```
/// struct { LeafNode leaf_node; UpdatePathNode nodes<V>; } UpdatePath;
/// ```
public struct UpdatePath: Hashable, Sendable, WireValue {
  /// The committer's new leaf.
  public let leafNode: LeafNode
  /// The committer's filtered direct path, lowest first.
  public let nodes: [UpdatePathNode]

  /// The most nodes of a path: the height of the largest tree.
  public static let nodeCountMax = 32

  /// A path of these parts.
  public init(leafNode: LeafNode, nodes: [UpdatePathNode]) {
    self.leafNode = leafNode
    self.nodes = nodes
  }

  /// Takes a path from the front of `input`.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    leafNode = try LeafNode(from: &input)
    nodes = try input.readList(maximumCount: UpdatePath.nodeCountMax) {
      (input: inout Span<UInt8>) throws(DecodingFailure) in try UpdatePathNode(from: &input)
    }
  }

  /// Writes the path.
  public func encode(to output: inout ByteWriter) {
    output.write(leafNode)
    output.write(list: nodes)
  }
}
