// SPDX-License-Identifier: Apache-2.0

import Crypto
import CryptoExtras
import Foundation
import SansIO

extension WrappedKey {
  /// Wraps `key` under `passphrase`, with salt and nonce from `generator`.
  static func seal(
    _ key: Secret, passphrase: Secret, cost: ScryptCost,
    using generator: inout some RandomNumberGenerator
  ) throws(StoreOpenFailure) -> WrappedKey {
    let salt = generator.bytes(saltBytes)
    let nonce = generator.bytes(12)
    let wrapping = try derive(passphrase, salt: salt, cost: cost)
    do {
      let box = unsafe try key.withUnsafeBytes { bytes in
        unsafe try AES.GCM.seal(
          bytes, using: wrapping, nonce: AES.GCM.Nonce(data: nonce),
          authenticating: header(cost: cost, salt: salt))
      }
      return WrappedKey(cost: cost, salt: salt, sealed: nonce + box.ciphertext + box.tag)
    } catch {
      // A nonce of 12 bytes and a key of 32 are always taken.
      throw .system("seal", errno: 0)
    }
  }

  /// The key.
  ///
  /// - Throws: `emptyPassphrase`, or `wrongPassphrase` when the seal does not open.
  func open(passphrase: Secret) throws(StoreOpenFailure) -> Secret {
    let wrapping = try Self.derive(passphrase, salt: salt, cost: cost)
    do {
      let box = try AES.GCM.SealedBox(combined: sealed)
      var clear = try AES.GCM.open(box, using: wrapping, authenticating: header)
      defer { clear.resetBytes(in: clear.startIndex..<clear.endIndex) }
      return unsafe Secret(count: clear.count) { buffer in unsafe clear.copyBytes(to: buffer) }
    } catch {
      throw .wrongPassphrase
    }
  }

  private static func derive(
    _ passphrase: Secret, salt: [UInt8], cost: ScryptCost
  ) throws(StoreOpenFailure) -> SymmetricKey {
    guard passphrase.count > 0 else { throw .emptyPassphrase }
    do {
      return try KDF.Scrypt.deriveKey(
        from: passphrase.copyBytes(), salt: salt, outputByteCount: 32, rounds: cost.rounds,
        blockSize: cost.blockSize, parallelism: cost.parallelism)
    } catch {
      // The numbers are within bounds, so what is missing is memory.
      throw .system("scrypt", errno: 12)
    }
  }
}
