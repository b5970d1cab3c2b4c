// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// The client's side of a WebSocket, frame by frame (RFC 6455 §5.2).
final class WebSocketConnection {
  /// What one frame carries.
  enum Opcode: UInt8 {
    case continuation = 0
    case text = 1
    case binary = 2
    case close = 8
    case ping = 9
    case pong = 10
  }

  /// An answer to the upgrade that is no upgrade.
  struct Refused: Error, Hashable {
    let status: String
  }

  let raw: RawConnection

  init(_ raw: RawConnection) { self.raw = raw }

  static func upgradeRequest(path: String, subprotocol: String? = "sotto.v1") -> String {
    var request = """
      GET \(path) HTTP/1.1\r
      host: localhost\r
      connection: Upgrade\r
      upgrade: websocket\r
      sec-websocket-version: 13\r
      sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r

      """
    if let subprotocol { request += "sec-websocket-protocol: \(subprotocol)\r\n" }
    return request + "\r\n"
  }

  /// - Throws: `Refused` with the status line's figure.
  static func open(
    _ raw: RawConnection, path: String, subprotocol: String? = "sotto.v1"
  ) async throws -> WebSocketConnection {
    try await raw.send(upgradeRequest(path: path, subprotocol: subprotocol))
    let head = try await raw.readHead()
    let status = String(head.split(separator: " ", maxSplits: 2)[1])
    guard status == "101" else { throw Refused(status: status) }
    return WebSocketConnection(raw)
  }

  /// The bytes of a frame; the length may be claimed without being there.
  static func frame(
    _ opcode: Opcode, _ payload: [UInt8], isFinal: Bool = true, isMasked: Bool = true,
    claimedLength: Int? = nil
  ) -> [UInt8] {
    let length = claimedLength ?? payload.count
    let mask: UInt8 = isMasked ? 0x80 : 0
    var bytes: [UInt8] = [(isFinal ? 0x80 : 0) | opcode.rawValue]
    if length < 126 {
      bytes.append(mask | UInt8(length))
    } else if length <= 0xffff {
      bytes += [mask | 126, UInt8(length >> 8), UInt8(length & 0xff)]
    } else {
      bytes.append(mask | 127)
      bytes += (0..<8).map { UInt8(truncatingIfNeeded: length >> (56 - 8 * $0)) }
    }
    guard isMasked else { return bytes + payload }
    let key: [UInt8] = [0x5a, 0xa5, 0x3c, 0xc3]
    return bytes + key + payload.enumerated().map { $1 ^ key[$0 % 4] }
  }

  func send(_ message: [UInt8]) async throws { try await raw.send(Self.frame(.binary, message)) }

  /// The next frame of any kind.
  func frame() async throws -> (opcode: Opcode, payload: [UInt8]) {
    let head = try await raw.read(2)
    guard let opcode = Opcode(rawValue: head[0] & 0x0f), head[1] & 0x80 == 0 else {
      throw RawConnection.Fault.badFrame
    }
    var length = Int(head[1])
    if length >= 126 {
      length = try await raw.read(length == 126 ? 2 : 8).reduce(0) { $0 << 8 | Int($1) }
    }
    return (opcode, try await raw.read(length))
  }

  /// The next binary message.
  ///
  /// - Throws: `Fault.ended` at a close frame or the end of the connection.
  func message() async throws -> [UInt8] {
    while true {
      let (opcode, payload) = try await frame()
      switch opcode {
      case .binary: return payload
      case .ping: try await raw.send(Self.frame(.pong, payload))
      case .close: throw RawConnection.Fault.ended
      case .pong, .text, .continuation: continue
      }
    }
  }

  /// Whether the server ends the connection, whatever it says before.
  func isEnded() async -> Bool {
    _ = await raw.readToEnd()
    return true
  }

  func close() async { await raw.close() }
}
