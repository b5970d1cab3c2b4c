// SPDX-License-Identifier: Apache-2.0

import SansIO

/// SHAKE256 (FIPS 202 §6.2). Swift-crypto offers SHA-3 but no extendable output, and the X-Wing
/// KEM's DeriveKeyPair needs it (draft-ietf-hpke-pq).
///
/// The permutation has no branch and no table index that depends on data.
enum SHAKE256 {
  /// The rate for 256-bit security, in bytes.
  private static let rate = 136

  /// The first `length` bytes of the output for `input`.
  static func derive(_ input: Secret, length: Int) -> Secret {
    var state = [UInt64](repeating: 0, count: 25)
    unsafe input.withUnsafeBytes { bytes in
      var offset = 0
      for index in bytes.indices {
        unsafe absorb(bytes[index], at: offset, into: &state)
        offset += 1
        if offset == rate {
          permute(&state)
          offset = 0
        }
      }
      absorb(0x1f, at: offset, into: &state)
      absorb(0x80, at: rate - 1, into: &state)
      permute(&state)
    }
    let output = unsafe Secret(count: length) { target in
      var offset = 0
      for index in 0..<length {
        if offset == rate {
          permute(&state)
          offset = 0
        }
        let word = state[offset / 8] >> UInt64(8 * (offset % 8))
        unsafe target[index] = UInt8(truncatingIfNeeded: word)
        offset += 1
      }
    }
    for index in state.indices { state[index] = 0 }
    return output
  }

  private static func absorb(_ byte: UInt8, at offset: Int, into state: inout [UInt64]) {
    state[offset / 8] ^= UInt64(byte) << UInt64(8 * (offset % 8))
  }

  /// Keccak-f[1600] (FIPS 202 §3.3): θ, ρ with π, χ, ι for 24 rounds.
  private static func permute(_ state: inout [UInt64]) {
    var columns = [UInt64](repeating: 0, count: 5)
    var moved = [UInt64](repeating: 0, count: 25)
    for constant in roundConstants {
      for x in 0..<5 {
        columns[x] = state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20]
      }
      for x in 0..<5 {
        let mixed = columns[(x + 4) % 5] ^ rotated(columns[(x + 1) % 5], by: 1)
        for y in 0..<5 { state[x + 5 * y] ^= mixed }
      }
      for x in 0..<5 {
        for y in 0..<5 {
          moved[y + 5 * ((2 * x + 3 * y) % 5)] = rotated(
            state[x + 5 * y], by: rotations[x + 5 * y])
        }
      }
      for y in 0..<5 {
        for x in 0..<5 {
          state[x + 5 * y] =
            moved[x + 5 * y] ^ (~moved[(x + 1) % 5 + 5 * y] & moved[(x + 2) % 5 + 5 * y])
        }
      }
      state[0] ^= constant
    }
  }

  private static func rotated(_ word: UInt64, by count: UInt64) -> UInt64 {
    count == 0 ? word : word << count | word >> (64 - count)
  }

  /// The offsets of ρ for lane x + 5y (FIPS 202 §3.2.2, table 2).
  private static let rotations: [UInt64] = [
    0, 1, 62, 28, 27, 36, 44, 6, 55, 20, 3, 10, 43, 25, 39, 41, 45, 15, 21, 8, 18, 2, 61, 56, 14,
  ]

  /// The constants of ι (FIPS 202 §3.2.5).
  private static let roundConstants: [UInt64] = [
    0x0000_0000_0000_0001, 0x0000_0000_0000_8082, 0x8000_0000_0000_808a, 0x8000_0000_8000_8000,
    0x0000_0000_0000_808b, 0x0000_0000_8000_0001, 0x8000_0000_8000_8081, 0x8000_0000_0000_8009,
    0x0000_0000_0000_008a, 0x0000_0000_0000_0088, 0x0000_0000_8000_8009, 0x0000_0000_8000_000a,
    0x0000_0000_8000_808b, 0x8000_0000_0000_008b, 0x8000_0000_0000_8089, 0x8000_0000_0000_8003,
    0x8000_0000_0000_8002, 0x8000_0000_0000_0080, 0x0000_0000_0000_800a, 0x8000_0000_8000_000a,
    0x8000_0000_8000_8081, 0x8000_0000_0000_8080, 0x0000_0000_8000_0001, 0x8000_0000_8000_8008,
  ]
}
