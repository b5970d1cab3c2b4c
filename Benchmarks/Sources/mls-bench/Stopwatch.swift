// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Times of one operation.
struct Timing {
  /// Median of the processor time of this process.
  let processor: Duration
  /// Median of the time on the wall.
  let wall: Duration

  /// Runs `operation` until `budget` is spent, three times at least and 2,000 times at most. The
  /// first run is not counted.
  ///
  /// - Parameter prepare: makes what an operation uses up; its time is not counted.
  static func of<Input, Output>(
    budget: Duration = .milliseconds(400), prepare: () throws -> Input,
    _ operation: (inout Input) throws -> Output
  ) throws -> Timing {
    var processor: [Duration] = []
    var wall: [Duration] = []
    let end = ContinuousClock.now + budget
    var isFirst = true
    while processor.count < 3 || processor.count < 2_000 && ContinuousClock.now < end {
      var input = try prepare()
      let began = ContinuousClock.now
      let spent = Timing.processorTime
      let output = try operation(&input)
      let took = (Timing.processorTime - spent, began.duration(to: .now))
      withExtendedLifetime(output) {}
      if !isFirst {
        processor.append(took.0)
        wall.append(took.1)
      }
      isFirst = false
    }
    return Timing(
      processor: processor.sorted()[processor.count / 2], wall: wall.sorted()[wall.count / 2])
  }

  /// What this process has used of the processors since it began.
  private static var processorTime: Duration {
    var time = timespec()
    guard unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else {
      preconditionFailure("no processor clock")
    }
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
}
