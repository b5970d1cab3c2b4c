// SPDX-License-Identifier: Apache-2.0

/// Times of one operation.
struct Timing {
  let median: Duration
  let runs: Int

  /// Microseconds, with a digit where it says something.
  var text: String {
    let (seconds, attoseconds) = median.components
    let micros = Double(seconds) * 1e6 + Double(attoseconds) / 1e12
    return micros < 100 ? "\((micros * 10).rounded() / 10)" : "\(Int(micros.rounded()))"
  }

  /// Runs `operation` until `budget` is spent, three times at least and 2,000 times at most. The
  /// first run is not counted.
  ///
  /// - Parameter prepare: makes what an operation uses up; its time is not counted.
  static func of<Input, Output>(
    budget: Duration = .milliseconds(400), prepare: () throws -> Input,
    _ operation: (inout Input) throws -> Output
  ) throws -> Timing {
    var samples: [Duration] = []
    let end = ContinuousClock.now + budget
    var isFirst = true
    while samples.count < 3 || samples.count < 2_000 && ContinuousClock.now < end {
      var input = try prepare()
      let began = ContinuousClock.now
      let output = try operation(&input)
      let took = began.duration(to: .now)
      withExtendedLifetime(output) {}
      if !isFirst { samples.append(took) }
      isFirst = false
    }
    samples.sort()
    return Timing(median: samples[samples.count / 2], runs: samples.count)
  }
}
