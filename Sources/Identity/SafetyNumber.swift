// SPDX-License-Identifier: Apache-2.0

import Crypto
import SansIO

/// One side's part of a safety number: a slow hash of the account's number and key.
///
/// `f` starts as `uint16 version ‖ AIK ‖ account_id` and becomes `SHA-512(f ‖ AIK)` 5,200 times,
/// the shape of Signal's numeric fingerprint. The rounds make it dear to search for a key whose
/// number looks like another's.
public struct IdentityFingerprint: Hashable, Sendable {
  /// How often SHA-512 is applied.
  public static let iterations = 5200
  private static let version: UInt16 = 1

  /// The account.
  public let accountID: AccountID
  /// The first 32 bytes of `f`.
  public let bytes: Fingerprint

  /// Computes the fingerprint; this takes some milliseconds.
  public init(accountID: AccountID, aik: SignaturePublicKey) {
    self.accountID = accountID
    var first = ByteWriter()
    first.write(Self.version)
    first.write(aik)
    first.write(accountID)
    var state = first.bytes
    for _ in 0..<Self.iterations {
      var round = SHA512()
      round.update(data: state)
      round.update(data: aik.bytes)
      state = Array(round.finalize())
    }
    guard let bytes = Fingerprint(Array(state.prefix(Fingerprint.byteCount))) else {
      preconditionFailure("SHA-512 gives 64 bytes")
    }
    self.bytes = bytes
  }

  init(accountID: AccountID, bytes: Fingerprint) {
    self.accountID = accountID
    self.bytes = bytes
  }

  /// 30 digits: six times five bytes, big-endian, modulo 100,000.
  public var digits: String {
    var text = ""
    for group in 0..<6 {
      let number = bytes.bytes[group * 5..<group * 5 + 5].reduce(UInt64(0)) { sum, byte in
        sum << 8 | UInt64(byte)
      }
      let digits = String(number % 100_000)
      text += String(repeating: "0", count: 5 - digits.count) + digits
    }
    return text
  }
}

/// What two people compare to know that nobody sits between them. Devices that come and go do not
/// change it; a new account key of either does.
public struct SafetyNumber: Hashable, Sendable, CustomStringConvertible {
  /// Our side.
  public let own: IdentityFingerprint
  /// The other side.
  public let peer: IdentityFingerprint

  /// Takes both sides.
  public init(own: IdentityFingerprint, peer: IdentityFingerprint) {
    self.own = own
    self.peer = peer
  }

  /// 60 digits, the same on both sides: the smaller half comes first.
  public var digits: String {
    let halves = [own.digits, peer.digits].sorted()
    return halves[0] + halves[1]
  }

  /// The digits in twelve groups of five, with spaces between them.
  public var description: String {
    let digits = Array(digits)
    return stride(from: 0, to: digits.count, by: 5)
      .map { start in String(digits[start..<start + 5]) }
      .joined(separator: " ")
  }
}
