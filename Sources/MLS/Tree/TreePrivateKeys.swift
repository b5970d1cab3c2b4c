// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// The private keys that one member holds in a ratchet tree: its leaf's, and those of nodes above
/// it (RFC 9420 §4.2). Private keys stand for themselves: which public keys they belong to, the
/// tree says.
public struct TreePrivateKeys: Sendable, WireValue {
  /// The member's leaf.
  public let leafIndex: LeafIndex
  /// The leaf's private key.
  public private(set) var leafKey: Secret
  /// The private keys of parents, lowest first.
  private var pathKeys: [PathKey] = []

  private struct PathKey: Sendable {
    let node: NodeIndex
    let key: Secret
  }

  /// The keys of a member that holds its leaf's only.
  public init(leafIndex: LeafIndex, leafKey: Secret) {
    self.leafIndex = leafIndex
    self.leafKey = leafKey
  }

  /// The private key of a node, if the member holds it.
  public func privateKey(for node: NodeIndex) -> Secret? {
    if node == leafIndex.node { return leafKey }
    return pathKeys.first { $0.node == node }?.key
  }

  /// The parents whose private keys the member holds, lowest first.
  public var nodes: [NodeIndex] { pathKeys.map(\.node) }

  /// Takes the key of an Update proposal of the member's own that was committed, and forgets the
  /// keys above, whose nodes are blank now (RFC 9420 §12.1.2).
  public mutating func replaceLeafKey(_ key: Secret) {
    leafKey = key
    pathKeys = []
  }

  /// Takes the private key of a parent above the leaf in place of an older one.
  public mutating func set(_ key: Secret, for node: NodeIndex) {
    pathKeys.removeAll { $0.node == node }
    let place = pathKeys.firstIndex { $0.node.level > node.level } ?? pathKeys.endIndex
    pathKeys.insert(PathKey(node: node, key: key), at: place)
  }

  /// Forgets the keys of nodes that the tree no longer has or that are blank in it
  /// (RFC 9420 §7.5: outdated keys are deleted).
  public mutating func forgetBlankNodes(of tree: RatchetTree) {
    pathKeys.removeAll { tree.parent(at: $0.node) == nil }
  }

  /// Whether each private key belongs to the public key that the tree has there. It costs one
  /// multiplication for each key: for tests, and for what was stored.
  ///
  /// - Precondition: the suite is supported.
  public func match(_ tree: RatchetTree, suite: CipherSuite) -> Bool {
    guard let leaf = tree.leaf(at: leafIndex),
      (try? suite.hpkePublicKey(of: leafKey)) == leaf.encryptionKey
    else { return false }
    return pathKeys.allSatisfy { held in
      guard held.node.covers(leafIndex), let parent = tree.parent(at: held.node) else {
        return false
      }
      return (try? suite.hpkePublicKey(of: held.key)) == parent.encryptionKey
    }
  }

  /// Takes stored keys from the front of `input`.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    leafIndex = try LeafIndex(from: &input)
    leafKey = Secret(try input.readVector())
    pathKeys = try input.readList(maximumCount: UpdatePath.nodeCountMax) {
      (input: inout Span<UInt8>) throws(DecodingFailure) in
      PathKey(node: try NodeIndex(from: &input), key: Secret(try input.readVector()))
    }
    let levels = pathKeys.map(\.node.level)
    let own = leafIndex
    let covering = pathKeys.allSatisfy { $0.node.covers(own) }
    guard levels.allSatisfy({ $0 > 0 }), covering,
      zip(levels, levels.dropFirst()).allSatisfy({ $0 < $1 })
    else { throw .invalidValue(field: "node of a private key") }
  }

  /// Writes the keys for a store that encrypts them: the leaf's index and key, then each parent's
  /// index and key.
  public func encode(to output: inout ByteWriter) {
    output.write(leafIndex)
    output.write(vector: leafKey.copyBytes())
    output.write(list: pathKeys) { inner, held in
      inner.write(held.node)
      inner.write(vector: held.key.copyBytes())
    }
  }
}
