// SPDX-License-Identifier: Apache-2.0

package import SansIO

/// Where an entry stands in the total order of all that own devices tell each other (own-group.md).
///
/// ```
/// struct { uint32 generation; uint8 group_id[32]; uint64 seq; } OwnPlace;
/// ```
package struct OwnPlace: WireValue, Hashable, Comparable {
  private static let groupIDLength = ProductGroup.groupIDLength

  /// Of the group: one that replaces another comes after it.
  let generation: UInt32
  /// Of two groups of one generation the smaller identifier comes after, as that is the one that
  /// is sent in.
  let groupID: [UInt8]
  /// The entry's number in the group's log.
  let seq: UInt64

  /// Before everything: what a device had arranged before there was a group.
  package static let origin = OwnPlace(
    generation: 0, groupID: Array(repeating: 0xFF, count: groupIDLength), seq: 0)

  /// Makes the place.
  package init(generation: UInt32, groupID: [UInt8], seq: UInt64) {
    self.generation = generation
    self.groupID = groupID
    self.seq = seq
  }

  /// Whether one entry counts less than another.
  package static func < (left: OwnPlace, right: OwnPlace) -> Bool {
    if left.generation != right.generation { return left.generation < right.generation }
    if left.groupID != right.groupID {
      return right.groupID.lexicographicallyPrecedes(left.groupID)
    }
    return left.seq < right.seq
  }

  /// Takes the three.
  package init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    generation = try input.readUInt32()
    groupID = try input.readBytes(Self.groupIDLength)
    seq = try input.readUInt64()
  }

  /// Appends the three.
  package func encode(to output: inout ByteWriter) {
    output.write(generation)
    output.write(raw: groupID)
    output.write(seq)
  }
}
