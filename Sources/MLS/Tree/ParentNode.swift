// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// A parent's public content (RFC 9420 §7.1). A value that never changes; copies share one
/// allocation.
///
/// ```
/// struct {
///     HPKEPublicKey encryption_key;
///     opaque parent_hash<V>;
///     uint32 unmerged_leaves<V>;
/// } ParentNode;
/// ```
public struct ParentNode: Sendable, WireValue {
  private let storage: Storage

  /// The HPKE public key whose private key the members below hold, unmerged ones excepted.
  public var encryptionKey: [UInt8] { storage.encryptionKey }
  /// The parent hash of the next node above that was set together with this one (RFC 9420 §7.9).
  public var parentHash: [UInt8] { storage.parentHash }
  /// The leaves below that do not hold the private key, in increasing order.
  public var unmergedLeaves: [LeafIndex] { storage.unmergedLeaves }

  /// A parent of these parts.
  public init(encryptionKey: [UInt8], parentHash: [UInt8], unmergedLeaves: [LeafIndex]) {
    storage = Storage(
      encryptionKey: encryptionKey, parentHash: parentHash, unmergedLeaves: unmergedLeaves)
  }

  /// Takes a parent from the front of `input`. The order of the unmerged leaves is looked at when
  /// the whole tree is validated.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    self.init(
      encryptionKey: try input.readVector(), parentHash: try input.readVector(),
      unmergedLeaves: try input.readList(maximumCount: LeafCount.max.rawValue) {
        (input: inout Span<UInt8>) throws(DecodingFailure) in try LeafIndex(from: &input)
      })
  }

  /// Writes the parent.
  public func encode(to output: inout ByteWriter) {
    output.write(vector: encryptionKey)
    output.write(vector: parentHash)
    output.write(vectorLength: 4 * unmergedLeaves.count)
    for leaf in unmergedLeaves { output.write(leaf) }
  }

  /// The same node with one more unmerged leaf, in its place in the order.
  func addingUnmergedLeaf(_ leaf: LeafIndex) -> ParentNode {
    var leaves = unmergedLeaves
    leaves.insert(leaf, at: leaves.firstIndex { $0 > leaf } ?? leaves.endIndex)
    return ParentNode(encryptionKey: encryptionKey, parentHash: parentHash, unmergedLeaves: leaves)
  }

  /// The same node without the unmerged leaves that `isExcluded` names.
  func removingUnmergedLeaves(where isExcluded: (LeafIndex) -> Bool) -> ParentNode {
    ParentNode(
      encryptionKey: encryptionKey, parentHash: parentHash,
      unmergedLeaves: unmergedLeaves.filter { !isExcluded($0) })
  }

  /// Whether the leaf is listed as unmerged. The list has to be in order.
  func hasUnmergedLeaf(_ leaf: LeafIndex) -> Bool {
    let leaves = unmergedLeaves
    var low = 0
    var high = leaves.count
    while low < high {
      let middle = (low + high) / 2
      if leaves[middle] < leaf { low = middle + 1 } else { high = middle }
    }
    return low < leaves.count && leaves[low] == leaf
  }

  private final class Storage: Sendable {
    let encryptionKey: [UInt8]
    let parentHash: [UInt8]
    let unmergedLeaves: [LeafIndex]

    init(encryptionKey: [UInt8], parentHash: [UInt8], unmergedLeaves: [LeafIndex]) {
      self.encryptionKey = encryptionKey
      self.parentHash = parentHash
      self.unmergedLeaves = unmergedLeaves
    }
  }
}

extension ParentNode: Hashable {
  /// Equal when all fields are.
  public static func == (left: ParentNode, right: ParentNode) -> Bool {
    left.storage === right.storage
      || (left.encryptionKey == right.encryptionKey && left.parentHash == right.parentHash
        && left.unmergedLeaves == right.unmergedLeaves)
  }

  /// Hashes all fields.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(encryptionKey)
    hasher.combine(parentHash)
    hasher.combine(unmergedLeaves)
  }
}
