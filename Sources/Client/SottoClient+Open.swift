// SPDX-License-Identifier: Apache-2.0

public import ClientCore
import ClientStore

extension SottoClient {
  /// Opens the account of a home folder, or makes an empty store there when `creating`; the home
  /// belongs to this process until the client is closed.
  ///
  /// - Throws: `storeInUse`, `wrongPassphrase`, `locked`, `storeFailure`, and `notRegistered` when
  ///   there is no store and none is to be made. Files that were there are then unchanged.
  public static func open(
    home: String, unlock: Unlock, creating: Bool = false, log: DriverLog = .silent
  ) async throws(ClientFailure) -> SottoClient {
    do {
      var generator = SystemRandomNumberGenerator()
      let path = HomeDirectory(path: home).path
      let store = try EncryptedClientStore(
        home: path, key: unlock.storeKey, creating: creating,
        using: &generator)
      return SottoClient(store: store, home: path, log: log)
    } catch {
      throw ClientFailure(error)
    }
  }

  /// Wraps the key of a home's store under another passphrase. A client that has the store open
  /// goes on; at every moment one of both passphrases opens it.
  ///
  /// - Throws: `wrongPassphrase`, `locked` for an empty one; `notRegistered` when the home has no
  ///   key that a passphrase opens; `badRequest` for what is no passphrase; `storeInUse`,
  ///   `storeFailure`.
  public static func changePassphrase(
    home: String, from old: Unlock, to new: Unlock
  ) throws(SottoFailure) {
    guard case .passphrase(let from) = old, case .passphrase(let to) = new else {
      throw SottoFailure(.badRequest, "A store that a key file opens has no passphrase.")
    }
    do {
      var generator = SystemRandomNumberGenerator()
      try PassphraseChange.perform(
        home: HomeDirectory(path: home).path, from: from, to: to, using: &generator)
    } catch {
      throw SottoFailure(ClientFailure(error))
    }
  }
}

extension SottoClient.Unlock {
  fileprivate var storeKey: StoreKey {
    switch self {
    case .passphrase(let passphrase): .passphrase(passphrase)
    case .keyFile(let path): .keyFile(path)
    }
  }
}

extension ClientFailure {
  /// Says why a store does not open. A damaged store is told from a wrong passphrase.
  fileprivate init(_ failure: StoreOpenFailure) {
    let code: ClientFailureCode =
      switch failure {
      case .wrongPassphrase, .wrongKey: .wrongPassphrase
      case .inUse: .storeInUse
      case .absent: .notRegistered
      default: failure.clientCode
      }
    let reason = failure.reason
    self.init(code, reason.prefix(1).uppercased() + reason.dropFirst() + ".")
  }
}
