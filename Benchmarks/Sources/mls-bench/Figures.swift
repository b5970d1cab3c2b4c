// SPDX-License-Identifier: Apache-2.0

/// Prints figures about one kind of group: lines of `suite tree members operation value`, for
/// `bench.py`.
struct Figures {
  let suite: String
  var tree = "-"
  var members = 0

  /// A size in bytes.
  func record(_ operation: String, bytes: Int) { line(operation, "\(bytes)") }

  /// Processor time in microseconds.
  func record(_ operation: String, _ timing: Timing) {
    line(operation, Figures.microseconds(timing.processor))
  }

  /// Both times; the one on the wall as `NAME-wall`.
  func recordBoth(_ operation: String, _ timing: Timing) {
    record(operation, timing)
    line(operation + "-wall", Figures.microseconds(timing.wall))
  }

  private func line(_ operation: String, _ value: String) {
    print(suite, tree, members, operation, value)
  }

  private static func microseconds(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    return "\(Double(seconds) * 1e6 + Double(attoseconds) / 1e12)"
  }
}
