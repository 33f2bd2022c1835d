// Which part of its history the phone shares, in words: the notification's number, which is also that of what it shares.
import { proto } from '@whiskeysockets/baileys'

const { HistorySyncType } = proto.Message
const words: Readonly<Record<number, string>> = {
  [HistorySyncType.INITIAL_BOOTSTRAP]: 'initial-bootstrap',
  [HistorySyncType.INITIAL_STATUS_V3]: 'initial-status',
  [HistorySyncType.FULL]: 'full',
  [HistorySyncType.RECENT]: 'recent',
  [HistorySyncType.PUSH_NAME]: 'push-name',
  [HistorySyncType.NON_BLOCKING_DATA]: 'non-blocking-data',
  [HistorySyncType.ON_DEMAND]: 'on-demand',
  [HistorySyncType.NO_HISTORY]: 'no-history',
  [HistorySyncType.MESSAGE_ACCESS_STATUS]: 'message-access-status',
}

/** One that is newer than this version by its number. */
export const syncTypeOf = (type: number): string => words[type] ?? `type-${type}`
