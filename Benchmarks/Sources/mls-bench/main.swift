// SPDX-License-Identifier: Apache-2.0

import MLS
import SansIO

// mls-bench [SIZE...]: what the MLS library costs, as Markdown. Sizes are group sizes; without any
// 2, 16 and 128. Medians in microseconds on one core; sizes in bytes.

let suites: [(name: String, suite: CipherSuite)] = [
  ("0x0001 (X25519, AES-128-GCM)", .mls128DHKEMX25519AES128GCMSHA256Ed25519),
  ("product (ML-KEM-768 with X25519, AES-256-GCM)", .mlkem768X25519AES256GCMSHA384Ed25519),
]

func row(_ cells: [String]) { print("| " + cells.joined(separator: " | ") + " |") }

func head(_ cells: [String]) {
  row(cells)
  row(cells.map { _ in "---" })
}

/// What nothing above it can undercut: the operations that messages and commits are made of.
func primitives(_ suite: CipherSuite) throws {
  var world = BenchWorld(suite: suite)
  let data = [UInt8](repeating: 7, count: 100)
  let pair = try suite.generateSignatureKeyPair(using: &world.entropy)
  let bundle = try world.newcomer().bundle
  let sign = try Timing.of(prepare: { () }) { _ in
    try suite.sign(privateKey: pair.privateKey, label: "bench", content: data)
  }
  let signature = try suite.sign(privateKey: pair.privateKey, label: "bench", content: data)
  let verify = try Timing.of(prepare: { () }) { _ in
    suite.verify(publicKey: pair.publicKey, label: "bench", content: data, signature: signature)
  }
  let key = bundle.keyPackage.initKey
  let encrypt = try Timing.of(prepare: { () }) { _ in
    try suite.encryptWithLabel(publicKey: key, label: "bench", context: [], plaintext: data)
  }
  let sealed = try suite.encryptWithLabel(
    publicKey: key, label: "bench", context: [], plaintext: data)
  let decrypt = try Timing.of(prepare: { () }) { _ in
    try suite.decryptWithLabel(
      privateKey: bundle.initPrivateKey, publicKey: key, label: "bench", context: [],
      ciphertext: sealed)
  }
  head(["sign µs", "verify µs", "HPKE seal µs", "HPKE open µs"])
  row([sign.text, verify.text, encrypt.text, decrypt.text])
  print()
}

func messages(_ suite: CipherSuite) throws {
  var world = BenchWorld(suite: suite)
  let pair = try world.coldGroup(of: 2)
  head(["message", "protect µs", "unprotect µs", "bytes"])
  for size in [100, 16_384] {
    let data = [UInt8](repeating: 7, count: size)
    var sender = pair[0]
    // Groups live in memory and move on, as a client's do in a burst.
    let protect = try Timing.of(prepare: { () }) { _ in
      try sender.protect(data, using: &world.entropy)
    }
    var receiver = pair[1]
    sender = pair[0]
    var bytes = 0
    let now = world.now
    let unprotect = try Timing.of(
      prepare: {
        let message = try sender.protect(data, using: &world.entropy)
        bytes = message.count
        return message
      },
      { message in try receiver.process(message, at: now) })
    row(["\(size) B", protect.text, unprotect.text, "\(bytes)"])
  }
  print()
}

func changes(_ suite: CipherSuite, sizes: [Int]) throws {
  head([
    "members", "tree", "commit µs", "process µs", "merge µs", "add µs", "join µs", "load µs",
    "commit bytes", "Welcome bytes", "GroupInfo bytes", "stored bytes",
  ])
  for size in sizes {
    for isWarm in [false, true] {
      var world = BenchWorld(suite: suite)
      let groups = try isWarm ? world.warmGroup(of: size) : world.coldGroup(of: size)
      let now = world.now
      let commit = try Timing.of(prepare: { groups[0] }) { group in
        try group.commit(at: now, using: &world.entropy)
      }
      var committer = groups[0]
      let pending = try committer.commit(at: now, using: &world.entropy)
      let process = try Timing.of(prepare: { groups[1] }) { group in
        try group.process(pending.message, at: now)
      }
      var follower = groups[1]
      let staged = try world.staged(follower.process(pending.message, at: now))
      let merge = try Timing.of(prepare: { follower }) { group in
        try group.merge(staged, at: now)
      }
      let newcomer = try world.newcomer()
      let add = try Timing.of(prepare: { groups[0] }) { group in
        try group.commit(
          [.add(newcomer.bundle.keyPackage)], at: now, using: &world.entropy)
      }
      let adding = try committer.commit(
        [.add(newcomer.bundle.keyPackage)], at: now, using: &world.entropy)
      let join = try Timing.of(prepare: { () }) { _ in
        try world.join(adding.welcome, newcomer)
      }
      let state = groups[0].encodedEpochState
      let secrets = groups[0].encodedMessageSecrets
      let load = try Timing.of(prepare: { () }) { _ in
        try Group(epochState: state, messageSecrets: secrets)
      }
      row([
        "\(size)", isWarm ? "warm" : "cold", commit.text, process.text, merge.text, add.text,
        join.text, load.text, "\(pending.message.count)", "\(adding.welcome?.count ?? 0)",
        "\(try pending.groupInfo().encoded.count)", "\(state.count + secrets.count)",
      ])
    }
  }
  print()
}

let named = CommandLine.arguments.dropFirst().compactMap { Int($0) }
let sizes = named.isEmpty ? [2, 16, 128] : named
for (name, suite) in suites {
  print("### Suite \(name)\n")
  try primitives(suite)
  try messages(suite)
  try changes(suite, sizes: sizes)
}
