// SPDX-License-Identifier: Apache-2.0

package import ClientCore
import NIOCore
import NIOPosix
public import SansIO

/// One account on this machine: its encrypted store, its connections and what programs may ask of
/// it.
///
/// A home folder has one client at a time. All methods may be called from everywhere; what they
/// change is durable when they return.
///
/// ```swift
/// let client = try await SottoClient.open(home: "~/.sotto", unlock: .keyFile("/run/key"))
/// let message = try await client.send("Hello", to: "bob@messenger.example")
/// try await client.wait(for: .delivered, of: message, to: "bob@messenger.example")
/// await client.close()
/// ```
public final class SottoClient: Sendable {
  /// What opens the store.
  public enum Unlock: Sendable {
    /// A passphrase in UTF-8; the store's key is wrapped by scrypt of it.
    case passphrase(Secret)
    /// The path of a key file.
    case keyFile(String)
  }

  let events: EventSignal
  let typing = TypingFeed()
  private let pending: PendingRequests
  private let driver: any RequestDriver
  let transfers: TransferDriver

  /// Starts a client over a store, which is closed with the client. Files on their way lie in
  /// `home`. In groups of more than `treeInlineDevicesMax` devices the tree lies beside the log.
  package init<Store: ClientStore & SendableMetatype>(
    store: sending Store, home: String, limits: NetworkLimits = NetworkLimits(),
    treeInlineDevicesMax: Int = ClientLimits.treeInlineDevicesMax,
    log: DriverLog = .silent
  ) {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let events = EventSignal()
    let pending = PendingRequests()
    let transfers = TransferDriver(home: home, loop: loop)
    let driver = CoreDriver(
      store: store, loop: loop, pending: pending, events: events, typing: typing,
      transfers: transfers, treeInlineDevicesMax: treeInlineDevicesMax, log: log)
    driver.start(
      network: NetworkDriver(loop: loop, limits: limits) { input, attempt in
        log.note(input)
        driver.submit(input, attempt: attempt)
      })
    self.events = events
    self.pending = pending
    self.transfers = transfers
    self.driver = driver
  }

  deinit { driver.closeSoon {} }

  /// Closes the connections and the store. Requests that wait are answered with a failure.
  public func close() async { await driver.close() }

  /// Hands a request to the core and waits for its answer.
  package func answer(
    _ request: ClientRequest, timeout: Duration? = nil
  ) async throws(ClientFailure) -> ClientAnswer {
    try await pending.answer(timeout: timeout) { [driver] token in
      driver.submit(.request(token, request), attempt: nil)
    }.get()
  }
}

/// What the client needs of its driver, whatever the store.
protocol RequestDriver: Sendable {
  func submit(_ input: ClientInput, attempt: UInt64?)
  func close() async
  func closeSoon(_ done: @escaping @Sendable () -> Void)
}

extension CoreDriver: RequestDriver {}

extension DriverLog {
  /// Connections that come and go, without addresses.
  fileprivate func note(_ input: ClientInput) {
    switch input {
    case .connected(let endpoint): info("\(endpoint.rawValue): connected")
    case .disconnected(let endpoint, let reason): info("\(endpoint.rawValue): \(reason)")
    case .frame(let endpoint, let bytes): debug("\(endpoint.rawValue): \(bytes.count) bytes")
    case .request, .uploadEnded, .keepEnded, .fetchEnded, .tick: break
    }
  }
}
