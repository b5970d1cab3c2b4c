// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation
import SansIO
import Testing

@testable import Attachment

/// Sealing and opening of files, held against the library's cipher for what lies in memory.
@Suite struct AttachmentSealingTests {
  private static let key = Secret(Array(0..<32))
  private static let nonce = Array(repeating: UInt8(7), count: 12)
  private static let sizeMax: UInt64 = 4_000_000

  private static func inFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("sotto-attachment-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  private static func bytes(_ path: String) -> [UInt8] {
    Array(FileManager.default.contents(atPath: path) ?? Data())
  }

  private static func make(_ content: [UInt8], _ path: String) {
    _ = FileManager.default.createFile(atPath: path, contents: Data(content))
  }

  private static func open(
    _ folder: String, _ result: AttachmentSealing.Result, key: Secret = key, size: UInt64? = nil,
    sealedHash: [UInt8]? = nil, plaintextHash: [UInt8]? = nil
  ) throws -> [UInt8] {
    let target = folder + "/opened-\(UUID().uuidString)"
    try AttachmentSealing.open(
      folder + "/sealed", to: LocalFile.make(target), key: key, nonce: nonce,
      size: size ?? result.size, sealedHash: sealedHash ?? result.sealedHash,
      plaintextHash: plaintextHash ?? result.plaintextHash)
    return bytes(target)
  }

  @Test(arguments: [0, 1, 255, 256, 257, 1_048_576, 1_048_577, 3_000_001])
  func whatIsSealedIsOneAESGCMBox(count: Int) throws {
    var generator = SeededGenerator(seed: UInt64(count))
    let content = generator.bytes(count)
    try Self.inFolder { folder in
      Self.make(content, folder + "/file")
      let result = try AttachmentSealing.seal(
        folder + "/file", to: folder + "/sealed", key: Self.key, nonce: Self.nonce,
        sizeMax: Self.sizeMax)
      let sealed = Self.bytes(folder + "/sealed")
      #expect(result.size == UInt64(count))
      #expect(result.sealedSize == UInt64(sealed.count))
      #expect(result.sealedSize == AttachmentSealing.sealedSize(UInt64(count)))
      #expect(result.plaintextHash == Array(SHA256.hash(data: content)))
      #expect(result.sealedHash == Array(SHA256.hash(data: sealed)))
      // Another implementation opens it: the file, and zeros.
      let box = try AES.GCM.SealedBox(
        nonce: AES.GCM.Nonce(data: Self.nonce), ciphertext: sealed.dropLast(16),
        tag: sealed.suffix(16))
      let opened = Array(try AES.GCM.open(box, using: SymmetricKey(data: Array<UInt8>(0..<32))))
      #expect(Array(opened.prefix(count)) == content)
      #expect(opened.dropFirst(count).allSatisfy { $0 == 0 })
      #expect(try Self.open(folder, result) == content)
    }
  }

  @Test func padsToPadmeLengths() {
    let lengths: [(UInt64, UInt64)] = [
      (0, 256), (256, 256), (257, 272), (1_000, 1_024), (1_025, 1_088), (100_000, 100_352),
      (2_147_483_648, 2_147_483_648), (2_147_483_649, 2_214_592_512),
    ]
    for (size, padded) in lengths {
      #expect(AttachmentSealing.paddedSize(size) == padded, "\(size)")
      #expect(padded >= size && Double(padded) <= max(256, Double(size) * 1.12))
    }
  }

  @Test func whatWasChangedIsNotOpened() throws {
    try Self.inFolder { folder in
      Self.make(Array(repeating: 5, count: 2_000), folder + "/file")
      let result = try AttachmentSealing.seal(
        folder + "/file", to: folder + "/sealed", key: Self.key, nonce: Self.nonce,
        sizeMax: Self.sizeMax)
      let wrong = Array(repeating: UInt8(1), count: 32)
      #expect(throws: AttachmentFailure.invalid) {
        try Self.open(folder, result, key: Secret(wrong))
      }
      #expect(throws: AttachmentFailure.invalid) {
        try Self.open(folder, result, sealedHash: wrong)
      }
      #expect(throws: AttachmentFailure.invalid) {
        try Self.open(folder, result, plaintextHash: wrong)
      }
      #expect(throws: AttachmentFailure.invalid) {
        try Self.open(folder, result, size: result.sealedSize)
      }
      // The hash of what a server sends is right when it chose the message: the tag still is not.
      var sealed = Self.bytes(folder + "/sealed")
      sealed[100] ^= 1
      Self.make(sealed, folder + "/sealed")
      let other = Array(SHA256.hash(data: sealed))
      #expect(throws: AttachmentFailure.invalid) {
        try Self.open(folder, result, sealedHash: other)
      }
      Self.make(Array(sealed.prefix(15)), folder + "/sealed")
      #expect(throws: AttachmentFailure.invalid) { try Self.open(folder, result, size: 0) }
    }
  }

  @Test func refusesWhatIsNoFileOrTooLarge() throws {
    try Self.inFolder { folder in
      Self.make(Array(repeating: 5, count: 2_000), folder + "/file")
      func seal(_ path: String, _ sizeMax: UInt64) throws {
        _ = try AttachmentSealing.seal(
          path, to: folder + "/sealed", key: Self.key, nonce: Self.nonce, sizeMax: sizeMax)
      }
      #expect(throws: AttachmentFailure.tooLarge) { try seal(folder + "/file", 1_999) }
      #expect(throws: AttachmentFailure.unreadable) { try seal(folder, 1) }
      #expect(throws: AttachmentFailure.unreadable) { try seal(folder + "/none", 1) }
      #expect(throws: AttachmentFailure.unreadable) { try seal("/dev/zero", 1) }
      // What failed has left nothing.
      #expect(!FileManager.default.fileExists(atPath: folder + "/sealed"))
      Self.make([], folder + "/sealed")
      #expect(throws: AttachmentFailure.exists) { try seal(folder + "/file", 2_000) }
    }
  }

  @Test func suggestedNamesLeadNowhere() {
    let names = [
      ("cat.png", "cat.png"), ("../../.ssh/authorized_keys", "authorized_keys"),
      ("/etc/passwd", "passwd"), ("..", "attachment"), ("", "attachment"), (".bashrc", "bashrc"),
      ("a\u{0}b\nc", "abc"), ("C:\\x\\evil.exe", "evil.exe"),
      ("photo\u{202e}gnp.exe", "photognp.exe"),
      (" dot. ", "dot"), (String(repeating: "é", count: 150), String(repeating: "é", count: 100)),
    ]
    for (name, safe) in names { #expect(AttachmentName.safe(name) == safe, "\(name)") }
    #expect(AttachmentName.numbered("cat.png", 1) == "cat.png")
    #expect(AttachmentName.numbered("cat.png", 2) == "cat (2).png")
    #expect(AttachmentName.numbered("cat", 3) == "cat (3)")
    #expect(AttachmentName.contentType("A.PNG") == "image/png")
    #expect(AttachmentName.contentType("none") == "application/octet-stream")
  }
}
