// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import SottoClient

/// The command line. Every verb is a method of the same name of the local protocol.
struct Sotto: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sotto",
    abstract: "Private conversations that nobody else can see, the server included.",
    discussion: "Exit codes and the JSON of every verb are listed in the protocol documentation.",
    version: OpenRPC.version,
    subcommands: [
      Register.self, Send.self, SendLocation.self, SendContact.self, Attach.self, Save.self,
      Thumbnail.self, Transfers.self, Reply.self, React.self,
      Edit.self, Delete.self, Poll.self, PinMessage.self, UnpinMessage.self, Pinned.self,
      Keep.self, Unkeep.self, Kept.self, Typing.self,
      Receive.self, Export.self, Import.self,
      Conversations.self, History.self, Revisions.self, Search.self,
      Star.self, Unstar.self, Starred.self, Forward.self, Draft.self, Mute.self, Unmute.self,
      Archive.self, Unarchive.self, Pin.self, Unpin.self, MarkUnread.self,
      Scheduled.self, Reschedule.self, Unschedule.self, Why.self,
      Requests.self, BlockPerson.self, UnblockPerson.self, Blocked.self, Settings.self,
      Group.self, Timer.self, Device.self, SafetyNumber.self, Verify.self, Unverify.self,
      IdentityKey.self, Passphrase.self,
      Status.self, Accounts.self, Protect.self, Daemon.self, Chat.self, Demo.self,
      DescribeMethods.self,
    ])
}

/// Parses, runs and turns every failure into its exit code.
@main
enum Program {
  static func main() async {
    signal(SIGPIPE, SIG_IGN)
    do {
      var command = try await Sotto.asyncParseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch let failure as SottoFailure {
      exit(failure.exitCode)
    } catch is CancellationError {
      exit(Interruption.exitCode)
    } catch {
      let text = Sotto.fullMessage(for: error)
      guard Sotto.exitCode(for: error) != .success else {
        Output.line(text)
        exit(0)
      }
      Output.error(text)
      exit(2)
    }
  }
}
