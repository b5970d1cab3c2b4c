// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO
import ServerStoreConformance
import Testing

@testable import ServerCore

@Suite struct QueueTests {
  private func append(_ number: Int, bytes: Int = 10) -> StoreRequest {
    .append(
      AppendRequest(
        right: Rights.right(1, 0), submitID: Rights.submitID(UInt64(number)),
        kind: .application, body: Array(repeating: 1, count: bytes), expires: nil))
  }

  @Test func batchesKeepTheOrderAndTheLimits() {
    var queue = WriteQueue<Int>()
    let result1 = queue.takeBatch().isEmpty
    #expect(result1)
    for number in 0..<600 {
      let taken = queue.append(append(number), from: number)
      #expect(taken)
    }
    let result2 = queue.takeBatch().map(\.origin)
    #expect(result2 == Array(0..<256))
    let result3 = queue.takeBatch().map(\.origin)
    #expect(result3 == Array(256..<512))
    #expect(queue.count == 88)
    let result4 = queue.takeBatch().map(\.origin)
    #expect(result4 == Array(512..<600))
    #expect(queue.isEmpty)
  }

  @Test func batchesEndAtTheirBytes() {
    var queue = WriteQueue<Int>()
    let sizes = [600_000, 400_000, 100_000, 2_000_000, 1]
    for (number, size) in sizes.enumerated() {
      _ = queue.append(append(number, bytes: size), from: number)
    }
    let result5 = queue.takeBatch().map(\.origin)
    #expect(result5 == [0, 1])
    let result6 = queue.takeBatch().map(\.origin)
    #expect(result6 == [2])
    // One request may pass the limit, but alone.
    let result7 = queue.takeBatch().map(\.origin)
    #expect(result7 == [3])
    let result8 = queue.takeBatch().map(\.origin)
    #expect(result8 == [4])
  }

  @Test func fullQueueRefuses() {
    var queue = WriteQueue<Int>()
    for number in 0..<ServerLimits.queuedRequestsMax {
      _ = queue.append(append(0), from: number)
    }
    let result9 = queue.append(append(1), from: -1)
    #expect(!result9)
    _ = queue.takeBatch()
    let result10 = queue.append(append(1), from: -1)
    #expect(result10)
    var heavy = WriteQueue<Int>()
    let size = 16_777_216
    for number in 0..<4 {
      let taken = heavy.append(append(number, bytes: size), from: number)
      #expect(taken)
    }
    let result11 = heavy.append(append(9, bytes: 1), from: 9)
    #expect(!result11)
    _ = heavy.takeBatch()
    let result12 = heavy.append(append(9, bytes: 1), from: 9)
    #expect(result12)
  }

  @Test func watchersAreTold() {
    var table = WatchTable<Int>()
    let one = Wake.log(Rights.logID(1))
    let two = Wake.log(Rights.logID(2))
    for watcher in [3, 1, 2] { table.watch(one, by: watcher) }
    table.watch(one, by: 1)
    table.watch(two, by: 1)
    #expect(table.watchers(of: one) == [1, 2, 3])
    #expect(table.watchers(of: two) == [1])
    table.unwatch(one, by: 2)
    table.unwatch(one, by: 9)
    #expect(table.watchers(of: one) == [1, 3])
    table.removeAll(of: 1)
    #expect(table.watchers(of: one) == [3])
    #expect(table.watchers(of: two).isEmpty)
    table.removeAll(of: 3)
    #expect(table.isEmpty)
  }
}

@Suite struct RateLimiterTests {
  private let rate = TokenBucket.Rate(size: 10, refill: .milliseconds(100))

  @Test func bucketEmptiesAndFills() {
    let start = StoreClock.start
    var bucket = TokenBucket(fullAt: start)
    for _ in 0..<10 {
      let wait = bucket.take(1, of: rate, at: start)
      #expect(wait == nil)
    }
    let result13 = bucket.take(1, of: rate, at: start)
    #expect(result13 == .milliseconds(100))
    let result14 = bucket.take(5, of: rate, at: start)
    #expect(result14 == .milliseconds(500))
    #expect(!bucket.isFull(at: start + .milliseconds(999)))
    #expect(bucket.isFull(at: start + .seconds(1)))
    let result15 = bucket.take(3, of: rate, at: start + .milliseconds(300))
    #expect(result15 == nil)
    let result16 = bucket.take(1, of: rate, at: start + .milliseconds(300))
    #expect(result16 == .milliseconds(100))
    // What costs more than fits in is let through when the bucket is full.
    let result17 = bucket.take(99, of: rate, at: start + .seconds(5))
    #expect(result17 == nil)
    let result18 = bucket.take(1, of: rate, at: start + .seconds(5))
    #expect(result18 == .milliseconds(100))
  }

  /// In any time, no more than the size and what came back is let through, whatever the clock does
  /// to and fro; and a wait that was served is enough.
  @Test(arguments: Array(1...50) as [UInt64])
  func neverMoreThanAllowed(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let rate = TokenBucket.Rate(
      size: Int64.random(in: 1...20, using: &random),
      refill: .microseconds(Int64.random(in: 300...90_000, using: &random)))
    var bucket = TokenBucket(fullAt: StoreClock.start)
    var now = StoreClock.start
    var taken: Int64 = 0
    for _ in 0..<500 {
      now = now + .milliseconds(Int64.random(in: 0...40, using: &random))
      if let wait = bucket.take(1, of: rate, at: now) {
        if random.chance(1, in: 4) {
          now = now + wait + .milliseconds(1)
          let second = bucket.take(1, of: rate, at: now)
          #expect(second == nil)
          taken += 1
        }
      } else {
        taken += 1
      }
    }
    let refilled =
      Double((now - StoreClock.start).inMilliseconds + 1) / (rate.refill / .milliseconds(1))
    #expect(Double(taken) <= Double(rate.size) + refilled)
  }

  @Test func clockThatStepsBackDoesNotLockOut() {
    var bucket = TokenBucket(fullAt: StoreClock.start)
    _ = bucket.take(10, of: rate, at: StoreClock.start)
    let earlier = StoreClock.start + .seconds(-3_600)
    let wait = bucket.take(1, of: rate, at: earlier)
    #expect(wait == .milliseconds(100))
  }

  @Test func bucketsAreForgottenOnlyWhenFull() {
    var policy = RatePolicy()
    policy.peer = TokenBucket.Rate(size: 2, refill: .seconds(10))
    var limiter = RateLimiter(policy: policy, bucketsMax: 2)
    let now = StoreClock.start
    func key(_ number: UInt8) -> RateKey { .peer(PeerAddress(ipv4: [1, 1, 1, number])) }
    let result19 = limiter.admit(key(1), cost: 1, at: now)
    #expect(result19 == nil)
    let result20 = limiter.admit(key(2), cost: 2, at: now)
    #expect(result20 == nil)
    let result21 = limiter.admit(key(3), cost: 1, at: now)
    #expect(result21 == .seconds(1))
    let result22 = limiter.admit(key(2), cost: 1, at: now)
    #expect(result22 == .seconds(10))
    let later = now + .seconds(11)
    let result23 = limiter.admit(key(3), cost: 1, at: later)
    #expect(result23 == nil)
    #expect(limiter.count == 2)
    let result24 = limiter.admit(key(2), cost: 2, at: later)
    #expect(result24 == .seconds(9))
  }

  @Test func oneCustomerIsOneAddress() {
    let first = PeerAddress(ipv6: [0x20, 1, 0xd, 0xb8, 0, 0, 0, 1] + Array(repeating: 0, count: 8))
    let second = PeerAddress(
      ipv6: [0x20, 1, 0xd, 0xb8, 0, 0, 0, 1] + Array(repeating: 9, count: 8))
    let other = PeerAddress(ipv6: [0x20, 1, 0xd, 0xb8, 0, 0, 0, 2] + Array(repeating: 0, count: 8))
    #expect(first == second)
    #expect(first != other)
    #expect(PeerAddress(ipv4: [1, 2, 3, 4]) != PeerAddress(ipv4: [1, 2, 3, 5]))
  }
}
