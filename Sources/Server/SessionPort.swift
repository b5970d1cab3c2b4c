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
  func advanced(_ wake: Wake, _ news: LogNews?)
  func signalled(_ signal: LogSignal)
  func drain()
  /// Sends what `answered` and `advanced` wrote: a batch has several answers for one connection.
  func flush()
}

/// Gives answers and wakes of one batch to their event loops, one hand-over for each loop.
struct LoopDelivery {
  /// What one connection is told.
  enum Word: Sendable {
    case answer(SessionToken, StoreAnswer)
    case wake(Wake, LogNews?)
    case signal(LogSignal)
  }

  private typealias Item = (port: any SessionPort, word: Word)

  /// Words between two flushes: a connection's answers leave together, and the first of a thousand
  /// readers does not wait for the last.
  private static let wordsPerFlush = 64

  private var loops: [(loop: any EventLoop, items: [Item])] = []

  mutating func add(_ port: any SessionPort, _ word: Word) {
    if let index = loops.firstIndex(where: { $0.loop === port.eventLoop }) {
      loops[index].items.append((port, word))
    } else {
      loops.append((port.eventLoop, [(port, word)]))
    }
  }

  consuming func deliver() {
    for (loop, items) in loops {
      loop.execute {
        for start in stride(from: 0, to: items.count, by: Self.wordsPerFlush) {
          let some = items[start..<min(start + Self.wordsPerFlush, items.count)]
          for (port, word) in some {
            switch word {
            case .answer(let token, let answer): port.answered(token, answer)
            case .wake(let wake, let news): port.advanced(wake, news)
            case .signal(let signal): port.signalled(signal)
            }
          }
          for (port, _) in some { port.flush() }
        }
      }
    }
  }
}
