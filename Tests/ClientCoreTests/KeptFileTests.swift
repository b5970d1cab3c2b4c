// SPDX-License-Identifier: Apache-2.0

import SansIO
import Testing

@testable import ClientCore

/// What a core says about files that stay.
enum Holding: Equatable {
  case hold([UInt8])
  case only([[UInt8]])
  case release([UInt8])
}

/// Sealed files that stay on a device as long as their messages.
@Suite struct KeptFileTests {
  private static func file(
    _ seed: UInt64, _ contentType: String = "image/png", size: UInt64 = 1_000
  ) -> AttachmentDraft.Spooled {
    var generator = SeededGenerator(seed: seed)
    return AttachmentDraft.Spooled(
      file: SealedFile(
        key: generator.bytes(32), nonce: generator.bytes(12), size: size,
        plaintextHash: generator.bytes(32), blobID: generator.bytes(32),
        contentType: contentType, filename: "file"),
      sealedSize: size + 40)
  }

  /// Alice and Bob, who have talked.
  private static func world() throws -> World {
    var world = try World.registered(["alice", "bob"])
    _ = try world.send("Hello", from: 0, to: 1)
    world.settle()
    return world
  }

  /// Alice sends a file to somebody, Bob as a rule.
  @discardableResult
  private static func attach(
    _ world: inout World, _ file: AttachmentDraft.Spooled, to address: String? = nil,
    timer: MessageTimer? = nil
  ) throws -> [UInt8] {
    let draft = AttachmentDraft(files: [file], text: "", timer: timer)
    let address = address ?? world.clients[1].address
    let answer = try world.ask(0, .attachment(.attach(address: address, draft)))
    guard case .queued(let id) = answer else { throw ClientStoreFailure.injected }
    world.settle()
    world.apply([.uploadEnded(blobID: file.file.blobID, .done)], to: 0)
    world.settle()
    return id
  }

  private static func isHere(_ world: inout World, _ client: Int, with other: Int) throws -> [Bool]
  {
    let address = world.clients[other].address
    guard
      case .history(let lines) = try world.ask(
        client, .history(address: address, limit: 10, before: nil))
    else { throw ClientStoreFailure.injected }
    return lines.flatMap { $0.attachments.map(\.isHere) }
  }

  private static func set(
    _ world: inout World, _ client: Int, _ policy: KeepPolicy
  ) throws {
    _ = try world.ask(client, .contact(.set(.keepFiles, value: policy.rawValue)))
  }

  @Test func picturesStayOnBothSides() throws {
    var world = try Self.world()
    let file = Self.file(1)
    try Self.attach(&world, file)
    #expect(world.clients[0].uploads.last?.stays == true)
    #expect(try Self.isHere(&world, 0, with: 1) == [true])
    #expect(world.clients[1].kept == [file.file])
    #expect(try Self.isHere(&world, 1, with: 0) == [false])
    world.apply([.keepEnded(blobID: file.file.blobID, .done)], to: 1)
    #expect(try Self.isHere(&world, 1, with: 0) == [true])
    try world.checkAll()
  }

  @Test func otherFilesAndLargePicturesWaitToBeSaved() throws {
    var world = try Self.world()
    let text = Self.file(2, "text/plain")
    let large = Self.file(3, size: ClientLimits.keptPictureBytesMax + 1)
    try Self.attach(&world, text)
    try Self.attach(&world, large)
    #expect(world.clients[1].kept.isEmpty)
    #expect(world.clients[0].uploads.map(\.stays) == [false, false])
    try Self.set(&world, 1, .all)
    let other = Self.file(4, "text/plain", size: ClientLimits.keptFileBytesMax)
    let tooLarge = Self.file(5, "text/plain", size: ClientLimits.keptFileBytesMax + 1)
    try Self.attach(&world, other)
    try Self.attach(&world, tooLarge)
    #expect(world.clients[1].kept == [other.file])
    try Self.set(&world, 1, .none)
    try Self.attach(&world, Self.file(6))
    world.apply([.keepEnded(blobID: other.file.blobID, .done)], to: 1)
    #expect(world.clients[1].kept == [other.file])
  }

  @Test func whatIsShownOnceIsNotFetched() throws {
    var world = try Self.world()
    let timer = try #require(MessageTimer(once: true))
    try Self.attach(&world, Self.file(7), timer: timer)
    #expect(world.clients[1].kept.isEmpty)
    #expect(world.clients[0].uploads.last?.stays == false)
  }

  /// A stranger's picture is not fetched before the conversation is accepted.
  @Test func strangersAreNotFetchedFrom() throws {
    var world = try World.registered(["alice", "bob"])
    _ = try world.ask(1, .contact(.set(.strangers, value: "ask")))
    let file = Self.file(8)
    try Self.attach(&world, file)
    #expect(world.clients[1].kept.isEmpty)
    _ = try world.ask(1, .contact(.accept(address: world.clients[0].address)))
    world.settle()
    #expect(world.clients[1].kept == [file.file])
  }

  @Test func fetchingGoesOnOrEnds() throws {
    var world = try Self.world()
    let (file, next) = (Self.file(9), Self.file(10))
    try Self.attach(&world, file)
    try Self.attach(&world, next)
    let blob = file.file.blobID
    #expect(world.clients[1].kept.count == 1)
    world.apply([.keepEnded(blobID: blob, .interrupted(retryAfter: .seconds(7)))], to: 1)
    world.settle(for: .seconds(6))
    #expect(world.clients[1].kept.count == 1)
    world.settle(for: .seconds(2))
    #expect(world.clients[1].kept == [file.file, file.file])
    // A new process begins with it, too.
    world.restart(1)
    world.settle()
    #expect(world.clients[1].kept.count == 3)
    #expect(world.clients[1].holding.contains(.only([blob, next.file.blobID])))
    world.apply([.keepEnded(blobID: blob, .gone)], to: 1)
    #expect(world.clients[1].kept.last == next.file)
    world.apply([.keepEnded(blobID: next.file.blobID, .done)], to: 1)
    world.settle(for: .seconds(90))
    #expect(world.clients[1].kept.count == 4)
    #expect(try Self.isHere(&world, 1, with: 0) == [true, false])
  }

  @Test func filesGoWithTheirMessages() throws {
    var world = try Self.world()
    let file = Self.file(11)
    let blob = file.file.blobID
    let id = try Self.attach(&world, file)
    world.apply([.keepEnded(blobID: blob, .done)], to: 1)
    // Another message names it, too.
    let from = world.clients[0].address
    guard
      case .queued(let forwarded) = try world.ask(
        1, .forward(address: from, messageID: id, to: from))
    else { throw ClientStoreFailure.injected }
    world.settle()
    #expect(world.clients[1].kept.count == 1)
    _ = try world.ask(
      0, .delete(address: world.clients[1].address, messageID: id, forEveryone: true))
    world.settle()
    #expect(!world.clients[1].holding.contains(.release(blob)))
    _ = try world.ask(1, .delete(address: from, messageID: forwarded, forEveryone: false))
    #expect(world.clients[1].holding.last == .release(blob))
    // What comes after its message went does not stay.
    let late = Self.file(12)
    let timer = try #require(MessageTimer(existsSeconds: 60))
    try Self.attach(&world, late, timer: timer)
    world.settle(for: .seconds(61))
    #expect(world.clients[1].holding.last == .release(late.file.blobID))
    #expect(world.clients[0].holding.last == .release(late.file.blobID))
    world.apply([.keepEnded(blobID: late.file.blobID, .done)], to: 1)
    #expect(world.clients[1].holding.count { $0 == .release(late.file.blobID) } == 2)
    try world.checkAll()
  }

  @Test func notesHaveFilesAndNeedNoServer() throws {
    var world = try Self.world()
    let own = world.clients[0].address
    let file = Self.file(13, "text/plain", size: ClientLimits.keptFileBytesMax + 1)
    let uploads = world.clients[0].uploads.count
    let id = try Self.attach(&world, file, to: own)
    #expect(world.clients[0].uploads.count == uploads)
    #expect(world.clients[0].holding.last == .hold(file.file.blobID))
    #expect(world.state(of: id, 0, with: 0) == .read)
    #expect(try Self.isHere(&world, 0, with: 0) == [true])
    _ = try world.ask(0, .delete(address: own, messageID: id, forEveryone: false))
    #expect(world.clients[0].holding.last == .release(file.file.blobID))
    // No more than fits.
    let huge = (0..<10).map { Self.file(20 + $0, "text/plain", size: SealedFile.sizeMax) }
    let draft = AttachmentDraft(files: huge, text: "")
    #expect(throws: ClientFailure.self) {
      try world.ask(0, .attachment(.attach(address: own, draft)))
    }
  }

  /// What failed to be sent can still be saved.
  @Test func aFailedMessageKeepsItsFile() throws {
    var world = try Self.world()
    let file = Self.file(14)
    let draft = AttachmentDraft(files: [file], text: "")
    _ = try world.ask(0, .attachment(.attach(address: world.clients[1].address, draft)))
    world.settle()
    world.apply([.uploadEnded(blobID: file.file.blobID, .refused)], to: 0)
    #expect(world.clients[0].holding.last == .hold(file.file.blobID))
    #expect(try Self.isHere(&world, 0, with: 1) == [true])
  }
}
