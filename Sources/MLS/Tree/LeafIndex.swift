// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// The position of a leaf among all leaves of a ratchet tree, from 0 at the left: the `uint32
/// leaf_index` of RFC 9420.
///
/// Any 32-bit number decodes, so an index need not lie inside a given tree.
public struct LeafIndex: Hashable, Comparable, Sendable, WireValue {
  /// The number on the wire.
  public let rawValue: UInt32

  /// Takes any number.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Takes the number from the front of `input`.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    self.init(rawValue: try input.readUInt32())
  }

  /// Writes the number.
  public func encode(to output: inout ByteWriter) { output.write(rawValue) }

  /// The leaf's place in the array of all nodes (RFC 9420 Appendix C).
  public var node: NodeIndex { NodeIndex(rawValue: 2 * Int(rawValue)) }

  /// Leaves further left come first.
  public static func < (left: LeafIndex, right: LeafIndex) -> Bool {
    left.rawValue < right.rawValue
  }

  /// The place in an array of leaves.
  var offset: Int { Int(rawValue) }
}
