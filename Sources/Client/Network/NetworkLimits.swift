// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// What one connection to the server may take, with reasons.
package struct NetworkLimits: Sendable {
  /// A WebSocket message above this ends the connection: the server's own limit, and some room.
  package var frameBytesMax = 2_097_152
  /// Fragments that one message may be cut into; ours are never cut, proxies may do it.
  package var fragmentsMax = 64
  /// Bytes that were read and not yet applied; above this the socket is not read any further.
  package var unappliedBytesMax = 4 << 20
  /// Bytes that wait for the socket; above this the connection is dead and is given up.
  package var unsentBytesMax = 16 << 20
  /// The TCP handshake.
  package var connectTimeout = TimeAmount.seconds(10)
  /// Everything up to and with the WebSocket upgrade.
  package var openTimeout = TimeAmount.seconds(15)
  /// How often a ping is sent, so that middle boxes keep the connection and a dead one is noticed.
  package var pingInterval = TimeAmount.seconds(20)
  /// Pings without anything heard in between that end the connection.
  package var silentPingsMax = 2

  /// The limits of the product.
  package init() {}
}
