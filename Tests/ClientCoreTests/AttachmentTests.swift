// SPDX-License-Identifier: Apache-2.0

import MIMI
import SansIO
import ServerCore
import Testing

@testable import ClientCore

/// Messages with files, without a network for the files: what the core asks of its driver.
@Suite struct AttachmentTests {
  private static func file(_ seed: UInt64, name: String = "cat.png") -> AttachmentDraft.Spooled {
    var generator = SeededGenerator(seed: seed)
    return AttachmentDraft.Spooled(
      file: SealedFile(
        key: generator.bytes(32), nonce: generator.bytes(12), size: 1_000,
        plaintextHash: generator.bytes(32), blobID: generator.bytes(32),
        contentType: "image/png", filename: name),
      sealedSize: 1_040)
  }

  /// Alice and Bob, who have talked.
  private static func world() throws -> World {
    var world = try World.registered(["alice", "bob"])
    _ = try world.send("Hello", from: 0, to: 1)
    world.settle()
    return world
  }

  private static func attach(
    _ world: inout World, _ files: [AttachmentDraft.Spooled], text: String = "",
    timer: MessageTimer? = nil
  ) throws -> [UInt8] {
    let draft = AttachmentDraft(files: files, text: text, timer: timer)
    let answer = try world.ask(
      0, .attachment(.attach(address: world.clients[1].address, draft)))
    guard case .queued(let id) = answer else { throw ClientStoreFailure.injected }
    world.settle()
    return id
  }

  private static func end(
    _ world: inout World, _ file: AttachmentDraft.Spooled, _ outcome: UploadOutcome
  ) {
    world.apply([.uploadEnded(blobID: file.file.blobID, outcome)], to: 0)
    world.settle()
  }

  private static func find(
    _ world: inout World, _ id: [UInt8], _ number: Int = 1
  ) throws -> SealedFile? {
    let request = ClientAttachmentRequest.find(
      address: world.clients[0].address, messageID: id, number: number)
    guard case .sealedFile(let file, _) = try world.ask(1, .attachment(request)) else { return nil }
    return file
  }

  @Test func aMessageLeavesWhenItsFilesAreThere() throws {
    var world = try Self.world()
    // In the order in which they are brought: by name, as they were sealed at one time.
    let files = [Self.file(2, name: "dog.png"), Self.file(1)]
    let id = try Self.attach(&world, files, text: "Two of them")
    // One at a time, and place was made for it.
    #expect(world.clients[0].uploads.map(\.blobID) == [files[0].file.blobID])
    #expect(world.clients[0].uploads.first?.size == 1_040)
    #expect(world.texts(1, with: 0) == ["Hello"])
    Self.end(&world, files[0], .done)
    #expect(world.clients[0].uploads.map(\.blobID) == files.map(\.file.blobID))
    #expect(world.texts(1, with: 0) == ["Hello"])
    Self.end(&world, files[1], .done)
    #expect(world.texts(1, with: 0) == ["Hello", "Two of them"])
    #expect(try Self.find(&world, id) == files[0].file)
    #expect(try Self.find(&world, id, 2) == files[1].file)
    #expect(throws: ClientFailure.self) { try Self.find(&world, id, 3) }
    let told = world.clients[1].storedEvents.compactMap { kind in
      if case .messageReceived(let message) = kind, !message.attachments.isEmpty {
        message
      } else {
        nil
      }
    }
    #expect(told.map { $0.attachments.map(\.name) } == [["dog.png", "cat.png"]])
    try world.checkAll()
  }

  /// Dying at any step, the file is asked for again and the message comes once.
  @Test(arguments: [TestCrash.beforeCommit, .afterCommit], 0..<8)
  func aCrashLosesNothing(crash: TestCrash, step: Int) throws {
    var world = try Self.world()
    let file = Self.file(3)
    world.crashes[0] = [world.clients[0].steps + 1 + step: crash]
    let draft = AttachmentDraft(files: [file], text: "Once")
    _ = world.begin(0, .attachment(.attach(address: world.clients[1].address, draft)))
    world.settle()
    for _ in 0..<3 where world.texts(1, with: 0).count < 2 {
      if world.clients[0].uploads.isEmpty {
        _ = world.begin(0, .attachment(.attach(address: world.clients[1].address, draft)))
        world.settle()
      }
      Self.end(&world, file, .done)
      world.settle(for: .seconds(30))
    }
    #expect(world.texts(1, with: 0) == ["Hello", "Once"])
  }

  @Test func uploadsAreTriedAgainOrFail() throws {
    var world = try Self.world()
    let file = Self.file(4)
    let id = try Self.attach(&world, [file])
    #expect(world.clients[0].uploads.count == 1)
    let asked = try world.ask(
      0, .why(address: world.clients[1].address, line: .message(id)))
    guard case .why(let reasons) = asked else { throw ClientStoreFailure.injected }
    #expect(reasons.first?.code == .waitsForFiles)
    Self.end(&world, file, .interrupted(retryAfter: .seconds(5)))
    #expect(world.clients[0].uploads.count == 1)
    world.settle(for: .seconds(5))
    #expect(world.clients[0].uploads.count == 2)
    // The server has forgotten it: place is made again.
    let blob = try #require(BlobID(file.file.blobID))
    _ = try world.server.store.write([.removeBlobs([blob])], at: world.now)
    Self.end(&world, file, .unknown)
    world.settle(for: .seconds(15))
    #expect(world.clients[0].uploads.count == 3)
    Self.end(&world, file, .refused)
    #expect(world.state(of: id, 0, with: 1) == .failed)
    #expect(world.clients[0].drops.map(\.blobID) == [file.file.blobID])
    let other = Self.file(5)
    let second = try Self.attach(&world, [other])
    Self.end(&world, other, .missing)
    #expect(world.state(of: second, 0, with: 1) == .failed)
    #expect(world.texts(1, with: 0) == ["Hello"])
  }

  @Test func whatIsTakenBackIsTakenFromTheServer() throws {
    var world = try Self.world()
    let address = world.clients[1].address
    let early = Self.file(6)
    let first = try Self.attach(&world, [early])
    _ = try world.ask(0, .delete(address: address, messageID: first, forEveryone: true))
    world.settle()
    #expect(world.clients[0].drops.map(\.blobID) == [early.file.blobID])
    Self.end(&world, early, .done)
    let late = Self.file(7)
    let second = try Self.attach(&world, [late])
    Self.end(&world, late, .done)
    #expect(try Self.find(&world, second) != nil)
    _ = try world.ask(0, .delete(address: address, messageID: second, forEveryone: true))
    world.settle()
    #expect(world.clients[0].drops.map(\.blobID) == [early.file.blobID, late.file.blobID])
    #expect(throws: ClientFailure.self) { try Self.find(&world, second) }
    // Removing it here alone leaves the others theirs.
    let kept = Self.file(8)
    let third = try Self.attach(&world, [kept])
    Self.end(&world, kept, .done)
    _ = try world.ask(0, .delete(address: address, messageID: third, forEveryone: false))
    world.settle()
    #expect(world.clients[0].drops.count == 2)
    #expect(try Self.find(&world, third) == kept.file)
  }

  @Test func whatIsShownOnceIsSavedOnce() throws {
    var world = try Self.world()
    let address = world.clients[0].address
    let file = Self.file(9)
    let id = try Self.attach(&world, [file], text: "Look", timer: MessageTimer(once: true))
    Self.end(&world, file, .done)
    for _ in 0..<2 {
      let history = try world.ask(1, .history(address: address, limit: 10, before: nil))
      guard case .history(let lines) = history else { throw ClientStoreFailure.injected }
      #expect(lines.first?.attachments.map(\.name) == ["cat.png"])
    }
    #expect(try Self.find(&world, id) == file.file)
    _ = try world.ask(1, .attachment(.saved(address: address, messageID: id)))
    #expect(throws: ClientFailure.self) { try Self.find(&world, id) }
    #expect(world.lines(1, with: 0).allSatisfy { $0.content.isEmpty || $0.text == "Hello" })
  }

  @Test func editsAndForwardsKeepFiles() throws {
    var world = try Self.world()
    let file = Self.file(10)
    let id = try Self.attach(&world, [file], text: "Befor")
    Self.end(&world, file, .done)
    let address = world.clients[1].address
    _ = try world.ask(0, .edit(address: address, messageID: id, text: "Before"))
    world.settle()
    #expect(world.texts(1, with: 0).last == "Before")
    #expect(try Self.find(&world, id) == file.file)
    let from = world.clients[0].address
    guard
      case .queued(let forwarded) = try world.ask(
        1, .forward(address: from, messageID: id, to: from))
    else { throw ClientStoreFailure.injected }
    world.settle()
    let request = ClientAttachmentRequest.find(
      address: address, messageID: forwarded, number: 1)
    guard case .sealedFile(let found, _) = try world.ask(0, .attachment(request)) else {
      throw ClientStoreFailure.injected
    }
    #expect(found == file.file)
  }

  /// A message of another program with more parts than an own one may have can be forwarded.
  @Test func forwardsNoMoreThanAMessageMayName() throws {
    var random = SeededGenerator(seed: 5)
    var content = MIMIContent.text("Many", salt: Salt(using: &random))
    let part = Self.file(12).file.attachment(domain: "x.example", expires: Instant(milliseconds: 9))
    var broken = part
    broken.part.key = []
    let parts = (Array(repeating: broken, count: 3) + Array(repeating: part, count: 300)).map {
      NestedPart(disposition: .attachment, content: .external($0.part))
    }
    content.body = NestedPart(
      disposition: .render, content: .multi(.processAll, [content.body] + parts))
    #expect(content.attachments.count == 303)
    #expect(content.sealedFiles.count == ClientLimits.attachmentsMax)
    // As if Alice's program had sent it.
    var world = try Self.world()
    var row = try #require(world.lines(1, with: 0).first)
    row.content = content.encoded
    let changed = row
    try world.clients[1].store.transact { (transaction) throws(ClientStoreFailure) in
      try transaction.update(changed)
    }
    let address = world.clients[0].address
    let answer = try world.ask(
      1, .forward(address: address, messageID: row.messageID, to: address))
    guard case .queued(let forwarded) = answer else { throw ClientStoreFailure.injected }
    let line = world.lines(1, with: 0).first { $0.messageID == forwarded }
    #expect(line?.sealedFiles.map(\.blobID) == content.sealedFiles.map(\.blobID))
  }

  /// What a stranger's program may name, and this one does not touch.
  @Test func partsThatCannotBeOpenedAreNoFiles() throws {
    let good = Self.file(11).file.attachment(domain: "x.example", expires: Instant(milliseconds: 9))
    #expect(SealedFile(good) == Self.file(11).file)
    let changes: [(inout ExternalPart) -> Void] = [
      { $0.encryptionAlgorithm = 1 }, { $0.key.removeLast() }, { $0.nonce.append(0) },
      { $0.additionalData = [1] }, { $0.hashAlgorithm = 2 }, { $0.contentHash[0] ^= 1 },
      { $0.size = SealedFile.sizeMax + 1 }, { $0.url = "http" + $0.url.dropFirst(5) },
      { $0.url += "/" }, { $0.url = "file:///v1/blobs/" },
    ]
    for change in changes {
      var bad = good
      change(&bad.part)
      #expect(SealedFile(bad) == nil)
    }
    var short = good
    short.plaintextHash = [1]
    #expect(SealedFile(short) == nil)
  }

  @Test func impossibleRequestsAreRefused() throws {
    var world = try Self.world()
    let own = world.clients[0].address
    let peer = world.clients[1].address
    func refusal(_ request: ClientAttachmentRequest) -> ClientFailureCode? {
      do {
        _ = try world.ask(0, .attachment(request))
        return nil
      } catch let failure as ClientFailure {
        return failure.code
      } catch {
        return nil
      }
    }
    let one = AttachmentDraft(files: [Self.file(1)], text: "")
    let once = AttachmentDraft(
      files: [Self.file(1)], text: "", timer: MessageTimer(once: true))
    #expect(refusal(.attach(address: own, once)) == .badRequest)
    #expect(refusal(.attach(address: "x", one)) == .badAddress)
    #expect(
      refusal(.attach(address: peer, AttachmentDraft(files: [], text: "x"))) == .badRequest)
    let many = (0..<11).map { Self.file($0) }
    #expect(
      refusal(.attach(address: peer, AttachmentDraft(files: many, text: ""))) == .badRequest)
    #expect(
      refusal(.find(address: peer, messageID: [1], number: 1)) == .unknownMessage)
    let reply = AttachmentDraft(files: [Self.file(1)], text: "", inReplyTo: [1, 2])
    #expect(refusal(.attach(address: peer, reply)) == .unknownMessage)
    #expect(world.clients[0].uploads.isEmpty)
  }
}
