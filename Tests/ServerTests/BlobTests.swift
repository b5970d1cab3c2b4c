// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation
import Identity
import SansIO
import Server
import ServerCore
import Testing
import Wire

/// Blobs over real sockets: brought in parts, kept over restarts, taken in ranges.
@Suite(.timeLimit(.minutes(3)))
struct BlobTests {
  /// Something to bring, whose bytes follow from its number.
  private struct TestBlob {
    let content: [UInt8]
    let token: [UInt8]
    let id: [UInt8]

    init(_ seed: UInt64, count: Int = 100_000) {
      var generator = SeededGenerator(seed: seed)
      content = generator.bytes(count)
      token = generator.bytes(32)
      id = Array(SHA256.hash(data: content))
    }

    var name: String { Hex.encode(id) }

    var open: WireInboxClientFrame.OneOf_Request {
      var open = WireOpenBlob()
      open.blobID = Data(id)
      open.size = UInt64(content.count)
      open.tokenHash = Data(SHA256.hash(data: token))
      return .openBlob(open)
    }

    func head(_ method: String, token: [UInt8]? = nil, _ fields: [String] = []) -> String {
      ([
        "\(method) /v1/uploads/\(name) HTTP/1.1", "Host: x",
        "Authorization: Bearer \(Hex.encode(token ?? self.token))",
      ] + fields).map { $0 + "\r\n" }.joined() + "\r\n"
    }

    func patch(_ range: Range<Int>, isLast: Bool) -> String {
      head(
        "PATCH",
        [
          "Content-Type: application/partial-upload", "Content-Length: \(range.count)",
          "Upload-Offset: \(range.lowerBound)", "Upload-Complete: \(isLast ? "?1" : "?0")",
        ])
    }
  }

  private func open(
    _ blobs: [TestBlob], _ running: RunningServer, _ account: TestAccount, isNew: Bool = true
  ) async throws {
    let inbox = try await running.inbox()
    let nonce = try await inbox.nonce()
    let hello = isNew ? try account.register(nonce) : try account.login(nonce)
    #expect(try await inbox.ask(hello) == .done(WireDone()))
    for blob in blobs { #expect(try await inbox.ask(blob.open) == .done(WireDone())) }
    await inbox.close()
  }

  /// One request on a connection of its own; gives status line and fields, and the content.
  private func ask(
    _ head: String, _ body: ArraySlice<UInt8> = [], on running: RunningServer
  ) async throws -> (head: String, content: [UInt8]) {
    let raw = try await running.raw()
    try await raw.send(Array(head.utf8) + body)
    let answer = try await raw.readHead()
    let content = await raw.readToEnd()
    return (answer.lowercased(), content)
  }

  private func status(_ answer: (head: String, content: [UInt8])) -> Int {
    Int(answer.head.split(separator: " ").dropFirst().first ?? "") ?? 0
  }

  private func get(_ blob: TestBlob, _ fields: String = "") -> String {
    "GET /v1/blobs/\(blob.name) HTTP/1.1\r\nHost: x\r\n\(fields)\r\n"
  }

  @Test func aBlobIsBroughtInPartsAndTakenInRanges() async throws {
    try await RunningServer.with { running in
      let blob = TestBlob(1)
      try await open([blob], running, try TestAccount("ada"))
      let first = try await ask(
        blob.patch(0..<60_000, isLast: false), blob.content[..<60_000], on: running)
      #expect(status(first) == 204)
      #expect(first.head.contains("upload-offset: 60000\r\n"))
      #expect(first.head.contains("upload-complete: ?0\r\n"))
      // Nothing is given out before all is there.
      #expect(status(try await ask(get(blob), on: running)) == 404)
      let told = try await ask(blob.head("HEAD"), on: running)
      #expect(told.head.contains("upload-offset: 60000\r\n"))
      #expect(told.head.contains("upload-length: 100000\r\n"))
      let wrong = try await ask(
        blob.patch(0..<60_000, isLast: false), blob.content[..<60_000], on: running)
      #expect(status(wrong) == 409)
      #expect(wrong.head.contains("upload-offset: 60000\r\n"))
      let last = try await ask(
        blob.patch(60_000..<100_000, isLast: true), blob.content[60_000...], on: running)
      #expect(status(last) == 204)
      #expect(last.head.contains("content-location: /v1/blobs/\(blob.name)\r\n"))
      let whole = try await ask(get(blob), on: running)
      #expect(status(whole) == 200 && whole.content == blob.content)
      let part = try await ask(get(blob, "Range: bytes=99990-\r\n"), on: running)
      #expect(status(part) == 206 && part.content == Array(blob.content[99_990...]))
      #expect(part.head.contains("content-range: bytes 99990-99999/100000\r\n"))
      #expect(
        status(try await ask(get(blob, "Range: bytes=100000-\r\n"), on: running)) == 416)
    }
  }

  @Test func wrongRequestsAreRefused() async throws {
    try await RunningServer.with { running in
      let blob = TestBlob(2, count: 1_000)
      try await open([blob], running, try TestAccount("ada"))
      let stranger = try await ask(
        blob.head("HEAD", token: Array(repeating: 1, count: 32)), on: running)
      #expect(status(stranger) == 404)
      #expect(status(try await ask(TestBlob(3).head("HEAD"), on: running)) == 404)
      // More than there is place for, and an end that is none.
      let end = try await ask(blob.patch(0..<1_000, isLast: false), blob.content[...], on: running)
      #expect(status(end) == 400)
      let long = try await ask(blob.patch(0..<1_001, isLast: true), [0], on: running)
      #expect(status(long) == 400)
      #expect(status(try await ask(blob.head("PATCH"), on: running)) == 415)
      #expect(status(try await ask(blob.head("PUT"), on: running)) == 405)
    }
  }

  /// What is brought under a name that it does not have is not kept, and may be brought rightly.
  @Test func otherBytesAreNotTaken() async throws {
    try await RunningServer.with { running in
      let blob = TestBlob(4, count: 5_000)
      try await open([blob], running, try TestAccount("ada"))
      var other = blob.content
      other[4_999] ^= 1
      let wrong = try await ask(blob.patch(0..<5_000, isLast: true), other[...], on: running)
      #expect(status(wrong) == 422)
      #expect(status(try await ask(get(blob), on: running)) == 404)
      let right = try await ask(
        blob.patch(0..<5_000, isLast: true), blob.content[...], on: running)
      #expect(status(right) == 204)
      #expect(try await ask(get(blob), on: running).content == blob.content)
    }
  }

  /// A connection that breaks off leaves what it brought, over a restart of the server too.
  @Test func aBrokenUploadGoesOnAfterARestart() async throws {
    try await TemporaryFolder.with { folder in
      let blob = TestBlob(5, count: 3_000_000)
      let account = try TestAccount("ada")
      let first = try await RunningServer.start(folder: folder)
      try await open([blob], first, account)
      let raw = try await first.raw()
      try await raw.send(
        Array(blob.patch(0..<3_000_000, isLast: true).utf8) + blob.content[..<2_000_000])
      try await first.wait(for: "sotto_received_bytes_total") { $0 >= 2_000_000 }
      await raw.close()
      await first.stop()
      let second = try await RunningServer.start(folder: folder)
      let told = try await ask(blob.head("HEAD"), on: second)
      #expect(told.head.contains("upload-offset: 2000000\r\n"))
      let rest = try await ask(
        blob.patch(2_000_000..<3_000_000, isLast: true), blob.content[2_000_000...], on: second)
      #expect(status(rest) == 204)
      #expect(try await ask(get(blob), on: second).content == blob.content)
      await second.stop()
    }
  }

  /// A connection that has died without a word does not hold up the next one.
  @Test func theNextWriterTakesOver() async throws {
    try await RunningServer.with { running in
      let blob = TestBlob(6)
      try await open([blob], running, try TestAccount("ada"))
      let raw = try await running.raw()
      try await raw.send(
        Array(blob.patch(0..<100_000, isLast: true).utf8) + blob.content[..<10])
      try await running.wait(for: "sotto_received_bytes_total") { $0 >= 10 }
      let early = try await ask(
        blob.patch(0..<100_000, isLast: true), blob.content[...], on: running)
      // The bytes of the first one count.
      #expect(status(early) == 409)
      #expect(early.head.contains("upload-offset: 10\r\n"))
      await #expect(throws: RawConnection.Fault.ended) { _ = try await raw.read(1) }
      let whole = try await ask(
        blob.patch(10..<100_000, isLast: true), blob.content[10...], on: running)
      #expect(status(whole) == 204)
    }
  }

  /// A file that the disk has lost is brought again from its beginning.
  @Test func aLostFileIsBroughtAgain() async throws {
    try await TemporaryFolder.with { folder in
      let running = try await RunningServer.start(folder: folder)
      let blob = TestBlob(8)
      try await open([blob], running, try TestAccount("ada"))
      _ = try await ask(
        blob.patch(0..<60_000, isLast: false), blob.content[..<60_000], on: running)
      try FileManager.default.removeItem(
        atPath: folder + "/blobs/" + String(blob.name.prefix(2)) + "/" + blob.name)
      let refused = try await ask(
        blob.patch(60_000..<100_000, isLast: true), blob.content[60_000...], on: running)
      #expect(status(refused) == 409)
      #expect(refused.head.contains("upload-offset: 0\r\n"))
      let whole = try await ask(
        blob.patch(0..<100_000, isLast: true), blob.content[...], on: running)
      #expect(status(whole) == 204)
      #expect(try await ask(get(blob), on: running).content == blob.content)
      await running.stop()
    }
  }

  @Test func aCancelledUploadIsGone() async throws {
    try await TemporaryFolder.with { folder in
      let running = try await RunningServer.start(folder: folder)
      let blob = TestBlob(7)
      let account = try TestAccount("ada")
      try await open([blob], running, account)
      _ = try await ask(blob.patch(0..<100_000, isLast: true), blob.content[...], on: running)
      let shelf = folder + "/blobs/" + String(blob.name.prefix(2))
      #expect(try FileManager.default.contentsOfDirectory(atPath: shelf) == [blob.name])
      #expect(status(try await ask(blob.head("DELETE"), on: running)) == 204)
      #expect(status(try await ask(get(blob), on: running)) == 404)
      #expect(try FileManager.default.contentsOfDirectory(atPath: shelf).isEmpty)
      try await open([blob], running, account, isNew: false)
      await running.stop()
    }
  }
}
