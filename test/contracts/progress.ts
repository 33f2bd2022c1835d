// What every progress store promises: whoever took a partition last owns it, and nobody else writes it.
import assert from 'node:assert/strict'
import type { Progress, ProgressStore, TopicPartition } from '../../src/log/log.ts'
import type { ProgressRows } from '../../src/log/progress.ts'

/** Two members' stores on the same rows; `group` is fresh, with rows for partitions 0 and 1 of `topic`. */
export type ProgressSubject = { store: ProgressStore; other: ProgressStore; consumerGroup: string; topic: string }
export type ProgressChecks = Readonly<Record<string, (subject: ProgressSubject) => Promise<void>>>

const never = new AbortController().signal
const upTo = (at: TopicPartition, nextOffset: bigint, finished: Progress['finished'] = []): Progress => ({
  ...at,
  nextOffset,
  finished,
})

export const progressPromises: ProgressChecks = {
  '[D2] what its owner saved is what the next owner takes': async ({ store, other, consumerGroup, topic }) => {
    const saved = upTo({ topic, partition: 0 }, 9_007_199_254_740_993n, [
      { from: 9_007_199_254_740_995n, to: 9_007_199_254_740_997n },
      { from: 9_007_199_254_741_000n, to: 9_007_199_254_741_001n },
    ])
    assert.deepEqual(await store.take(consumerGroup, [saved], never), [upTo({ topic, partition: 0 }, 0n)])
    assert.equal(await store.save(consumerGroup, [saved], never), true)
    assert.deepEqual(await other.take(consumerGroup, [saved], never), [saved])
  },

  '[D2] a partition without a row is left out of the answer': async ({ store, consumerGroup, topic }) => {
    const taken = await store.take(
      consumerGroup,
      [0, 7, 1].map(partition => ({ topic, partition })),
      never,
    )
    assert.deepEqual(taken.map(({ partition }) => partition).toSorted(), [0, 1])
  },

  '[D2] who does not own a partition any more saves nothing': async ({ store, other, consumerGroup, topic }) => {
    const at = { topic, partition: 0 }
    await store.take(consumerGroup, [at], never)
    await other.take(consumerGroup, [at], never)
    assert.equal(await store.save(consumerGroup, [upTo(at, 5n)], never), false)
    assert.deepEqual(await other.take(consumerGroup, [at], never), [upTo(at, 0n)])
  },

  '[D2] where somebody else took one partition, nothing of that save is kept': async ({ store, other, consumerGroup, topic }) => {
    const [mine, taken] = [0, 1].map(partition => ({ topic, partition })) as [TopicPartition, TopicPartition]
    await store.take(consumerGroup, [mine, taken], never)
    await other.take(consumerGroup, [taken], never)
    assert.equal(await store.save(consumerGroup, [upTo(mine, 5n), upTo(taken, 5n)], never), false)
    assert.deepEqual(await other.take(consumerGroup, [mine], never), [upTo(mine, 0n)])
  },

  '[D2] a save without having taken is refused': async ({ store, consumerGroup, topic }) => {
    assert.equal(await store.save(consumerGroup, [upTo({ topic, partition: 0 }, 5n)], never), false)
  },

  '[D2] a save sent before a partition was given away and taken back does not count': async ({
    store,
    other,
    consumerGroup,
    topic,
  }) => {
    const at = { topic, partition: 0 }
    await store.take(consumerGroup, [at], never)
    await other.take(consumerGroup, [at], never)
    await other.save(consumerGroup, [upTo(at, 7n)], never)
    const [retaking, late] = [store.take(consumerGroup, [at], never), store.save(consumerGroup, [upTo(at, 3n)], never)]
    assert.equal(await late, false)
    assert.deepEqual(await retaking, [upTo(at, 7n)])
  },

  'groups do not meet': async ({ store, other, consumerGroup, topic }) => {
    const at = { topic, partition: 0 }
    await store.take(consumerGroup, [at], never)
    assert.deepEqual(await other.take(`${consumerGroup}-other`, [at], never), [])
    assert.equal(await store.save(consumerGroup, [upTo(at, 1n)], never), true)
  },

  'an aborted signal rejects': async ({ store, consumerGroup, topic }) => {
    await assert.rejects(store.take(consumerGroup, [{ topic, partition: 0 }], AbortSignal.abort()))
    await assert.rejects(store.save(consumerGroup, [upTo({ topic, partition: 0 }, 1n)], AbortSignal.abort()))
  },
}

type BrokenStore = { title: string; breaks: string; store(rows: ProgressRows): ProgressStore }

/** Stores that break one promise each; `breaks` begins the title of the promise that must go red. */
export const brokenStores: readonly BrokenStore[] = [
  {
    title: 'keeps no finished ranges',
    breaks: '[D2] what its owner saved',
    store: rows => ({
      ...rows,
      save: (consumerGroup, progress, signal) =>
        rows.save(
          consumerGroup,
          progress.map(one => ({ ...one, finished: [] })),
          signal,
        ),
    }),
  },
  {
    title: 'makes up a row that is missing',
    breaks: '[D2] a partition without a row',
    store: rows => ({
      ...rows,
      take: async (consumerGroup, assigned, signal) => {
        const taken = await rows.take(consumerGroup, assigned, signal)
        return assigned.map(at => taken.find(one => one.partition === at.partition) ?? upTo(at, 0n))
      },
    }),
  },
  { title: 'ignores tokens', breaks: '[D2] who does not own', store: retaking },
  { title: 'takes before it saves', breaks: '[D2] a save without having taken', store: retaking },
  {
    title: 'saves one by one',
    breaks: '[D2] where somebody else took one partition',
    store: rows => ({
      ...rows,
      save: async (consumerGroup, progress, signal) => {
        const saved = []
        for (const one of progress) saved.push(await rows.save(consumerGroup, [one], signal))
        return saved.every(one => one)
      },
    }),
  },
  {
    title: 'looks its token up late',
    breaks: '[D2] a save sent before',
    store: rows => {
      let taking: Promise<unknown> = Promise.resolve()
      return {
        take: (consumerGroup, assigned, signal) => {
          const taken = rows.take(consumerGroup, assigned, signal)
          taking = taken
          return taken
        },
        save: async (consumerGroup, progress, signal) => {
          await taking
          return rows.save(consumerGroup, progress, signal)
        },
      }
    },
  },
  {
    title: 'has one row for all groups',
    breaks: 'groups do not meet',
    store: rows => ({
      ...rows,
      take: (consumerGroup, assigned, signal) => rows.take(consumerGroup.replace(/-other$/, ''), assigned, signal),
    }),
  },
  {
    title: 'does not look at the signal',
    breaks: 'an aborted signal',
    store: rows => ({
      take: (consumerGroup, assigned) => rows.take(consumerGroup, assigned, never),
      save: (consumerGroup, progress) => rows.save(consumerGroup, progress, never),
    }),
  },
]

/** Takes what it is about to save. */
function retaking(rows: ProgressRows): ProgressStore {
  return {
    ...rows,
    save: async (consumerGroup, progress, signal) => {
      await rows.take(consumerGroup, progress, signal)
      return rows.save(consumerGroup, progress, signal)
    },
  }
}
