// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

/// A package of its own, so that no build of the product compiles it.
let package = Package(
  name: "sotto-benchmarks",
  dependencies: [
    .package(name: "sotto", path: ".."),
    .package(url: "https://github.com/apple/swift-protobuf", exact: "1.39.0", traits: []),
  ],
  targets: [
    .executableTarget(
      name: "mls-bench",
      dependencies: [.product(name: "MLS", package: "sotto")],
      swiftSettings: [
        .swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"), .strictMemorySafety(),
      ]),
    // The product's frames, which it shares with nobody outside its package: the same files again.
    .target(
      name: "SottoWire",
      dependencies: [.product(name: "SwiftProtobuf", package: "swift-protobuf")],
      swiftSettings: [.swiftLanguageMode(.v6)]),
    .target(name: "CEpoll"),
    .executableTarget(
      name: "server-bench",
      dependencies: [
        "CEpoll", "SottoWire", .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      swiftSettings: [
        .swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"), .strictMemorySafety(),
      ]),
  ]
)
