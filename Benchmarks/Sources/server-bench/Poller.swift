// SPDX-License-Identifier: Apache-2.0

import CEpoll
import Glibc

/// Waits for all connections of a load, on one thread.
@safe final class Poller {
  private let epoll: Int32
  private(set) var links: [Link] = []
  private var dirty: [Int] = []
  private let scratch: UnsafeMutableRawBufferPointer

  init() throws {
    epoll = epoll_create1(0)
    guard epoll >= 0 else { throw LoadFailure.system("epoll") }
    unsafe scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
  }

  deinit {
    close(epoll)
    unsafe scratch.deallocate()
  }

  /// Takes a connection in; gives its number.
  func add(_ link: Link) throws -> Int {
    links.append(link)
    try watch(links.count - 1, EPOLL_CTL_ADD, writing: false)
    return links.count - 1
  }

  private func watch(_ number: Int, _ operation: Int32, writing: Bool) throws {
    var event = unsafe epoll_event()
    unsafe event.events = EPOLLIN.rawValue | (writing ? EPOLLOUT.rawValue : 0)
    unsafe event.data.u64 = UInt64(number)
    guard unsafe epoll_ctl(epoll, operation, links[number].descriptor, &event) == 0 else {
      throw LoadFailure.system("epoll_ctl")
    }
  }

  /// Sends a message with what else this round sends.
  func send(_ message: [UInt8], on number: Int) {
    links[number].send(message)
    guard !links[number].isDirty else { return }
    links[number].isDirty = true
    dirty.append(number)
  }

  /// Waits once, at most `milliseconds`, hands on what came, and sends what that led to.
  func turn(
    milliseconds: Int32, _ take: (Int, UnsafeRawBufferPointer) throws -> Void
  ) throws {
    try flush()
    var events = unsafe [epoll_event](repeating: epoll_event(), count: 256)
    let count = unsafe epoll_wait(epoll, &events, 256, milliseconds)
    guard count >= 0 else { throw LoadFailure.system("epoll_wait") }
    for index in 0..<Int(count) {
      let event = unsafe events[index]
      let number = unsafe Int(event.data.u64)
      if unsafe event.events & EPOLLOUT.rawValue != 0, try links[number].flush() {
        try watch(number, EPOLL_CTL_MOD, writing: false)
      }
      if unsafe event.events & ~EPOLLOUT.rawValue != 0 {
        try unsafe links[number].receive(scratch) { body in try unsafe take(number, body) }
      }
    }
    try flush()
  }

  private func flush() throws {
    for number in dirty {
      links[number].isDirty = false
      if try !links[number].flush() { try watch(number, EPOLL_CTL_MOD, writing: true) }
    }
    dirty.removeAll(keepingCapacity: true)
  }
}
