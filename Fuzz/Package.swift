// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

/// A package of its own, so that no build of the product resolves or compiles it. `run` builds it
/// with `-sanitize=fuzzer` for every Swift module, which instruments the decoders too.
let package = Package(
  name: "sotto-fuzz",
  dependencies: [.package(name: "sotto", path: "..")],
  targets: [
    .target(name: "CLibFuzzer"),
    .executableTarget(
      name: "fuzz-decoders",
      dependencies: ["CLibFuzzer", .product(name: "FuzzTargets", package: "sotto")],
      swiftSettings: [.swiftLanguageMode(.v6), .strictMemorySafety()]),
  ]
)
