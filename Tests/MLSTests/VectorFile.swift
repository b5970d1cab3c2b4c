// SPDX-License-Identifier: Apache-2.0

import Foundation
import MLS
import SansIO
import Testing

/// Bytes that stand as hexadecimal digits in a vector file.
struct HexBytes: Decodable, Sendable, Hashable {
  let bytes: [UInt8]

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let bytes = Hex.decode(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "not hexadecimal")
    }
    self.bytes = bytes
  }

  var secret: Secret { Secret(bytes) }
}

/// A case that names its suite.
protocol SuiteCase: Decodable {
  var cipher_suite: UInt16 { get }
}

extension SuiteCase {
  var suite: CipherSuite { CipherSuite(rawValue: cipher_suite) }
}

/// Vector files, and the line that each test prints about them.
enum VectorFile {
  static let vectors: URL = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Vectors")

  /// The folder that `MLS_VECTORS` names, or the one in this repository.
  static var mlsFolder: URL {
    if let path = ProcessInfo.processInfo.environment["MLS_VECTORS"], !path.isEmpty {
      return URL(fileURLWithPath: path)
    }
    return vectors.appendingPathComponent("mls")
  }

  static func mls<Case: Decodable>(_ name: String, of type: Case.Type) throws -> [Case] {
    let data = try Data(contentsOf: mlsFolder.appendingPathComponent(name))
    return try JSONDecoder().decode([Case].self, from: data)
  }

  static func hpke<Case: Decodable>(_ name: String, of type: Case.Type) throws -> [Case] {
    let file = vectors.appendingPathComponent("hpke").appendingPathComponent(name)
    return try JSONDecoder().decode([Case].self, from: try Data(contentsOf: file))
  }

  /// Runs `body` over the cases whose suite is supported and prints how many there were.
  static func run<Case: SuiteCase>(
    _ name: String, of type: Case.Type, _ body: (Case) throws -> Void
  ) throws {
    var passed = 0
    var skipped = 0
    let cases = try mls(name, of: type)
    try #require(!cases.isEmpty)
    for (index, one) in cases.enumerated() {
      guard one.suite.isSupported else {
        #expect([4, 6].contains(one.cipher_suite))
        skipped += 1
        continue
      }
      do {
        try body(one)
        passed += 1
      } catch {
        Issue.record(error, "\(name) case \(index) suite \(one.cipher_suite)")
      }
    }
    report(name, passed: passed, skipped: skipped)
  }

  static func report(_ name: String, passed: Int, skipped: Int) {
    print("VECTORS \(name) passed \(passed) skipped \(skipped)")
  }
}
