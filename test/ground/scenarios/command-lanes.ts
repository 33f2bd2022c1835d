// What an account is asked for while processes die: every sort of command, in lanes that each keep their order; each with a key of its own, and asked
// for again with it until it was accepted.
import type { SimDevice } from '../../../simulator/accounts/device.ts'
import type { Simulator } from '../../../simulator/simulator.ts'
import { wait } from '../../../src/runtime/wait.ts'
import { INSTANCE } from './stage.ts'
import type { ZaplogProcess } from './zaplog-process.ts'

export type Sort = 'text' | 'edit' | 'file' | 'archive' | 'subject' | 'group' | 'presence'
/** `chat`: of its lane; `says`: what tells it from others of its sort; `messageId`: of one that becomes a message, else null. */
export type Accepted = { sort: Sort; chat: string; says: string; commandId: string; messageId: string | null }
export type Lane = {
  chat: string
  /** In their order. */
  accepted: readonly Accepted[]
  /** One after another, until so many were accepted, or it is over. Answers what was refused last, for whoever waited in vain. */
  askUntil(count: number, over: AbortSignal): Promise<string>
}
type Scene = { simulator: Simulator; device: SimDevice; front(): Pick<ZaplogProcess, 'url' | 'key'> }
type Wanted = { sort: Sort; says: string } & ({ call: Call } | { file: Buffer })
/** The `nth` of a lane, after those. */
type Script = (nth: number, accepted: readonly Accepted[]) => Wanted
type Call = { method: string; path: string; body: object; key?: string }
type Answer = { status: number; body: Record<string, unknown> }

/** Of a call that is refused for now, as what it is about is not known yet; or that nobody answered. */
const AGAIN_MS = 50

export function openLanes(scene: Scene): readonly Lane[] {
  const { simulator, device } = scene
  const [ana, bia, caio] = ['11', '12', '13'].map(nth => simulator.contact({ pn: `55119000000${nth}`, name: nth }))
  if (ana === undefined || bia === undefined || caio === undefined) throw new Error('expected three people')
  const team = simulator.group({ subject: 'Team', members: [device.owner, ana, bia] })
  return [
    openLane(scene, ana.lidJid, editing(ana.lidJid)),
    openLane(scene, bia.lidJid, nth => (nth % 2 === 0 ? textTo(bia.lidJid, nth) : aFile(nth))),
    openLane(scene, caio.lidJid, nth => (nth % 2 === 0 ? textTo(caio.lidJid, nth) : archiving(caio.lidJid, nth))),
    openLane(scene, team.id, nth => (nth % 2 === 0 ? textTo(team.id, nth) : naming(team.id, nth))),
    openLane(scene, '', nth => (nth % 4 === 3 ? making(ana.pn, nth) : showing(nth))),
  ]
}

/** So that no two files are one. */
export const fileOf = (says: string): Buffer => Buffer.from(`%PDF-1.4\n% ${says}\n${says.repeat(20_000)}\n%%EOF\n`)

const message = (body: object): Call => ({ method: 'POST', path: `instances/${INSTANCE}/messages`, body })

function textTo(chatId: string, nth: number): Wanted {
  const says = `text ${nth}`
  return { sort: 'text', says, call: message({ chatId, kind: 'text', text: says }) }
}

/** Two texts, and then the first of them is another one. */
const editing =
  (chatId: string): Script =>
  (nth, accepted) => {
    const targetMessageId = accepted[nth - 2]?.messageId
    if (nth % 3 !== 2 || !targetMessageId) return textTo(chatId, nth)
    const says = `edited ${nth}`
    return { sort: 'edit', says, call: message({ chatId, kind: 'edit', targetMessageId, text: says }) }
  }

const aFile = (nth: number): Wanted => ({ sort: 'file', says: `file ${nth}`, file: fileOf(`file ${nth}`) })

function archiving(chatId: string, nth: number): Wanted {
  const archived = nth % 4 === 1
  const path = `instances/${INSTANCE}/chats/${encodeURIComponent(chatId)}`
  return { sort: 'archive', says: String(archived), call: { method: 'PATCH', path, body: { archived } } }
}

function naming(groupId: string, nth: number): Wanted {
  const subject = `Team ${nth}`
  return {
    sort: 'subject',
    says: subject,
    call: { method: 'PATCH', path: `instances/${INSTANCE}/groups/${groupId}`, body: { subject } },
  }
}

function making(pn: string, nth: number): Wanted {
  const subject = `Made ${nth}`
  const body = { subject, participants: [pn] }
  return { sort: 'group', says: subject, call: { method: 'POST', path: `instances/${INSTANCE}/groups`, body } }
}

function showing(nth: number): Wanted {
  const online = nth % 2 === 0
  return {
    sort: 'presence',
    says: String(nth),
    call: { method: 'PUT', path: `instances/${INSTANCE}/presence`, body: { online } },
  }
}

function openLane(scene: Scene, chat: string, script: Script): Lane {
  const accepted: Accepted[] = []
  let refused = ''

  async function ask(wanted: Wanted): Promise<void> {
    const key = `${chat} ${accepted.length}`
    const answer =
      'file' in wanted ? await askFile(scene, { chat, key, file: wanted.file }) : await call(scene, { ...wanted.call, key })
    if (answer?.status !== 202) {
      refused = JSON.stringify(answer)
      return
    }
    const { commandId, messageId } = answer.body
    const { sort, says } = wanted
    accepted.push({ sort, chat, says, commandId: String(commandId), messageId: typeof messageId === 'string' ? messageId : null })
  }

  return {
    chat,
    accepted,
    askUntil: async (count, over) => {
      while (accepted.length < count && !over.aborted) {
        const before = accepted.length
        await ask(script(before, accepted))
        if (accepted.length === before) await wait(AGAIN_MS, over)
      }
      return refused
    },
  }
}

/** Asked for, put and completed. */
async function askFile(scene: Scene, of: { chat: string; key: string; file: Buffer }): Promise<Answer | null> {
  const { chat: chatId, key, file } = of
  const said = { chatId, fileName: 'nota.pdf', mimetype: 'application/pdf', kind: 'document', sizeBytes: file.length }
  const asked = await call(scene, { method: 'POST', path: `instances/${INSTANCE}/uploads`, body: said, key })
  if (asked?.status !== 201) return asked
  const { uploadId, url } = asked.body
  if (typeof url === 'string' && !(await put(url, file))) return null
  return call(scene, { method: 'POST', path: `uploads/${uploadId}/complete`, body: {} })
}

async function put(url: string, file: Buffer): Promise<boolean> {
  try {
    const { status } = await fetch(url, {
      method: 'PUT',
      body: new Uint8Array(file),
      headers: { 'content-type': 'application/pdf' },
    })
    return status === 200
  } catch {
    return false // the process was killed under it
  }
}

/** null: nobody answered. */
async function call({ front }: Scene, { method, path, body, key }: Call): Promise<Answer | null> {
  try {
    const response = await fetch(new URL(`/v1/${path}`, front().url), {
      method,
      headers: {
        authorization: `Bearer ${front().key}`,
        'content-type': 'application/json',
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      body: JSON.stringify(body),
    })
    const answer: unknown = await response.json()
    return { status: response.status, body: answer as Record<string, unknown> }
  } catch {
    return null // the process was killed under it
  }
}
