// SPDX-License-Identifier: Apache-2.0

import ClientCore
import Foundation
import SansIO
import Testing

@testable import ClientStore

@Suite struct StoreHomeTests {
  @Test func onlyTheOwnerMayLook() throws {
    let home = try TemporaryHome()
    let store = try home.open(TemporaryHome.passphrase("correct horse"))
    #expect(try home.mode(of: home.path) == 0o700)
    let names = try FileManager.default.contentsOfDirectory(atPath: home.path).sorted()
    #expect(names == ["sotto.db", "sotto.db-wal", "sotto.key", "sotto.lock"])
    for name in names {
      #expect(try home.mode(of: home.path + "/" + name) == 0o600, "\(name)")
    }
    try store.close()
  }

  @Test func wideModesAreNarrowed() throws {
    let home = try TemporaryHome()
    try home.open(TemporaryHome.passphrase("p")).close()
    try home.setMode(0o755, of: home.path)
    for name in ["sotto.db", "sotto.key", "sotto.lock"] {
      try home.setMode(0o644, of: home.path + "/" + name)
    }
    try home.open(TemporaryHome.passphrase("p")).close()
    #expect(try home.mode(of: home.path) == 0o700)
    for name in ["sotto.db", "sotto.key", "sotto.lock"] {
      #expect(try home.mode(of: home.path + "/" + name) == 0o600, "\(name)")
    }
  }

  @Test func openDirectoryWithOtherThingsIsLeftAlone() throws {
    let home = try TemporaryHome()
    try FileManager.default.createDirectory(
      atPath: home.path, withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o755])
    try home.write("mine", to: home.path + "/letter", mode: 0o644)
    #expect(throws: StoreOpenFailure.homeNotPrivate) { try home.open() }
    #expect(try home.mode(of: home.path) == 0o755)
    #expect(try home.contents().keys.sorted() == ["letter"])
  }

  @Test func emptyOpenDirectoryIsTaken() throws {
    let home = try TemporaryHome()
    try FileManager.default.createDirectory(
      atPath: home.path, withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o755])
    try home.open().close()
    #expect(try home.mode(of: home.path) == 0o700)
  }

  @Test func fileInPlaceOfTheHomeIsRefused() throws {
    let home = try TemporaryHome()
    try home.write("x", to: home.path, mode: 0o600)
    #expect(throws: StoreOpenFailure.homeNotDirectory) { try home.open() }
  }

  @Test func oneHolderAtATime() throws {
    let home = try TemporaryHome()
    let store = try home.open()
    #expect(throws: StoreOpenFailure.inUse) { try home.open() }
    #expect(throws: StoreOpenFailure.inUse) { try home.open(creating: false) }
    try store.close()
    try home.open().close()
  }

  @Test func holderThatGoesAwayFreesTheHome() throws {
    let home = try TemporaryHome()
    do { _ = try home.open() }
    try home.open().close()
  }

  @Test func absentStoreIsNotMadeUnasked() throws {
    let home = try TemporaryHome()
    #expect(throws: StoreOpenFailure.absent) { try home.open(creating: false) }
    #expect(!FileManager.default.fileExists(atPath: home.path))
    try FileManager.default.createDirectory(
      atPath: home.path, withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o700])
    #expect(throws: StoreOpenFailure.absent) { try home.open(creating: false) }
    #expect(try home.contents().isEmpty)
  }

  @Test func homeBelowMissingDirectoriesIsMade() throws {
    let home = try TemporaryHome()
    var generator = SystemRandomNumberGenerator()
    let deep = home.root + "/a/b/c"
    let store = try EncryptedClientStore(
      home: deep, key: .keyFile(home.keyFile), creating: true, using: &generator)
    try store.close()
    #expect(try home.mode(of: home.root + "/a") == 0o700)
  }

  @Test func codesAreStable() {
    let codes: [(StoreOpenFailure, String, ClientFailureCode)] = [
      (.absent, "store-absent", .notRegistered), (.inUse, "store-in-use", .storeFailure),
      (.wrongPassphrase, "wrong-passphrase", .locked), (.wrongKey, "wrong-key", .locked),
      (.notEncrypted, "not-encrypted", .storeFailure),
      (.keyDamaged(.lines), "key-damaged", .storeFailure),
      (.emptyPassphrase, "empty-passphrase", .locked), (.tooNew, "store-too-new", .storeFailure),
    ]
    for (failure, code, clientCode) in codes {
      #expect(failure.code == code)
      #expect(failure.clientCode == clientCode)
      #expect(!failure.reason.isEmpty)
    }
  }
}
