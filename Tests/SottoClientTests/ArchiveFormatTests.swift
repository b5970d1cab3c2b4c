// SPDX-License-Identifier: Apache-2.0

import ClientCore
import Foundation
import SansIO
import Testing

@testable import SottoClient

/// The files of an export, as they are read: what is not of their form is refused, with the reason.
@Suite struct ArchiveFormatTests {
  private static let id = String(repeating: "01", count: 32)
  private static let good =
    #"{"at":"2026-11-24T12:00:00.000Z","from":"bob@x.example","kind":"text","messageId":""#
    + id + #"","own":false,"state":"seen","text":"Hi"}"#

  private func failure(_ body: () throws -> Void) -> ArchiveFailure? {
    do { try body() } catch { return error as? ArchiveFailure }
    return nil
  }

  @Test func aLineIsWrittenAsItIsRead() throws {
    let line = try ArchivedLine(parsing: Array(Self.good.utf8))
    #expect(line.text == "Hi")
    #expect(line.json(paths: []).line == Self.good)
  }

  @Test(
    arguments: [
      ("{", "["), (#""seen""#, #""lost""#), (#""text":"Hi""#, #""text":7"#),
      ("12:00:00.000Z", "12:00:00Z"), ("12:00:00.000Z", "12:00:00.000+00:00"),
      (id, String(id.dropLast()) + "g"), (id, String(repeating: "AB", count: 32)), (id, "01"),
      (#""own":false"#, #""own":0"#), (#""text":"Hi""#, #""text":"Hi","timer":"5s""#),
      (#""text":"Hi""#, #""text":"Hi","attachments":[1]"#),
      (#""text":"Hi""#, #""text":"Hi","attachments":[{"name":"a"}]"#),
      (#""text":"Hi""#, #""text":"Hi","reactions":[{"from":"a","reaction":"x"}]"#),
      (#""text":"Hi""#, #""text":"Hi","failure":"nothing""#),
      (#""kind":"text""#, #""kind":"once""#), (#""kind":"text""#, #""kind":"deleted""#),
      (#""from":"bob@x.example","#, ""), ("}", ""), ("}", "}}"),
    ])
  func otherLinesAreRefused(part: String, instead: String) {
    let text = Self.good.replacingOccurrences(of: part, with: instead)
    #expect(text != Self.good)
    #expect(
      failure { _ = try ArchivedLine(parsing: Array(text.utf8)) } == .malformed(.line), "\(text)")
  }

  @Test func aGroupsPictureIsOne() throws {
    let entry = #"{"address":"a@x.example","conversation":1,"lines":0,"picture":"/9j_"}"#
    #expect(failure { _ = try ArchiveEntry(parsing: Array(entry.utf8)) } == .malformed(.index))
    let without = entry.replacingOccurrences(of: #","picture":"/9j_""#, with: "")
    #expect(try ArchiveEntry(parsing: Array(without.utf8)).picture == nil)
  }

  @Test func linesHaveLimits() {
    let long = String(repeating: "x", count: ArchiveLimits.lineBytesMax)
    let text = Self.good.replacingOccurrences(of: "Hi", with: long)
    #expect(failure { _ = try ArchivedLine(parsing: Array(text.utf8)) } == .tooLarge(.line))
    let files = Array(repeating: #"{"contentType":"a","name":"a","size":1}"#, count: 11)
    let many = Self.good.replacingOccurrences(
      of: #""text""#, with: #""attachments":[\#(files.joined(separator: ","))],"text""#)
    #expect(failure { _ = try ArchivedLine(parsing: Array(many.utf8)) } != nil)
  }

  @Test(arguments: [
    "/etc/passwd", "../a", "a/../b", "a//b", "a/b/c/d", "", ".a", "a/.b", "manifest.json",
    "signature", "a\u{0}b",
  ])
  func pathsStayInTheFolder(path: String) {
    let file = ArchiveManifest.File(path: path, size: 1, hash: Array(repeating: 1, count: 32))
    let manifest = ArchiveManifest(
      address: "alice@x.example", accountID: Array(repeating: 2, count: 16), deviceID: 1,
      madeAt: Instant(milliseconds: 1_000), files: [file])
    #expect(
      failure { _ = try ArchiveManifest(decoding: manifest.encoded) } == .malformed(.manifest))
  }

  @Test func aFileIsNamedOnce() throws {
    let file = ArchiveManifest.File(path: "a", size: 1, hash: Array(repeating: 1, count: 32))
    var manifest = ArchiveManifest(
      address: "alice@x.example", accountID: Array(repeating: 2, count: 16), deviceID: 1,
      madeAt: Instant(milliseconds: 1_234), files: [file])
    #expect(try ArchiveManifest(decoding: manifest.encoded) == manifest)
    manifest.files.append(file)
    #expect(
      failure { _ = try ArchiveManifest(decoding: manifest.encoded) } == .malformed(.manifest))
  }

  /// However the bytes are cut, the same lines come; the last one has an end, too.
  @Test func filesAreCutIntoLines() throws {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("lines-\(UInt32.random(in: 0...UInt32.max))").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let parts = ["a", "", String(repeating: "b", count: ArchiveLimits.pieceBytes + 5), "c"]
    let file = try ArchiveFile(path)
    for part in parts { try file.append(part + "\n") }
    let written = try file.finish()
    #expect(try ArchiveReading.digest(path) == written)
    var lines = try ArchiveLines(path, of: .line)
    for part in parts { #expect(try lines.next() == Array(part.utf8)) }
    #expect(try lines.next() == nil)
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data("no end".utf8))
    try handle.close()
    var cut = try ArchiveLines(path, of: .line)
    #expect(
      failure { while try cut.next() != nil {} } == .malformed(.line))
  }

  /// Nothing that people say is markup.
  @Test func textIsText() {
    var line = ArchivedLine(
      messageID: [], sender: "<b>", own: false, kind: .text, text: "</p><script>\u{202e}'\"&",
      state: .seen, at: Instant(milliseconds: 0))
    line.attachments = [AttachmentReport(name: "\"><img src=x>", contentType: "", size: 1)]
    let page = ArchivePageText.line(line, paths: ["attachments/0001/\"><a b%"])
    #expect(!page.contains("<script") && !page.contains("<img") && !page.contains("<b>"))
    #expect(page.contains("&lt;/p&gt;&lt;script&gt;\\u{202e}&#39;&quot;&amp;"))
    #expect(page.contains("../attachments/0001/%22%3E%3Ca%20b%25"))
  }
}
