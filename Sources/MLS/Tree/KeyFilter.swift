// SPDX-License-Identifier: Apache-2.0

/// A few public keys that many others are looked up among.
///
/// Most lookups end at the first bytes, so that a key of a kilobyte is rarely read whole. Keys
/// that begin alike cost a comparison each and no more.
struct KeyFilter {
  private let keys: [[UInt8]]
  private let prefixes: [UInt64]

  init(_ keys: [[UInt8]]) {
    self.keys = keys
    prefixes = keys.map(KeyFilter.prefix)
  }

  func contains(_ key: [UInt8]) -> Bool {
    let prefix = KeyFilter.prefix(of: key)
    for index in prefixes.indices where prefixes[index] == prefix {
      if keys[index] == key { return true }
    }
    return false
  }

  private static func prefix(of key: [UInt8]) -> UInt64 {
    var word: UInt64 = 0
    for index in 0..<min(8, key.count) { word = word << 8 | UInt64(key[index]) }
    return word
  }
}
