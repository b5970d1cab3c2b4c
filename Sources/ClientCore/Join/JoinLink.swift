// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
import SansIO

/// What somebody is given who may ask to come into a group (join-links.md). It opens the log on
/// which requests are put, and nothing of the group.
///
/// `sotto-group:v1.ROOM.SECRET.HASH.DOMAIN`, the first three base64url without padding.
package struct JoinLink {
  private static let prefix = "sotto-group:v1."
  static let secretLength = 32

  let room: RoomReference
  let secret: Secret
  /// The hash of the public key that requests are sealed to.
  let keyHash: Fingerprint

  init(room: RoomReference, secret: Secret, keyHash: Fingerprint) {
    self.room = room
    self.secret = secret
    self.keyHash = keyHash
  }

  /// Takes the text; nil when it is none.
  package init?(_ text: String) {
    guard text.hasPrefix(Self.prefix) else { return nil }
    let parts = text.utf8.dropFirst(Self.prefix.utf8.count)
      .split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count == 4, let roomID = Base64URL.decode(parts[0]),
      roomID.count == RoomState.roomIDLength,
      let secret = Base64URL.decode(parts[1]), secret.count == Self.secretLength,
      let hash = Base64URL.decode(parts[2]).flatMap({ Fingerprint($0) }),
      let domain = try? ServiceDomain(String(decoding: parts[3], as: UTF8.self))
    else { return nil }
    room = RoomReference(roomID: roomID, domain: domain.text)
    self.secret = Secret(secret)
    keyHash = hash
    guard constantTimeEquals(Array(self.text.utf8), Array(text.utf8)) else { return nil }
  }

  /// The text, which is a secret.
  package var text: String {
    let parts = [room.roomID, secret.copyBytes(), keyHash.bytes].map(Base64URL.encode)
    return Self.prefix + parts.joined(separator: ".") + "." + room.domain
  }

  /// The right to the log of requests.
  var access: LogAccess {
    LogAccess(logID: derived("log", 32).copyBytes(), epoch: 0, token: derived("token", 32))
  }

  /// Seals the announcement of the public key.
  func seal(
    _ announcement: JoinKey, using entropy: inout some RandomNumberGenerator
  ) throws(MLSFailure) -> [UInt8] {
    let suite = ProductGroup.suite
    let nonce = entropy.bytes(suite.aeadNonceLength)
    return [JoinEntryKind.key.rawValue] + nonce
      + (try suite.seal(
        key: derived("seal", suite.aeadKeyLength), nonce: nonce, authenticating: room.roomID,
        plaintext: announcement.encoded))
  }

  /// The public key that an entry announces; nil when it announces none, or another than the link
  /// names.
  func open(_ body: [UInt8]) -> JoinKey? {
    let suite = ProductGroup.suite
    let start = 1 + suite.aeadNonceLength
    guard body.count > start, body[0] == JoinEntryKind.key.rawValue,
      let plaintext = try? suite.open(
        key: derived("seal", suite.aeadKeyLength), nonce: Array(body[1..<start]),
        authenticating: room.roomID, ciphertext: Array(body[start...])),
      let key = try? JoinKey(decoding: plaintext),
      Fingerprint(hashing: key.publicKey) == keyHash
    else { return nil }
    return key
  }

  private func derived(_ label: String, _ length: Int) -> Secret {
    ProductGroup.suite.expandWithLabel(
      secret, label: "join " + label, context: room.roomID, length: length)
  }
}

/// What an entry of the log of requests is: its first byte.
enum JoinEntryKind: UInt8 {
  /// The public key, under a key that the link gives.
  case key = 1
  /// A request, sealed to the public key.
  case knock = 2
}
