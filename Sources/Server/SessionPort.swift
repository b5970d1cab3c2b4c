// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SansIO
import ServerCore

/// One connection in the eyes of other threads: what is meant for it is handed to its event loop.
protocol SessionPort: AnyObject, Sendable {
  var number: UInt64 { get }
  var eventLoop: any EventLoop { get }
  /// To be called on the event loop, like all that follow.
  func answered(_ token: SessionToken, _ answer: StoreAnswer)
  func answered(_ token: SessionToken, _ answer: ReadAnswer)
  func advanced(_ wake: Wake)
  func drain()
}

/// Gives answers and wakes of one batch to their event loops, one hand-over for each loop.
struct LoopDelivery {
  private var loops: [(loop: any EventLoop, work: [@Sendable () -> Void])] = []

  mutating func add(_ port: any SessionPort, _ work: @escaping @Sendable () -> Void) {
    if let index = loops.firstIndex(where: { $0.loop === port.eventLoop }) {
      loops[index].work.append(work)
    } else {
      loops.append((port.eventLoop, [work]))
    }
  }

  consuming func deliver() {
    for (loop, work) in loops {
      loop.execute { for item in work { item() } }
    }
  }
}
