// SPDX-License-Identifier: Apache-2.0

import ClientCore
import Dispatch
import NIOCore
import SansIO
import Synchronization

/// The one owner of the core and its store: it takes what waits, applies it in one transaction,
/// commits, performs the effects, and arms one timer.
///
/// Everything runs on one serial queue; callbacks only put inputs into a list. When the store
/// fails, the core's value is thrown away and a new one reads its state from the store.
final class CoreDriver<Store: ClientStore & SendableMetatype>: Sendable {
  /// Inputs that one transaction takes.
  private let batchMax = 256
  /// The wait after a store failure.
  private let recoveryDelay = TimeAmount.seconds(1)

  /// An input, with the connection attempt that it belongs to.
  private struct Waiting {
    let input: ClientInput
    let attempt: UInt64?
  }

  private struct Inbox {
    var inputs: [Waiting] = []
    var isScheduled = false
    var isClosed = false
  }

  /// The attempts whose reports still count; what older ones report is dropped.
  private struct Attempts {
    var newest: UInt64 = 0
    var current: [ClientEndpoint: UInt64] = [:]
  }

  private struct Owned {
    var core: ClientCore
    var store: Store?
    var timer: Scheduled<Void>?
    var deadline: Instant?
  }

  private let inbox = Mutex(Inbox())
  private let owned: Mutex<Owned>
  private let queue = DispatchQueue(label: "sotto.client.store")
  private let clock = WallClock()
  private let loop: any EventLoop
  private let pending: PendingRequests
  private let events: EventSignal
  private let typing: TypingFeed
  private let log: DriverLog
  private let network = Mutex<NetworkDriver?>(nil)
  private let transfers: TransferDriver
  private let attempts = Mutex(Attempts())
  private let treeInlineDevicesMax: Int

  init(
    store: sending Store, loop: any EventLoop, pending: PendingRequests, events: EventSignal,
    typing: TypingFeed, transfers: TransferDriver, treeInlineDevicesMax: Int, log: DriverLog
  ) {
    self.treeInlineDevicesMax = treeInlineDevicesMax
    owned = Mutex(
      Owned(core: ClientCore(treeInlineDevicesMax: treeInlineDevicesMax), store: store))
    self.loop = loop
    self.pending = pending
    self.events = events
    self.typing = typing
    self.transfers = transfers
    self.log = log
  }

  /// Gives the driver its network and the core its first input.
  func start(network: NetworkDriver) {
    self.network.withLock { $0 = network }
    submit(.tick)
  }

  /// Puts an input at the end of the list; callable from everywhere.
  func submit(_ input: ClientInput, attempt: UInt64? = nil) {
    let schedule = inbox.withLock { inbox in
      guard !inbox.isClosed else { return false }
      inbox.inputs.append(Waiting(input: input, attempt: attempt))
      defer { inbox.isScheduled = true }
      return !inbox.isScheduled
    }
    if schedule { queue.async { self.drain() } }
  }

  /// Takes nothing more, waits for the transaction that runs, and closes the store.
  func close() async {
    await withCheckedContinuation { continuation in
      closeSoon { continuation.resume() }
    }
  }

  /// The same without waiting.
  func closeSoon(_ done: @escaping @Sendable () -> Void) {
    inbox.withLock { inbox in
      inbox.isClosed = true
      inbox.inputs = []
    }
    queue.async {
      self.owned.withLock { owned in
        owned.timer?.cancel()
        owned.store = nil
      }
      self.perform([.disconnect(.inbox), .disconnect(.logs)])
      // The network's callback holds this driver.
      self.network.withLock { $0 = nil }
      self.pending.failAll(ClientFailure(.storeFailure, "The client is closing."), closing: true)
      self.events.close()
      self.typing.close()
      self.transfers.close()
      done()
    }
  }

  /// One transaction; comes back by way of the queue while more waits, so that closing gets in.
  private func drain() {
    let waiting = inbox.withLock { inbox in
      var waiting: [Waiting] = []
      swap(&waiting, &inbox.inputs)
      let length = batchLength(waiting)
      inbox.inputs.append(contentsOf: waiting[length...])
      waiting.removeLast(waiting.count - length)
      if waiting.isEmpty { inbox.isScheduled = false }
      return waiting
    }
    guard !waiting.isEmpty else { return }
    let batch = attempts.withLock { attempts in
      waiting.filter { $0.attempt == nil || attempts.current.values.contains($0.attempt ?? 0) }
        .map(\.input)
    }
    if let effects = owned.withLock({ apply(batch, &$0) }) {
      perform(effects)
      acknowledgeReads(of: batch)
    } else {
      recover()
    }
    queue.async { self.drain() }
  }

  /// How many inputs the next transaction takes. A registration is the last of its batch: it may
  /// replace a connection, and what waits behind it may belong to the old one.
  private func batchLength(_ inputs: [Waiting]) -> Int {
    let registration = inputs.prefix(batchMax).firstIndex { waiting in
      if case .request(_, .register) = waiting.input { true } else { false }
    }
    return registration.map { $0 + 1 } ?? min(batchMax, inputs.count)
  }

  /// Runs the core on the batch; `nil` when the store failed.
  private func apply(_ batch: [ClientInput], _ owned: inout Owned) -> [ClientEffect]? {
    guard owned.store != nil else { return [] }
    let now = clock.now
    // Moved out, not copied: a second reference would make the core copy what it changes.
    var core = owned.core
    owned.core = ClientCore(treeInlineDevicesMax: treeInlineDevicesMax)
    do {
      let effects = try owned.store?.transact {
        (transaction: inout Store.Transaction) throws(ClientStoreFailure) in
        var entropy = SystemRandomNumberGenerator()
        return try core.apply(batch, in: &transaction, at: now, using: &entropy)
      }
      owned.core = core
      arm(&owned, at: now)
      return effects ?? []
    } catch {
      log.error("the store failed: \(error)")
      owned.timer?.cancel()
      owned.deadline = nil
      return nil
    }
  }

  /// One timer, for the core's next deadline.
  private func arm(_ owned: inout Owned, at now: Instant) {
    guard owned.core.nextDeadline != owned.deadline else { return }
    owned.timer?.cancel()
    owned.deadline = owned.core.nextDeadline
    guard let deadline = owned.deadline else { return }
    let wait = max(0, (deadline - now).inMilliseconds)
    owned.timer = loop.scheduleTask(in: .milliseconds(wait)) { self.timerFired() }
  }

  private func timerFired() {
    queue.async { self.owned.withLock { $0.deadline = nil } }
    submit(.tick)
  }

  /// What was asked and not answered is lost with the core's value; connections begin anew.
  private func recover() {
    perform([.disconnect(.inbox), .disconnect(.logs)])
    pending.failAll(ClientFailure(.storeFailure, "The local store failed."))
    loop.scheduleTask(in: recoveryDelay) { self.submit(.tick) }
  }

  private func perform(_ effects: [ClientEffect]) {
    var operations: [NetworkDriver.Operation] = []
    for effect in effects {
      switch effect {
      case .connect(let endpoint, let invite):
        let attempt = begin(endpoint)
        if let server = ServerAddress(invite: invite) {
          operations.append(.connect(endpoint, server, attempt: attempt))
        } else {
          submit(.disconnected(endpoint, .unreachable), attempt: attempt)
        }
      case .disconnect(let endpoint):
        attempts.withLock { $0.current[endpoint] = nil }
        operations.append(.disconnect(endpoint))
      case .send(let endpoint, let bytes): operations.append(.send(endpoint, bytes))
      case .upload(let job):
        transfers.upload(job) { [weak self] blobID, outcome in
          self?.submit(.uploadEnded(blobID: blobID, outcome))
        }
      case .dropUpload(let job): transfers.drop(job)
      case .spool(let blobID, let bytes): transfers.keep(bytes, as: blobID)
      case .fetch(let job):
        transfers.fetch(job) { [weak self] outcome in
          self?.submit(.fetchEnded(blobID: job.blobID, outcome))
        }
      case .keepSpool(let blobs): transfers.keep(blobs)
      case .holdOnly(let blobs): transfers.holdOnly(blobs)
      case .hold(let blobID): transfers.hold(blobID)
      case .release(let blobID): transfers.release(blobID)
      case .keep(let file, let invite):
        transfers.keep(file, invite: invite) { [weak self] blobID, outcome in
          self?.submit(.keepEnded(blobID: blobID, outcome))
        }
      case .answer(let token, let answer): pending.resolve(token, answer)
      case .event: events.advance()
      case .typing(let notice): typing.tell(notice)
      }
    }
    network.withLock { $0 }?.perform(operations)
  }

  /// Numbers a new attempt; what older ones of the endpoint report does not count any more.
  private func begin(_ endpoint: ClientEndpoint) -> UInt64 {
    attempts.withLock { attempts in
      attempts.newest += 1
      attempts.current[endpoint] = attempts.newest
      return attempts.newest
    }
  }

  /// Lets the network read on.
  private func acknowledgeReads(of batch: [ClientInput]) {
    var counts: [ClientEndpoint: Int] = [:]
    for case .frame(let endpoint, let bytes) in batch {
      counts[endpoint, default: 0] += bytes.count
    }
    let operations = ClientEndpoint.allCases.compactMap { endpoint in
      counts[endpoint].map { NetworkDriver.Operation.applied(endpoint, byteCount: $0) }
    }
    network.withLock { $0 }?.perform(operations)
  }
}
