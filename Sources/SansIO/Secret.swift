// SPDX-License-Identifier: Apache-2.0

/// Secret bytes that are overwritten when the last copy of the handle goes away.
///
/// Copies share one buffer. Nothing prints the content, and equality takes a time that depends on
/// the lengths alone.
public struct Secret: Sendable, CustomStringConvertible, CustomReflectable {
  private let storage: Storage

  /// Takes a copy of the bytes. The caller's own array is not overwritten: prefer
  /// `init(count:fill:)` for bytes that were not in an array before.
  public init(_ bytes: [UInt8]) {
    storage = Storage(count: bytes.count)
    unsafe storage.buffer.copyBytes(from: bytes)
  }

  /// Takes a copy of the bytes of a span.
  public init(copying bytes: Span<UInt8>) {
    storage = Storage(count: bytes.count)
    for index in 0..<bytes.count { unsafe storage.buffer[index] = bytes[index] }
  }

  /// A secret of `count` zero bytes, then filled in place by `fill`.
  public init<Failure: Error>(
    count: Int, fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    storage = Storage(count: count)
    try unsafe fill(storage.buffer)
  }

  /// `count` zero bytes.
  public init(zeroCount count: Int) { storage = Storage(count: count) }

  /// `count` bytes drawn from `generator`.
  public init(count: Int, using generator: inout some RandomNumberGenerator) {
    storage = Storage(count: count)
    var word: UInt64 = 0
    for index in 0..<count {
      if index % 8 == 0 { word = generator.next() }
      unsafe storage.buffer[index] = UInt8(truncatingIfNeeded: word)
      word >>= 8
    }
  }

  /// The number of bytes.
  public var count: Int { unsafe storage.buffer.count }

  /// Hands the bytes to `body` for the duration of the call.
  public func withUnsafeBytes<Value, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    try unsafe body(UnsafeRawBufferPointer(storage.buffer))
  }

  /// A copy as an array, for encoders of encrypted stores and for tests. The copy is the caller's
  /// to protect.
  public func copyBytes() -> [UInt8] { unsafe Array(storage.buffer) }

  /// Compares in a time that depends on the lengths alone; the lengths are compared first.
  public func constantTimeEquals(_ other: Secret) -> Bool {
    guard count == other.count else { return false }
    var difference: UInt8 = 0
    for index in 0..<count {
      unsafe difference |= storage.buffer[index] ^ other.storage.buffer[index]
    }
    return difference == 0
  }

  /// Never the content.
  public var description: String { "Secret(redacted)" }

  /// Never the content.
  public var customMirror: Mirror { Mirror(self, children: []) }

  /// The buffer is written only before the handle that owns it is published, hence `@unchecked`;
  /// see the decision record on secrets.
  @safe private final class Storage: @unchecked Sendable {
    let buffer: UnsafeMutableRawBufferPointer

    init(count: Int) {
      unsafe buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
      unsafe buffer.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit {
      unsafe Storage.wipe(buffer)
      unsafe buffer.deallocate()
    }

    @inline(never)
    private static func wipe(_ buffer: UnsafeMutableRawBufferPointer) {
      unsafe buffer.initializeMemory(as: UInt8.self, repeating: 0)
    }
  }
}

extension Secret: Equatable {
  /// `constantTimeEquals`, so that stored rows can be compared.
  public static func == (left: Secret, right: Secret) -> Bool { left.constantTimeEquals(right) }
}

/// Compares two byte strings in a time that depends on their lengths alone, lengths first.
public func constantTimeEquals(_ left: [UInt8], _ right: [UInt8]) -> Bool {
  guard left.count == right.count else { return false }
  var difference: UInt8 = 0
  for index in left.indices { difference |= left[index] ^ right[index] }
  return difference == 0
}
