// zaplog instances delete: what goes and what stays is shown before anybody is asked; a purge is followed until it is done.
import { type Deletion, deletedInstance } from './answers.ts'
import type { ApiSettings } from './api-settings.ts'
import { callApi } from './call-api.ts'
import { CallFailed } from './call-failed.ts'
import { exitCodes } from './exit-codes.ts'
import { describePurge, followPurge, readPurge } from './follow-purge.ts'
import { jsonIsWanted } from './json-wanted.ts'
import { type Result, runVerb } from './run-verb.ts'
import { say } from './say.ts'
import { watchStopSignals } from './stop-signals.ts'
import { openTerminal, type Terminal } from './terminal.ts'
import { plainText } from './text-table.ts'

type Options = { purge?: boolean; yes?: boolean; wait: boolean }

export const deleteInstance = (id: string, options: Options) =>
  runVerb(api => removeInstance(api, id, { ...options, terminal: openTerminal(), say, stopping: watchStopSignals() }))

export const showPurge = (id: string, options: { watch?: boolean }) =>
  runVerb(async api => {
    const standing = options.watch ? await followPurge(api, id, say, watchStopSignals()) : await readPurge(api, id)
    const text = [describePurge(standing), ...standing.erased.map(one => `  ${one.what}: ${one.count}`)].join('\n')
    return { json: standing, text }
  })

/** `terminal`: null where there is nobody to ask. */
type How = Options & { terminal: Terminal | null; say(line: string): void; stopping: AbortSignal }

export async function removeInstance(api: ApiSettings, id: string, how: How): Promise<Result> {
  if (!how.yes) await confirm(api, id, how)
  const path = `${at(id)}${how.purge ? '?purge=true' : ''}`
  const call = { doing: `deleting ${id}`, method: 'DELETE', path, answer: deletedInstance }
  const deleted = await callApi(api, call)
  if (!how.purge) {
    if (!isAsked(how) && !jsonIsWanted()) sayKept(id, deleted.deletion, how.say)
    return { json: deleted, text: `deleting ${id}` }
  }
  if (!how.wait) return { json: deleted, text: `purging ${id}` }
  return { json: await followPurge(api, id, how.say, how.stopping), text: `purged ${id}` }
}

const isAsked = ({ yes, terminal }: How): boolean => !yes && terminal !== null

/** For whoever was not asked, and so not told either. Its deletion is done once zaplog has answered; what follows from it goes on. */
function sayKept(id: string, deletion: Deletion, say: How['say']): void {
  say(`${plainText(id)} is deleted`)
  const lines = describeDeletion(deletion, { purge: false })
  for (const one of lines.slice(lines.indexOf('Stays:'))) say(one)
}

/** Scripts of 0.1.0 delete without a word; what erases for good is never taken for said. */
async function confirm(api: ApiSettings, id: string, { purge = false, terminal, say }: How): Promise<void> {
  if (terminal === null && !purge) return
  if (terminal === null)
    throw new CallFailed(`expected --yes where nobody can be asked: a purge erases what is stored of ${id} for good`, {
      exitCode: exitCodes.usage,
    })
  const standing = await readPurge(api, id)
  if (standing.state === 'done') throw new CallFailed(`${id} was purged at ${standing.doneAt}`)
  for (const line of describeDeletion(standing.deletion, { purge })) say(line)
  const answer = purge
    ? await terminal.ask(`This cannot be undone. Type ${id} to purge it: `)
    : await terminal.ask(`Delete ${id}? [y/N] `)
  if (purge ? answer.trim() !== id : !/^y(es)?$/i.test(answer.trim())) throw new CallFailed(`nothing was deleted: ${id} is kept`)
}

const at = (id: string) => `/v1/instances/${encodeURIComponent(id)}`

/** What a purge would take stays where none is asked for. Pure. */
export function describeDeletion({ goes, stays }: Deletion, { purge }: { purge: boolean }): readonly string[] {
  const [taken, left] = purge
    ? [goes, stays]
    : [goes.filter(({ count }) => count === null), [...goes.filter(isCounted), ...stays]]
  return [
    'Goes:',
    ...taken.map(line),
    'Stays:',
    ...left.map(line),
    ...(purge ? [] : ['With --purge, what is counted goes, too.']),
  ]
}
const isCounted = ({ count }: { count: number | null }) => count !== null
const line = ({ what, count, detail }: Deletion['goes'][number]): string =>
  plainText(`  ${count === null ? what : `${what} (${count.toLocaleString('en')})`}: ${detail}`)
