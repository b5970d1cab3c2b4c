// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import SansIO
import ServerCore
import Synchronization

/// What all connections that bring or take blobs share: the folder, threads for files, and who is
/// writing what.
final class BlobParts: Sendable {
  /// One who writes a blob, in the eyes of the next one.
  private struct Writer {
    let number: UInt64
    let stop: @Sendable () -> Void
    let stopped: EventLoopFuture<Void>
  }

  let folder: BlobFolder
  private let threads = NIOThreadPool(numberOfThreads: 2)
  private let writers = Mutex<[BlobID: Writer]>([:])

  init(folder: BlobFolder) {
    self.folder = folder
    threads.start()
  }

  func shutDown() { try? threads.syncShutdownGracefully() }

  /// Runs what blocks on a thread for files.
  func run<Value: Sendable>(
    on loop: any EventLoop, _ body: @escaping @Sendable () throws -> Value
  ) -> EventLoopFuture<Value> {
    threads.runIfActive(eventLoop: loop, body)
  }

  /// Becomes the one who writes a blob. Who did it so far is stopped: as a rule it is the same
  /// client, whose connection broke without a word. The future comes when it has ended.
  func take(
    _ id: BlobID, by number: UInt64, on loop: any EventLoop, stopped: EventLoopFuture<Void>,
    stop: @escaping @Sendable () -> Void
  ) -> EventLoopFuture<Void> {
    let previous = writers.withLock { writers in
      let previous = writers[id]
      writers[id] = Writer(number: number, stop: stop, stopped: stopped)
      return previous
    }
    guard let previous else { return loop.makeSucceededVoidFuture() }
    previous.stop()
    return previous.stopped.hop(to: loop)
  }

  /// Writes no more.
  func leave(_ id: BlobID, by number: UInt64) {
    writers.withLock { writers in
      if writers[id]?.number == number { writers[id] = nil }
    }
  }
}

/// Asks the store on behalf of one HTTP exchange, and hears that the server goes down.
final class StorePort: SessionPort {
  let number: UInt64
  let eventLoop: any EventLoop
  private let parts: ServerParts
  private let drained: @Sendable () -> Void
  private let reads: NIOLoopBoundBox<[SessionToken: EventLoopPromise<ReadAnswer>]>
  private let writes: NIOLoopBoundBox<[SessionToken: EventLoopPromise<StoreAnswer>]>
  private let next: NIOLoopBoundBox<UInt64>

  /// To be made on the event loop.
  init(parts: ServerParts, eventLoop: any EventLoop, drained: @escaping @Sendable () -> Void) {
    self.parts = parts
    self.eventLoop = eventLoop
    self.drained = drained
    number = parts.hub.nextNumber()
    reads = NIOLoopBoundBox([:], eventLoop: eventLoop)
    writes = NIOLoopBoundBox([:], eventLoop: eventLoop)
    next = NIOLoopBoundBox(1, eventLoop: eventLoop)
    parts.hub.add(self)
  }

  /// The exchange is over.
  func end() { parts.hub.remove(number) }

  func read(_ request: ReadRequest) -> EventLoopFuture<ReadAnswer> {
    let promise = eventLoop.makePromise(of: ReadAnswer.self)
    let token = newToken()
    reads.value[token] = promise
    parts.read(request, for: self, token)
    return promise.futureResult
  }

  func write(_ request: StoreRequest) -> EventLoopFuture<StoreAnswer> {
    let promise = eventLoop.makePromise(of: StoreAnswer.self)
    let token = newToken()
    writes.value[token] = promise
    if !parts.writer.submit(request, from: self, token) {
      answered(token, StoreAnswer.refused(.unavailable))
    }
    return promise.futureResult
  }

  private func newToken() -> SessionToken {
    defer { next.value += 1 }
    return SessionToken(rawValue: next.value)
  }

  func answered(_ token: SessionToken, _ answer: ReadAnswer) {
    reads.value.removeValue(forKey: token)?.succeed(answer)
  }

  func answered(_ token: SessionToken, _ answer: StoreAnswer) {
    writes.value.removeValue(forKey: token)?.succeed(answer)
  }

  func advanced(_ wake: Wake, _ news: LogNews?) {}
  func signalled(_ signal: LogSignal) {}

  func drain() { drained() }

  func flush() {}
}
