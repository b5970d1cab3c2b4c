// SPDX-License-Identifier: Apache-2.0

import Crypto
public import SansIO

/// Authenticated encryption (RFC 9420 §5.1).
extension CipherSuite {
  /// The length of every suite's authentication tag, in bytes.
  static let aeadTagLength = 16

  /// Seals `plaintext`; the tag stands at the end of what is returned.
  ///
  /// - Throws: `invalidKey` when key or nonce have another length than the suite's.
  public func seal(
    key: Secret, nonce: [UInt8], authenticating: [UInt8], plaintext: [UInt8]
  ) throws(MLSFailure) -> [UInt8] {
    guard key.count == aeadKeyLength, nonce.count == aeadNonceLength else { throw .invalidKey }
    do {
      switch algorithms.aead {
      case .aes128GCM, .aes256GCM:
        let box = try AES.GCM.seal(
          plaintext, using: key.symmetricKey, nonce: AES.GCM.Nonce(data: nonce),
          authenticating: authenticating)
        return Array(box.ciphertext) + Array(box.tag)
      case .chaCha20Poly1305:
        let box = try ChaChaPoly.seal(
          plaintext, using: key.symmetricKey, nonce: ChaChaPoly.Nonce(data: nonce),
          authenticating: authenticating)
        return Array(box.ciphertext) + Array(box.tag)
      }
    } catch {
      throw .invalidKey
    }
  }

  /// Opens what `seal` made.
  ///
  /// - Throws: `invalidKey` for lengths that are not the suite's, `decryptionFailed` otherwise.
  public func open(
    key: Secret, nonce: [UInt8], authenticating: [UInt8], ciphertext: [UInt8]
  ) throws(MLSFailure) -> [UInt8] {
    guard key.count == aeadKeyLength, nonce.count == aeadNonceLength else { throw .invalidKey }
    guard ciphertext.count >= CipherSuite.aeadTagLength else { throw .decryptionFailed }
    let body = ciphertext.dropLast(CipherSuite.aeadTagLength)
    let tag = ciphertext.suffix(CipherSuite.aeadTagLength)
    do {
      switch algorithms.aead {
      case .aes128GCM, .aes256GCM:
        let box = try AES.GCM.SealedBox(
          nonce: AES.GCM.Nonce(data: nonce), ciphertext: body, tag: tag)
        return Array(
          try AES.GCM.open(box, using: key.symmetricKey, authenticating: authenticating))
      case .chaCha20Poly1305:
        let box = try ChaChaPoly.SealedBox(
          nonce: ChaChaPoly.Nonce(data: nonce), ciphertext: body, tag: tag)
        return Array(
          try ChaChaPoly.open(box, using: key.symmetricKey, authenticating: authenticating))
      }
    } catch {
      throw .decryptionFailed
    }
  }
}
