// SPDX-License-Identifier: Apache-2.0

package import ClientCore
import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// The daemon's socket: JSON-RPC 2.0, one message a line, for programs of the same user.
package struct LocalServer: Sendable {
  private let accounts: HomeAccounts

  /// Serves this client.
  package init(client: SottoClient) { self.init(accounts: HomeAccounts(client: client)) }

  /// Serves these accounts.
  init(accounts: HomeAccounts) { self.accounts = accounts }

  /// Listens at `path` until the task is cancelled. The socket has mode 0600 before it has its
  /// name, and a socket that a killed process left behind is replaced; the caller holds the home's
  /// lock, so it belongs to nobody. `listening` is called once programs can connect.
  package func serve(
    path: String, listening: @Sendable () -> Void = {}
  ) async throws(ClientFailure) {
    let draft = path + ".new"
    do {
      // A connection is read once somebody serves it; until then it is a mere channel, because an
      // asynchronous one that nobody takes traps when it goes away.
      let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .childChannelOption(.autoRead, value: false)
        .bind(unixDomainSocketPath: draft, cleanupExistingSocketFile: true) { channel in
          channel.eventLoop.makeSucceededFuture(channel)
        }
      try await listener.executeThenClose { connections in
        guard unsafe chmod(draft, 0o600) == 0, unsafe rename(draft, path) == 0 else {
          throw ClientFailure(.storeFailure, "The socket cannot be put in its place.")
        }
        defer { unsafe unlink(path) }
        listening()
        try await accept(connections)
      }
    } catch let failure as ClientFailure {
      throw failure
    } catch is CancellationError {
      return
    } catch {
      throw ClientFailure(.storeFailure, "The daemon cannot listen on its socket.")
    }
  }

  /// Serves one connected socket until the other end closes or the task is cancelled.
  package func serve(descriptor: CInt) async throws {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .withConnectedSocket(descriptor) { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.wrapAsLines(bytesMax: LocalLimits.requestBytesMax)
        }
      }
    await LocalSession(accounts: accounts).run(channel)
  }

  private func accept(_ connections: NIOAsyncChannelInboundStream<any Channel>) async throws {
    let count = ConnectionCount()
    try await withThrowingDiscardingTaskGroup { group in
      for try await connection in connections {
        guard count.enter() else {
          connection.close(promise: nil)
          continue
        }
        group.addTask {
          await serve(connection)
          count.leave()
        }
      }
      group.cancelAll()
    }
  }

  private func serve(_ connection: any Channel) async {
    let wrapped = try? await connection.eventLoop.submit {
      let lines = try connection.wrapAsLines(bytesMax: LocalLimits.requestBytesMax)
      connection.setOption(.autoRead, value: true).assumeIsolated().whenFailure { _ in
        connection.close(promise: nil)
      }
      return lines
    }.get()
    if let wrapped { await LocalSession(accounts: accounts).run(wrapped) }
  }
}

/// How many programs are connected.
private final class ConnectionCount: Sendable {
  private let value = Mutex(0)

  /// Whether there is room for one more, which is then taken.
  func enter() -> Bool {
    value.withLock { value in
      guard value < LocalLimits.connectionsMax else { return false }
      value += 1
      return true
    }
  }

  func leave() { value.withLock { $0 -= 1 } }
}
