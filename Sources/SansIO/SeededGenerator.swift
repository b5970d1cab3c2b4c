// SPDX-License-Identifier: Apache-2.0

/// A seeded generator (xoshiro256**, Blackman and Vigna 2018; state from SplitMix64) for
/// simulation and tests. It is not for keys: drivers hand the system's generator to a core.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private var state: (UInt64, UInt64, UInt64, UInt64)

  /// The same seed gives the same numbers on every machine.
  public init(seed: UInt64) {
    var mixer = seed
    func next() -> UInt64 {
      mixer &+= 0x9e37_79b9_7f4a_7c15
      var word = mixer
      word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
      word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
      return word ^ (word >> 31)
    }
    state = (next(), next(), next(), next())
  }

  /// The next 64 bits.
  public mutating func next() -> UInt64 {
    let scrambled = rotated(state.1 &* 5, by: 7) &* 9
    let shifted = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = rotated(state.3, by: 45)
    return scrambled
  }

  /// A generator of its own for one subsystem, so that a new draw in one does not shift another.
  public mutating func split() -> SeededGenerator { SeededGenerator(seed: next()) }

  private func rotated(_ word: UInt64, by count: UInt64) -> UInt64 {
    word << count | word >> (64 - count)
  }
}

extension RandomNumberGenerator {
  /// `count` bytes from this generator.
  public mutating func bytes(_ count: Int) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(count)
    while output.count < count {
      var word: UInt64 = next()
      for _ in 0..<min(8, count - output.count) {
        output.append(UInt8(truncatingIfNeeded: word))
        word >>= 8
      }
    }
    return output
  }

  /// True in `numerator` of `denominator` cases.
  public mutating func chance(_ numerator: UInt64, in denominator: UInt64) -> Bool {
    UInt64.random(in: 0..<denominator, using: &self) < numerator
  }
}
