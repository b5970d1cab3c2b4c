// SPDX-License-Identifier: Apache-2.0

import CLibFuzzer
import FuzzTargets
import Glibc

// The target is named by the environment, as the arguments belong to libFuzzer:
//   SOTTO_FUZZ_TARGET=NAME fuzz-decoders [libFuzzer's options] [folders or files]
//   fuzz-decoders list              names all targets
//   fuzz-decoders seeds NAME FOLDER writes the seeds of a target

private func write(_ bytes: [UInt8], to path: String) {
  guard let file = unsafe fopen(path, "wb") else { exit(2) }
  unsafe fwrite(bytes, 1, bytes.count, file)
  unsafe fclose(file)
}

private func run(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  let bytes = unsafe Array(UnsafeBufferPointer(start: data, count: size))
  do {
    try FuzzEntry.run(chosen, bytes)
  } catch {
    print("finding: \(error.target.name) \(error)")
    abort()
  }
  return 0
}

private let arguments = CommandLine.arguments
if arguments.count == 2, arguments[1] == "list" {
  for target in FuzzTarget.allCases { print(target.name) }
  exit(0)
}
if arguments.count == 4, arguments[1] == "seeds", let target = FuzzTarget(name: arguments[2]) {
  for (number, seed) in FuzzSeeds.of(target).enumerated() {
    write(seed, to: "\(arguments[3])/seed-\(number)")
  }
  exit(0)
}

guard let text = unsafe getenv("SOTTO_FUZZ_TARGET"),
  let named = unsafe FuzzTarget(name: String(cString: text))
else {
  print("SOTTO_FUZZ_TARGET names no target; `fuzz-decoders list` names all")
  exit(2)
}
private nonisolated let chosen = named

private var count = CommandLine.argc
private var values: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? =
  unsafe CommandLine.unsafeArgv
exit(unsafe LLVMFuzzerRunDriver(&count, &values) { data, size in unsafe run(data, size) })
