// What came of commands, as their owner tells it; and of messages that clients work on, as the API does.
import { somebody, testStartAt } from '../events.ts'
import { type GoldenCase, one, told } from './golden-events.ts'

const command = {
  chatId: somebody.lid,
  chatPn: somebody.pn,
  messageId: '3EB0A1B2C3D4E5F6A7B8C9',
  commandId: 'c'.repeat(32),
  operation: 'message.send',
}

const worked = {
  chatId: somebody.lid,
  chatPn: somebody.pn,
  messageId: '3A0123456789ABCDEF01',
  sessionId: 'd'.repeat(32),
  processType: 'transcribe',
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
  one('processing.started', told('processing.started', { ...worked, timeoutAt: testStartAt + 600_000 })),
  one('processing.finished', told('processing.finished', { ...worked, status: 'success', startedAt: testStartAt - 60_000 })),
  one('processing.timed-out', told('processing.timed-out', { ...worked, processType: null, startedAt: testStartAt - 600_000 })),
]
