// SPDX-License-Identifier: Apache-2.0

import ClientCore
import Foundation
import SansIO
import Testing

@testable import ClientStore

@Suite struct PassphraseChangeTests {
  private static let old = Secret(Array("the old one".utf8))
  private static let new = Secret(Array("a new one".utf8))

  private func change(
    _ home: TemporaryHome, from: Secret = old, to: Secret = new,
    after: (PassphraseChange.Step) throws(StoreOpenFailure) -> Void = { _ in }
  ) throws(StoreOpenFailure) {
    var generator = SystemRandomNumberGenerator()
    try PassphraseChange.perform(
      home: home.path, from: from, to: to, cost: .least, using: &generator, after: after)
  }

  /// Which of the two opens the store, and finds in it what was there.
  private func opening(_ home: TemporaryHome) -> [String] {
    ["the old one", "a new one"].filter { text in
      guard let store = try? home.open(TemporaryHome.passphrase(text), creating: false) else {
        return false
      }
      let row = try? store.transact { (transaction) throws(ClientStoreFailure) in
        try transaction.setting(key: "k")
      }
      try? store.close()
      return row?.value == [7]
    }
  }

  private func made() throws -> TemporaryHome {
    let home = try TemporaryHome()
    let store = try home.open(TemporaryHome.passphrase("the old one"))
    try store.transact { (transaction) throws(ClientStoreFailure) in
      try transaction.put(SettingRow(key: "k", value: [7]))
    }
    try store.close()
    return home
  }

  @Test func theNewOneOpensAndTheOldOneDoesNot() throws {
    let home = try made()
    let before = try home.bytes(home.path + "/sotto.key")
    let database = try home.bytes(home.database)
    try change(home)
    #expect(opening(home) == ["a new one"])
    let after = try home.bytes(home.path + "/sotto.key")
    #expect(before != after)
    #expect(try home.bytes(home.database) == database)
    #expect(try home.mode(of: home.path + "/sotto.key") == 0o600)
    #expect(try home.contents().keys.sorted() == ["sotto.db", "sotto.key", "sotto.lock"])
  }

  /// The process ends after each step: one of both opens the store, and the change can be made.
  @Test(arguments: PassphraseChange.Step.allCases)
  func anEndAtEachStep(_ step: PassphraseChange.Step) throws {
    let home = try made()
    #expect(throws: StoreOpenFailure.full) {
      try change(home) { (done) throws(StoreOpenFailure) in
        if done == step { throw .full }
      }
    }
    let isDone = step == .renamed || step == .overwritten
    #expect(opening(home) == [isDone ? "a new one" : "the old one"])
    try change(home, from: isDone ? Self.new : Self.old, to: isDone ? Self.old : Self.new)
    #expect(opening(home) == [isDone ? "the old one" : "a new one"])
  }

  /// Whoever held the old file open sees zeros in it.
  @Test func theOldFileIsOverwritten() throws {
    let home = try made()
    let before = try home.bytes(home.path + "/sotto.key")
    let held = try #require(FileHandle(forReadingAtPath: home.path + "/sotto.key"))
    try change(home)
    let left = try held.readToEnd()
    #expect(left == Data(repeating: 0, count: before.count))
  }

  @Test func theStoreMayBeInUse() throws {
    let home = try made()
    let store = try home.open(TemporaryHome.passphrase("the old one"), creating: false)
    try change(home)
    try store.transact { (transaction) throws(ClientStoreFailure) in
      try transaction.put(SettingRow(key: "k", value: [7]))
    }
    try store.close()
    #expect(opening(home) == ["a new one"])
  }

  @Test func whatCannotBe() throws {
    let home = try made()
    let before = try home.contents()
    #expect(throws: StoreOpenFailure.wrongPassphrase) { try change(home, from: Self.new) }
    #expect(throws: StoreOpenFailure.emptyPassphrase) { try change(home, to: Secret([])) }
    #expect(throws: StoreOpenFailure.emptyPassphrase) { try change(home, from: Secret([])) }
    #expect(try home.contents() == before)
    let other = try TemporaryHome()
    try other.open().close()
    #expect(throws: StoreOpenFailure.absent) { try change(other) }
    // Two at once: the second is told.
    #expect(throws: StoreOpenFailure.inUse) {
      try change(home) { (_) throws(StoreOpenFailure) in try change(home) }
    }
    #expect(opening(home) == ["the old one"])
  }
}
