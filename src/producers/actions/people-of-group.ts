// Whom WhatsApp is asked about in a group, under the addresses that it knows them by there, and what it says of each of them.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { bareJid, digitsOf, isLid, isPn } from '../../convert/jid.ts'
import { addressIn } from '../../convert/notifications/group-people.ts'
import { childrenOf } from '../../convert/notifications/nodes.ts'
import type { Acting } from '../socket/acting.ts'
import { askNumbers, type NumberAnswer } from '../socket/ask-numbers.ts'
import { addressesOfAll } from './addresses.ts'

/** As events name people. */
export type Person = { id: string; pn?: string | null }
/** `code`: WhatsApp's own; `status`: what it means. */
export type PersonOutcome = { id: string; pn: string | null; code: string; status: string }

/** `jids`: as they are asked about; `missing`: whom there is nobody to ask about, as they were asked for. */
export type Found = { jids: readonly string[]; missing: readonly string[] }

/** Those of `people` that are meant, by either of their addresses: the group may know them by the one, and the account by both. */
export async function findAmong(acting: Acting, people: readonly Person[], asked: readonly string[]): Promise<Found> {
  const addressesOf = await addressesOfAll(acting, asked)
  const named = asked.map(jid => {
    const { pn, lid } = addressesOf(jid)
    return { jid, person: people.find(one => [pn, lid].some(own => own !== null && (own === one.id || own === one.pn))) }
  })
  return {
    jids: [...new Set(named.flatMap(({ person }) => person?.id ?? []))],
    missing: named.flatMap(({ jid, person }) => (person === undefined ? [jid] : [])),
  }
}

/** In one question. */
const mostNumbers = 50

/** By number, and under the one that WhatsApp has: it may be another one, as in Brazil. */
export async function findOnWhatsApp(acting: Acting, asked: readonly string[]): Promise<Found> {
  const numbers = asked.filter(isPn)
  const found = new Map<string, string | null>()
  for (let from = 0; from < numbers.length; from += mostNumbers) {
    const some = numbers.slice(from, from + mostNumbers)
    const answers = await askNumbers(acting, some.map(digitsOf))
    for (const pn of some) found.set(pn, jidIn(answers.get(digitsOf(pn)), pn))
  }
  const jids = asked.flatMap(jid => (found.has(jid) ? (found.get(jid) ?? []) : jid))
  return { jids: [...new Set(jids)], missing: [...new Set(numbers.filter(pn => found.get(pn) === null))] }
}

/** null: nobody is there. One that WhatsApp says nothing of but a code is asked about as it is. */
function jidIn(answer: NumberAnswer | undefined, pn: string): string | null {
  if (answer === undefined) throw new Error('asking who is on WhatsApp: expected an answer of each number, got none of one')
  if ('code' in answer) return pn
  return answer.said.onWhatsApp ? bareJid(answer.said.pn ?? answer.said.id ?? pn) : null
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
