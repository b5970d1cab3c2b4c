// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import SansIO
import ServerCore

/// Closes a connection on which nothing has moved for a while. Lives on its event loop.
final class IdleDeadline {
  private let channel: any Channel
  private var task: Scheduled<Void>?
  private var movedAt = NIODeadline.now()
  private let patience = TimeAmount.milliseconds(ServerLimits.blobIdleMax.inMilliseconds)

  init(channel: any Channel) {
    self.channel = channel
    arm(at: movedAt + patience)
  }

  /// Something moved.
  func moved() { movedAt = .now() }

  func cancel() {
    task?.cancel()
    task = nil
  }

  private func arm(at deadline: NIODeadline) {
    let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
    task = channel.eventLoop.scheduleTask(deadline: deadline) { bound.value.wake() }
  }

  private func wake() {
    let deadline = movedAt + patience
    guard deadline <= .now() else { return arm(at: deadline) }
    channel.close(promise: nil)
  }
}

extension Channel {
  /// Answers with a status, some headers and no content; then the connection ends: at once, or
  /// when the other side has stopped sending, so that the answer is not lost with what still comes.
  func respond(
    _ status: HTTPResponseStatus, _ fields: [(String, String)] = [], closing: Bool = true
  ) {
    var headers = HTTPHeaders(fields)
    headers.add(name: "cache-control", value: "no-store")
    headers.add(name: "connection", value: "close")
    if status != .noContent { headers.add(name: "content-length", value: "0") }
    let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
    write(HTTPServerResponsePart.head(head), promise: nil)
    let wait: TimeAmount = closing ? .zero : .seconds(2)
    writeAndFlush(HTTPServerResponsePart.end(nil)).whenComplete { _ in
      self.eventLoop.scheduleTask(in: wait) { self.close(promise: nil) }
    }
  }
}
