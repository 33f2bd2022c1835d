// Whom WhatsApp is asked about in a group, under the addresses that it knows them by there, and what it says of each of them.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { bareJid, isLid, isPn } from '../../convert/jid.ts'
import { addressIn } from '../../convert/notifications/group-people.ts'
import { childrenOf } from '../../convert/notifications/nodes.ts'
import type { Acting } from '../socket/acting.ts'

/** As events name people. */
export type Person = { id: string; pn?: string | null }
/** `code`: WhatsApp's own; `status`: what it means. */
export type PersonOutcome = { id: string; pn: string | null; code: string; status: string }

/** `jids`: as they are asked about; `missing`: whom there is nobody to ask about, as they were asked for. */
export type Found = { jids: readonly string[]; missing: readonly string[] }

/** Those of `people` that are meant, by either of their addresses. */
export function findAmong(people: readonly Person[], asked: readonly string[]): Found {
  const named = asked.map(jid => ({ jid, person: people.find(({ id, pn }) => id === jid || pn === jid) }))
  return {
    jids: [...new Set(named.flatMap(({ person }) => person?.id ?? []))],
    missing: named.flatMap(({ jid, person }) => (person === undefined ? [jid] : [])),
  }
}

/** WhatsApp may have a number's account under another one, as in Brazil: who is not there as asked is asked for alone. */
export async function findOnWhatsApp(acting: Acting, asked: readonly string[]): Promise<Found> {
  const numbers = asked.filter(isPn)
  const known = new Set(await existing(acting, numbers))
  const others = numbers.filter(pn => !known.has(pn))
  const isRenumbered = [...known].some(pn => !numbers.includes(pn))
  const found = new Map<string, string>()
  for (const pn of isRenumbered ? others : []) {
    const [jid] = await existing(acting, [pn])
    if (jid !== undefined) found.set(pn, jid)
  }
  const missing = others.filter(pn => !found.has(pn))
  const jids = asked.filter(jid => !missing.includes(jid)).map(jid => found.get(jid) ?? jid)
  return { jids: [...new Set(jids)], missing: [...new Set(missing)] }
}

async function existing(acting: Acting, numbers: readonly string[]): Promise<readonly string[]> {
  const found = await acting.onWhatsApp(...numbers)
  if (found === undefined) throw new Error('asking who is on WhatsApp: expected an answer, got none')
  return found.filter(({ exists }) => exists).map(({ jid }) => bareJid(jid))
}

/** Who is added by a LID is named with their number where that is known (whatsmeow UpdateGroupParticipants). */
export const participantNodes = (acting: Acting, jids: readonly string[]): Promise<BinaryNode[]> =>
  Promise.all(
    jids.map(async jid => {
      const pn = isLid(jid) ? await acting.signalRepository.lidMapping.getPNForLID(jid) : null
      return { tag: 'participant', attrs: { jid, ...(pn && { phone_number: bareJid(pn) }) } }
    }),
  )

export type Statuses = Readonly<Record<string, string>>

/** Of a node with `<participant jid error>`. */
export const outcomesIn = (node: BinaryNode | null, statuses: Statuses): readonly PersonOutcome[] =>
  (node === null ? [] : childrenOf(node))
    .filter(({ tag, attrs }) => tag === 'participant' && attrs.jid)
    .map(({ attrs }) => outcomeOf(addressIn(attrs), attrs.error ?? done, statuses))

export const outcomeOf = ({ id, pn = null }: Person, code: string, statuses: Statuses): PersonOutcome => ({
  ...{ id, pn, code },
  status: code === done ? 'done' : (statuses[code] ?? 'refused'),
})

/** Of who is named by one address alone. */
export const outcomesOf = (jids: readonly string[], code: string, statuses: Statuses): readonly PersonOutcome[] =>
  jids.map(jid => outcomeOf({ id: jid, pn: isPn(jid) ? jid : null }, code, statuses))

const done = '200'

export const areAllDone = (jids: readonly string[]): readonly PersonOutcome[] => outcomesOf(jids, done, {})
