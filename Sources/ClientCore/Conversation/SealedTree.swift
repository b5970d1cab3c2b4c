// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
package import SansIO

/// Where the ratchet tree of a large group is: an extension of its GroupInfo, 0xF0C3, in place of
/// `ratchet_tree` (RFC 9420 §12.4.3.3; mls-profile.md).
///
/// ```
/// struct { uint8 ver = 1; uint8 key[32]; uint8 parts<V>[32]; } TreeReference;
/// ```
package struct TreeReference: WireValue, Equatable {
  private static let formatVersion: UInt8 = 1
  private static let partIDLength = 32

  /// What the tree is sealed with. It seals nothing else.
  let key: Secret
  /// The names of the parts that the sealed tree was cut into, in their order.
  let parts: [[UInt8]]

  /// Takes the extension's data.
  package init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    guard try input.readUInt8() == Self.formatVersion else {
      throw .invalidValue(field: "tree reference format")
    }
    key = Secret(try input.readBytes(ProductGroup.suite.aeadKeyLength))
    parts = try input.readList(maximumCount: ClientLimits.treePartsMax) {
      (input: inout Span<UInt8>) throws(DecodingFailure) in
      try input.readBytes(Self.partIDLength)
    }
    guard !parts.isEmpty, Set(parts).count == parts.count else {
      throw .invalidValue(field: "tree parts")
    }
  }

  /// Equal in all parts, the key's in constant time.
  package static func == (left: TreeReference, right: TreeReference) -> Bool {
    left.key.constantTimeEquals(right.key) && left.parts == right.parts
  }

  fileprivate init(key: Secret, parts: [[UInt8]]) {
    self.key = key
    self.parts = parts
  }

  /// Appends the extension's data.
  package func encode(to output: inout ByteWriter) {
    output.write(Self.formatVersion)
    output.write(raw: key.copyBytes())
    output.write(list: parts) { output, part in output.write(raw: part) }
  }

  /// What a GroupInfo says of its tree; nil when it carries the tree, or says nothing that can be
  /// read.
  init?(of info: GroupInfo) {
    guard info.extensions.data(of: .ratchetTree) == nil,
      let data = info.extensions.data(of: ProductGroup.treeExtension),
      let reference = try? TreeReference(decoding: data)
    else { return nil }
    self = reference
  }

  /// Puts the parts together and takes the seal off; nil when they are not what was sealed. Whether
  /// it is the group's tree is for the tree hash to say (RFC 9420 §7.8).
  func open(_ parts: [[UInt8]], of routingID: [UInt8]) -> [UInt8]? {
    try? ProductGroup.suite.open(
      key: key, nonce: SealedTree.nonce, authenticating: routingID,
      ciphertext: Array(parts.joined()))
  }
}

/// A ratchet tree as it lies beside a log: sealed, and cut into parts.
struct SealedTree {
  /// A key seals one tree, so the nonce may be any.
  fileprivate static let nonce = [UInt8](repeating: 0, count: ProductGroup.suite.aeadNonceLength)

  let reference: TreeReference
  let parts: [[UInt8]]

  /// Seals an encoded tree. The same key gives the same parts.
  init(_ tree: [UInt8], key: Secret, routingID: [UInt8]) throws(MLSFailure) {
    let sealed = try ProductGroup.suite.seal(
      key: key, nonce: Self.nonce, authenticating: routingID, plaintext: tree)
    parts = stride(from: 0, to: sealed.count, by: ClientLimits.treePartBytes).map { start in
      Array(sealed[start..<min(start + ClientLimits.treePartBytes, sealed.count)])
    }
    reference = TreeReference(key: key, parts: parts.map { Fingerprint(hashing: $0).bytes })
  }

  /// What stands in the GroupInfo.
  var groupInfoExtension: Extension {
    Extension(type: ProductGroup.treeExtension, reference)
  }
}
