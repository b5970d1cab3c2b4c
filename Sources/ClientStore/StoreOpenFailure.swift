// SPDX-License-Identifier: Apache-2.0

package import ClientCore
package import SansIO

/// Why a store cannot be opened. Nothing was written, unless the store was being made.
package enum StoreOpenFailure: Error, Hashable, Sendable {
  /// There is no store in this home, and making one was not asked for.
  case absent
  /// Another process has the store open.
  case inUse
  /// The home holds other things and is open to other users of the machine.
  case homeNotPrivate
  /// The home is not a directory.
  case homeNotDirectory
  /// The passphrase is empty.
  case emptyPassphrase
  /// The passphrase does not open the key. A key file of the right form whose bytes were changed
  /// cannot be told from this.
  case wrongPassphrase
  /// The database is there and the wrapped key is not.
  case keyMissing
  /// The wrapped key does not parse.
  case keyDamaged(WrappedKeyFailure)
  /// The plain key file is not there.
  case keyFileMissing
  /// The plain key file may be read by others, or is not a regular file of the user's own.
  case keyFileNotPrivate
  /// The plain key file is neither 64 hexadecimal digits nor the base64 form of 32 bytes.
  case keyFileInvalid
  /// The key does not open the database.
  case wrongKey
  /// Encryption is not in force; nothing was written.
  case notEncrypted
  /// The database was made by a newer version of this program.
  case tooNew
  /// The database is damaged.
  case damaged
  /// The disk is full.
  case full
  /// The system refused an operation.
  case system(StaticName, errno: Int32)
  /// SQLite refused an operation; the number is its extended result code.
  case database(code: Int32)

  /// The stable name that programs decide by.
  package var code: String {
    switch self {
    case .absent: "store-absent"
    case .inUse: "store-in-use"
    case .homeNotPrivate: "home-not-private"
    case .homeNotDirectory: "home-not-directory"
    case .emptyPassphrase: "empty-passphrase"
    case .wrongPassphrase: "wrong-passphrase"
    case .keyMissing: "key-missing"
    case .keyDamaged: "key-damaged"
    case .keyFileMissing: "key-file-missing"
    case .keyFileNotPrivate: "key-file-not-private"
    case .keyFileInvalid: "key-file-invalid"
    case .wrongKey: "wrong-key"
    case .notEncrypted: "not-encrypted"
    case .tooNew: "store-too-new"
    case .damaged: "store-damaged"
    case .full: "disk-full"
    case .system, .database: "store-unavailable"
    }
  }

  /// One sentence for people.
  package var reason: String {
    switch self {
    case .absent: "there is no store in this home yet"
    case .inUse: "another process has this store open"
    case .homeNotPrivate: "the home is open to other users; make it private (mode 0700)"
    case .homeNotDirectory: "the home is not a directory"
    case .emptyPassphrase: "the passphrase is empty"
    case .wrongPassphrase: "the passphrase does not open this store"
    case .keyMissing: "the database is there, but its wrapped key is not"
    case .keyDamaged: "the wrapped key is damaged"
    case .keyFileMissing: "the key file is not there"
    case .keyFileNotPrivate: "the key file must be a file of your own with mode 0600"
    case .keyFileInvalid: "the key file must hold 32 bytes as hexadecimal or base64"
    case .wrongKey: "the key does not open this store"
    case .notEncrypted: "encryption is not in force, so the store stays closed"
    case .tooNew: "the store was made by a newer version of this program"
    case .damaged: "the store is damaged"
    case .full: "the disk is full"
    case .system(let operation, let errno): "\(operation) failed (errno \(errno))"
    case .database(let code): "the database refused (SQLite code \(code))"
    }
  }

  /// The client's code for it: `locked` when another passphrase or key would help.
  package var clientCode: ClientFailureCode {
    switch self {
    case .absent: .notRegistered
    case .emptyPassphrase, .wrongPassphrase, .wrongKey, .keyFileMissing, .keyFileNotPrivate,
      .keyFileInvalid:
      .locked
    case .inUse, .homeNotPrivate, .homeNotDirectory, .keyMissing, .keyDamaged, .notEncrypted,
      .tooNew, .damaged, .full, .system, .database:
      .storeFailure
    }
  }
}
