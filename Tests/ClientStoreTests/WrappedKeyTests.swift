// SPDX-License-Identifier: Apache-2.0

import Foundation
import SansIO
import Testing

@testable import ClientStore

@Suite struct WrappedKeyTests {
  /// The form of version 1, made by another program (Python's hashlib.scrypt and AES-GCM of
  /// OpenSSL): passphrase "correct horse", key 200…231.
  static let stable = """
    sotto-key 1
    scrypt 16384 8 1
    salt 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
    sealed 6465666768696a6b6c6d6e6fb9f95bd88ad93f4149674e1ccfa05a645f14ac43ecc2dd7b8ca8b3f7f5a0\
    80c620d6544c5b9b01544cc3b22d786ef58d

    """
  static let passphrase = Secret(Array("correct horse".utf8))
  static let key = Secret([UInt8](200..<232))

  @Test func keyOfAnotherProgramIsOpened() throws {
    let wrapped = try WrappedKey(decoding: Array(Self.stable.utf8))
    #expect(wrapped.cost == .least)
    #expect(wrapped.encoded == Array(Self.stable.utf8))
    #expect(try wrapped.open(passphrase: Self.passphrase) == Self.key)
  }

  @Test func sealedKeyIsOpened() throws {
    var generator = SeededGenerator(seed: 1)
    let wrapped = try WrappedKey.seal(
      Self.key, passphrase: Self.passphrase, cost: .least, using: &generator)
    let again = try WrappedKey(decoding: wrapped.encoded)
    #expect(again == wrapped)
    #expect(try again.open(passphrase: Self.passphrase) == Self.key)
    let other = try WrappedKey.seal(
      Self.key, passphrase: Self.passphrase, cost: .least, using: &generator)
    #expect(other.salt != wrapped.salt)
    #expect(other.sealed != wrapped.sealed)
  }

  @Test func standardCostIsWhatTheDesignSays() {
    #expect(ScryptCost.standard.rounds == 131_072)
    #expect(ScryptCost.standard.blockSize == 8)
    #expect(ScryptCost.standard.parallelism == 1)
  }

  /// What is authenticated: header, nonce, ciphertext and tag, bit by bit.
  @Test(arguments: [
    ("16384 8 1", "32768 8 1"), ("16384 8 1", "16384 8 2"), ("salt 00", "salt 01"),
    ("sealed 64", "sealed 65"), ("6fb9", "6fb8"), ("f58d", "f58c"),
  ])
  func changedKeyDoesNotOpen(change: (String, String)) throws {
    let text = Self.stable.replacingOccurrences(of: change.0, with: change.1)
    #expect(text != Self.stable)
    let wrapped = try WrappedKey(decoding: Array(text.utf8))
    #expect(throws: StoreOpenFailure.wrongPassphrase) {
      try wrapped.open(passphrase: Self.passphrase)
    }
  }

  /// One change of the file, and the exact failure that it must be answered with.
  static let damages: [(String, String, WrappedKeyFailure)] = [
    ("sotto-key 1\n", "sotto-key 2\n", .version), ("sotto-key 1\n", "sotto-key 1 \n", .version),
    ("sotto-key 1\n", "sotto-key 1\r\n", .version), ("sotto-key 1\n", "", .lines),
    ("f58d\n", "f58d", .lines), ("f58d\n", "f58d\n\n", .lines), ("f58d\n", "f58d\nx", .lines),
    ("scrypt ", "argon2 ", .parameters), ("16384 8 1", "16384 8", .parameters),
    ("16384 8 1", "16384 8 1 1", .parameters), ("16384 8 1", "016384 8 1", .parameters),
    ("16384 8 1", "-16384 8 1", .parameters), ("16384 8 1", "16384  8 1", .parameters),
    ("16384", "99999999999999999999", .parameters), ("16384", "8192", .costOutOfBounds),
    ("16384", "2097152", .costOutOfBounds), ("16384", "16385", .costOutOfBounds),
    ("16384 8 1", "16384 1 1", .costOutOfBounds), ("16384 8 1", "16384 8 5", .costOutOfBounds),
    ("16384", "4294967296", .costOutOfBounds), ("salt 00", "salt ", .salt),
    ("salt 00", "salt 0000", .salt), ("salt 00", "salt  00", .salt), ("1e1f", "1E1F", .salt),
    ("salt 00", "salt 0x", .salt), ("salt", "salz", .salt), ("f58d", "f5", .sealed),
    ("f58d", "f58d00", .sealed), ("f58d", "f58D", .sealed), ("sealed", "Sealed", .sealed),
  ]

  @Test(arguments: damages.indices)
  func damagedFileIsRefused(index: Int) throws {
    let (old, new, failure) = Self.damages[index]
    let text = Self.stable.replacingOccurrences(of: old, with: new)
    #expect(text != Self.stable)
    #expect(throws: failure) { try WrappedKey(decoding: Array(text.utf8)) }
  }

  @Test func damagedFileIsRefusedByTheStoreAndUntouched() throws {
    let home = try TemporaryHome()
    let key = TemporaryHome.passphrase("correct horse")
    try home.open(key).close()
    let path = home.path + "/sotto.key"
    let texts: [(String, WrappedKeyFailure)] = [
      ("", .lines), (String(repeating: "x", count: 5_000), .tooLarge), ("{}\n", .lines),
      (String(Self.stable.dropLast(40)), .lines),
    ]
    for (text, failure) in texts {
      try home.write(text, to: path, mode: 0o600)
      let before = try home.contents()
      #expect(throws: StoreOpenFailure.keyDamaged(failure)) { try home.open(key) }
      #expect(try home.contents() == before)
    }
  }

  /// Bytes that are not text, and every prefix of a good file: a typed failure each time.
  @Test func anyBytesAreAnsweredWithAFailure() {
    var generator = SeededGenerator(seed: 7)
    let good = Array(Self.stable.utf8)
    for count in 0..<good.count {
      #expect(throws: WrappedKeyFailure.lines) { try WrappedKey(decoding: Array(good[..<count])) }
    }
    for _ in 0..<2_000 {
      var bytes = good
      let index = Int.random(in: 0..<bytes.count, using: &generator)
      bytes[index] = UInt8.random(in: 0...255, using: &generator)
      guard let parsed = try? WrappedKey(decoding: bytes) else { continue }
      #expect(parsed.encoded == bytes)
    }
  }
}
