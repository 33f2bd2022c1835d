// Colours for people: on a terminal that has them, unless NO_COLOR is set; FORCE_COLOR wins over both, and is asked for nothing by 0.
import pc from 'picocolors'
import type { Environment } from '../runtime/variables.ts'
import { jsonIsWanted } from './json-wanted.ts'

type Output = { isTTY?: boolean }

/** Pure (https://no-color.org, https://force-color.org). */
export function isColourful(output: Output, env: Environment): boolean {
  if (env.FORCE_COLOR) return !/^(0|false)$/.test(env.FORCE_COLOR)
  return !env.NO_COLOR && env.TERM !== 'dumb' && output.isTTY === true
}

const coloursOf = (output: Output) => pc.createColors(isColourful(output, process.env))

/** For lines that tell a person how it goes: with --json they are on stderr. */
export const shown = coloursOf(jsonIsWanted() ? process.stderr : process.stdout)
export const onStderr = coloursOf(process.stderr)
