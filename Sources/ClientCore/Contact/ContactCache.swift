// SPDX-License-Identifier: Apache-2.0

/// Who may not be answered, as the store has it: read once, and again after each change.
struct ContactCache: Sendable {
  /// The addresses of conversations that were not accepted yet, and their rows.
  var requests: [String: ContactRequestRow] = [:]
  /// Who is blocked.
  var blocked: Set<String> = []
}

/// What becomes of a Welcome.
enum Reception: Hashable {
  /// The conversation is one that this account wants.
  case accept
  /// Its user is asked first, and nothing is answered.
  case ask
  /// It is dropped without a trace.
  case drop
}

/// What strangers may do: the setting `strangers`.
public enum StrangerPolicy: String, CaseIterable, Hashable, Sendable {
  /// Their conversations are requests until they are accepted. The usual one.
  case ask
  /// Their conversations are accepted at once, as a service that answers to everybody does.
  case accept
  /// They cannot begin one: contacts only.
  case refuse
}

/// Which files of messages are fetched without being asked for, and stay: the setting
/// `keep-files` (attachments.md, Files that stay).
public enum KeepPolicy: String, CaseIterable, Hashable, Sendable {
  /// Pictures of up to 16 MiB. The usual one.
  case pictures
  /// Files of up to 256 MiB.
  case all
  /// None: a file is fetched when it is saved.
  case none
}

/// A setting of the account; its devices share it.
public enum ClientSetting: String, CaseIterable, Hashable, Sendable {
  /// A `StrangerPolicy`.
  case strangers
  /// `on` or `off`: whether people are told what was read here, and shown what they read.
  case readReceipts = "read-receipts"
  /// `on` or `off`: whether people are told what arrived here.
  case deliveryReceipts = "delivery-receipts"
  /// `on` or `off`: whether people are told that the user types, and shown that they do.
  case typing
  /// A `KeepPolicy`: which files stay on this device without being asked for.
  case keepFiles = "keep-files"
  /// The timer of conversations and groups that this account begins, or `off`.
  case timer

  /// The row that keeps it.
  package func row(_ value: String) -> SettingRow {
    SettingRow(key: "setting:" + rawValue, value: Array(value.utf8))
  }

  /// What it is while nobody has changed it.
  public var usual: String { values[0] }

  /// Whether it may be this.
  public func allows(_ value: String) -> Bool { form(of: value) != nil }

  /// The one form of a value: a timer can be written in several. `nil` when it may not be this.
  func form(of value: String) -> String? {
    if values.contains(value) { return value }
    return self == .timer ? MessageTimer(value)?.description : nil
  }

  /// What it may be; the first is the usual one. Of timers these are the ones to offer first.
  public var values: [String] {
    switch self {
    case .strangers: StrangerPolicy.allCases.map(\.rawValue)
    case .readReceipts, .deliveryReceipts, .typing: ["on", "off"]
    case .keepFiles: KeepPolicy.allCases.map(\.rawValue)
    case .timer: ["off"] + MessageTimer.presets
    }
  }
}
