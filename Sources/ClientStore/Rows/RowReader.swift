// SPDX-License-Identifier: Apache-2.0

import ClientCore
import Foundation
import GRDB
import SansIO

/// The columns of one row, read in order. A column that holds something else than it should is a
/// typed failure: the file may have been written by another program that has the key.
struct RowReader {
  private let row: Row
  private let table: StaticName
  private var column = 0

  init(_ row: Row, table: StaticName) {
    self.row = row
    self.table = table
  }

  private mutating func next() -> DatabaseValue.Storage {
    defer { column += 1 }
    let value: DatabaseValue = row[column]
    return value.storage
  }

  private mutating func data() throws(ClientStoreFailure) -> Data {
    guard case .blob(let data) = next() else { throw .corrupt(table) }
    return data
  }

  private mutating func integer() throws(ClientStoreFailure) -> Int64 {
    guard case .int64(let number) = next() else { throw .corrupt(table) }
    return number
  }

  mutating func skip() { column += 1 }
  mutating func bytes() throws(ClientStoreFailure) -> [UInt8] { [UInt8](try data()) }

  mutating func secret() throws(ClientStoreFailure) -> Secret {
    var data = try data()
    defer { data.resetBytes(in: data.startIndex..<data.endIndex) }
    return unsafe Secret(count: data.count) { buffer in unsafe data.copyBytes(to: buffer) }
  }

  mutating func text() throws(ClientStoreFailure) -> String {
    guard let text = String(validating: try data(), as: UTF8.self) else { throw .corrupt(table) }
    return text
  }

  mutating func word<Word: RawRepresentable<String>>() throws(ClientStoreFailure) -> Word {
    guard case .string(let text) = next(), let word = Word(rawValue: text) else {
      throw .corrupt(table)
    }
    return word
  }

  mutating func flag() throws(ClientStoreFailure) -> Bool {
    switch try integer() {
    case 0: return false
    case 1: return true
    default: throw .corrupt(table)
    }
  }

  mutating func small() throws(ClientStoreFailure) -> UInt32 {
    guard let number = UInt32(exactly: try integer()) else { throw .corrupt(table) }
    return number
  }

  mutating func number() throws(ClientStoreFailure) -> UInt64 {
    UInt64(bitPattern: try integer()) ^ 1 << 63
  }

  mutating func optionalNumber() throws(ClientStoreFailure) -> UInt64? {
    switch next() {
    case .null: return nil
    case .int64(let number): return UInt64(bitPattern: number) ^ 1 << 63
    case .double, .string, .blob: throw .corrupt(table)
    }
  }

  mutating func ordinal() throws(ClientStoreFailure) -> UInt64 {
    guard let number = UInt64(exactly: try integer()) else { throw .corrupt(table) }
    return number
  }

  mutating func instant() throws(ClientStoreFailure) -> Instant {
    Instant(milliseconds: try integer())
  }

  mutating func optionalInstant() throws(ClientStoreFailure) -> Instant? {
    switch next() {
    case .null: return nil
    case .int64(let number): return Instant(milliseconds: number)
    case .double, .string, .blob: throw .corrupt(table)
    }
  }
}
