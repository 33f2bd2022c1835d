// Logs whose consumers are handed something else beside their own appends than the log has.
import type { BatchConsumer, EventLog, LogRecord } from '../../src/log/log.ts'
import type { BrokenLog } from './log-broken.ts'

const handing = (change: (records: readonly LogRecord[]) => readonly LogRecord[]) => (log: EventLog) => ({
  ...log,
  consumeBatches: (consumer: BatchConsumer, signal: AbortSignal) => {
    const handle: BatchConsumer['handle'] = (batch, ended) => consumer.handle({ ...batch, records: change(batch.records) }, ended)
    return log.consumeBatches({ ...consumer, handle }, signal)
  },
})
const only = (isTaken: (record: LogRecord) => boolean) => handing(records => records.filter(isTaken))
const text = ({ value }: LogRecord) => Buffer.from(value ?? []).toString()

export const brokenRecent: readonly BrokenLog[] = [
  {
    title: 'hands out what was appended without a look at what text and time become',
    breaks: '[B2] a consumer beside its own appends',
    log: handing(records => records.map(record => ({ ...record, key: record.key.replace('\ufffd', '\ud83d') }))),
  },
  {
    title: 'hands out only what this process appended',
    breaks: '[B4] what two members append in turn',
    log: only(record => !text(record).startsWith('theirs')),
  },
  {
    title: 'hands out a record of others behind the ones it comes before',
    breaks: '[B4] what members append at once is handed out',
    log: handing(records => records.toReversed()),
  },
  {
    title: 'leaves out what memory had no room for',
    breaks: '[B4] a consumer that stands still',
    log: only(({ offset }) => offset === 0n || offset > 8n),
  },
  {
    title: 'hands out nothing of what was given up',
    breaks: '[B2] of an append that nobody waits for',
    log: only(record => !text(record).startsWith('given up')),
  },
]
