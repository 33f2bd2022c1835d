// The entries of a part of history in batches, each of which is appended and then done: whole entries, in their order, from the place on that was
// saved last. What lies before it is converted again, for what later entries follow from, and goes nowhere.

import type { HistoryConverter } from '../../convert/history/convert-history.ts'
import type { Converted, HistoryDraft } from '../../convert/history/history-context.ts'
import type { Pair } from '../../convert/history/history-pairs.ts'
import type { HistoryEntry } from '../../convert/history/read-history.ts'
import type { BroughtSecret } from '../../convert/sealed/message-secret.ts'
import type { Counts } from '../../instances/history-syncs.ts'
import type { Fitted } from './fit-event.ts'

export type Batch = { fitted: readonly Fitted[]; secrets: readonly BroughtSecret[]; pairs: readonly Pair[]; counts: Counts }
export type BatchesOf = {
  entries: AsyncIterable<HistoryEntry>
  converter: HistoryConverter
  /** Entries that are done with. */
  skip: number
  /** null: no record can hold it. */
  fit(draft: HistoryDraft): Promise<Fitted | null>
}

/** Of events, and of the pairs and the secrets beside them. Small, so that what is live goes between two of them. */
const MAX_EVENTS = 100
/** By its raw bytes alone the last entry has room. */
const MAX_BYTES = 1024 * 1024
/** Where most entries say nothing, the place is saved all the same. */
const MAX_ENTRIES = 5_000

/** What came before a failure of the entries is yielded before that is thrown. */
export async function* batchesOf({ entries, converter, skip, fit }: BatchesOf): AsyncGenerator<Batch, void, undefined> {
  let batch = openBatch()
  const failed: unknown[] = []
  try {
    let [entry, ordinal] = [0, 0]
    for await (const one of entries) {
      const converted = converter.convert(one, ordinal)
      if (isMessage(one)) ordinal += 1
      if (++entry <= skip) continue
      if (!batch.hasRoomFor(converted)) {
        yield batch.batch()
        batch = openBatch()
      }
      // Only now: what is put for it is named by this batch.
      const fitted = await Promise.all(converted.drafts.map(fit))
      const done = { ...converted, fitted: fitted.filter(each => each !== null), isMessage: isMessage(one) }
      batch.add({ ...done, isUnreadable: converted.isUnreadable || fitted.includes(null) })
    }
  } catch (error) {
    failed.push(error)
  }
  if (batch.batch().counts.entriesDone > 0) yield batch.batch()
  if (failed.length > 0) throw failed[0]
}

const isMessage = ({ kind }: HistoryEntry): boolean => kind === 'message' || kind === 'status'

type Done = Pick<Converted, 'secret' | 'pairs' | 'isUnreadable'> & { isMessage: boolean; fitted: readonly Fitted[] }

function openBatch() {
  const fitted: Fitted[] = []
  const secrets: BroughtSecret[] = []
  const pairs: Pair[] = []
  const counts: Counts = { entriesDone: 0, messages: 0, people: 0, unreadable: 0 }
  let sizeBytes = 0
  return {
    hasRoomFor: ({ drafts, pairs: more }: Pick<Converted, 'drafts' | 'pairs'>): boolean =>
      counts.entriesDone === 0 ||
      (counts.entriesDone < MAX_ENTRIES &&
        Math.max(fitted.length + drafts.length, secrets.length + 1, pairs.length + more.length) <= MAX_EVENTS &&
        sizeBytes + rawBytes(drafts) <= MAX_BYTES),
    add(one: Done): void {
      fitted.push(...one.fitted)
      if (one.secret !== null) secrets.push(one.secret)
      pairs.push(...one.pairs)
      sizeBytes += sizeOf(one)
      counts.entriesDone += 1
      if (one.isUnreadable) counts.unreadable += 1
      else if (one.isMessage) counts.messages += 1
      else if (one.fitted.length > 0) counts.people += 1
    },
    batch: (): Batch => ({ fitted, secrets, pairs, counts }),
  }
}

const rawBytes = (drafts: Converted['drafts']): number =>
  drafts.reduce((sum, draft) => sum + ('raw' in draft ? (draft.raw?.length ?? 0) : 0), 0)

const sizeOf = ({ fitted, secret }: Pick<Done, 'fitted' | 'secret'>): number =>
  fitted.reduce((sum, { record }) => sum + record.value.length, 0) +
  (secret?.options.reduce((sum, option) => sum + option.length, 0) ?? 0)
