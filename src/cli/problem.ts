// What ends a verb without its result, said once on stderr: a sentence for people, with --json one line of JSON, and then the last one.
// stdout is left to results, so that whoever reads it never takes a problem for one.
import { exitCodes } from './exit-codes.ts'
import { jsonIsWanted } from './json-wanted.ts'
import { jsonLine } from './print-json.ts'

export type Told = {
  /** Of the type urn:zaplog:problem:<slug>; left out, it follows from the exit code. */
  slug?: string
  /** For people, without a full stop; may be several lines. */
  detail: string
  exitCode: number
  /** What else a program can read: fields, the call, what was meant. */
  rest?: Readonly<Record<string, unknown>>
}

const slugs: Readonly<Record<number, string>> = {
  [exitCodes.usage]: 'usage',
  [exitCodes.tryLater]: 'unavailable',
  [exitCodes.configuration]: 'misconfigured',
}

/** `sentence`: where people read more than the detail, such as who says it. */
export function sayProblem(told: Told, sentence = told.detail): void {
  process.stderr.write(jsonIsWanted() ? jsonLine(problemOf(told)) : `${sentence}\n`)
}

/** Where it is not zaplog's own problem, which has one that fits better. */
const titles: Readonly<Record<number, string>> = {
  [exitCodes.usage]: 'The command line cannot be understood',
  [exitCodes.tryLater]: 'It may work later',
  [exitCodes.configuration]: 'A setting stands against it',
}

export const problemOf = ({ slug, detail, exitCode, rest = {} }: Told) => ({
  type: `urn:zaplog:problem:${slug ?? slugs[exitCode] ?? 'failed'}`,
  title: titles[exitCode] ?? 'It failed',
  detail,
  ...rest,
  exitCode,
})
