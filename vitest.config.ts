// Two speeds, told apart by a file's name: `*.test.ts` needs nothing but Node and npm, `*.real.test.ts` needs external parts or minutes. The
// scenarios of `*.both.test.ts` stand on embedded parts in the first and on external ones in the second (test/ground/scenarios/setups.ts). What
// looks at its process (its memory, what an import does to others) is called `*.alone.test.ts` and has one for itself.
import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './scripts/longest-first.ts'

const places = ['test', 'src', 'simulator']
const named = (end: string) => places.map(place => `${place}/**/*${end}`)
/** Most of their time they wait, for Postgres and for processes of their own. */
const fast = {
  provide: { speed: 'fast' },
  maxWorkers: Math.min(8, 2 * availableParallelism()),
  sequence: { groupOrder: 1 },
} as const

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Of one file, where it says that its tests may: each of them has processes of its own, which leave a third of two cores to others.
    maxConcurrency: 2,
    sequence: { sequencer: LongestFirst },
    // Real brokers and processes share two cores on CI: one more try there, never elsewhere; scripts/retried-reporter.ts says which test took it, and why.
    retry: process.env.CI ? 1 : 0,
    globalSetup: 'test/ground/open-ground.ts',
    setupFiles: 'test/ground/late-rejections.ts',
    projects: [
      {
        extends: true,
        test: {
          ...fast,
          name: 'fast',
          include: named('.test.ts'),
          exclude: [...named('.real.test.ts'), ...named('.alone.test.ts')],
          // What they import takes a second each, once in a worker's process instead of once in each file: a third of their CPU. What modules keep for
          // their process (ids given out, texts composed, what is known of a signal or a path) changes nothing that another file's tests can see.
          isolate: false,
        },
      },
      { extends: true, test: { ...fast, name: 'alone', include: named('.alone.test.ts') } },
      {
        extends: true,
        test: {
          name: 'real',
          include: [...named('.real.test.ts'), ...named('.both.test.ts')],
          provide: { speed: 'real' },
          // Brokers and whole zaplogs run beside them, and most of their time they wait: three files at a time also where there are two cores.
          maxWorkers: Math.max(3, Math.floor(availableParallelism() / 2)),
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
