// What came of commands, as their owner tells it.
import { somebody } from '../events.ts'
import { type GoldenCase, one, told } from './golden-events.ts'

const command = {
  chatId: somebody.lid,
  chatPn: somebody.pn,
  messageId: '3EB0A1B2C3D4E5F6A7B8C9',
  commandId: 'c'.repeat(32),
  operation: 'message.send',
}

export const commandCases: readonly GoldenCase[] = [
  one('command.completed', told('command.completed', { ...command, tries: 2 })),
  one(
    'command.failed',
    told('command.failed', {
      ...command,
      ...{ tries: 1, reason: 'account-restricted', reasonText: 'WhatsApp restricts the account (463)', code: '463' },
    }),
  ),
  one(
    'command.failed never tried',
    told('command.failed', {
      ...command,
      tries: 0,
      reason: 'expired',
      reasonText: 'The account was not open in time',
      code: null,
    }),
  ),
]
