// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Closes a connection that has not finished TLS, HTTP header and upgrade in time, however slowly
/// it trickles bytes. It is removed by the upgrade; an HTTP answer closes the connection anyway.
final class UpgradeDeadlineHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = NIOAny

  private let deadline: TimeAmount
  private let metrics: ServerMetrics
  private var task: Scheduled<Void>?

  init(deadline: TimeAmount, metrics: ServerMetrics) {
    self.deadline = deadline
    self.metrics = metrics
  }

  func handlerAdded(context: ChannelHandlerContext) {
    let channel = context.channel
    let metrics = metrics
    task = context.eventLoop.scheduleTask(in: deadline) {
      metrics.count(.deadlines)
      channel.close(promise: nil)
    }
  }

  func handlerRemoved(context: ChannelHandlerContext) { task?.cancel() }

  func channelInactive(context: ChannelHandlerContext) {
    task?.cancel()
    context.fireChannelInactive()
  }
}
