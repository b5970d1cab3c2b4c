// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What ends a run: the server did something that it should not, or is not there.
struct LoadFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }

  /// The last system call failed.
  static func system(_ what: String) -> LoadFailure {
    LoadFailure("\(what) failed: errno \(errno)")
  }
}

/// One WebSocket to the server's `/v1/logs`, without TLS, non-blocking once it is open.
///
/// Frames are masked with a key of zeros: the server unmasks all the same, and this side is not
/// what is measured.
final class Link {
  let descriptor: Int32
  private var incoming: [UInt8] = []
  private var outgoing: [UInt8] = []
  private var written = 0
  /// Requests are numbered from 1.
  private var lastRequest: UInt64 = 0
  var isDirty = false

  /// Connects, upgrades, and takes the server's greeting.
  init(port: UInt16) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw LoadFailure.system("socket") }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let connected = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        unsafe connect(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 else { throw LoadFailure.system("connect") }
    var on: Int32 = 1
    unsafe setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    try upgrade()
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
  }

  deinit { close(descriptor) }

  private func upgrade() throws {
    let request = """
      GET /v1/logs HTTP/1.1\r
      host: localhost\r
      connection: Upgrade\r
      upgrade: websocket\r
      sec-websocket-version: 13\r
      sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r
      sec-websocket-protocol: sotto.v1\r
      \r

      """
    let bytes = Array(request.utf8)
    guard unsafe write(descriptor, bytes, bytes.count) == bytes.count else {
      throw LoadFailure.system("upgrade")
    }
    // Byte by byte, so that the greeting stays where frames are read from.
    var head: [UInt8] = []
    var byte: UInt8 = 0
    while !head.suffix(4).elementsEqual([13, 10, 13, 10]) {
      guard unsafe read(descriptor, &byte, 1) == 1, head.count < 4_096 else {
        throw LoadFailure("the server does not upgrade")
      }
      head.append(byte)
    }
    guard head.starts(with: Array("HTTP/1.1 101".utf8)) else {
      throw LoadFailure("the server refuses the upgrade")
    }
  }

  func nextRequest() -> UInt64 {
    lastRequest += 1
    return lastRequest
  }

  /// Puts one binary message behind what waits; `flush` sends it.
  func send(_ message: [UInt8]) { append(opcode: 0x82, message) }

  private func append(opcode: UInt8, _ message: [UInt8]) {
    outgoing.append(opcode)
    if message.count < 126 {
      outgoing.append(0x80 | UInt8(message.count))
    } else if message.count <= 0xffff {
      outgoing += [0xfe, UInt8(message.count >> 8), UInt8(message.count & 0xff)]
    } else {
      outgoing.append(0xff)
      for shift in stride(from: 56, through: 0, by: -8) {
        outgoing.append(UInt8(truncatingIfNeeded: message.count >> shift))
      }
    }
    outgoing += [0, 0, 0, 0]
    outgoing += message
  }

  /// Writes what the socket takes; false when something is left.
  func flush() throws -> Bool {
    while written < outgoing.count {
      let count = unsafe outgoing.withUnsafeBytes { bytes in
        let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[written...])
        return unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
      }
      if count < 0, errno == EAGAIN { return false }
      guard count > 0 else { throw LoadFailure.system("write") }
      written += count
    }
    outgoing.removeAll(keepingCapacity: true)
    written = 0
    return true
  }

  /// Reads what is there into `scratch` and hands on whole messages.
  func receive(
    _ scratch: UnsafeMutableRawBufferPointer, _ take: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let count = unsafe read(descriptor, scratch.baseAddress, scratch.count)
    if count < 0, errno == EAGAIN { return }
    guard count > 0 else { throw LoadFailure("the server closed a connection") }
    let fresh = unsafe UnsafeRawBufferPointer(rebasing: scratch[..<count])
    if incoming.isEmpty {
      let used = unsafe try frames(in: fresh, take)
      if used < count { unsafe incoming.append(contentsOf: fresh[used...]) }
      return
    }
    unsafe incoming.append(contentsOf: fresh)
    let used = try unsafe incoming.withUnsafeBytes { bytes in
      unsafe try frames(in: bytes, take)
    }
    incoming.removeFirst(used)
  }

  /// Hands on the whole frames of `bytes` and tells how many bytes they are.
  private func frames(
    in bytes: UnsafeRawBufferPointer, _ take: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> Int {
    var used = 0
    while bytes.count - used >= 2 {
      let opcode = unsafe bytes[used]
      var length = unsafe Int(bytes[used + 1])
      var head = 2
      if length >= 126 {
        let width = length == 126 ? 2 : 8
        guard bytes.count - used >= 2 + width else { break }
        length = 0
        for index in 0..<width { length = unsafe length << 8 | Int(bytes[used + 2 + index]) }
        head += width
      }
      guard bytes.count - used - head >= length else { break }
      let body = unsafe UnsafeRawBufferPointer(rebasing: bytes[(used + head)...].prefix(length))
      switch opcode {
      case 0x82: unsafe try take(body)
      case 0x89: unsafe append(opcode: 0x8a, Array(body))
      default: throw LoadFailure("the server closes a connection, or sends in pieces")
      }
      used += head + length
    }
    return used
  }
}
