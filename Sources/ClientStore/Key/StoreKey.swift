// SPDX-License-Identifier: Apache-2.0

import Glibc
package import SansIO

/// Where the database's key comes from.
package enum StoreKey: Sendable {
  /// The key is random and lies in the home, wrapped by this passphrase (UTF-8, without a line's
  /// end). `cost` is for keys that are made; a stored key says its own.
  case passphrase(Secret, cost: ScryptCost = .standard)
  /// The key itself lies in the file of this path: 64 hexadecimal digits or the base64 form of
  /// 32 bytes, with a newline or without.
  case keyFile(String)
}

extension StoreKey {
  static let bytes = 32

  /// The database's key; makes and stores one where a passphrase is given, none is stored, and
  /// there is no database that would need an older one.
  func resolve(
    in home: borrowing StoreHome, creating: Bool, using generator: inout some RandomNumberGenerator
  ) throws(StoreOpenFailure) -> Secret {
    switch self {
    case .keyFile(let path):
      return try Self.readKeyFile(path)
    case .passphrase(let passphrase, let cost):
      guard passphrase.count > 0 else { throw .emptyPassphrase }
      if PrivateFile.exists(home.keyPath) {
        return try Self.readWrapped(home.keyPath).open(passphrase: passphrase)
      }
      guard !PrivateFile.exists(home.databasePath) else { throw .keyMissing }
      guard creating else { throw .absent }
      let key = Secret(count: Self.bytes, using: &generator)
      let wrapped = try WrappedKey.seal(
        key, passphrase: passphrase, cost: cost, using: &generator)
      try PrivateFile.writeAtomically(
        wrapped.encoded, to: StoreHome.keyName, in: home.path)
      return key
    }
  }

  private static func readWrapped(_ path: String) throws(StoreOpenFailure) -> WrappedKey {
    let file = try Descriptor.open(path, O_RDONLY | O_NOFOLLOW, "open")
    let bytes = try PrivateFile.read(file, tooLarge: .keyDamaged(.tooLarge))
    do {
      return try WrappedKey(decoding: bytes.copyBytes())
    } catch {
      throw .keyDamaged(error)
    }
  }

  /// Others must not be able to read a key file, and must not have been able to choose it.
  private static func readKeyFile(_ path: String) throws(StoreOpenFailure) -> Secret {
    let file: Descriptor
    do {
      file = try Descriptor.open(path, O_RDONLY | O_NONBLOCK, "open")
    } catch .system(_, errno: ENOENT) {
      throw .keyFileMissing
    }
    let facts = try PrivateFile.facts(file)
    guard facts.isRegular, facts.isOwn, facts.isPrivate else { throw .keyFileNotPrivate }
    let text = try PrivateFile.read(file, tooLarge: .keyFileInvalid)
    guard let key = KeyText.decode(text) else { throw .keyFileInvalid }
    return key
  }
}
