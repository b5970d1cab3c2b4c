// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOWebSocket

/// Refuses what no client may send: unmasked frames and reserved bits (RFC 6455 §5.1, §5.2).
final class ClientFrameHandler: ChannelInboundHandler {
  typealias InboundIn = WebSocketFrame
  typealias InboundOut = WebSocketFrame

  /// TLS closes in steps; what arrives in between counts no more.
  private var isClosing = false

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isClosing else { return }
    let frame = unwrapInboundIn(data)
    guard frame.maskKey != nil, !frame.rsv1, !frame.rsv2, !frame.rsv3 else {
      isClosing = true
      context.close(promise: nil)
      return
    }
    context.fireChannelRead(data)
  }
}
