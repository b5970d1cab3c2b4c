// SPDX-License-Identifier: Apache-2.0

import Foundation
import SansIO
import ServerCore
import ServerStoreSQLite
import Synchronization

/// The one writer: a thread that commits whatever queued up while the last commit was on its way to
/// the disk, and answers after it is there.
final class StoreWriter: Sendable {
  private struct Origin: Sendable {
    let port: any SessionPort
    let token: SessionToken
  }

  private struct State {
    var queue = WriteQueue<Origin>()
    var isStopped = false
    var isFinished = false
  }

  private let store: SQLiteServerStore
  private let hub: SessionHub
  private let metrics: ServerMetrics
  private let clock: ServerClock
  /// Bytes of requests between two checkpoints beside the writer.
  private let checkpointBytes: Int
  private let blobs: BlobFolder
  private let state = Mutex(State())
  private let wakeUp = DispatchSemaphore(value: 0)
  private let finished = DispatchSemaphore(value: 0)
  private let checkpoints = DispatchQueue(label: "sotto.checkpoint")
  private let isCheckpointing = Mutex(false)

  init(
    store: SQLiteServerStore, hub: SessionHub, metrics: ServerMetrics, clock: ServerClock,
    checkpointBytes: Int, blobs: BlobFolder
  ) {
    self.store = store
    self.hub = hub
    self.metrics = metrics
    self.clock = clock
    self.checkpointBytes = checkpointBytes
    self.blobs = blobs
  }

  func start() {
    Thread.detachNewThread { [self] in run() }
  }

  /// Queues a request; false when the queue is full or the server goes down.
  func submit(_ request: StoreRequest, from port: any SessionPort, _ token: SessionToken) -> Bool {
    let taken = state.withLock { state in
      guard !state.isStopped else { return false }
      let wasEmpty = state.queue.isEmpty
      guard state.queue.append(request, from: Origin(port: port, token: token)) else {
        return false
      }
      if wasEmpty { wakeUp.signal() }
      return true
    }
    return taken
  }

  /// Writes what waits, and ends.
  func stop() {
    state.withLock { $0.isStopped = true }
    wakeUp.signal()
    _ = finished.wait(timeout: .now() + 10)
    // The store is closed next.
    checkpoints.sync {}
  }

  private func run() {
    var sinceCheckpoint = 0
    var nextSweep = clock.now + ServerLimits.sweepInterval
    while true {
      let wait = max(1, (nextSweep - clock.now).inMilliseconds)
      _ = wakeUp.wait(timeout: .now() + .milliseconds(Int(min(wait, 60_000))))
      while let batch = takeBatch() {
        write(batch)
        sinceCheckpoint += batch.reduce(0) { $0 + $1.request.byteCount }
        if sinceCheckpoint > checkpointBytes {
          sinceCheckpoint = 0
          checkpointAside()
        }
      }
      if clock.now >= nextSweep { nextSweep = clock.now + sweep() }
      if state.withLock({ $0.isStopped && $0.queue.isEmpty }) { break }
    }
    finished.signal()
  }

  private func takeBatch() -> [WriteQueue<Origin>.Item]? {
    let (batch, left) = state.withLock { state in (state.queue.takeBatch(), state.queue.count) }
    metrics.queueChanged(to: left)
    return batch.isEmpty ? nil : batch
  }

  private func write(_ batch: [WriteQueue<Origin>.Item]) {
    let requests = batch.map(\.request)
    let began = ContinuousClock.now
    let now = clock.now
    var answers: [StoreAnswer]
    do {
      answers = try store.write(requests, at: now)
    } catch {
      metrics.count(.storeFailures)
      answers = requests.map { _ in .refused(.unavailable) }
    }
    metrics.wrote(answers, requests, in: began.duration(to: ContinuousClock.now))
    var delivery = LoopDelivery()
    for (item, answer) in zip(batch, answers) {
      delivery.add(item.origin.port, .answer(item.origin.token, answer))
    }
    let watchers = hub.watchers(of: Wake.after(requests, answers))
    let news = LogNews.of(Set(watchers.compactMap(\.wake.log)), in: requests, answers, at: now)
    for (wake, ports) in watchers {
      let told = LoopDelivery.Word.wake(wake, wake.log.flatMap { news[$0] })
      for port in ports { delivery.add(port, told) }
    }
    delivery.deliver()
  }

  /// Lets the write-ahead log be copied while the next batches are written; one at a time.
  private func checkpointAside() {
    let isFirst = isCheckpointing.withLock { isCheckpointing in
      defer { isCheckpointing = true }
      return !isCheckpointing
    }
    guard isFirst else { return }
    checkpoints.async { [self] in
      if (try? store.checkpointAside()) == nil { metrics.count(.storeFailures) }
      isCheckpointing.withLock { $0 = false }
    }
  }

  /// Deletes lapsed blobs: the files first, so that none is left that nobody knows of.
  private func sweepBlobs() {
    let lapsed = try? store.read(.lapsedBlobs(limit: ServerLimits.sweepBlobsMax), at: clock.now)
    guard case .blobs(let ids)? = lapsed, !ids.isEmpty else { return }
    let gone = ids.filter { id in (try? blobs.remove(id)) != nil }
    if gone.count < ids.count { metrics.count(.storeFailures) }
    let request = StoreRequest.removeBlobs(gone)
    guard let answers = try? store.write([request], at: clock.now) else {
      return metrics.count(.storeFailures)
    }
    metrics.wrote(answers, [request], in: .zero)
  }

  /// Deletes what has lapsed, in a small transaction; gives the time until the next one.
  private func sweep() -> Duration {
    let request = StoreRequest.sweep(rowsMax: ServerLimits.sweepRowsMax)
    guard let answers = try? store.write([request], at: clock.now) else {
      metrics.count(.storeFailures)
      return ServerLimits.sweepInterval
    }
    metrics.wrote(answers, [request], in: .zero)
    sweepBlobs()
    if answers == [.swept(rows: ServerLimits.sweepRowsMax)] { return .milliseconds(100) }
    _ = try? store.checkpoint()
    return ServerLimits.sweepInterval
  }
}
