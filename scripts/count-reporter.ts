// A vitest reporter for test.ts: writes how many tests passed, failed and were skipped into the file that TEST_COUNTS names.
import { writeFileSync } from 'node:fs'
import type { Reporter } from 'vitest/node'

/** vitest calls it with `new`. */
export default function createCountReporter(): Reporter {
  return {
    onTestRunEnd: modules => {
      const counts = { passed: 0, failed: 0, skipped: 0 }
      for (const test of modules.flatMap(module => [...module.children.allTests()])) {
        const { state } = test.result()
        counts[state === 'pending' ? 'skipped' : state]++
      }
      writeFileSync(String(process.env.TEST_COUNTS), JSON.stringify(counts))
    },
  }
}
