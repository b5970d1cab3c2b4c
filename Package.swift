// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

/// `make test` builds for release, and its tests look inside modules: that needs one more flag, which
/// packages that depend on this one must not see.
let testing: [SwiftSetting] =
  Context.environment["SOTTO_TESTING"] == "1" ? [.unsafeFlags(["-enable-testing"])] : []

/// Every target is built with these (CONTRIBUTING.md says why).
let strict: [SwiftSetting] =
  testing + [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
  ]

/// Generated code keeps no promise about memory-safety annotations.
let generated: [SwiftSetting] = testing + [.swiftLanguageMode(.v6)]

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let x509: Target.Dependency = .product(name: "X509", package: "swift-certificates")
let asn1: Target.Dependency = .product(name: "SwiftASN1", package: "swift-asn1")
let argumentParser: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let nio: [Target.Dependency] = [
  .product(name: "NIOCore", package: "swift-nio"),
  .product(name: "NIOPosix", package: "swift-nio"),
  .product(name: "NIOHTTP1", package: "swift-nio"),
  .product(name: "NIOWebSocket", package: "swift-nio"),
  .product(name: "NIOSSL", package: "swift-nio-ssl"),
]

/// A target of the product, in the folder of its name.
func target(
  _ name: String, _ dependencies: [Target.Dependency], path: String? = nil
) -> Target {
  .target(name: name, dependencies: dependencies, path: path, swiftSettings: strict)
}

/// The tests of a target.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

let package = Package(
  name: "sotto",
  products: [
    .library(name: "MLS", targets: ["MLS"]),
    .library(name: "SottoClient", targets: ["SottoClient"]),
    .library(name: "FuzzTargets", targets: ["FuzzTargets"]),
    .executable(name: "sotto", targets: ["sotto"]),
    .executable(name: "sotto-media", targets: ["sotto-media"]),
    .executable(name: "sotto-server", targets: ["sotto-server"]),
    .executable(name: "sotto-sim", targets: ["sotto-sim"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
    .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-protobuf", exact: "1.39.0", traits: []),
    .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
  ],
  targets: [
    // The cores.
    target("SansIO", []),
    target("MLS", ["SansIO", crypto]),
    target("MIMI", ["SansIO", crypto]),
    target("Identity", ["SansIO", crypto]),
    .target(name: "Wire", dependencies: [protobuf], swiftSettings: generated),
    target("ServerCore", ["SansIO", "Wire", "Identity", protobuf]),
    target("ClientCore", ["SansIO", "MLS", "MIMI", "Identity", "Wire", protobuf]),
    target(
      "Simulation",
      ["SansIO", "ClientCore", "ServerCore", "MLS", "MIMI", "Identity", "Wire", protobuf]),

    target("Demonstration", ["SansIO", "ClientCore", "ServerCore", "Identity"]),

    // The drivers.
    target("ServerStoreSQLite", ["SansIO", "ServerCore", "Identity", grdb]),
    target(
      "Server",
      ["SansIO", "ServerCore", "ServerStoreSQLite", "Identity", x509, asn1, crypto, logging] + nio
    ),
    .target(
      name: "CSQLCipher", exclude: ["sqlite3.c"], linkerSettings: [.linkedLibrary("crypto")]),
    target(
      "ClientStore",
      ["SansIO", "ClientCore", "Identity", "CSQLCipher", crypto, cryptoExtras, grdb]),
    .target(name: "CAESGCM", linkerSettings: [.linkedLibrary("crypto")]),
    .target(name: "CMediaSpawn"),
    target("Attachment", ["SansIO", "CAESGCM", "CMediaSpawn", crypto]),
    .target(name: "CQREncode", linkerSettings: [.linkedLibrary("qrencode")]),
    target("QRCode", ["CQREncode"]),
    target(
      "SottoClient",
      ["SansIO", "ClientCore", "ClientStore", "Attachment", "Identity", crypto] + nio,
      path: "Sources/Client"),

    // The programs.
    .target(name: "CHeapWipe"),
    .executableTarget(
      name: "sotto",
      dependencies: ["SottoClient", "CHeapWipe", "Demonstration", "QRCode", argumentParser],
      swiftSettings: strict),
    .systemLibrary(
      name: "COpusFile", pkgConfig: "opusfile", providers: [.apt(["libopusfile-dev"])]),
    .executableTarget(
      name: "sotto-media", dependencies: ["COpusFile"],
      linkerSettings: ["gd", "webpdemux", "webp", "m"].map { .linkedLibrary($0) }),
    .executableTarget(
      name: "sotto-server",
      dependencies: ["Server", "Identity", "QRCode", argumentParser, logging],
      swiftSettings: strict),
    .executableTarget(
      name: "sotto-sim", dependencies: ["Simulation", argumentParser], swiftSettings: strict),

    // The tests.
    target(
      "ServerStoreConformance", ["ServerCore", "Identity", "SansIO", crypto],
      path: "Tests/ServerStoreConformance"),
    target(
      "ClientStoreConformance", ["ClientCore", "SansIO"], path: "Tests/ClientStoreConformance"),
    .executableTarget(
      name: "client-store-crasher", dependencies: ["ClientStore", "ClientCore", "SansIO"],
      path: "Tests/ClientStoreCrasher", swiftSettings: strict),
    .executableTarget(
      name: "search-bench", dependencies: ["ClientStore", "ClientCore", "SansIO"],
      path: "Tests/SearchBench", swiftSettings: strict),
    .executableTarget(
      name: "group-bench", dependencies: ["SottoClient", "ClientCore"],
      path: "Tests/GroupBench", swiftSettings: strict),
    .executableTarget(
      name: "mls-peer", dependencies: ["MLS", "SansIO"], path: "Tests/MLSPeer",
      swiftSettings: strict),
    tests("SansIOTests", ["SansIO"]),
    tests("MLSTests", ["SansIO", "MLS", crypto]),
    tests("AttachmentTests", ["Attachment", "SansIO", crypto]),
    tests("MIMITests", ["SansIO", "MIMI"]),
    tests("QRCodeTests", ["QRCode"]),
    tests("DemonstrationTests", ["Demonstration"]),
    tests("IdentityTests", ["SansIO", "Identity", crypto]),
    tests(
      "ServerCoreTests",
      ["ServerCore", "ServerStoreConformance", "Wire", "Identity", "SansIO", crypto, protobuf]),
    tests(
      "ServerStoreSQLiteTests",
      ["ServerStoreSQLite", "ServerCore", "ServerStoreConformance", "Identity", "SansIO", grdb]),
    tests(
      "ServerTests",
      [
        "Server", "ServerCore", "Wire", "Identity", "SansIO", "sotto-server", crypto, protobuf,
        logging, nioTLS,
      ]
        + nio),
    tests(
      "ClientCoreTests",
      [
        "ClientCore", "ClientStoreConformance", "ServerCore", "MLS", "MIMI", "Identity", "Wire",
        "SansIO", crypto, protobuf,
      ]),
    tests(
      "ClientStoreTests",
      [
        "ClientStore", "ClientCore", "ClientStoreConformance", "SansIO", "client-store-crasher",
        crypto, grdb,
      ]),
    tests(
      "SottoClientTests",
      [
        "SottoClient", "ClientCore", "ClientStore", "ServerCore", "MLS", "Identity", "Wire",
        "SansIO", "sotto", "sotto-media", "sotto-server",
        crypto, protobuf, nioEmbedded,
      ] + nio),
    tests("SimulationTests", ["Simulation", "SansIO"]),
    target(
      "FuzzTargets",
      [
        "SansIO", "MLS", "MIMI", "Identity", "Wire", "ServerCore", "ClientCore", "ClientStore",
        "SottoClient", "Attachment", protobuf,
      ],
      path: "Tests/FuzzTargets"),
    tests("FuzzTargetsTests", ["FuzzTargets"]),
    tests("TidyTests", []),
  ]
)
