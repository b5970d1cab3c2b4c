// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc

/// Milliseconds of the monotonic clock.
func milliseconds() -> Double {
  var time = timespec()
  unsafe clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
}

/// The CPU seconds that a process has used; 0 when there is none.
func processorSeconds(of process: Int32) -> Double {
  guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else {
    return 0
  }
  // After the name, which is in parentheses and may hold spaces.
  let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
  guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else {
    return 0
  }
  return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
}

/// Sorted times, for percentiles.
struct Latencies {
  private let sorted: [Double]

  init(_ samples: [Double]) { sorted = samples.sorted() }

  func percentile(_ percent: Int) -> Double {
    guard !sorted.isEmpty else { return 0 }
    return sorted[min(sorted.count - 1, sorted.count * percent / 100)]
  }
}

/// What a run found, as one line of JSON.
struct Figures: Encodable {
  /// In the time measured.
  var messages = 0
  /// Of the whole run.
  var total = 0
  var deliveries = 0
  var seconds = 0.0
  /// From sending to the last reader's having it.
  var deliveredP50 = 0.0
  var deliveredP99 = 0.0
  /// From sending to the server's answer, which follows its fsync.
  var acknowledgedP50 = 0.0
  var acknowledgedP99 = 0.0
  /// CPU seconds in the time measured.
  var serverCPU = 0.0
  var loadCPU = 0.0
}
