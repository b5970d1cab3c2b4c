// SPDX-License-Identifier: Apache-2.0

import ClientStore
import Foundation
import SansIO

/// A directory for one test, removed with the value, with a plain key file beside the home.
final class TemporaryHome: Sendable {
  let root: String
  var path: String { root + "/home" }
  var keyFile: String { root + "/key" }
  var database: String { path + "/sotto.db" }

  init() throws {
    root = NSTemporaryDirectory() + "sotto-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    try write(Hex.encode([UInt8](repeating: 0xa5, count: 32)) + "\n", to: keyFile, mode: 0o600)
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  func write(_ text: String, to path: String, mode: Int) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    try setMode(mode, of: path)
  }

  func setMode(_ mode: Int, of path: String) throws {
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
  }

  func mode(of path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
  }

  func bytes(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  /// The content of all files in the home but the lock, by name.
  func contents() throws -> [String: [UInt8]] {
    var found: [String: [UInt8]] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: path) {
      found[name] = try bytes(path + "/" + name)
    }
    return found
  }

  func open(
    _ key: StoreKey? = nil, creating: Bool = true
  ) throws(StoreOpenFailure) -> EncryptedClientStore {
    var generator = SystemRandomNumberGenerator()
    return try EncryptedClientStore(
      home: path, key: key ?? .keyFile(keyFile), creating: creating, using: &generator)
  }

  /// A passphrase at the least cost, because tests open many stores.
  static func passphrase(_ text: String) -> StoreKey {
    .passphrase(Secret(Array(text.utf8)), cost: .least)
  }
}
