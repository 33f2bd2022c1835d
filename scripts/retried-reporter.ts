// A vitest reporter that hides nothing: a test that failed first and passed on a further try is named at the end, with what went wrong.
import { relative } from 'node:path'
import type { Reporter, TestCase } from 'vitest/node'

/** vitest calls it with `new`. */
export default function createRetriedReporter(): Reporter {
  const retried: TestCase[] = []
  return {
    onTestCaseResult: test => {
      if (triesOf(test) > 1 && test.result().state === 'passed') retried.push(test)
    },
    onTestRunEnd: () => {
      for (const test of retried) process.stdout.write(`${sentence(test)}\n`)
    },
  }
}

const triesOf = (test: TestCase): number => (test.diagnostic()?.retryCount ?? 0) + 1

/** Errors of earlier tries stay with a test that passed. */
function sentence(test: TestCase): string {
  const why = test.result().errors?.[0]?.message.split('\n')[0] ?? 'no error was kept'
  return `passed on try ${triesOf(test)}: ${relative(process.cwd(), test.module.moduleId)}: ${test.fullName}: ${why}`
}
