// SPDX-License-Identifier: Apache-2.0

import ClientCore
import Crypto
import Foundation
import SansIO
import Synchronization

/// The accounts of a home whose stores this process has open. The first one lies in the home
/// itself, each further one in a folder of its own, with a store, a key and a lock of its own; one
/// passphrase or key file opens them all.
package final class HomeAccounts: Sendable {
  /// Accounts of one home: each has connections, and a store that opening takes time for.
  package static let accountsMax = 16

  private struct Entry: Sendable {
    let path: String
    let client: SottoClient
    /// Once it cannot change any more.
    var address: String?
  }

  private let entries: Mutex<[Entry]>
  private let home: HomeDirectory?
  private let unlock: SottoClient.Unlock?
  private let log: DriverLog
  /// One registration at a time makes a store.
  private let isMaking = Mutex(false)

  /// One account, of whatever store.
  package init(client: SottoClient) {
    entries = Mutex([Entry(path: "", client: client)])
    home = nil
    unlock = nil
    log = .silent
  }

  private init(
    home: HomeDirectory, unlock: SottoClient.Unlock, log: DriverLog, entries: [Entry]
  ) {
    self.home = home
    self.unlock = unlock
    self.log = log
    self.entries = Mutex(entries)
  }

  /// Opens all accounts of a home, or the one of this address.
  ///
  /// - Throws: what `SottoClient.open` throws; then nothing is open.
  static func open(
    _ home: HomeDirectory, account: String?, unlock: SottoClient.Unlock, creating: Bool,
    log: DriverLog
  ) async throws(ClientFailure) -> HomeAccounts {
    var paths = [home.path] + home.accountPaths
    if let account, home.hasStore(at: home.path(ofAccount: account)) {
      paths = [home.path(ofAccount: account)]
    } else if account != nil {
      paths = [home.path]
    }
    var entries: [Entry] = []
    do throws(ClientFailure) {
      for path in paths {
        let client = try await SottoClient.open(
          home: path, unlock: unlock, creating: creating && path == home.path, log: log)
        entries.append(Entry(path: path, client: client))
      }
    } catch {
      for entry in entries { await entry.client.close() }
      throw error
    }
    return HomeAccounts(home: home, unlock: unlock, log: log, entries: entries)
  }

  /// Closes all of them.
  func close() async {
    for entry in entries.withLock({ $0 }) { await entry.client.close() }
  }

  /// Gives what was just caused the time to leave.
  func settle() async {
    for entry in entries.withLock({ $0 }) { await entry.client.settle() }
  }

  /// The addresses of the accounts, in byte order, and whether each is registered.
  func list() async throws(ClientFailure) -> [(address: String, isRegistered: Bool)] {
    var found: [(address: String, isRegistered: Bool)] = []
    for entry in entries.withLock({ $0 }) {
      if let address = entry.address {
        found.append((address, true))
        continue
      }
      let status = try await entry.client.status()
      guard let address = status.address else { continue }
      found.append((address, status.registered))
      if status.registered { note(address, of: entry.client) }
    }
    return found.sorted { $0.address.utf8.lexicographicallyPrecedes($1.address.utf8) }
  }

  /// The account that a request is for.
  ///
  /// - Throws: `accountNeeded` when there are several and none is named; `notRegistered` when there
  ///   is none of this address.
  func client(for account: String?) async throws(ClientFailure) -> SottoClient {
    let entries = entries.withLock { $0 }
    guard let account else {
      if entries.count == 1 { return entries[0].client }
      throw ClientFailure(.accountNeeded, "This home has several accounts: name one.")
    }
    for entry in entries {
      if let address = entry.address {
        if address == account { return entry.client }
        continue
      }
      let status = try await entry.client.status()
      if status.registered, let address = status.address { note(address, of: entry.client) }
      if status.address == account { return entry.client }
    }
    throw ClientFailure(.notRegistered, "This home has no account of this address.")
  }

  private func note(_ address: String, of client: SottoClient) {
    entries.withLock { entries in
      for index in entries.indices where entries[index].client === client {
        entries[index].address = address
      }
    }
  }

  /// Runs a registration on the store that the account of this address has, on one that has no
  /// account yet, or on a new one, which goes again when nothing came of it.
  func registering<Value: Sendable>(
    _ address: String, _ body: (SottoClient) async throws(ClientFailure) -> Value
  ) async throws(ClientFailure) -> Value {
    // One that was begun and not finished makes way for another, as it always did.
    var free: SottoClient?
    for entry in entries.withLock({ $0 }) {
      let status = try await entry.client.status()
      if status.address == address { return try await body(entry.client) }
      if !status.registered { free = entry.client }
    }
    if let free { return try await body(free) }
    guard let home, let unlock, RegistrationName.isOne(address) else {
      guard let first = entries.withLock({ $0.first }) else {
        throw ClientFailure(.internalFailure, "There is no store.")
      }
      return try await body(first.client)
    }
    guard
      isMaking.withLock({ making in
        defer { making = true }
        return !making
      })
    else {
      throw ClientFailure(.rateLimited, "Another account is being made.", retryAfter: .seconds(1))
    }
    defer { isMaking.withLock { $0 = false } }
    guard entries.withLock({ $0.count }) < Self.accountsMax else {
      throw ClientFailure(.quotaExceeded, "A home has 16 accounts at most.")
    }
    let path = home.path(ofAccount: address)
    let client = try await SottoClient.open(
      home: path, unlock: unlock, creating: true, log: log)
    entries.withLock { $0.append(Entry(path: path, client: client)) }
    do throws(ClientFailure) {
      return try await body(client)
    } catch {
      if try await client.status().address == nil {
        entries.withLock { $0.removeAll { $0.client === client } }
        await client.close()
        try? FileManager.default.removeItem(atPath: path)
      }
      throw error
    }
  }
}

/// What may name a folder: anything else is left to the core to refuse.
private enum RegistrationName {
  static func isOne(_ text: String) -> Bool {
    text.utf8.count <= ClientLimits.addressBytesMax && text.utf8.contains(UInt8(ascii: "@"))
  }
}

extension HomeDirectory {
  /// The folder of the accounts beside the first one.
  private var accountsPath: String { path + "/accounts" }

  /// The folder of the account of this address, if it is not the first. Its name does not say whose
  /// it is to somebody who does not know the address.
  func path(ofAccount address: String) -> String {
    let hash = SHA256.hash(data: Data("sotto account \(address)".utf8))
    return accountsPath + "/" + Hex.encode(Array(hash.prefix(12)))
  }

  /// The folders of all accounts but the first, in byte order.
  var accountPaths: [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: accountsPath)) ?? []
    return names.sorted().map { accountsPath + "/" + $0 }.filter { hasStore(at: $0) }
  }

  /// Whether there is a store in a folder.
  func hasStore(at path: String) -> Bool {
    FileManager.default.fileExists(atPath: path + "/sotto.db")
  }
}
