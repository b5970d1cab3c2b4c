// SPDX-License-Identifier: Apache-2.0

import Glibc
public import SansIO

extension SottoClient.Unlock {
  /// The longest passphrase, in bytes.
  public static let passphraseBytesMax = 1_024

  /// The first line of a file, or of what is typed into a descriptor, as a passphrase.
  ///
  /// - Throws: `locked` when the file cannot be read, is empty or is too long.
  public static func passphrase(
    file: String
  ) throws(SottoFailure) -> SottoClient.Unlock {
    let descriptor = unsafe open(file, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .locked("The passphrase file cannot be read.") }
    defer { close(descriptor) }
    return .passphrase(try line(from: descriptor))
  }

  /// The bytes up to a line break or the end, never in an array on the way.
  public static func line(from descriptor: CInt) throws(SottoFailure) -> Secret {
    var count = 0
    var isTooLong = false
    let buffer = unsafe Secret(count: passphraseBytesMax + 1) { bytes in
      while count < bytes.count {
        let taken = unsafe read(descriptor, bytes.baseAddress?.advanced(by: count), 1)
        guard taken == 1, unsafe bytes[count] != UInt8(ascii: "\n") else { return }
        count += 1
      }
      isTooLong = true
    }
    guard !isTooLong else { throw .locked("The passphrase is longer than 1,024 bytes.") }
    guard count > 0 else { throw .locked("The passphrase is empty.") }
    return unsafe Secret(count: count) { target in
      unsafe buffer.withUnsafeBytes { source in
        unsafe target.copyBytes(from: source.prefix(count))
      }
    }
  }

  /// Whether both are passphrases and equal, for a passphrase that was typed twice.
  public func isSamePassphrase(as other: SottoClient.Unlock) -> Bool {
    guard case .passphrase(let left) = self, case .passphrase(let right) = other else {
      return false
    }
    return left.constantTimeEquals(right)
  }
}
