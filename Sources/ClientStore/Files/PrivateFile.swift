// SPDX-License-Identifier: Apache-2.0

import Glibc
import SansIO

/// Reading and writing small files that only their owner may see.
enum PrivateFile {
  /// A file is read up to this size; keys are far smaller.
  static let bytesMax = 4096

  /// What a file on disk is, as far as it matters here.
  struct Facts {
    let isRegular: Bool
    let isDirectory: Bool
    let isOwn: Bool
    let isPrivate: Bool
    let size: Int
  }

  /// Whether there is anything of that name.
  static func exists(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) == 0
  }

  /// What the open file is.
  static func facts(_ descriptor: borrowing Descriptor) throws(StoreOpenFailure) -> Facts {
    var status = stat()
    guard unsafe fstat(descriptor.number, &status) == 0 else { throw .last("fstat") }
    return Facts(
      isRegular: status.st_mode & S_IFMT == S_IFREG,
      isDirectory: status.st_mode & S_IFMT == S_IFDIR, isOwn: status.st_uid == geteuid(),
      isPrivate: status.st_mode & 0o077 == 0, size: Int(status.st_size))
  }

  /// The whole file, into bytes that are wiped.
  ///
  /// - Throws: `tooLarge` when it is above `bytesMax`, `system` when it cannot be read.
  static func read(
    _ descriptor: borrowing Descriptor, tooLarge: StoreOpenFailure
  ) throws(StoreOpenFailure) -> Secret {
    let size = try facts(descriptor).size
    guard size <= bytesMax else { throw tooLarge }
    let number = descriptor.number
    return unsafe try Secret(count: size) { (buffer) throws(StoreOpenFailure) in
      var offset = 0
      while offset < size {
        let taken = unsafe Glibc.pread(
          number, buffer.baseAddress.map { unsafe $0 + offset }, size - offset,
          off_t(offset))
        if taken < 0, errno == EINTR { continue }
        guard taken > 0 else { throw .last("read") }
        offset += taken
      }
    }
  }

  /// Writes a file of mode 0600 that is there whole or not at all, also after a crash: a temporary
  /// file is written, flushed and renamed, and the directory is flushed.
  static func writeAtomically(
    _ bytes: [UInt8], to name: String, in directory: String,
    written: () throws(StoreOpenFailure) -> Void = {}
  ) throws(StoreOpenFailure) {
    let target = directory + "/" + name
    let temporary = target + ".new"
    _ = unsafe unlink(temporary)
    do {
      let file = try Descriptor.open(
        temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, "create", mode: 0o600)
      try write(bytes, to: file)
      guard fsync(file.number) == 0 else { throw .last("fsync") }
    }
    try written()
    guard unsafe rename(temporary, target) == 0 else { throw .last("rename") }
    try flushDirectory(directory)
  }

  /// Overwrites what is in an open file with zeros, to its end.
  static func overwrite(_ file: borrowing Descriptor) throws(StoreOpenFailure) {
    let zeros = [UInt8](repeating: 0, count: min(try facts(file).size, bytesMax))
    guard lseek(file.number, 0, SEEK_SET) == 0 else { throw .last("seek") }
    try write(zeros, to: file)
    guard fsync(file.number) == 0 else { throw .last("fsync") }
  }

  /// Makes new and renamed entries of a directory durable.
  static func flushDirectory(_ path: String) throws(StoreOpenFailure) {
    let directory = try Descriptor.open(path, O_RDONLY | O_DIRECTORY, "open")
    guard fsync(directory.number) == 0 else { throw .last("fsync") }
  }

  /// Takes the rights of other users away from a file; nothing happens when it is not there.
  static func makePrivate(_ path: String) throws(StoreOpenFailure) {
    guard unsafe chmod(path, 0o600) == 0 || errno == ENOENT else { throw .last("chmod") }
  }

  private static func write(
    _ bytes: [UInt8], to file: borrowing Descriptor
  ) throws(StoreOpenFailure) {
    var offset = 0
    let number = file.number
    while offset < bytes.count {
      let rest = bytes[offset...]
      let taken = unsafe rest.withUnsafeBytes { buffer in
        unsafe Glibc.write(number, buffer.baseAddress, buffer.count)
      }
      if taken < 0, errno == EINTR { continue }
      guard taken > 0 else { throw .last("write") }
      offset += taken
    }
  }
}

/// An open file that is closed when it goes out of scope, and that child processes do not inherit.
struct Descriptor: ~Copyable {
  let number: Int32

  private init(number: Int32) { self.number = number }

  /// Opens a file; `operation` is the name of what failed.
  static func open(
    _ path: String, _ flags: Int32, _ operation: StaticName, mode: mode_t = 0
  ) throws(StoreOpenFailure) -> Descriptor {
    let number = unsafe Glibc.open(path, flags | O_CLOEXEC, mode)
    guard number >= 0 else { throw .last(operation) }
    return Descriptor(number: number)
  }

  deinit { _ = close(number) }
}

extension StoreOpenFailure {
  /// The failure of the system call that was made last.
  static func last(_ operation: StaticName) -> StoreOpenFailure {
    let number = errno
    return number == ENOSPC || number == EDQUOT ? .full : .system(operation, errno: number)
  }
}
