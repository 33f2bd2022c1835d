import { expect, test } from 'vitest'
import { createProgressSaver } from '../../src/log/engine/progress-saver.ts'
import type { Progress } from '../../src/log/log.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

test('[H5] progress of an ended assignment is not saved again when the save that was under way fails', async () => {
  const saved: bigint[] = []
  let fail = (_: Error): void => undefined
  const store = {
    take: async () => [],
    save: (_: string, progress: readonly Progress[]) => {
      saved.push(...progress.map(({ nextOffset }) => nextOffset))
      return saved.length > 1 ? Promise.resolve(true) : new Promise<boolean>((_, reject) => (fail = reject))
    },
  }
  const logger = collectLogLines()
  const saver = createProgressSaver({ store, consumerGroup: 'g', logger })
  const at = (nextOffset: bigint) => ({
    progress: () => ({ topic: 't', partition: 0, nextOffset, finished: [] }),
    lost: () => undefined,
  })
  const earlier = at(7n)
  saver.changed(earlier)
  await until('the save to be under way', () => saved.length === 1)
  saver.forget(earlier)
  fail(new Error('the connection was lost'))
  await until('the failure to be said', () => logger.lines.some(line => line.event === 'log.progress-unsaved'))

  const next = at(3n)
  saver.changed(next)
  await saver.flush([next], new AbortController().signal)
  expect(saved).toEqual([7n, 3n])
})
