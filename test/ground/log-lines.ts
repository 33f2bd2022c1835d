// A logger for tests that keeps its lines; an error line nobody expected fails the test that caused it.
import { afterEach, expect } from 'vitest'
import { describeError, type Fields, type Logger } from '../../src/runtime/logger.ts'

export type LogLine = { level: 'debug' | 'info' | 'warn' | 'error'; event: string; fields: Fields }

/** `expected`: error events that this test provokes on purpose. Call at the top of a test file or test. */
export function collectLogLines(expected: readonly string[] = []): Logger & { lines: readonly LogLine[] } {
  const lines: LogLine[] = []
  const at =
    (level: LogLine['level']) =>
    (event: string, fields: Fields = {}) =>
      void lines.push({
        level,
        event,
        fields: fields.error === undefined ? fields : { ...fields, error: describeError(fields.error) },
      })
  afterEach(() => {
    expect(lines.filter(line => line.level === 'error' && !expected.includes(line.event))).toEqual([])
  })
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
