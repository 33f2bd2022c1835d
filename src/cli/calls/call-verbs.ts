// Verbs for the calls of the API, `zaplog <thing> <verb>`: their words, options and helps follow from the routes, a new route has one by itself.
import { Argument, type Command, Option } from 'commander'
import { columnsOf, fitCommand } from '../fit-terminal.ts'
import { idListOfField, idOf, listedIn } from '../id-lists.ts'
import { parseKey } from '../key-option.ts'
import { ownCommand } from '../own-command.ts'
import type { CallField, CallVerb, GivenField } from './call-verb.ts'
import { fieldParser } from './parse-field.ts'

export type Typed = {
  given: readonly GivenField[]
  instance: string | undefined
  /** Idempotency-Key. */
  key: string | undefined
  /** Until a command is over. */
  wait: boolean
}
export type RunCall = (verb: CallVerb, typed: Typed) => Promise<void>

/** `things`: what each is about. */
export function addCallVerbs(
  program: Command,
  { verbs, things }: { verbs: readonly CallVerb[]; things: Readonly<Record<string, string>> },
  run: RunCall,
): void {
  const houses = new Map<string, Command>()
  for (const verb of verbs) {
    const house = houses.get(verb.thing) ?? program.command(verb.thing).description(things[verb.thing] ?? '')
    houses.set(verb.thing, house)
    addVerb(house, { verb, verbs }, run)
  }
}

function addVerb(house: Command, { verb, verbs }: { verb: CallVerb; verbs: readonly CallVerb[] }, run: RunCall): void {
  const listed = <Of extends Argument | Option>(of: Of, field: CallField) => listedIn(of, idListOfField(field, verb, verbs))
  const command = house.command(verb.name).description(verb.summary)
  if (verb.name === 'list') command.alias('ls')
  for (const field of verb.args) command.addArgument(listed(argumentOf(field), field))
  for (const field of verb.options) for (const option of optionsOf(field)) command.addOption(listed(option, field))
  if (verb.path.includes('{instance}'))
    command.addOption(idOf('instance', new Option('--instance <id>', 'which account; left out, the only instance there is')))
  if (verb.answers === 'command')
    command
      .option('--key <key>', 'the same again with the same key is done once', parseKey)
      .addOption(new Option('--wait', 'until it is over, as without it').hideHelp())
      .option('--no-wait', 'answer the command’s id at once, instead of what came of it')
  command.addHelpText('after', () => `\nFor example:\n${fitCommand(`  ${exampleOf(verb)}`, helpColumns())}`)
  command.action(async () => {
    const options = command.opts<Record<string, unknown>>()
    const given = [...givenArgs(verb, command.processedArgs), ...givenOptions(verb, options)]
    await run(verb, { given, ...commonOf(options) })
  })
}

const exampleOf = ({ thing, name, example }: CallVerb): string => [ownCommand(), thing, name, example].join(' ').trimEnd()

const HELP_COLUMNS = 80
const helpColumns = (): number =>
  Math.min(columnsOf(process.stdout), process.stdout.isTTY ? Number.POSITIVE_INFINITY : HELP_COLUMNS)

function argumentOf(field: CallField): Argument {
  const name = `${field.name}${field.isList ? '...' : ''}`
  return new Argument(`<${name}>`, docOf(field)).argParser(fieldParser(field))
}

/** A file is typed by its name, and read here: in which form the call takes it is nobody's concern. */
const docOf = ({ is, doc }: CallField): string => (is === 'file' ? `a file: ${doc.replace(/, in base64.*$/, '')}` : doc)

/** A flag has its opposite, too: what is not said stays as it is. */
function optionsOf(field: CallField): readonly Option[] {
  const { name, isNeeded } = field
  const doc = docOf(field)
  if (field.is === 'flag' && field.to === 'query') return [new Option(`--${name}`, doc)]
  if (field.is === 'flag')
    return [new Option(`--${name}`, joined(doc, `--no-${name}: the opposite`)), new Option(`--no-${name}`).hideHelp()]
  const value = valueName(field)
  const words = field.choices.join(', ')
  const isSaid = value === field.choices.join('|') || doc.includes(words)
  const whole = joined(doc, isSaid ? '' : `one of ${words}`, field.isList ? 'several times for several' : '')
  return [new Option(`--${name} <${value}>`, whole).argParser(fieldParser(field)).makeOptionMandatory(isNeeded)]
}

const joined = (...texts: readonly string[]): string => texts.filter(text => text !== '').join('; ')

/** More is said behind it. */
const LONGEST_VALUE = 16

function valueName({ is, at, choices, least, most }: CallField): string {
  const one = choices.join('|')
  if (is === 'choice') return one.length <= LONGEST_VALUE ? one : typeof choices[0] === 'number' ? 'number' : 'word'
  if (is === 'whole' && least !== null && most !== null) return `${least}..${most}`
  if (is === 'text' && /Ids?$/.test(at)) return 'id'
  if (is === 'text' && /url$/i.test(at)) return 'url'
  return is === 'whole' ? 'number' : is
}

const givenArgs = ({ args }: CallVerb, processed: readonly unknown[]): readonly GivenField[] =>
  args.map((field, index) => ({ field, value: processed[index] }))

const givenOptions = ({ options }: CallVerb, said: Readonly<Record<string, unknown>>): readonly GivenField[] =>
  options.flatMap(field => {
    const value = said[attributeOf(field)]
    return value === undefined ? [] : [{ field, value }]
  })

const attributeOf = ({ name }: CallField): string => new Option(`--${name}`).attributeName()

const textIn = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

const commonOf = ({ instance, key, wait }: Readonly<Record<string, unknown>>) => ({
  instance: textIn(instance),
  key: textIn(key),
  wait: wait !== false,
})
