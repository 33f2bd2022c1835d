// zaplog help: of a verb how it goes, of any other word the verbs that have to do with it, of `all` every verb there is.
import { type Command, CommanderError } from 'commander'
import { exitCodes } from './exit-codes.ts'
import { jsonIsWanted } from './json-wanted.ts'
import { jsonLine } from './print-json.ts'
import { textTable } from './text-table.ts'
import { argumentTerms, pathOf, verbOf, verbsOf } from './verb-of.ts'

/** Throws CommanderError where no verb has to do with these words. */
export function showHelp(program: Command, words: readonly string[]): void {
  const { verb, path } = verbOf(program, words)
  if (path.length < words.length) print(verbsAbout(program, words), words)
  else if (jsonIsWanted()) print(verbsOf(verb), words)
  else verb.outputHelp()
}

function print(verbs: readonly Command[], words: readonly string[]): void {
  if (verbs.length === 0)
    throw new CommanderError(exitCodes.usage, 'zaplog.no-such-verb', `no verb has to do with '${words.join(' ')}'`)
  const json = verbs.map(one => ({ verb: pathOf(one), summary: one.description() }))
  process.stdout.write(jsonIsWanted() ? jsonLine(json) : `${verbTable(verbs)}\n`)
}

/** Those whose name or description has all of these words; of `all` every one. */
export function verbsAbout(program: Command, words: readonly string[]): readonly Command[] {
  const wanted = words.join(' ') === 'all' ? [] : words.map(word => word.toLowerCase())
  return verbsOf(program).filter(verb => {
    const said = `${pathOf(verb)} ${verb.aliases().join(' ')} ${verb.description()}`.toLowerCase()
    return wanted.every(word => said.includes(word))
  })
}

/** A line each, where the terminal is wide enough. */
export const verbTable = (verbs: readonly Command[]): string =>
  textTable(
    ['verb', 'what it does'],
    verbs.map(one => [`zaplog ${[pathOf(one), ...argumentTerms(one)].join(' ')}`, one.description()]),
  )
