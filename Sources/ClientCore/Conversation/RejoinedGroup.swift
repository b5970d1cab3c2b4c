// SPDX-License-Identifier: Apache-2.0

package import MLS
package import SansIO

/// A group that waits for its external commit to be accepted.
///
/// ```
/// struct { uint8 ver = 1; opaque epoch_state<V>; opaque message_secrets<V>; } RejoinedGroup;
/// ```
package struct RejoinedGroup {
  private static let formatVersion: UInt8 = 1
  /// The group in the epoch that the commit begins.
  package let group: Group

  /// Takes the group.
  package init(_ group: Group) { self.group = group }

  /// Reads the stored form; nil when it is damaged.
  package init?(decoding stored: Secret) {
    func read(_ bytes: [UInt8]) throws(DecodingFailure) -> (Secret, Secret) {
      var input = bytes.span
      guard try input.readUInt8() == Self.formatVersion else {
        throw .invalidValue(field: "rejoined group format")
      }
      let parts = (Secret(try input.readVector()), Secret(try input.readVector()))
      guard input.isEmpty else { throw .trailingBytes }
      return parts
    }
    guard let parts = try? read(stored.copyBytes()),
      let group = try? Group(epochState: parts.0, messageSecrets: parts.1)
    else { return nil }
    self.group = group
  }

  /// The stored form.
  package var encoded: Secret {
    var output = ByteWriter()
    output.write(Self.formatVersion)
    output.write(vector: group.encodedEpochState.copyBytes())
    output.write(vector: group.encodedMessageSecrets.copyBytes())
    return Secret(output.bytes)
  }
}
