// SPDX-License-Identifier: Apache-2.0

import ClientCore
import Foundation
import SansIO
import Testing

@testable import ClientStore

@Suite struct StoreKeyTests {
  static let passphrase = TemporaryHome.passphrase("correct horse battery staple")

  @Test func passphraseOpensWhatItMade() throws {
    let home = try TemporaryHome()
    let store = try home.open(Self.passphrase)
    try store.transact { (transaction) throws(ClientStoreFailure) in
      try transaction.put(SettingRow(key: "k", value: [9]))
    }
    try store.close()
    let again = try home.open(Self.passphrase, creating: false)
    let row = try again.transact { (transaction) throws(ClientStoreFailure) in
      try transaction.setting(key: "k")
    }
    #expect(row?.value == [9])
  }

  @Test(arguments: ["correct horse battery stapl", "Correct horse battery staple", " "])
  func wrongPassphraseChangesNothing(text: String) throws {
    let home = try TemporaryHome()
    try home.open(Self.passphrase).close()
    let before = try home.contents()
    #expect(throws: StoreOpenFailure.wrongPassphrase) {
      try home.open(TemporaryHome.passphrase(text))
    }
    #expect(try home.contents() == before)
    try home.open(Self.passphrase, creating: false).close()
  }

  @Test func emptyPassphraseMakesNothing() throws {
    let home = try TemporaryHome()
    #expect(throws: StoreOpenFailure.emptyPassphrase) {
      try home.open(TemporaryHome.passphrase(""))
    }
    #expect(try home.contents().keys.sorted() == ["sotto.lock"])
    try home.open(Self.passphrase).close()
  }

  @Test func databaseWithoutItsKeyIsNotReplaced() throws {
    let home = try TemporaryHome()
    try home.open(Self.passphrase).close()
    try FileManager.default.removeItem(atPath: home.path + "/sotto.key")
    let before = try home.contents()
    #expect(throws: StoreOpenFailure.keyMissing) { try home.open(Self.passphrase) }
    #expect(try home.contents() == before)
  }

  @Test func crashBetweenKeyAndDatabaseIsFinished() throws {
    let home = try TemporaryHome()
    try home.open(Self.passphrase).close()
    try FileManager.default.removeItem(atPath: home.database)
    try home.write("half", to: home.path + "/sotto.key.new", mode: 0o600)
    #expect(throws: StoreOpenFailure.absent) { try home.open(Self.passphrase, creating: false) }
    try home.open(Self.passphrase).close()
    try home.open(Self.passphrase, creating: false).close()
  }

  @Test func wrongKeyFileChangesNothing() throws {
    let home = try TemporaryHome()
    try home.open().close()
    let other = home.root + "/other"
    try home.write(String(repeating: "5a", count: 32), to: other, mode: 0o600)
    let before = try home.contents()
    #expect(throws: StoreOpenFailure.wrongKey) { try home.open(.keyFile(other)) }
    #expect(try home.contents() == before)
    try home.open(creating: false).close()
  }

  /// SQLite would write the log of a crash back when it closes, right key or not.
  @Test func wrongKeyFileKeepsTheLogOfACrash() throws {
    let home = try TemporaryHome()
    let store = try home.open()
    try store.transact { (transaction) throws(ClientStoreFailure) in
      try transaction.put(SettingRow(key: "k", value: [9]))
    }
    let left = try home.contents()
    try store.close()
    for (name, bytes) in left {
      try Data(bytes).write(to: URL(fileURLWithPath: home.path + "/" + name))
    }
    #expect(left["sotto.db-wal"]?.isEmpty == false)
    let other = home.root + "/other"
    try home.write(String(repeating: "5a", count: 32), to: other, mode: 0o600)
    let before = try home.contents()
    #expect(throws: StoreOpenFailure.wrongKey) { try home.open(.keyFile(other)) }
    #expect(try home.contents() == before)
    let again = try home.open()
    let row = try again.transact { (transaction) throws(ClientStoreFailure) in
      try transaction.setting(key: "k")
    }
    #expect(row?.value == [9])
  }

  @Test func foreignDatabaseUnderARightPassphraseIsDamaged() throws {
    let home = try TemporaryHome()
    try home.open(Self.passphrase).close()
    let other = try TemporaryHome()
    try other.open().close()
    try Data(other.bytes(other.database)).write(to: URL(fileURLWithPath: home.database))
    #expect(throws: StoreOpenFailure.damaged) { try home.open(Self.passphrase) }
  }

  @Test(arguments: [0o640, 0o604, 0o644, 0o620])
  func keyFileThatOthersMaySeeIsRefused(mode: Int) throws {
    let home = try TemporaryHome()
    try home.setMode(mode, of: home.keyFile)
    #expect(throws: StoreOpenFailure.keyFileNotPrivate) { try home.open() }
  }

  @Test func keyFileMustBeAFile() throws {
    let home = try TemporaryHome()
    #expect(throws: StoreOpenFailure.keyFileMissing) {
      try home.open(.keyFile(home.root + "/none"))
    }
    #expect(throws: StoreOpenFailure.keyFileNotPrivate) { try home.open(.keyFile(home.root)) }
  }

  static let bytes = [UInt8](0..<32)
  static let base64 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

  @Test(arguments: [
    Hex.encode(bytes), Hex.encode(bytes).uppercased(), Hex.encode(bytes) + "\n", base64,
    base64 + "\n",
  ])
  func keyTextIsRead(text: String) {
    #expect(KeyText.decode(Secret(Array(text.utf8))) == Secret(Self.bytes))
  }

  @Test(arguments: [
    "", "\n", String(repeating: "0", count: 63), String(repeating: "0", count: 65),
    String(repeating: "g", count: 64), Hex.encode(bytes) + "\n\n", " " + Hex.encode(bytes),
    Hex.encode(bytes) + "\r\n", String(base64.dropLast()), String(base64.dropLast(2)) + "==",
    // Bits that no byte takes up.
    String(base64.dropLast(2)) + "9=", base64.replacingOccurrences(of: "A", with: "-"),
    String(repeating: "0", count: 5_000),
  ])
  func otherKeyTextIsRefused(text: String) throws {
    #expect(KeyText.decode(Secret(Array(text.utf8))) == nil)
    let home = try TemporaryHome()
    try home.write(text, to: home.keyFile, mode: 0o600)
    #expect(throws: StoreOpenFailure.keyFileInvalid) { try home.open() }
  }
}
