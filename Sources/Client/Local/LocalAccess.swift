// SPDX-License-Identifier: Apache-2.0

import ClientCore
import Glibc

/// How a verb reaches an account of a home: through its daemon when one answers, else through a
/// client in this process that lives as long as the verb.
public struct LocalAccess: Sendable {
  /// What the client in this process does besides serving the verb.
  public enum Sharing: Sendable {
    /// Nothing.
    case alone
    /// It answers on the home's socket like a daemon, because the verb may run for long.
    case shared
  }

  /// How long a verb waits for a home that another verb uses; those are short.
  static let patience = Duration.seconds(5)

  private let home: HomeDirectory
  private let account: String?
  private let log: DriverLog
  private let unlock: @Sendable (_ isNew: Bool) throws(SottoFailure) -> SottoClient.Unlock

  /// `account` names one of several. `unlock` is asked only when no daemon answers; it is told
  /// whether the store is new.
  public init(
    home: String, account: String? = nil, log: DriverLog = .silent,
    unlock: @escaping @Sendable (_ isNew: Bool) throws(SottoFailure) -> SottoClient.Unlock
  ) {
    self.home = HomeDirectory(path: home)
    self.account = account
    self.log = log
    self.unlock = unlock
  }

  /// Runs `body` with a connection.
  ///
  /// - Parameters:
  ///   - creates: whether a home without a store gets one; `not-registered` when not.
  ///   - settles: whether a client in this process stays for what the verb leaves on the way, such
  ///     as key packages and receipts.
  ///   - naming: whether the verb is about one account of several.
  /// - Throws: `SottoFailure`, or what `body` throws.
  public func connect<Value: Sendable>(
    creates: Bool = false, settles: Bool = false, sharing: Sharing = .alone,
    naming: Bool = true,
    _ body: @escaping @Sendable (inout SottoConnection) async throws -> Value
  ) async throws -> Value {
    let deadline = ContinuousClock.now + LocalAccess.patience
    var key: SottoClient.Unlock?
    while true {
      // Whoever makes an account names it by itself.
      let named = creates || !naming ? nil : account
      if let value = try await SottoConnection.connecting(
        path: home.socketPath, account: named, body)
      {
        return value
      }
      do {
        let found = try key ?? askForKey(creates: creates)
        key = found
        let accounts = try await open(
          found, creates: creates, account: sharing == .shared ? nil : named)
        return try await run(accounts, named, settles, sharing, body)
      } catch let failure as ClientFailure {
        guard failure.code == .storeInUse, ContinuousClock.now < deadline else {
          throw SottoFailure(failure)
        }
        try await Task.sleep(for: .milliseconds(100))
      }
    }
  }

  /// Serves the home's socket until the task is cancelled; then closes the store.
  ///
  /// - Throws: `store-in-use` when another process has the home, among others.
  public func serve(listening: @escaping @Sendable () -> Void) async throws(SottoFailure) {
    do {
      let accounts = try await open(askForKey(creates: true), creates: true, account: nil)
      defer { log.info("closed") }
      do {
        try await LocalServer(accounts: accounts).serve(
          path: home.socketPath, listening: listening)
      } catch {
        await accounts.close()
        throw error
      }
      await accounts.close()
    } catch let failure as ClientFailure {
      throw SottoFailure(failure)
    } catch let failure as SottoFailure {
      throw failure
    } catch {
      throw SottoFailure(.internalFailure, "The daemon ended without a reason.")
    }
  }

  private func askForKey(creates: Bool) throws -> SottoClient.Unlock {
    let isNew = !home.hasStore
    if isNew, !creates {
      throw ClientFailure(.notRegistered, "There is no account in this home; register first.")
    }
    return try unlock(isNew)
  }

  private func open(
    _ key: SottoClient.Unlock, creates: Bool, account: String?
  ) async throws(ClientFailure) -> HomeAccounts {
    try await HomeAccounts.open(
      home, account: account, unlock: key, creating: creates, log: log)
  }

  /// Runs the verb with clients of this process, and closes them.
  private func run<Value: Sendable>(
    _ accounts: HomeAccounts, _ named: String?, _ settles: Bool, _ sharing: Sharing,
    _ body: @escaping @Sendable (inout SottoConnection) async throws -> Value
  ) async throws -> Value {
    let result: Result<Value, any Error>
    do {
      result = .success(try await converse(with: accounts, named, sharing: sharing, body))
    } catch {
      result = .failure(error)
    }
    if settles { await accounts.settle() }
    await accounts.close()
    return try result.get()
  }

  private func converse<Value: Sendable>(
    with accounts: HomeAccounts, _ named: String?, sharing: Sharing,
    _ body: @escaping @Sendable (inout SottoConnection) async throws -> Value
  ) async throws -> Value {
    let pair = try SocketPair()
    let server = LocalServer(accounts: accounts)
    return try await withThrowingTaskGroup(of: Value?.self) { group in
      group.addTask {
        try await server.serve(descriptor: pair.server)
        return nil
      }
      if sharing == .shared {
        group.addTask {
          try await server.serve(path: home.socketPath)
          return nil
        }
      }
      group.addTask {
        try await SottoConnection.connecting(descriptor: pair.program, account: named, body)
      }
      defer { group.cancelAll() }
      while let value = try await group.next() {
        if let value { return value }
      }
      throw CancellationError()
    }
  }
}

/// Two connected sockets; each end belongs to whoever wraps it.
private struct SocketPair {
  let server: CInt
  let program: CInt

  init() throws(ClientFailure) {
    var descriptors: [CInt] = [-1, -1]
    let type = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
    guard unsafe socketpair(AF_UNIX, type, 0, &descriptors) == 0 else {
      throw ClientFailure(.internalFailure, "The process has no sockets left.")
    }
    server = descriptors[0]
    program = descriptors[1]
  }
}
