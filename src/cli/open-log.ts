// The logger of a verb that runs on: on stderr, as JSON for programs or as lines for people.
import { createLogger, type Logger } from '../runtime/logger.ts'
import { readableLine } from '../runtime/readable-line.ts'
import { onStderr } from './colours.ts'
import { logOutput } from './lost-output.ts'

export type LogFormat = 'auto' | 'json' | 'pretty'

/** auto: lines for people on a terminal. */
export function openLog({ level, format }: { level: string; format: LogFormat }): Logger {
  const isReadable = format === 'pretty' || (format === 'auto' && process.stderr.isTTY === true)
  const destination = isReadable ? { write: (line: string) => logOutput.write(readableLine(line, onStderr)) } : logOutput
  return createLogger({ level, destination })
}
