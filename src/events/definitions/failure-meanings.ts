// What each reason of a failed command means for whoever asked for it, and what helps: the table of docs/contract.md is generated from it.
import type { FailureReason } from './commands.ts'

export const failureMeanings: Readonly<Record<FailureReason, string>> = {
  refused: 'WhatsApp refused it; `code` is what it said',
  'not-on-whatsapp': 'nobody is on WhatsApp under that number, or there is no such group',
  'not-allowed': 'the account may not do that there: it is not in the group, is no admin of it, or may not write to that person',
  'account-restricted': 'WhatsApp lets the account begin no new chats for a while (463)',
  'rate-limited': 'the account did too much in a short time (429); what comes later may pass',
  expired: 'it was not begun by `queuedUntil`: the account was not open, or its turn did not come',
  'logged-out': 'the account was unlinked before it was done: link it again, and ask again with another key',
  'outcome-unknown': 'it was given to WhatsApp, which never said whether it took it, and nothing tells: it may have been done',
  invalid:
    'it cannot be done as it was asked for, such as a file that cannot be had or is of another type; `reasonText` says why',
  'app-state-key-missing': 'the phone has not shared the key that such changes are signed with; it does soon after the link',
  'media-upload-failed': 'WhatsApp’s servers did not take its file',
  cancelled: 'somebody took it back before WhatsApp had it',
}
