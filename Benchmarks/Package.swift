// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

/// A package of its own, so that no build of the product compiles it.
let package = Package(
  name: "sotto-benchmarks",
  dependencies: [.package(name: "sotto", path: "..")],
  targets: [
    .executableTarget(
      name: "mls-bench",
      dependencies: [.product(name: "MLS", package: "sotto")],
      swiftSettings: [
        .swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"), .strictMemorySafety(),
      ])
  ]
)
