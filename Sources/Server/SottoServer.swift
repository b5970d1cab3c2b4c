// SPDX-License-Identifier: Apache-2.0

import Foundation
package import Identity
package import Logging
import NIOCore
import NIOPosix
import NIOSSL
import ServerCore
import ServerStoreSQLite
import Synchronization

/// A running server: sockets, threads and store around the sessions of ServerCore.
package final class SottoServer: Sendable {
  private static let backlog: Int32 = 1_024
  /// How long sessions may take to end once the server drains.
  private static let drainMax = Duration.seconds(6)

  /// One link for each domain: address, certificate pin, server key. None in plaintext.
  package let invites: [InviteLink]
  /// The port that it listens on.
  package let port: Int

  private let folder: DataFolder
  private let group: MultiThreadedEventLoopGroup
  private let readers: NIOThreadPool
  private let listener: any Channel
  private let parts: ServerParts
  private let store: SQLiteServerStore
  private let logger: Logger
  private let isGoingDown = Mutex(false)

  /// Opens the folder and the store, makes or loads the credentials, and listens.
  ///
  /// - Throws: a `ServerStartFailure`.
  package init(
    _ configuration: ServerConfiguration, logger: Logger
  ) throws(ServerStartFailure) {
    self.logger = logger
    guard !configuration.isPlaintext || Self.isLoopback(configuration.host) else {
      throw .plaintextElsewhere
    }
    folder = try DataFolder(configuration.dataFolder)
    let credentials = try ServerCredentials(
      folder: folder, files: configuration.certificateFiles, domains: configuration.domains)
    let tls = configuration.isPlaintext ? nil : try credentials.contextForServer()
    do {
      store = try SQLiteServerStore(
        path: folder.file("sotto.sqlite"),
        durability: configuration.keepsOnPowerLoss ? .full : .normal)
    } catch {
      throw .store
    }
    let blobs = BlobParts(folder: BlobFolder(folder))
    let clock = ServerClock()
    let hub = SessionHub(connectionsPerPeer: configuration.rates.connectionsPerPeer)
    let metrics = ServerMetrics()
    let writer = StoreWriter(
      store: store, hub: hub, metrics: metrics, clock: clock,
      checkpointBytes: configuration.checkpointBytes, blobs: blobs.folder)
    readers = NIOThreadPool(numberOfThreads: 2)
    readers.start()
    group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.eventLoops)
    parts = ServerParts(
      policy: ServerPolicy(domains: configuration.domains), rates: configuration.rates, hub: hub,
      writer: writer, metrics: metrics, clock: clock, store: store, readers: readers,
      blobs: blobs)
    do throws(ServerStartFailure) {
      listener = try Self.listen(configuration, parts: parts, tls: tls, group: group)
      port = listener.localAddress?.port ?? configuration.port
      invites = try Self.invites(configuration, credentials: credentials, port: port)
    } catch {
      try? group.syncShutdownGracefully()
      try? readers.syncShutdownGracefully()
      blobs.shutDown()
      try? store.close()
      throw error
    }
    writer.start()
    logger.info(
      "listening",
      metadata: [
        "domains": "\(configuration.domains.count)",
        "synchronous": configuration.keepsOnPowerLoss ? "full" : "normal",
        "tls": "\(!configuration.isPlaintext)",
      ])
  }

  /// Whether `host` is a literal address of this machine's loopback; a name could change.
  private static func isLoopback(_ host: String) -> Bool {
    guard let address = try? SocketAddress(ipAddress: host, port: 0) else { return false }
    switch address {
    case .v4: return host.hasPrefix("127.")
    case .v6: return host == "::1"
    case .unixDomainSocket: return false
    }
  }

  private static func listen(
    _ configuration: ServerConfiguration, parts: ServerParts, tls: NIOSSLContext?,
    group: MultiThreadedEventLoopGroup
  ) throws(ServerStartFailure) -> any Channel {
    let pipeline = ConnectionPipeline(
      parts: parts, tls: tls,
      upgradeDeadline: .milliseconds(
        configuration.upgradeDeadline.components.seconds * 1000
          + configuration.upgradeDeadline.components.attoseconds / 1_000_000_000_000_000))
    do {
      return try ServerBootstrap(group: group)
        .serverChannelOption(ChannelOptions.backlog, value: backlog)
        .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
        .childChannelOption(ChannelOptions.tcpOption(.tcp_nodelay), value: 1)
        .childChannelOption(
          ChannelOptions.writeBufferWaterMark,
          value: .init(low: 65_536, high: ServerLimits.outboundBytesMax)
        )
        .childChannelInitializer { channel in pipeline.configure(channel) }
        .bind(host: configuration.host, port: configuration.port).wait()
    } catch {
      throw .listen
    }
  }

  private static func invites(
    _ configuration: ServerConfiguration, credentials: ServerCredentials, port: Int
  ) throws(ServerStartFailure) -> [InviteLink] {
    guard !configuration.isPlaintext else { return [] }
    let text = configuration.host.contains(":") ? "[\(configuration.host)]" : configuration.host
    guard let host = ServerHost(uriText: text), let port = UInt16(exactly: port) else {
      throw .listen
    }
    var links: [InviteLink] = []
    for domain in configuration.domains {
      do {
        links.append(
          try InviteLink(
            host: host, port: port, domain: domain, certificatePin: credentials.pin,
            serverKey: credentials.serverKey))
      } catch {
        throw .listen
      }
    }
    return links
  }

  /// The text of `/metrics`.
  package var metricsText: String { parts.metrics.text() }

  /// Goes down in good order: nobody new, sessions are told when to come back, what waits is
  /// written, the database is checkpointed. Blocks until that is done, some seconds at most. Only
  /// the first call does something.
  package func shutDown() {
    let isFirst = isGoingDown.withLock { isGoingDown in
      defer { isGoingDown = true }
      return !isGoingDown
    }
    guard isFirst else { return }
    logger.info("draining")
    try? listener.close().wait()
    parts.hub.drain()
    let deadline = ContinuousClock.now + Self.drainMax
    while parts.hub.sessionCount > 0, ContinuousClock.now < deadline {
      Thread.sleep(forTimeInterval: 0.02)
    }
    parts.writer.stop()
    parts.blobs.shutDown()
    // Readers hand their answers to the event loops, so the loops go last.
    try? readers.syncShutdownGracefully()
    try? group.syncShutdownGracefully()
    _ = try? store.checkpoint()
    try? store.close()
    folder.release()
    logger.info("stopped")
  }
}
