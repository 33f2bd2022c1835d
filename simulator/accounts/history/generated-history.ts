// A history of any length that nobody keeps: its nth message is made whenever it is asked for, and is the same each time.
import { createHash } from 'node:crypto'
import type { Contact, Group } from '../accounts.ts'
import { type MessageContent, text, unknownKind } from '../content.ts'
import { sampleKinds, sampleMessage } from '../sample-kinds.ts'
import { poll } from '../seal-content.ts'
import { flavours, generatedBeside } from './generated-beside.ts'
import type { HistoryMessage, HistoryStatus } from './history-message.ts'

export type HistoryPlan = {
  owner: Contact
  /** Also in each group, with the owner. */
  people: readonly [Contact, ...Contact[]]
  groups: readonly Group[]
  total: number
  /** Of the newest; the others are `stepMs` apart. */
  newestAtMs: number
  stepMs: number
  /** Begins what the ids are made of. */
  seed: string
  /** Messages that show a file; all share these, which are on the CDN. */
  files: readonly MessageContent[]
}
type Made = { id: string }
export type GeneratedHistory = HistoryPlan & {
  /** From 0, the newest, to total - 1. */
  message(place: number): HistoryMessage & Made
  status(place: number): HistoryStatus & Made
}

export function generateHistory(plan: HistoryPlan): GeneratedHistory {
  const { owner, people, groups, total, newestAtMs, stepMs } = plan
  const chats = [...people, ...groups]
  const personAt = (place: number) => people[place % people.length] ?? people[0]

  function message(place: number): HistoryMessage & Made {
    const chat = chats[place % chats.length] ?? people[0]
    const number = total - place
    const isOwn = number % 3 === 0
    const writer = 'members' in chat ? personAt(number) : chat
    const timestampMs = newestAtMs - place * stepMs
    return {
      ...{ chat, from: isOwn ? owner : writer, timestampMs, id: idOf(plan, `message ${number} of ${total}`), order: number },
      ...contentOf(plan, number),
      ...generatedBeside({ number, isOwn, atMs: timestampMs, readers: 'members' in chat ? people : [chat], owner }),
    }
  }

  function status(place: number): HistoryStatus & Made {
    const from = personAt(place)
    const content = text(`Status ${place + 1} de ${from.name}`)
    // between two messages, so that the order of all is one
    return { from, content, timestampMs: newestAtMs - (place + 0.5) * stepMs, id: idOf(plan, `status ${place}`) }
  }

  return { ...plan, message, status }
}

/** As WhatsApp's own clients make them. */
const idOf = ({ seed }: HistoryPlan, what: string): string =>
  `3EB0${createHash('sha256').update(`${seed} ${what}`).digest('hex').slice(0, 18).toUpperCase()}`

/** Most are texts, and every kind there is comes by in turns; `number` counts from the oldest, 1. */
function contentOf({ files }: HistoryPlan, number: number): Pick<HistoryMessage, 'content' | 'stub'> {
  if (number % 499 === 0) return { stub: { type: 'CIPHERTEXT' } }
  if (number % 251 === 0) return { content: unknownKind(`Mensagem ${number}`) }
  if (number % 50 === 0) return { content: sampleMessage('event', { text: `Festa ${number}` }) }
  if (number % 25 === 0) return { content: poll(`Sabor ${number}?`, flavours) }
  const file = number % 15 === 0 ? files[(number / 15) % files.length] : undefined
  if (file !== undefined) return { content: file }
  const kind = number % 10 === 0 ? sampleKinds[(number / 10) % sampleKinds.length] : undefined
  return { content: kind === undefined ? text(`Mensagem ${number}`) : sampleMessage(kind) }
}
