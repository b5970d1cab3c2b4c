// SPDX-License-Identifier: Apache-2.0

public import SansIO

extension Group {
  /// Opens what was sealed by EncryptWithLabel (RFC 9420 §5.1.3) to the encryption key that the own
  /// leaf has in this epoch. The label keeps it apart from what MLS itself seals to that key.
  ///
  /// - Throws: `decryptionFailed` for what was sealed to another key or is damaged.
  public func decryptWithOwnLeafKey(
    label: String, context: [UInt8], ciphertext: HPKECiphertext
  ) throws(MLSFailure) -> Secret {
    guard let leaf = leafNode(at: ownLeafIndex) else { throw .invalidSender }
    return try suite.decryptWithLabel(
      privateKey: state.privateKeys.leafKey, publicKey: leaf.encryptionKey, label: label,
      context: context, ciphertext: ciphertext)
  }
}
