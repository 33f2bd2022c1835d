import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'src/**/*.test.ts', 'simulator/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Real brokers and processes share two cores on CI: one more try there, never elsewhere; scripts/retried-reporter.ts says which test took it, and why.
    retry: process.env.CI ? 1 : 0,
    // Scenarios mostly wait for brokers and processes of their own: two files at a time also where there are two cores.
    maxWorkers: Math.max(2, Math.floor(availableParallelism() / 2)),
    globalSetup: 'test/ground/global-setup.ts',
    setupFiles: 'test/ground/late-rejections.ts',
  },
})
