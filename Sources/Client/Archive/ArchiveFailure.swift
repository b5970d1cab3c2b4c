// SPDX-License-Identifier: Apache-2.0

import ClientCore

/// Why an export cannot be written or read.
enum ArchiveFailure: Error, Hashable {
  /// Something is at the path already.
  case exists
  /// A file or folder cannot be written.
  case unwritable
  /// A file or folder cannot be read.
  case unreadable
  /// A part does not have the form that it should have.
  case malformed(ArchivePart)
  /// A part is larger than an export may be.
  case tooLarge(ArchivePart)
  /// A file that the manifest names is not there.
  case missing
  /// A file is not the one that was signed.
  case changed
  /// There is a file that the manifest does not name.
  case unnamed
  /// The signature does not hold, or is not of whom the manifest names.
  case unsigned
}

/// The parts of an export.
enum ArchivePart: String, Hashable {
  case manifest
  case signature
  case index = "list of conversations"
  case line
}

extension ClientFailure {
  init(archive failure: ArchiveFailure) {
    switch failure {
    case .exists:
      self.init(.fileFailure, "Something is there already; an export makes a folder of its own.")
    case .unwritable: self.init(.fileFailure, "The export cannot be written there.")
    case .unreadable: self.init(.fileFailure, "There is no export that can be read.")
    case .malformed(let part):
      self.init(.exportInvalid, "The export's \(part.rawValue) is not of the form that it has.")
    case .tooLarge(let part):
      self.init(.exportInvalid, "The export's \(part.rawValue) is larger than one can be.")
    case .missing: self.init(.exportInvalid, "A file of the export is missing.")
    case .changed: self.init(.exportInvalid, "A file of the export was changed.")
    case .unnamed: self.init(.exportInvalid, "There is a file that the export does not have.")
    case .unsigned: self.init(.exportInvalid, "The signature of the export does not hold.")
    }
  }
}
