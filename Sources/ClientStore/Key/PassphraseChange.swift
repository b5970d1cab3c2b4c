// SPDX-License-Identifier: Apache-2.0

import Glibc
package import SansIO

/// Another passphrase for the key of a store. The database is not touched, and may be in use: its
/// key stays, and is wrapped anew.
package struct PassphraseChange {
  /// What has been done so far, for tests that end the process there.
  enum Step: CaseIterable {
    /// The new wrapping was made, in memory.
    case sealed
    /// It lies beside the old one, whole.
    case written
    /// It has taken the old one's place.
    case renamed
    /// The bytes of the old one are overwritten.
    case overwritten
  }

  /// Wraps the key under `new`. At every moment one of both passphrases opens the store.
  ///
  /// - Throws: `wrongPassphrase`, `emptyPassphrase`; `absent` when the home has no key that a
  ///   passphrase opens; `inUse` when another change is under way.
  package static func perform(
    home path: String, from old: Secret, to new: Secret, cost: ScryptCost = .standard,
    using generator: inout some RandomNumberGenerator
  ) throws(StoreOpenFailure) {
    try perform(home: path, from: old, to: new, cost: cost, using: &generator) { _ in }
  }

  static func perform(
    home path: String, from old: Secret, to new: Secret, cost: ScryptCost,
    using generator: inout some RandomNumberGenerator,
    after: (Step) throws(StoreOpenFailure) -> Void
  ) throws(StoreOpenFailure) {
    let keyPath = path + "/" + StoreHome.keyName
    guard PrivateFile.exists(keyPath) else { throw .absent }
    // Not the home's lock: whoever has the store open goes on.
    let directory = try Descriptor.open(path, O_RDONLY | O_DIRECTORY, "open")
    guard flock(directory.number, LOCK_EX | LOCK_NB) == 0 else {
      if errno == EWOULDBLOCK { throw .inUse }
      throw .last("flock")
    }
    let file = try Descriptor.open(keyPath, O_RDWR | O_NOFOLLOW, "open")
    let bytes = try PrivateFile.read(file, tooLarge: .keyDamaged(.tooLarge))
    let wrapped: WrappedKey
    do {
      wrapped = try WrappedKey(decoding: bytes.copyBytes())
    } catch {
      throw .keyDamaged(error)
    }
    let key = try wrapped.open(passphrase: old)
    let next = try WrappedKey.seal(key, passphrase: new, cost: cost, using: &generator)
    // Nothing is replaced by what was not seen to open.
    guard try next.open(passphrase: new).constantTimeEquals(key) else {
      throw .system("seal", errno: 0)
    }
    try after(.sealed)
    try PrivateFile.writeAtomically(next.encoded, to: StoreHome.keyName, in: path) {
      () throws(StoreOpenFailure) in try after(.written)
    }
    try after(.renamed)
    // The old file has no name any more. Where the disk writes in place, its bytes are gone too.
    try PrivateFile.overwrite(file)
    try after(.overwritten)
  }
}
