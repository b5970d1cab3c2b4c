// SPDX-License-Identifier: Apache-2.0

import ClientCore
import Crypto
package import SansIO

/// What an export says about itself: whose it is, and each of its files. This is what is signed.
package struct ArchiveManifest: Hashable, Sendable {
  static let fileName = "manifest.json"
  static let signatureName = "signature"
  static let indexName = "conversations.jsonl"
  private static let format = "sotto-export"
  private static let version: Int64 = 1

  /// A file and what it is.
  package struct File: Hashable, Sendable {
    /// Within the folder.
    package let path: String
    /// In bytes.
    package let size: UInt64
    /// SHA-256.
    package let hash: [UInt8]

    package init(path: String, size: UInt64, hash: [UInt8]) {
      self.path = path
      self.size = size
      self.hash = hash
    }
  }

  /// The account's address.
  package var address: String
  /// Its number.
  package var accountID: [UInt8]
  /// The device that exported it.
  package var deviceID: UInt32
  /// When.
  package var madeAt: Instant
  /// All files but this and the signature, in the order of their making.
  package var files: [File]

  package init(
    address: String, accountID: [UInt8], deviceID: UInt32, madeAt: Instant, files: [File]
  ) {
    self.address = address
    self.accountID = accountID
    self.deviceID = deviceID
    self.madeAt = madeAt
    self.files = files
  }

  /// The file's bytes, one line.
  package var encoded: [UInt8] {
    let value: JSONValue = [
      "format": .string(Self.format), "version": .integer(Self.version),
      "account": .string(address), "accountId": .string(Hex.encode(accountID)),
      "deviceId": .integer(Int64(deviceID)), "madeAt": madeAt.json,
      "files": .array(files.map(\.json)),
    ]
    return Array((value.line + "\n").utf8)
  }

  /// Takes the file's bytes.
  package init(decoding bytes: [UInt8]) throws {
    var reader = try ArchiveObject(parsing: bytes, of: .manifest)
    guard try reader.text("format") == Self.format, try reader.count("version") == Self.version
    else { throw ArchiveFailure.malformed(.manifest) }
    address = try reader.text("account", bytesMax: ClientLimits.addressBytesMax)
    accountID = try reader.identifier("accountId", byteCount: 16)
    deviceID = try reader.number("deviceId")
    madeAt = try reader.time("madeAt")
    var paths: Set<String> = []
    files = []
    for var file in try reader.objects("files", most: ArchiveLimits.filesMax) {
      let path = try file.text("path", bytesMax: ArchiveLimits.pathBytesMax)
      guard Self.isPath(path), paths.insert(path).inserted else {
        throw ArchiveFailure.malformed(.manifest)
      }
      files.append(
        File(
          path: path, size: try file.count("size"),
          hash: try file.identifier("sha256", byteCount: SHA256.byteCount)))
      try file.finish()
    }
    try reader.finish()
  }

  /// Whether a path leads to a file of an export and to nothing else.
  private static func isPath(_ path: String) -> Bool {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    return (1...3).contains(parts.count) && path != fileName && path != signatureName
      && parts.allSatisfy { !$0.isEmpty && !$0.hasPrefix(".") && !$0.utf8.contains(0) }
  }
}

extension ArchiveManifest.File {
  fileprivate var json: JSONValue {
    ["path": .string(path), "size": .count(size), "sha256": .string(Hex.encode(hash))]
  }
}

/// A JSON object of an export, whose members are taken by name and type; none may be left over.
struct ArchiveObject {
  private var members: [String: JSONValue]
  private let part: ArchivePart

  init(parsing bytes: [UInt8], of part: ArchivePart) throws(ArchiveFailure) {
    guard String(validating: bytes, as: UTF8.self) != nil,
      case .object(let members)? = try? JSONValue(parsing: bytes)
    else { throw .malformed(part) }
    self.init(members, part)
  }

  private init(_ members: [String: JSONValue], _ part: ArchivePart) {
    self.members = members
    self.part = part
  }

  mutating func optionalText(
    _ name: String, bytesMax: Int = ArchiveLimits.lineBytesMax
  ) throws(ArchiveFailure) -> String? {
    guard let value = members.removeValue(forKey: name) else { return nil }
    guard let text = value.text else { throw .malformed(part) }
    guard text.utf8.count <= bytesMax else { throw .tooLarge(part) }
    return text
  }

  mutating func text(
    _ name: String, bytesMax: Int = ArchiveLimits.lineBytesMax
  ) throws(ArchiveFailure) -> String {
    guard let text = try optionalText(name, bytesMax: bytesMax) else { throw .malformed(part) }
    return text
  }

  /// Lower-case hexadecimal digits.
  mutating func optionalIdentifier(
    _ name: String, byteCount: Int
  ) throws(ArchiveFailure) -> [UInt8]? {
    guard let text = try optionalText(name, bytesMax: 2 * byteCount) else { return nil }
    guard let bytes = Hex.decode(text), bytes.count == byteCount, Hex.encode(bytes) == text else {
      throw .malformed(part)
    }
    return bytes
  }

  mutating func identifier(_ name: String, byteCount: Int) throws(ArchiveFailure) -> [UInt8] {
    guard let bytes = try optionalIdentifier(name, byteCount: byteCount) else {
      throw .malformed(part)
    }
    return bytes
  }

  mutating func count(_ name: String) throws(ArchiveFailure) -> UInt64 {
    guard let value = members.removeValue(forKey: name)?.integer, value >= 0 else {
      throw .malformed(part)
    }
    return UInt64(value)
  }

  mutating func number(_ name: String) throws(ArchiveFailure) -> UInt32 {
    guard let value = UInt32(exactly: try count(name)) else { throw .malformed(part) }
    return value
  }

  mutating func flag(_ name: String) throws(ArchiveFailure) -> Bool {
    guard let value = members.removeValue(forKey: name) else { return false }
    guard let flag = value.bool else { throw .malformed(part) }
    return flag
  }

  mutating func optionalTime(_ name: String) throws(ArchiveFailure) -> Instant? {
    guard let text = try optionalText(name, bytesMax: 40) else { return nil }
    // One time has one text.
    guard let time = Instant(text: text), time.json == .string(text) else {
      throw .malformed(part)
    }
    return time
  }

  mutating func time(_ name: String) throws(ArchiveFailure) -> Instant {
    guard let time = try optionalTime(name) else { throw .malformed(part) }
    return time
  }

  mutating func word<Word: RawRepresentable<String>>(
    _ name: String
  ) throws(ArchiveFailure) -> Word {
    guard let word = Word(rawValue: try text(name, bytesMax: 64)) else { throw .malformed(part) }
    return word
  }

  mutating func optionalObject(_ name: String) throws(ArchiveFailure) -> ArchiveObject? {
    guard let value = members.removeValue(forKey: name) else { return nil }
    guard case .object(let members) = value else { throw .malformed(part) }
    return ArchiveObject(members, part)
  }

  /// A list of numbers of a byte each.
  mutating func bytes(_ name: String, most: Int) throws(ArchiveFailure) -> [UInt8] {
    guard case .array(let elements)? = members.removeValue(forKey: name) else {
      throw .malformed(part)
    }
    guard elements.count <= most else { throw .tooLarge(part) }
    var bytes: [UInt8] = []
    for element in elements {
      guard let byte = element.integer.flatMap(UInt8.init(exactly:)) else {
        throw .malformed(part)
      }
      bytes.append(byte)
    }
    return bytes
  }

  mutating func objects(
    _ name: String, most: Int
  ) throws(ArchiveFailure) -> [ArchiveObject] {
    guard let value = members.removeValue(forKey: name) else { return [] }
    guard case .array(let elements) = value else { throw .malformed(part) }
    guard elements.count <= most else { throw .tooLarge(part) }
    var objects: [ArchiveObject] = []
    for element in elements {
      guard case .object(let members) = element else { throw .malformed(part) }
      objects.append(ArchiveObject(members, part))
    }
    return objects
  }

  /// The part is not of its form.
  var malformed: ArchiveFailure { .malformed(part) }

  /// Refuses members that were not taken.
  func finish() throws(ArchiveFailure) {
    guard members.isEmpty else { throw .malformed(part) }
  }
}
