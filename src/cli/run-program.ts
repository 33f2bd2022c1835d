// Runs the command line: what every verb has in common, and what is said of one that was typed wrong: a line or two, never all of the help.
import { fileURLToPath } from 'node:url'
import { type Command, CommanderError, Help, Option } from 'commander'
import { EnvFileRefused, readEnvFile } from './env-file.ts'
import { exitCodes } from './exit-codes.ts'
import { columnsOf, fitText } from './fit-terminal.ts'
import { takenByNpm } from './npm-flags.ts'
import { ownCommand } from './own-command.ts'
import { sayProblem } from './problem.ts'
import { synonymOf } from './synonyms.ts'
import { argumentTerms, pathOf, verbOf, verbsOf } from './verb-of.ts'

/** For the program before it has verbs, which then have it too. */
export const tolerant = (program: Command): Command =>
  program
    .exitOverride()
    .configureOutput({ outputError: () => undefined }) // sayMistake says it
    .configureHelp({ formatItem, formatHelp, subcommandTerm, minWidthToWrap: LEAST_COLUMNS })

/** Lists of verbs say what is typed, and leave options to the help of each. */
const subcommandTerm = (verb: Command): string => [verb.name(), ...argumentTerms(verb)].join(' ')

/** Of what a term means, beside long terms. */
const LEAST_COLUMNS = 24

/** Options that every verb has, whoever adds it; those it has itself stay. */
export function completeVerbs(program: Command): void {
  const common = [
    () => new Option('--json', 'one JSON document instead of text, also of what goes wrong (on stderr, its last line)'),
    () => new Option('--env-file <file>', 'settings from this file, too; those that are set win'),
  ]
  for (const verb of verbsOf(program))
    for (const make of common) {
      const option = make()
      if (!verb.options.some(one => one.long === option.long)) verb.addOption(option)
    }
}

/** Sets the exit code of the process where a verb is not even begun. */
export async function runProgram(program: Command, argv: readonly string[]): Promise<void> {
  const words = argv.slice(2)
  const taken = takenByNpm(program, words, { env: process.env, packageFile })
  if (taken !== null) return mistake({ detail: taken, exitCode: exitCodes.usage })
  try {
    await program.parseAsync([...argv.slice(0, 2), ...askedOf(program, words)])
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) process.exitCode = exitCodes.done
    else if (error.code === 'commander.help') process.exitCode = exitCodes.usage
    else mistake({ detail: describe(error, program, words), exitCode: exitCodes.usage })
  }
}

const helpFlags: readonly string[] = ['--help', '-h']

/** Whoever asks how a verb goes that there is not is told that there is none, as without the question. */
function askedOf(program: Command, words: readonly string[]): readonly string[] {
  const { verb, path } = verbOf(program, words)
  const next = words[path.length]
  const isUnknown = verb.commands.length > 0 && next !== undefined && !next.startsWith('-') && next !== 'help'
  return isUnknown ? words.filter(word => !helpFlags.includes(word)) : words
}

const packageFile = fileURLToPath(new URL('../../package.json', import.meta.url))

function mistake(told: { detail: string; exitCode: number }): void {
  sayProblem(told)
  process.exitCode = told.exitCode
}

/** Commander says what is wrong, and what may have been meant. */
function describe({ code, message }: CommanderError, program: Command, words: readonly string[]): string {
  const { verb, path } = verbOf(program, words)
  const what = message.replace(/^error: /, '').replace(/\n\(Did (you mean .*)\)$/s, ' (did $1)')
  const [, unknown, word = ''] = /^(unknown command '(.*?)')/s.exec(what) ?? []
  const meant = unknown === undefined ? null : meantBy(word, { program, verb })
  const said = meant === null ? what : `${unknown} (did you mean ${meant}?)`
  return `${['zaplog', ...path].join(' ')}: ${said}\n${[ownCommand(), ...path].join(' ')} ${lacking.includes(code) ? shapeOf(verb) : '--help says what there is'}`
}

/** Of a verb that begins well, and lacks something. */
const lacking: readonly string[] = ['commander.missingArgument', 'commander.missingMandatoryOptionValue']

/** What has to be typed behind a verb. */
function shapeOf(verb: Command): string {
  const needed = verb.options.filter(one => one.mandatory).map(one => one.flags)
  return `${[...argumentTerms(verb), ...needed].join(' ')}; --help says the rest`
}

/** More of them would be no answer. */
const MOST_MEANT = 3

/** Another word for it here, or the verb of this very name of something else; null: commander may know better. */
function meantBy(word: string, { program, verb }: { program: Command; verb: Command }): string | null {
  const synonym = synonymOf(
    word,
    verb.commands.map(one => one.name()),
  )
  if (synonym !== null) return synonym
  const elsewhere = verbsOf(program).filter(one => one.name() === word || one.aliases().includes(word))
  return elsewhere.length === 0 || elsewhere.length > MOST_MEANT ? null : elsewhere.map(pathOf).join(' or ')
}

/** For a hook before the action. Ends the process where the file is not to be had. */
export function takeEnvFile(verb: Command): void {
  const { envFile } = verb.opts<{ envFile?: string }>()
  if (envFile === undefined) return
  try {
    Object.assign(process.env, readEnvFile(envFile, process.env))
  } catch (error) {
    if (!(error instanceof EnvFileRefused)) throw error
    sayProblem({ detail: error.message, exitCode: exitCodes.configuration })
    process.exit(exitCodes.configuration)
  }
}

/** In a narrow terminal, what a term means stands below it. */
const NARROW_COLUMNS = 70

function formatItem(this: Help, term: string, termWidth: number, description: string, helper: Help): string {
  if (!isNarrow(helper)) return Help.prototype.formatItem.call(this, term, termWidth, description, helper)
  return [`  ${term}`, ...(description === '' ? [] : [`      ${description}`])].join('\n')
}

function formatHelp(this: Help, command: Command, helper: Help): string {
  const text = Help.prototype.formatHelp.call(this, command, helper)
  return isNarrow(helper) ? fitText(text, helper.helpWidth ?? NARROW_COLUMNS) : text
}

const isNarrow = (helper: Help): boolean => (helper.helpWidth ?? NARROW_COLUMNS) < NARROW_COLUMNS

/** Free text of a help, as wide as what commander writes: the terminal, or this where there is none. */
export const helpText = (text: string) => () => fitText(text, Math.min(columnsOf(process.stdout), widthOf(process.stdout)))
const HELP_COLUMNS = 80
const widthOf = ({ isTTY }: { isTTY?: boolean }): number => (isTTY ? Number.POSITIVE_INFINITY : HELP_COLUMNS)
