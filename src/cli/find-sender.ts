// Which account a verb is about: the one that is named, or the only one there is.
import { type Instance, instance } from './answers.ts'
import type { ApiSettings } from './api-settings.ts'
import { callApi, listAll } from './call-api.ts'
import { CallFailed } from './call-failed.ts'
import { exitCodes } from './exit-codes.ts'
import { shellWord } from './shell-word.ts'
import { plainText } from './text-table.ts'

const MOST_NAMED = 5

/** Where nobody is named, the only one there is. */
export async function findSender(api: ApiSettings, id: string | undefined): Promise<Instance> {
  if (id !== undefined)
    return callApi(api, {
      doing: `reading ${id}`,
      method: 'GET',
      path: `/v1/instances/${encodeURIComponent(id)}`,
      answer: instance,
    })
  const all = await listAll(api, { doing: 'reading the instances', path: '/v1/instances' }, instance)
  const [only, ...others] = all
  if (only === undefined)
    throw new CallFailed(`there is no instance to send with: ${api.zaplog} instances create --name "Support" makes one`)
  if (others.length === 0) return only
  const named = all.slice(0, MOST_NAMED).map(one => one.id)
  throw new CallFailed(
    `expected --instance, because there are ${all.length}: ${named.join(', ')}${all.length > MOST_NAMED ? ' …' : ''}`,
    {
      exitCode: exitCodes.usage,
    },
  )
}

/** Said first where what is asked for waits until the account is open. */
export function sentLater({ zaplog }: ApiSettings, sender: Instance, say: (line: string) => void, done = 'done'): void {
  const { id, state } = sender
  if (state === 'open' || state === 'logged-out') return
  const verb = opening[state]
  say(
    `${stateOf(sender)}: it is ${done} once that is open${verb === undefined ? '' : `; ${zaplog} instances ${verb.of} ${shellWord(id)} ${verb.does}`}`,
  )
}

/** By its state, where somebody has to do something. */
const opening: Readonly<Record<string, { of: string; does: string }>> = {
  created: { of: 'qr', does: 'shows the code to scan' },
  qr: { of: 'qr', does: 'shows the code to scan' },
  closed: { of: 'restart', does: 'opens it again' },
}

export const stateOf = ({ id, state, reasonText }: Instance): string =>
  plainText(`instance ${id} is ${state}${reasonText === null ? '' : ` (${reasonText.replace(/\.$/, '')})`}`)
