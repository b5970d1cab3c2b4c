// SPDX-License-Identifier: Apache-2.0

import MLS
import SansIO

/// What the group state key seals: things that members must be able to open who have lost step with
/// the epoch, and that the server must not read (mls-profile.md).
extension ConversationContext {
  /// Sets a wrapped commit apart from an MLSMessage, which begins with 0.
  private static let wrappedCommit: UInt8 = 0xF0
  /// What each kind of thing is sealed under.
  private static let groupInfoLabel = "ext"
  private static let commitLabel = "commit"
  private static let rejoinLabel = "psk"

  /// Seals a GroupInfo: a random nonce, then AES-256-GCM under a key derived from the group state
  /// key, bound to the log.
  func seal(
    _ groupInfo: GroupInfo, using entropy: inout some RandomNumberGenerator
  ) throws(MLSFailure) -> [UInt8] {
    try seal(
      MLSMessage.groupInfo(groupInfo).encoded, under: Self.groupInfoLabel, using: &entropy)
  }

  /// Opens a sealed GroupInfo. Its signature has not been checked.
  func openGroupInfo(_ sealed: [UInt8]) throws(MLSFailure) -> GroupInfo {
    guard
      case .groupInfo(let info) = try MLSMessage(
        bytes: try open(sealed[...], under: Self.groupInfoLabel))
    else { throw .unexpectedMessageKind }
    return info
  }

  /// Whether an entry of the log is a wrapped commit.
  static func isWrapped(_ body: [UInt8]) -> Bool { body.first == wrappedCommit }

  /// Wraps an external commit: it is a PublicMessage, which names its sender (RFC 9420 §6.2).
  func wrap(
    _ commit: [UInt8], using entropy: inout some RandomNumberGenerator
  ) throws(MLSFailure) -> [UInt8] {
    [Self.wrappedCommit] + (try seal(commit, under: Self.commitLabel, using: &entropy))
  }

  /// Opens a wrapped commit.
  func unwrap(_ body: [UInt8]) throws(MLSFailure) -> MLSMessage {
    try MLSMessage(bytes: try open(body.dropFirst(), under: Self.commitLabel))
  }

  /// Names the key that only those know who were members: an external commit without it is
  /// followed by nobody.
  var rejoinKeySource: PreSharedKeyID.Source {
    var output = ByteWriter()
    output.write(raw: Array("rejoin".utf8))
    output.write(groupStateKeyVersion)
    return .external(id: output.bytes)
  }

  /// The key of that name.
  var rejoinKeys: PreSharedKeys {
    let suite = ProductGroup.suite
    var keys = PreSharedKeys()
    guard case .external(let id) = rejoinKeySource else { return keys }
    keys.insert(
      suite.expandWithLabel(
        groupStateKey, label: Self.rejoinLabel, context: [], length: suite.hashLength),
      externalID: id)
    return keys
  }

  private func key(_ label: String) -> Secret {
    ProductGroup.suite.expandWithLabel(
      groupStateKey, label: label, context: [], length: ProductGroup.suite.aeadKeyLength)
  }

  private func seal(
    _ plaintext: [UInt8], under label: String, using entropy: inout some RandomNumberGenerator
  ) throws(MLSFailure) -> [UInt8] {
    let nonce = entropy.bytes(ProductGroup.suite.aeadNonceLength)
    return nonce
      + (try ProductGroup.suite.seal(
        key: key(label), nonce: nonce, authenticating: routingID, plaintext: plaintext))
  }

  private func open(
    _ sealed: ArraySlice<UInt8>, under label: String
  ) throws(MLSFailure) -> [UInt8] {
    let length = ProductGroup.suite.aeadNonceLength
    guard sealed.count > length else { throw .decryptionFailed }
    return try ProductGroup.suite.open(
      key: key(label), nonce: Array(sealed.prefix(length)), authenticating: routingID,
      ciphertext: Array(sealed.dropFirst(length)))
  }
}
