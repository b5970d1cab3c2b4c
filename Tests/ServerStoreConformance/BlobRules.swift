// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO
import ServerCore
import Testing

/// How place for blobs is made and given up.
enum BlobRules {
  private static func id(_ number: UInt64) throws -> BlobID {
    var generator = SeededGenerator(seed: number)
    return try #require(BlobID(generator.bytes(BlobID.byteCount)))
  }

  private static func open(
    _ number: UInt64, _ account: TestAccount, size: UInt64 = 100, token: UInt8 = 1,
    device: UInt32 = 1
  ) throws -> StoreRequest {
    .openBlob(
      OpenBlobRequest(
        device: account.key(device), id: try id(number), size: size,
        tokenHash: BlobTokenHash(hashing: [token])))
  }

  private static func row<Store>(
    _ number: UInt64, _ fixture: StoreFixture<Store>
  ) throws -> BlobRow? {
    guard case .blob(let row) = try fixture.read(.blob(try id(number))) else { return nil }
    return row
  }

  static func making(_ start: StoreFixture<some ServerStore>) throws {
    var fixture = start
    let alice = try TestAccount("alice", seed: 1)
    let bob = try TestAccount("bob", seed: 2)
    #expect(try fixture.one(try open(1, alice)) == .refused(.notADevice))
    _ = try fixture.one(.register(alice.address, alice.manifest))
    _ = try fixture.one(.register(bob.address, bob.manifest))
    #expect(try fixture.one(try open(1, alice, device: 2)) == .refused(.notADevice))
    #expect(try fixture.one(try open(1, alice)) == .done)
    #expect(try fixture.one(try open(1, alice)) == .done)
    for other in [try open(1, alice, size: 99), try open(1, bob, token: 2)] {
      #expect(try fixture.one(other) == .refused(.alreadyExists))
    }
    #expect(try row(1, fixture)?.offset == 0)
    let blob = try id(1)
    #expect(try fixture.one(.advanceBlob(blob, offset: 40, isComplete: false)) == .done)
    #expect(
      try fixture.one(.advanceBlob(blob, offset: 101, isComplete: false)) == .refused(.notFound))
    // Less than all is never complete.
    #expect(try fixture.one(.advanceBlob(blob, offset: 50, isComplete: true)) == .done)
    #expect(try row(1, fixture)?.isComplete == false)
    #expect(try fixture.one(.advanceBlob(blob, offset: 0, isComplete: false)) == .done)
    #expect(try row(1, fixture)?.offset == 0)
    #expect(try fixture.one(.advanceBlob(blob, offset: 100, isComplete: true)) == .done)
    // What is complete stays so.
    #expect(try fixture.one(.advanceBlob(blob, offset: 3, isComplete: false)) == .done)
    let row = try #require(try row(1, fixture))
    #expect(row.isComplete && row.offset == 100)
    #expect(
      try fixture.one(.advanceBlob(try id(9), offset: 1, isComplete: false)) == .refused(.notFound))
    #expect(try fixture.one(.removeBlobs([blob, try id(9)])) == .done)
    #expect(try fixture.read(.blob(blob)) == .refused(.notFound))
  }

  static func quota(_ start: StoreFixture<some ServerStore>) throws {
    var fixture = start
    let alice = try TestAccount("alice", seed: 1)
    let bob = try TestAccount("bob", seed: 2)
    _ = try fixture.one(.register(alice.address, alice.manifest))
    _ = try fixture.one(.register(bob.address, bob.manifest))
    let most = ServerLimits.blobBytesMax
    #expect(try fixture.one(try open(0, alice, size: most + 1)) == .refused(.quotaExceeded))
    let whole = ServerLimits.accountBlobBytesMax / most
    for number in 0..<whole {
      #expect(try fixture.one(try open(number, alice, size: most)) == .done)
    }
    #expect(try fixture.one(try open(99, alice, size: most)) == .refused(.quotaExceeded))
    // Another account has a quota of its own, and what is removed is free again.
    #expect(try fixture.one(try open(100, bob, size: most)) == .done)
    #expect(try fixture.one(.removeBlobs([try id(0)])) == .done)
    #expect(try fixture.one(try open(99, alice, size: most)) == .done)
  }

  static func lapsing(_ start: StoreFixture<some ServerStore>) throws {
    var fixture = start
    let alice = try TestAccount("alice", seed: 1)
    _ = try fixture.one(.register(alice.address, alice.manifest))
    _ = try fixture.one(try open(1, alice))
    fixture.now = fixture.now + .seconds(1)
    _ = try fixture.one(try open(2, alice))
    fixture.now = StoreClock.start + ServerLimits.blobRetention + .milliseconds(-1)
    #expect(try fixture.read(.lapsedBlobs(limit: 5)) == .blobs([]))
    #expect(try row(1, fixture) != nil)
    fixture.now = fixture.now + .milliseconds(1)
    #expect(try row(1, fixture) == nil)
    #expect(try fixture.read(.lapsedBlobs(limit: 5)) == .blobs([try id(1)]))
    // The name is free only when the file is gone.
    #expect(try fixture.one(try open(1, alice)) == .refused(.alreadyExists))
    fixture.now = fixture.now + .seconds(1)
    #expect(try fixture.read(.lapsedBlobs(limit: 5)) == .blobs([try id(1), try id(2)]))
    #expect(try fixture.read(.lapsedBlobs(limit: 1)) == .blobs([try id(1)]))
    _ = try fixture.one(.removeBlobs([try id(1)]))
    #expect(try fixture.one(try open(1, alice)) == .done)
  }
}
