// SPDX-License-Identifier: Apache-2.0

import Testing

/// Who may import what (ARCHITECTURE.md). What is absent is forbidden.
@Suite struct ImportRuleTests {
  static let allowed: [String: Set<String>] = [
    "SansIO": [],
    "MLS": ["SansIO", "Crypto"],
    "MIMI": ["SansIO", "Crypto"],
    "Identity": ["SansIO", "Crypto"],
    "Wire": ["SwiftProtobuf"],
    "ClientCore": ["SansIO", "MLS", "MIMI", "Identity", "Wire", "Crypto", "SwiftProtobuf"],
    "ClientStore": [
      "SansIO", "ClientCore", "GRDB", "CSQLCipher", "Crypto", "CryptoExtras", "Identity",
    ],
    "Attachment": ["SansIO", "CAESGCM", "CMediaSpawn", "Crypto"],
    "QRCode": ["CQREncode"],
    "Client": [
      "SansIO", "ClientCore", "ClientStore", "Attachment", "Identity", "NIOCore", "NIOPosix",
      "NIOHTTP1",
      "NIOWebSocket", "NIOSSL", "Crypto", "Logging",
    ],
    "ServerCore": ["SansIO", "Wire", "Identity", "Crypto", "SwiftProtobuf"],
    "ServerStoreSQLite": ["SansIO", "ServerCore", "GRDB", "Identity"],
    "Server": [
      "SansIO", "ServerCore", "ServerStoreSQLite", "Identity", "NIOCore", "NIOPosix", "NIOHTTP1",
      "NIOWebSocket", "NIOSSL", "NIOTLS", "X509", "Wire", "SwiftASN1", "Crypto", "Logging",
    ],
    "Simulation": [
      "SansIO", "ClientCore", "ServerCore", "MLS", "MIMI", "Identity", "Wire", "SwiftProtobuf",
    ],
    "Demonstration": ["SansIO", "ClientCore", "ServerCore", "Identity"],
    "sotto": ["ArgumentParser", "SottoClient", "Demonstration", "QRCode"],
    "sotto-server": ["ArgumentParser", "Server", "Identity", "QRCode", "Logging"],
    "sotto-sim": ["ArgumentParser", "Simulation"],
  ]

  /// Programs of the tests that see no more than what others see.
  static let allowedToPrograms: [String: Set<String>] = [
    "MLSPeer": ["MLS", "SansIO", "Foundation"]
  ]

  /// The C library and Foundation are for drivers; these are the only places of the cores that turn
  /// `Data` into bytes and back.
  static let drivers: Set<String> = [
    "Attachment", "ClientStore", "Client", "ServerStoreSQLite", "Server", "sotto", "sotto-server",
    "sotto-sim", "QRCode",
  ]
  static let platform: Set<String> = [
    "Foundation", "FoundationEssentials", "Glibc", "Dispatch", "Synchronization",
  ]

  static func mayConvertData(_ path: String) -> Bool {
    path.hasPrefix("Sources/MLS/CipherSuite/") || path.hasPrefix("Sources/Identity/Crypto/")
      || path.hasSuffix("+Wire.swift")
  }

  static func imports(of file: SourceFile) -> [String] {
    file.lines.compactMap { line in
      var words = line.split(separator: " ").map(String.init)
      while let first = words.first, first.hasPrefix("@") || modifiers.contains(first) {
        words.removeFirst()
      }
      guard words.first == "import", words.count > 1 else { return nil }
      let kinds: Set<String> = ["struct", "class", "enum", "protocol", "func", "typealias"]
      let module = kinds.contains(words[1]) && words.count > 2 ? words[2] : words[1]
      return module.split(separator: ".").first.map(String.init)
    }
  }
  static let modifiers: Set<String> = ["public", "package", "internal", "private", "fileprivate"]

  @Test(arguments: SourceTree.sources)
  func importsAreAllowed(file: SourceFile) {
    guard let allowed = Self.allowed[file.target] else {
      Issue.record("\(file.path): the folder \(file.target) has no row in the import table")
      return
    }
    for module in Self.imports(of: file) where !allowed.contains(module) {
      if Self.platform.contains(module) {
        let fine =
          Self.drivers.contains(file.target)
          || module == "FoundationEssentials" && Self.mayConvertData(file.path)
        #expect(fine, "\(file.path) imports \(module)")
      } else {
        Issue.record("\(file.path) imports \(module), which \(file.target) may not")
      }
    }
  }

  @Test(arguments: SourceTree.tests.filter { allowedToPrograms[$0.target] != nil })
  func programsOfTheTestsImportWhatTheyMay(file: SourceFile) {
    let allowed = Self.allowedToPrograms[file.target] ?? []
    for module in Self.imports(of: file) {
      #expect(allowed.contains(module), "\(file.path) imports \(module)")
    }
  }

  @Test func everyFolderOfSourcesIsInTheTable() {
    let known = Set(Self.allowed.keys)
      .union([
        "CSQLCipher", "CAESGCM", "CQREncode", "CHeapWipe", "CMediaSpawn", "COpusFile",
        "sotto-media",
      ])
    for folder in SourceTree.folders(in: "Sources") {
      #expect(known.contains(folder), "Sources/\(folder) has no row in the import table")
    }
  }
}
