// What a shell offers for a word that is an id: those that the running zaplog lists. Whatever keeps it from answering, and it is nothing.
import type { Command, Option } from 'commander'
import { z } from 'zod'
import { type ApiSettings, readApiSettings } from './api-settings.ts'
import { callApi } from './call-api.ts'
import { CallFailed } from './call-failed.ts'
import { type IdList, idListOf } from './id-lists.ts'
import { verbOf } from './verb-of.ts'

/** Whoever pressed the tab key waits no longer. */
const ANSWER_WITHIN_MS = 1_000

/** `line`: as it is typed, up to the cursor; `withinMs` [1 s]. An id a line; ends the process. */
export async function sayIds(program: Command, line: string, withinMs = ANSWER_WITHIN_MS): Promise<never> {
  const deadline = AbortSignal.timeout(withinMs)
  const ids = await idsFor(program, line, { api: readApiSettings, deadline }).catch(() => []) // silence is the answer: a shell waits for it
  process.stdout.write(ids.map(id => `${id}\n`).join(''), () => process.exit())
  return new Promise(() => undefined)
}

type How = { api(env: NodeJS.ProcessEnv): ApiSettings; deadline: AbortSignal }

/** Rejects CallFailed. */
export async function idsFor(program: Command, line: string, { api, deadline }: How): Promise<readonly string[]> {
  const wanted = wantedAt(program, line)
  if (wanted === null) return []
  const settings = api(process.env)
  const path = await filled(settings, wanted, deadline)
  const rows = await list(settings, `${path}?limit=200`, deadline)
  return [...new Set(rows.flatMap(row => idIn(row, wanted.list)))].filter(id => harmless.test(id) && id.startsWith(wanted.begun))
}

/** Ids are made by others, too: nothing in them that a shell takes apart or carries out, nor at their beginning what makes a word an option. */
const harmless = /^[\w+][\w@.:+=-]*$/

const row = z.record(z.string(), z.unknown())
const list = async (api: ApiSettings, path: string, signal: AbortSignal) =>
  (await callApi(api, { doing: 'completing', method: 'GET', path, answer: z.looseObject({ data: z.array(row) }) }, signal)).data

const idIn = (of: z.infer<typeof row>, { fields }: IdList): readonly string[] =>
  fields.flatMap(field => (typeof of[field] === 'string' ? [of[field]] : [])).slice(0, 1)

type Wanted = { list: IdList; begun: string; instance: string | null }

async function filled(api: ApiSettings, { list: { path }, instance }: Wanted, signal: AbortSignal): Promise<string> {
  if (!path.includes('{instance}')) return path
  const [only, ...others] = instance === null ? await list(api, '/v1/instances?limit=2', signal) : [{ id: instance }]
  if (only === undefined || others.length > 0) throw new CallFailed('expected --instance')
  return path.replace('{instance}', encodeURIComponent(String(only.id)))
}

/** What the last word of a line is an id of; null: of nothing that is listed. Pure. */
export function wantedAt(program: Command, line: string): Wanted | null {
  const words = line.trimStart().split(/\s+/).slice(1)
  const last = words.pop() ?? ''
  const { option, value: begun } = takenApart(last) ?? { option: null, value: last }
  if (option !== null) words.push(option)
  const { verb, path } = verbOf(program, words)
  const typed = readTyped(verb, words.slice(path.length))
  const list = begun.startsWith('-') ? null : idListOf(typed.open ?? argumentAt(verb, typed.args))
  return list === null ? null : { list, begun, instance: typed.instance }
}

/** An option and its value, joined by =; null: it is none. */
function takenApart(word: string): { option: string; value: string } | null {
  const [, option, value] = /^(--[^=]+)=(.*)$/.exec(word) ?? []
  return option === undefined || value === undefined ? null : { option, value }
}

/** `open`: the option whose value comes next; `args`: how many arguments there are before it. */
type Typed = { open: Option | undefined; args: number; instance: string | null }

function readTyped(verb: Command, words: readonly string[]): Typed {
  const typed: Typed = { open: undefined, args: 0, instance: null }
  for (const word of words) {
    const joined = takenApart(word)
    if (joined !== null) typed.open = undefined
    if (joined?.option === '--instance') typed.instance = joined.value
    if (joined !== null) continue
    if (word.startsWith('-')) typed.open = takesValue(verb.options.find(({ long, short }) => word === long || word === short))
    else if (typed.open === undefined) typed.args += 1
    else {
      if (typed.open.long === '--instance') typed.instance = word
      if (!typed.open.variadic) typed.open = undefined
    }
  }
  return typed
}

const takesValue = (option: Option | undefined): Option | undefined => (option?.required || option?.optional ? option : undefined)

const argumentAt = ({ registeredArguments }: Command, index: number) => {
  const last = registeredArguments.at(-1)
  return registeredArguments[index] ?? (last?.variadic ? last : undefined)
}
