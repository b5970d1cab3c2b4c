// SPDX-License-Identifier: Apache-2.0

import SansIO
import ServerCore
import Synchronization

/// What `/metrics` tells: counts, sizes and times. No figure has a label that comes from a user.
final class ServerMetrics: Sendable {
  /// Counters that only grow.
  enum Counter: Int, CaseIterable {
    case connectionsOpened, connectionsRefused, framesReceived, framesSent, bytesReceived, bytesSent
    case appends, duplicateAppends, commits, staleEpochs, rateLimited, refused, batches
    case sweeps, sweptRows, storeFailures, slowReaders, deadlines

    var name: String {
      switch self {
      case .connectionsOpened: "sotto_connections_opened_total"
      case .connectionsRefused: "sotto_connections_refused_total"
      case .framesReceived: "sotto_frames_received_total"
      case .framesSent: "sotto_frames_sent_total"
      case .bytesReceived: "sotto_received_bytes_total"
      case .bytesSent: "sotto_sent_bytes_total"
      case .appends: "sotto_appends_total"
      case .duplicateAppends: "sotto_duplicate_appends_total"
      case .commits: "sotto_commits_total"
      case .staleEpochs: "sotto_stale_epochs_total"
      case .rateLimited: "sotto_rate_limited_total"
      case .refused: "sotto_refused_requests_total"
      case .batches: "sotto_write_batches_total"
      case .sweeps: "sotto_sweeps_total"
      case .sweptRows: "sotto_swept_rows_total"
      case .storeFailures: "sotto_store_failures_total"
      case .slowReaders: "sotto_slow_readers_total"
      case .deadlines: "sotto_deadlines_total"
      }
    }
  }

  fileprivate struct State {
    var counters = Array(repeating: UInt64(0), count: Counter.allCases.count)
    var connections = 0
    var queued = 0
    var batchSizes = Histogram(bounds: [1, 2, 4, 8, 16, 32, 64, 128, 256])
    var writeMilliseconds = Histogram(bounds: [0.25, 0.5, 1, 2, 5, 10, 20, 50, 100, 500])
  }

  private let state = Mutex(State())

  func count(_ counter: Counter, by amount: Int = 1) {
    state.withLock { $0.counters[counter.rawValue] += UInt64(max(0, amount)) }
  }

  func connectionsChanged(by amount: Int) { state.withLock { $0.connections += amount } }

  func queueChanged(to count: Int) { state.withLock { $0.queued = count } }

  /// One transaction was written.
  func wrote(_ answers: [StoreAnswer], _ requests: [StoreRequest], in time: Duration) {
    state.withLock { state in
      state.counters[Counter.batches.rawValue] += 1
      state.batchSizes.add(Double(answers.count))
      state.writeMilliseconds.add(
        Double(time.components.attoseconds) / 1e15 + Double(time.components.seconds) * 1000)
      for (answer, request) in zip(answers, requests) { state.add(answer, request) }
    }
  }

  /// Prometheus text exposition, version 0.0.4.
  func text() -> String {
    state.withLock { state in
      var text = ""
      for counter in Counter.allCases {
        text += "# TYPE \(counter.name) counter\n"
        text += "\(counter.name) \(state.counters[counter.rawValue])\n"
      }
      text += "# TYPE sotto_connections gauge\nsotto_connections \(state.connections)\n"
      text += "# TYPE sotto_write_queue gauge\nsotto_write_queue \(state.queued)\n"
      text += state.batchSizes.text("sotto_write_batch_size")
      text += state.writeMilliseconds.text("sotto_write_milliseconds")
      return text
    }
  }
}

extension ServerMetrics.State {
  fileprivate mutating func add(_ answer: StoreAnswer, _ request: StoreRequest) {
    switch (answer, request) {
    case (.appended(let receipt), _) where receipt.isDuplicate:
      counters[ServerMetrics.Counter.duplicateAppends.rawValue] += 1
    case (.appended, .commit): counters[ServerMetrics.Counter.commits.rawValue] += 1
    case (.appended, _): counters[ServerMetrics.Counter.appends.rawValue] += 1
    case (.refused(.staleEpoch), _):
      counters[ServerMetrics.Counter.staleEpochs.rawValue] += 1
    case (.refused, _): counters[ServerMetrics.Counter.refused.rawValue] += 1
    case (.swept(let rows), _):
      counters[ServerMetrics.Counter.sweeps.rawValue] += 1
      counters[ServerMetrics.Counter.sweptRows.rawValue] += UInt64(max(0, rows))
    default: break
    }
  }
}

/// Counts by upper bound, as Prometheus wants them.
struct Histogram: Sendable {
  private let bounds: [Double]
  private var counts: [UInt64]
  private var sum = 0.0
  private var total: UInt64 = 0

  init(bounds: [Double]) {
    self.bounds = bounds
    counts = Array(repeating: 0, count: bounds.count)
  }

  mutating func add(_ value: Double) {
    for (index, bound) in bounds.enumerated() where value <= bound { counts[index] += 1 }
    sum += value
    total += 1
  }

  func text(_ name: String) -> String {
    var text = "# TYPE \(name) histogram\n"
    for (bound, count) in zip(bounds, counts) {
      text += "\(name)_bucket{le=\"\(bound)\"} \(count)\n"
    }
    return text
      + "\(name)_bucket{le=\"+Inf\"} \(total)\n\(name)_sum \(sum)\n\(name)_count \(total)\n"
  }
}
