// SPDX-License-Identifier: Apache-2.0

import MIMI
import SansIO
import Testing

@testable import ClientCore

/// Pictures that show something before they are there, and voice notes: what travels inside the
/// message, and what goes with it.
@Suite struct MediaTests {
  /// A thumbnail as the checks see it, of `count` bytes of picture.
  static func jpeg(_ count: Int, fill: UInt8 = 7) -> [UInt8] {
    [
      0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 0xff,
      0xc0, 0, 11, 8, 0, 200, 1, 64, 1, 1, 0x11, 0, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0,
    ] + Array(repeating: fill, count: count) + [0xff, 0xd9]
  }
  static let picture = MediaReport.picture(width: 4_000, height: 3_000)
  static let voice = MediaReport.voice(
    milliseconds: 12_000, bars: (0..<64).map { UInt8($0 / 2) })

  private static func file(
    _ seed: UInt64, _ media: MediaReport? = picture, thumbnail: [UInt8] = []
  ) -> AttachmentDraft.Spooled {
    var generator = SeededGenerator(seed: seed)
    return AttachmentDraft.Spooled(
      file: SealedFile(
        key: generator.bytes(32), nonce: generator.bytes(12), size: 1_000,
        plaintextHash: generator.bytes(32), blobID: generator.bytes(32),
        contentType: "image/jpeg", filename: "\(seed).jpg", media: media,
        thumbnail: ThumbnailReport(jpeg: thumbnail)),
      sealedSize: 1_040)
  }

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
    for file in files {
      world.apply([.uploadEnded(blobID: file.file.blobID, .done)], to: 0)
      world.settle()
    }
    return id
  }

  private static func thumbnail(
    _ world: inout World, _ client: Int, with peer: Int, _ id: [UInt8], _ number: Int = 1
  ) throws -> ThumbnailReport? {
    let request = ClientAttachmentRequest.thumbnail(
      address: world.clients[peer].address, messageID: id, number: number)
    guard case .thumbnail(let found) = try world.ask(client, .attachment(request)) else {
      return nil
    }
    return found
  }

  private static func line(_ world: inout World) throws -> HistoryLine {
    let history = try world.ask(
      1, .history(address: world.clients[0].address, limit: 1, before: nil))
    guard case .history(let lines) = history, let line = lines.first else {
      throw ClientStoreFailure.injected
    }
    return line
  }

  /// Whether `bytes` lie anywhere among the lines, events, outbox and uploads of a store.
  private static func holds(_ world: World, _ client: Int, _ bytes: [UInt8]) -> Bool {
    let state = world.clients[client].store.committed
    let all =
      state.messageRows.map(\.content) + state.outboxRows.map(\.content)
      + state.uploadRows.values.map(\.content)
    return all.contains { content in
      guard content.count >= bytes.count else { return false }
      return (0...(content.count - bytes.count)).contains { start in
        content[start..<(start + bytes.count)].elementsEqual(bytes)
      }
    }
  }

  @Test func whatIsSaidOfFilesArrives() throws {
    var world = try Self.world()
    let jpeg = Self.jpeg(500)
    let files = [Self.file(1, thumbnail: jpeg), Self.file(2, nil), Self.file(3, Self.voice)]
    let id = try Self.attach(&world, files, text: "Three")
    let told = world.clients[1].storedEvents.compactMap { kind in
      if case .messageReceived(let message) = kind { message.attachments } else { nil }
    }.last
    let line = try Self.line(&world)
    for reports in [line.attachments, told ?? []] {
      #expect(reports.map(\.media) == [Self.picture, nil, Self.voice])
      #expect(reports.map { $0.thumbnail?.width } == [320, nil, nil])
      #expect(reports.allSatisfy { $0.thumbnail?.jpeg.isEmpty ?? true })
    }
    #expect(try Self.thumbnail(&world, 1, with: 0, id)?.jpeg == jpeg)
    #expect(try Self.thumbnail(&world, 0, with: 1, id)?.jpeg == jpeg)
    for number in [2, 3, 4] {
      #expect(throws: ClientFailure.self) {
        try Self.thumbnail(&world, 1, with: 0, id, number)
      }
    }
    try world.checkAll()
  }

  /// Edits and forwards keep it; a text that leaves no room for it does not fail by it.
  @Test func thumbnailsAreKeptWhereTheyFit() throws {
    var world = try Self.world()
    let jpeg = Self.jpeg(10_000)
    let id = try Self.attach(&world, [Self.file(1, thumbnail: jpeg)], text: "Befor")
    let (alice, bob) = (world.clients[0].address, world.clients[1].address)
    _ = try world.ask(0, .edit(address: bob, messageID: id, text: "Before"))
    world.settle()
    #expect(try Self.line(&world).text == "Before")
    #expect(try Self.thumbnail(&world, 1, with: 0, id)?.jpeg == jpeg)
    guard
      case .queued(let second) = try world.ask(
        1, .forward(address: alice, messageID: id, to: alice))
    else { throw ClientStoreFailure.injected }
    world.settle()
    #expect(try Self.thumbnail(&world, 0, with: 1, second)?.jpeg == jpeg)
    let long = String(repeating: "x", count: 60_000)
    _ = try world.ask(0, .edit(address: bob, messageID: id, text: long))
    world.settle()
    #expect(try Self.line(&world).kind == .text)
    guard
      case .history(let lines) = try world.ask(1, .history(address: alice, limit: 9, before: nil)),
      let edited = lines.first(where: { $0.messageID == id })
    else { throw ClientStoreFailure.injected }
    #expect(edited.text == long)
    #expect(edited.attachments.map(\.media) == [Self.picture])
    #expect(edited.attachments.first?.thumbnail == nil)
    let beside = try Self.attach(&world, [Self.file(2, thumbnail: jpeg)], text: long)
    #expect(try Self.line(&world).attachments.first?.media == Self.picture)
    #expect(throws: ClientFailure.self) { try Self.thumbnail(&world, 1, with: 0, beside) }
  }

  /// It is shown once, so nothing shows it before.
  @Test func whatIsShownOnceHasNoThumbnail() throws {
    var world = try Self.world()
    let jpeg = Self.jpeg(300, fill: 9)
    let id = try Self.attach(
      &world, [Self.file(1, thumbnail: jpeg)], timer: MessageTimer(once: true))
    let report = try #require(try Self.line(&world).attachments.first)
    #expect(report.media == Self.picture && report.thumbnail == nil)
    #expect(!Self.holds(world, 0, jpeg) && !Self.holds(world, 1, jpeg))
    #expect(throws: ClientFailure.self) { try Self.thumbnail(&world, 1, with: 0, id) }
  }

  @Test(arguments: ["timer", "deletion", "retraction"])
  func thumbnailsGoWithTheirMessages(how: String) throws {
    var world = try Self.world()
    let jpeg = Self.jpeg(300, fill: 11)
    let timer = how == "timer" ? MessageTimer("5s") : nil
    let id = try Self.attach(&world, [Self.file(1, thumbnail: jpeg)], timer: timer)
    #expect(Self.holds(world, 1, jpeg) && Self.holds(world, 0, jpeg))
    let (alice, bob) = (world.clients[0].address, world.clients[1].address)
    switch how {
    case "timer":
      _ = try Self.line(&world)
      world.settle(for: .seconds(60))
    case "deletion":
      _ = try world.ask(1, .delete(address: alice, messageID: id, forEveryone: false))
    default:
      _ = try world.ask(0, .delete(address: bob, messageID: id, forEveryone: true))
      world.settle()
      #expect(!Self.holds(world, 0, jpeg))
    }
    #expect(!Self.holds(world, 1, jpeg))
    #expect(throws: ClientFailure.self) { try Self.thumbnail(&world, 1, with: 0, id) }
    // What was told of it is nothing any more.
    let told = world.clients[1].storedEvents.contains { kind in
      if case .messageReceived(let message) = kind { !message.attachments.isEmpty } else { false }
    }
    #expect(!told)
  }

  @Test func previewsOfLinksHaveOne() throws {
    var world = try Self.world()
    let jpeg = Self.jpeg(400)
    let (alice, bob) = (world.clients[0].address, world.clients[1].address)
    var preview = LinkPreviewReport(url: "https://x.example/a", title: "Title")
    preview.thumbnail = ThumbnailReport(jpeg: jpeg)
    let said = ClientContentRequest.text(
      address: bob, text: "See https://x.example/a", preview: preview, timer: nil)
    guard case .queued(let id) = try world.ask(0, .content(said)) else {
      throw ClientStoreFailure.injected
    }
    world.settle()
    #expect(try Self.line(&world).preview?.thumbnail?.width == 320)
    #expect(try Self.thumbnail(&world, 1, with: 0, id, 0)?.jpeg == jpeg)
    #expect(throws: ClientFailure.self) { try Self.thumbnail(&world, 1, with: 0, id, 1) }
    let told = world.clients[1].storedEvents.compactMap { kind in
      if case .messageReceived(let message) = kind { message.preview } else { nil }
    }
    #expect(told == [LinkPreviewReport(url: "https://x.example/a", title: "Title")])
    // It stays with its link.
    _ = try world.ask(
      0, .edit(address: bob, messageID: id, text: "Do see https://x.example/a"))
    world.settle()
    #expect(try Self.thumbnail(&world, 1, with: 0, id, 0)?.jpeg == jpeg)
    let forward = ClientRequest.forward(address: alice, messageID: id, to: alice)
    guard case .queued(let forwarded) = try world.ask(1, forward) else {
      throw ClientStoreFailure.injected
    }
    world.settle()
    #expect(try Self.thumbnail(&world, 0, with: 1, forwarded, 0)?.jpeg == jpeg)
    _ = try world.ask(0, .edit(address: bob, messageID: id, text: "Nothing"))
    world.settle()
    #expect(throws: ClientFailure.self) { try Self.thumbnail(&world, 1, with: 0, id, 0) }
  }

  @Test func exportsCarryIt() throws {
    var world = try Self.world()
    let jpeg = Self.jpeg(200)
    _ = try Self.attach(
      &world, [Self.file(1, thumbnail: jpeg), Self.file(2, Self.voice)], text: "Both")
    let alice = world.clients[0].address
    guard
      case .archivePage(let page) = try world.ask(
        1, .archive(.page(ArchiveQuery(address: alice)))),
      var line = page.lines.last
    else { throw ClientStoreFailure.injected }
    #expect(line.attachments.map(\.media) == [Self.picture, Self.voice])
    #expect(line.attachments.first?.thumbnail?.jpeg == jpeg)
    // As if another store of the account took it in.
    line.messageID[3] ^= 1
    _ = try world.ask(1, .archive(.keep(address: alice, lines: [line], cursor: nil)))
    guard
      case .history(let lines) = try world.ask(1, .history(address: alice, limit: 9, before: nil)),
      let imported = lines.first(where: \.isImported)
    else { throw ClientStoreFailure.injected }
    #expect(imported.attachments.map(\.media) == [Self.picture, Self.voice])
    #expect(try Self.thumbnail(&world, 1, with: 0, imported.messageID)?.jpeg == jpeg)
    _ = try world.ask(
      1, .delete(address: alice, messageID: imported.messageID, forEveryone: false))
    #expect(world.clients[1].store.committed.importedRows.values.allSatisfy { $0.files.isEmpty })
  }

  // MARK: Stored forms

  private static func event(_ files: [AttachmentReport], text: String = "t") -> ClientEvent.Kind {
    .messageReceived(
      ClientEvent.Message(
        messageID: [1], sender: "a@x.example", text: text, acceptedAt: Instant(milliseconds: 5),
        attachments: files, mentions: Mentions(["a@x.example"], includesMe: true),
        preview: LinkPreviewReport(url: "https://x.example", title: "T")))
  }

  private static func report(
    _ media: MediaReport?, width: Int = 0
  ) -> AttachmentReport {
    var report = AttachmentReport(name: "n", contentType: "image/png", size: 1)
    report.media = media
    if width > 0 { report.thumbnail = ThumbnailReport(width: width, height: 1, jpeg: []) }
    return report
  }

  @Test(arguments: [
    [report(picture)], [report(voice), report(nil)], [report(nil, width: 320)],
    [report(picture, width: 1), report(nil), report(voice)],
  ])
  func eventsReadBack(files: [AttachmentReport]) throws {
    let kind = Self.event(files)
    #expect(kind.encoded.first == 85)
    #expect(try ClientEvent.Kind(decoding: kind.encoded) == kind)
  }

  /// Tag, one file, no media, no thumbnail, and an event behind it.
  private static let inner = event([report(nil)]).encoded

  @Test(
    arguments: [
      ([85], .truncated), ([85, 0], .invalidValue(field: "media")),
      ([85, 11], .invalidValue(field: "media")),
      ([85, 1, 3], .invalidValue(field: "media")), ([85, 1, 2, 0, 0, 0, 1], .truncated),
      ([85, 1, 1, 0, 0, 0, 1], .invalidValue(field: "picture")),
      ([85, 1, 2, 0, 0, 0, 0] + Array(repeating: 0, count: 40), .invalidValue(field: "voice")),
      ([85, 1, 0, 0, 0, 0, 0] + inner, .invalidValue(field: "media")),
      ([85, 1, 0, 0, 1, 0, 0] + inner, .invalidValue(field: "thumbnail")),
      ([85, 1, 0, 1, 0x41, 0, 1] + inner, .invalidValue(field: "thumbnail")),
      ([85, 2, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0] + inner, .invalidValue(field: "media")),
      ([85, 1, 0, 0, 1, 0, 1, 85], .invalidValue(field: "media")),
      ([85, 1, 0, 0, 1, 0, 1, 1], .invalidValue(field: "media")),
    ] as [([UInt8], DecodingFailure)])
  func otherEventsAreRefused(bytes: [UInt8], failure: DecodingFailure) {
    #expect(throws: failure) { try ClientEvent.Kind(decoding: bytes) }
  }

  @Test func filesOfImportedLinesHaveOneForm() throws {
    var shown = Self.report(Self.picture)
    shown.thumbnail = ThumbnailReport(jpeg: Self.jpeg(1))
    let plain = ImportedFiles([Self.report(nil)])
    let files = ImportedFiles([shown, Self.report(nil), Self.report(Self.voice)])
    #expect(plain.encoded.first == 1 && files.encoded.first == 2)
    #expect(try ImportedFiles(decoding: plain.encoded) == plain)
    #expect(try ImportedFiles(decoding: files.encoded) == files)
    let format = DecodingFailure.invalidValue(field: "imported files format")
    #expect(throws: format) {
      try ImportedFiles(decoding: [2] + plain.encoded.dropFirst() + [0, 0])
    }
    #expect(throws: format) { try ImportedFiles(decoding: [3] + plain.encoded.dropFirst()) }
    var broken = ImportedFiles([shown]).encoded
    broken[broken.count - 1] = 0
    #expect(throws: DecodingFailure.invalidValue(field: "thumbnail")) {
      try ImportedFiles(decoding: broken)
    }
  }
}
