// SPDX-License-Identifier: Apache-2.0

/// What deriving a key from a passphrase costs (RFC 7914 §2). The memory is 128·N·r bytes.
package struct ScryptCost: Hashable, Sendable {
  /// N, a power of two.
  package let rounds: Int
  /// r.
  package let blockSize: Int
  /// p.
  package let parallelism: Int

  /// 128 MiB and about 0.4 s on one core of 2023.
  package static let standard = ScryptCost(rounds: 1 << 17)
  /// The least that a stored key may say; for tests, which open many stores.
  package static let least = ScryptCost(rounds: 1 << 14)

  private init(rounds: Int) {
    self.rounds = rounds
    blockSize = 8
    parallelism = 1
  }

  /// Takes the numbers of a stored key. A forged one must neither ask for a derivation that guesses
  /// quickly nor for one that takes the machine's memory: N is 2^14 to 2^20 (1 GiB), r is 8, p is
  /// 1 to 4.
  ///
  /// - Throws: `costOutOfBounds`.
  init(rounds: Int, blockSize: Int, parallelism: Int) throws(WrappedKeyFailure) {
    guard
      rounds >= 1 << 14, rounds <= 1 << 20, rounds & (rounds - 1) == 0, blockSize == 8,
      parallelism >= 1, parallelism <= 4
    else { throw .costOutOfBounds }
    self.rounds = rounds
    self.blockSize = blockSize
    self.parallelism = parallelism
  }
}
