// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO

/// The name of a group that programs use where they use an address for a person:
/// `group-4f2a….messenger.example`. It never has an `@`, and an address always has one.
package struct RoomReference: Hashable, CustomStringConvertible {
  private static let prefix = "group-"

  let roomID: [UInt8]
  let domain: String

  init(roomID: [UInt8], domain: String) {
    self.roomID = roomID
    self.domain = domain
  }

  /// Takes the whole text.
  package init?(_ text: String) {
    guard text.hasPrefix(Self.prefix) else { return nil }
    let rest = text.utf8.dropFirst(Self.prefix.utf8.count)
    let digits = rest.prefix(2 * RoomState.roomIDLength)
    guard let bytes = Hex.decode(String(decoding: digits, as: UTF8.self)),
      bytes.count == RoomState.roomIDLength,
      rest.dropFirst(digits.count).first == UInt8(ascii: "."),
      let domain = try? ServiceDomain(
        String(decoding: rest.dropFirst(digits.count + 1), as: UTF8.self))
    else { return nil }
    roomID = bytes
    self.domain = domain.text
    guard description == text else { return nil }
  }

  /// The whole text.
  package var description: String { "\(Self.prefix)\(Hex.encode(roomID)).\(domain)" }

  /// The room's URI, with which message identifiers are made.
  var uri: String { "mimi://\(domain)/g/\(Hex.encode(roomID))" }

  /// Whether a conversation's name is that of a group.
  package static func isOne(_ address: String) -> Bool { !address.utf8.contains(UInt8(ascii: "@")) }
}
