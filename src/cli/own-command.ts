// What a person types to run us again: the file `zaplog` of this checkout, as it is reached from where this process was started.
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { shellWord } from './shell-word.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

export function ownCommand(): string {
  const up = relative('', root)
  if (up === '') return './zaplog'
  return shellWord(/^(\.\.\/?)+$/.test(up) ? `${up}/zaplog` : `${root}zaplog`)
}
