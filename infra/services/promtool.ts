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

type Judgement = { exitCode: number | null; said: string }

/** What it says of a scrape. Its exit code is 0 where it has nothing to say, 3 where it has, and 1 where it cannot read it. */
export const judgeScrape = (scraped: string): Promise<Judgement> => runTool(promtool, ['check', 'metrics'], scraped)
/** What it says of a configuration and the rules that it names; 0: nothing. */
export const judgeConfig = (path: string): Promise<Judgement> => runTool(promtool, ['check', 'config', '--syntax-only', path])
/** What it says of files of rules; 0: nothing. */
export const judgeRules = (paths: readonly string[]): Promise<Judgement> => runTool(promtool, ['check', 'rules', ...paths])
/** What came of a file of tests of rules; 0: all is as expected. */
export const tryRules = (path: string): Promise<Judgement> => runTool(promtool, ['test', 'rules', path])

/** What a program says, whatever it ends with; rejects where it cannot be started. */
export async function runTool(name: string, args: readonly string[], input = ''): Promise<Judgement> {
  const program = spawn(name, args)
  const ended = new Promise<number | null>((resolve, reject) => program.once('close', resolve).once('error', reject))
  program.stdin.end(input)
  const [exitCode, out, err] = await Promise.all([ended, text(program.stdout), text(program.stderr)])
  return { exitCode, said: `${out}${err}` }
}
