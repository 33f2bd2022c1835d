// A promtool of this machine, which Prometheus judges metrics with.
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { runProgram } from './fetch-artifact.ts'
import { requireService, whyMissing } from './require-service.ts'

const promtool = 'promtool'

/** null: there is one. */
export const promtoolAvailable = (): Promise<string | null> =>
  whyMissing(() =>
    requireService('what judges metrics is missing: install Prometheus’ promtool (Debian: apt-get install prometheus)', () =>
      runProgram(promtool, ['--version']),
    ),
  )

/** What it says of a scrape. Its exit code is 0 where it has nothing to say, 3 where it has, and 1 where it cannot read it. */
export async function judgeScrape(scraped: string): Promise<{ exitCode: number | null; said: string }> {
  const program = spawn(promtool, ['check', 'metrics'])
  const ended = new Promise<number | null>((resolve, reject) => program.once('close', resolve).once('error', reject))
  program.stdin.end(scraped)
  const [exitCode, out, err] = await Promise.all([ended, text(program.stdout), text(program.stderr)])
  return { exitCode, said: `${out}${err}` }
}
