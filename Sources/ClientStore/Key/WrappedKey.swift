// SPDX-License-Identifier: Apache-2.0

import SansIO

/// The database's key as it lies on disk, sealed under a key that scrypt derives from the
/// passphrase (RFC 7914).
///
/// The file is text of exactly this form, and what does not encode back to the same bytes is
/// refused:
///
///     sotto-key 1
///     scrypt <N> <r> <p>
///     salt <32 bytes, lower-case hexadecimal>
///     sealed <12 bytes of nonce, 32 bytes of ciphertext, 16 bytes of tag, the same>
///
/// The sealing is AES-256-GCM, and the first three lines are its additional authenticated data.
package struct WrappedKey: Hashable, Sendable {
  static let saltBytes = 32
  static let sealedBytes = 12 + 32 + 16

  let cost: ScryptCost
  let salt: [UInt8]
  let sealed: [UInt8]

  /// The first three lines, which the sealing authenticates.
  static func header(cost: ScryptCost, salt: [UInt8]) -> [UInt8] {
    Array(
      """
      sotto-key 1
      scrypt \(cost.rounds) \(cost.blockSize) \(cost.parallelism)
      salt \(Hex.encode(salt))

      """.utf8)
  }

  var header: [UInt8] { Self.header(cost: cost, salt: salt) }

  /// The file's bytes.
  package var encoded: [UInt8] { header + Array("sealed \(Hex.encode(sealed))\n".utf8) }

  init(cost: ScryptCost, salt: [UInt8], sealed: [UInt8]) {
    self.cost = cost
    self.salt = salt
    self.sealed = sealed
  }

  /// Parses the file's bytes.
  ///
  /// - Throws: a `WrappedKeyFailure` that says which line is wrong.
  package init(decoding bytes: [UInt8]) throws(WrappedKeyFailure) {
    let lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false)
    guard lines.count == 5, lines[4].isEmpty else { throw .lines }
    guard lines[0].elementsEqual("sotto-key 1".utf8) else { throw .version }
    cost = try Self.cost(lines[1])
    salt = try Self.field("salt ", lines[2], count: Self.saltBytes, failure: .salt)
    sealed = try Self.field("sealed ", lines[3], count: Self.sealedBytes, failure: .sealed)
  }

  private static func cost(_ line: ArraySlice<UInt8>) throws(WrappedKeyFailure) -> ScryptCost {
    let words = line.split(separator: 0x20, omittingEmptySubsequences: false)
    guard words.count == 4, words[0].elementsEqual("scrypt".utf8) else { throw .parameters }
    var numbers: [Int] = []
    for word in words.dropFirst() {
      // Ten digits at most, none of them a leading zero: one number has one form.
      guard (1...10).contains(word.count), word.first != 0x30 else { throw .parameters }
      var number = 0
      for digit in word {
        guard (0x30...0x39).contains(digit) else { throw .parameters }
        number = number * 10 + Int(digit - 0x30)
      }
      numbers.append(number)
    }
    return try ScryptCost(rounds: numbers[0], blockSize: numbers[1], parallelism: numbers[2])
  }

  private static func field(
    _ name: String, _ line: ArraySlice<UInt8>, count: Int, failure: WrappedKeyFailure
  ) throws(WrappedKeyFailure) -> [UInt8] {
    guard line.starts(with: name.utf8) else { throw failure }
    let digits = String(decoding: line.dropFirst(name.utf8.count), as: UTF8.self)
    guard let bytes = Hex.decode(digits), bytes.count == count, Hex.encode(bytes) == digits
    else { throw failure }
    return bytes
  }
}
